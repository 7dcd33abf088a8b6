import { Routes } from 'discord.js';
import { z } from 'zod';
import type {
  AdapterDeps,
  ChannelAdapter,
  ChannelCapabilities,
  CommandSpec,
  InboundSink,
  UserId,
} from '../../src/core/channel.js';
import { asSeneschalError, SeneschalError } from '../../src/core/errors.js';
import type { ContextMessage, InboundEvent } from '../../src/core/event.js';
import type { Secret } from '../../src/core/secret.js';
import { splitRichText } from '../../src/core/split.js';
import { sleep } from '../../src/core/system.js';
import { createAcknowledger } from './acknowledge.js';
import { downloadAttachment } from './download.js';
import { createGateway, type Gateway } from './gateway.js';
import { contextBefore, missedMessages } from './history.js';
import { addressOf, CHANNEL, type Dispatch, deletedEvent, readDispatch, ready, type Self } from './inbound.js';
import { createInbox, type Inbox } from './inbox.js';
import { readInteraction } from './interaction.js';
import { createOutbound, MAX_FILE_BYTES, type Outbound, spaceOf } from './outbound.js';
import { Recent } from './recent.js';
import { MAX_TEXT, renderText } from './render.js';
import { createApi } from './rest.js';

/**
 * Discord: one gateway connection inwards, REST outwards.
 *
 *   gateway dispatch ─▶ inbound (pure) ─▶ inbox ─▶ sink
 *   interaction      ─▶ interaction (pure) ─▶ sink, then the acknowledgement (acknowledge.ts)
 *   delivery         ─▶ outbound ─▶ REST
 */
export interface DiscordOptions {
  readonly token: Secret;
  /** Up to and with `/api`; Discord's own when left out. */
  readonly apiUrl?: string;
  /** Whose direct messages are read for what came while we were away, and who gets context with a mention. */
  readonly ownerIds?: () => readonly UserId[];
  /** The id of the last message known in a direct conversation; null when none is, then nothing is read there. */
  readonly lastSeen?: (space: string) => string | null;
}

const CAPABILITIES: ChannelCapabilities = {
  deletesOwnerMessages: { direct: false, shared: true },
  edits: { minIntervalMs: 1_200 },
  ephemeral: true,
  // A thread of Discord is a channel with an id of its own, and so a space of its own.
  quotes: true,
  typing: true,
  prompts: true,
  keepsMessages: true,
  findsSent: true,
  maxTextLength: MAX_TEXT,
  maxUploadBytes: MAX_FILE_BYTES,
  maxDownloadBytes: 25 * 1024 * 1024,
};

const REMEMBERED_AUTHORS = 1_000;
const REMEMBERED_EDITS = 100;
const BACKOFF_MS = { first: 2_000, longest: 300_000 } as const;

interface Missed {
  readonly owner: UserId;
  readonly self: Self;
  readonly inbox: Inbox;
  readonly since?: { readonly space: string; readonly last: string };
}

export function createDiscordAdapter(options: DiscordOptions, deps: AdapterDeps): ChannelAdapter {
  return new DiscordAdapter(options, deps);
}

class DiscordAdapter implements ChannelAdapter {
  readonly channel = CHANNEL;
  readonly capabilities = CAPABILITIES;
  readonly #options: DiscordOptions;
  readonly #deps: AdapterDeps;
  readonly #api: ReturnType<typeof createApi>;
  readonly #stopping = new AbortController();
  /** Who wrote a message, for the deletions of which Discord tells no author. */
  readonly #authors = new Recent<UserId>(REMEMBERED_AUTHORS);
  readonly #directSpaces = new Map<UserId, string>();
  #running: { readonly gateway: Gateway; readonly inbox: Inbox; readonly outbound: Outbound } | null = null;
  #self: Self | null = null;
  /** Messages of one server channel keep their order while their context is read. */
  #context: Promise<void> = Promise.resolve();

  constructor(options: DiscordOptions, deps: AdapterDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#api = createApi(options.token, options.apiUrl);
  }

  async start(sink: InboundSink): Promise<void> {
    const { system, log } = this.#deps;
    const guarded: InboundSink = (event) => (this.#stopping.signal.aborted ? Promise.reject(stopped()) : sink(event));
    const inbox = createInbox(guarded, { system, log });
    const edited = new Recent<number>(REMEMBERED_EDITS);
    const interactions = createAcknowledger(guarded, {
      api: this.#api,
      adapter: this.#deps,
      signal: this.#stopping.signal,
      lastEdit: (messageId) => edited.get(messageId) ?? null,
    });
    const outbound = createOutbound({
      api: this.#api,
      adapter: this.#deps,
      interactions,
      selfId: () => this.#self?.userId ?? null,
      onEdit: (messageId) => edited.set(messageId, system.monotonic()),
      directSpace: (userId) => this.#directSpace(userId),
    });
    const gateway = createGateway({
      token: this.#options.token,
      apiUrl: this.#options.apiUrl,
      system,
      log,
      onReady: (data) => this.#onReady(data, inbox),
      onDispatch: (dispatch) => {
        try {
          if (dispatch.t === 'INTERACTION_CREATE') {
            const interaction = readInteraction(dispatch.d, system.now());
            if (interaction !== null) void interactions.handle(interaction);
          } else this.#onDispatch(dispatch, inbox, outbound);
        } catch (error) {
          // Passed over, so that one broken update never holds up those behind it. Its content stays out of the log.
          const reason = error instanceof z.ZodError ? error.issues[0]?.path.join('.') : 'unreadable';
          log.warn({ channel: CHANNEL, dispatch: dispatch.t, reason }, 'a malformed update was passed over');
        }
      },
    });
    this.#running = { gateway, inbox, outbound };
    await gateway.connect();
    await this.#registerCommands();
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#running?.inbox.close();
    await this.#running?.gateway.close();
    this.#api.close();
  }

  health() {
    return this.#running?.gateway.health() ?? { ok: false, reason: 'Not started.' };
  }

  split(text: Parameters<ChannelAdapter['split']>[0]) {
    return splitRichText(text, (part) => renderText(part).length <= MAX_TEXT);
  }

  send: ChannelAdapter['send'] = (delivery) => this.#outbound().send(delivery);
  edit: NonNullable<ChannelAdapter['edit']> = (target, content) => this.#outbound().edit(target, content);
  delete: NonNullable<ChannelAdapter['delete']> = (target) => this.#outbound().delete(target);
  findSent: NonNullable<ChannelAdapter['findSent']> = (delivery) => this.#outbound().findSent(delivery);

  async openDirect(user: UserId) {
    return addressOf(await this.#directSpace(user), undefined);
  }

  setTyping: NonNullable<ChannelAdapter['setTyping']> = async (address) => {
    await this.#api.post(Routes.channelTyping(spaceOf(address.space)));
  };

  download: ChannelAdapter['download'] = (ref, maxBytes) =>
    downloadAttachment(this.#api, ref, maxBytes, { system: this.#deps.system, apiUrl: this.#options.apiUrl });

  #outbound(): Outbound {
    if (this.#running === null || this.#stopping.signal.aborted) throw stopped();
    return this.#running.outbound;
  }

  #onReady(data: unknown, inbox: Inbox): void {
    const { user, application } = ready.parse(data);
    this.#self = { userId: user.id, applicationId: application.id };
    inbox.hold();
    void this.#missed(this.#self, inbox).then((events) => inbox.release(events));
  }

  /** Direct messages that came while no session was there to tell them (CHAN-8). */
  async #missed(self: Self, inbox: Inbox): Promise<InboundEvent[]> {
    const owners = this.#options.ownerIds?.() ?? [];
    return (await Promise.all(owners.map((owner) => this.#missedFrom({ owner, self, inbox })))).flat();
  }

  /** Where Discord is in trouble they come later, behind what is live by then; the core knows repeats. */
  async #missedFrom(from: Missed, attempt = 0): Promise<InboundEvent[]> {
    const { log, system } = this.#deps;
    const { owner, self, inbox } = from;
    let since = from.since;
    try {
      const space = since?.space ?? (await this.#directSpace(owner));
      const last = since?.last ?? this.#options.lastSeen?.(space) ?? null;
      if (last === null) return [];
      // What is live moves the last one known on, but not past these.
      since = { space, last };
      return await missedMessages(this.#api, { ...since, owner, self }, system.now());
    } catch (thrown) {
      const error = asSeneschalError(thrown);
      log.warn({ channel: CHANNEL, reason: error.message }, 'missed direct messages could not be read');
      if (error.retryable) {
        void this.#pause(attempt).then(async (goesOn) => {
          const events = goesOn ? await this.#missedFrom({ ...from, ...(since && { since }) }, attempt + 1) : [];
          for (const event of events) inbox.push(event);
        });
      }
      return [];
    }
  }

  /** Longer with every attempt; false when it ended because the adapter stops. */
  async #pause(attempt: number): Promise<boolean> {
    const wait = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** attempt);
    await sleep(this.#deps.system, wait, this.#stopping.signal);
    return !this.#stopping.signal.aborted;
  }

  #onDispatch(dispatch: Dispatch, inbox: Inbox, outbound: Outbound): void {
    if (this.#self === null) return;
    const self = this.#self;
    const inbound = readDispatch(dispatch, self, this.#deps.system.now());
    if (inbound === null) return;
    if (inbound.kind === 'own') {
      outbound.sawOwn(inbound.messageId, inbound.nonce);
    } else if (inbound.kind === 'deleted') {
      const author = this.#authors.get(inbound.messageId) ?? this.#personIn(inbound.address);
      if (author === undefined || outbound.isOwn(inbound.messageId)) return;
      inbox.push(deletedEvent(inbound.messageId, inbound.address, author, this.#deps.system.now()));
    } else this.#onEvent(inbound.event, inbound.needsContext ? self : null, inbox);
  }

  #onEvent(event: InboundEvent, contextFor: Self | null, inbox: Inbox): void {
    if (event.kind === 'message.created') {
      const { userId } = event.sender;
      this.#authors.set(event.messageId, userId);
      if (event.address.direct) this.#directSpaces.set(userId, event.address.space);
      if (contextFor !== null && this.#options.ownerIds?.().includes(userId) === true) {
        this.#pushWithContext(event, contextFor, inbox);
        return;
      }
    }
    inbox.push(event);
  }

  #pushWithContext(event: Extract<InboundEvent, { kind: 'message.created' }>, self: Self, inbox: Inbox): void {
    this.#context = this.#context.then(async () => {
      const context: readonly ContextMessage[] = await contextBefore(
        this.#api,
        { space: event.address.space, messageId: event.messageId, userId: event.sender.userId, self },
        this.#deps.system,
      );
      inbox.push(context.length === 0 ? event : { ...event, context });
    });
  }

  /** The other side of a direct conversation, known once it was opened or heard from. */
  #personIn(address: { readonly space: string; readonly direct: boolean }): UserId | undefined {
    if (!address.direct) return undefined;
    for (const [userId, space] of this.#directSpaces) if (space === address.space) return userId;
    return undefined;
  }

  async #directSpace(userId: UserId): Promise<string> {
    const known = this.#directSpaces.get(userId);
    if (known !== undefined) return known;
    const opened = await this.#api.post(Routes.userChannels(), { recipient_id: spaceOf(userId) });
    const { id } = z.object({ id: z.string() }).parse(opened);
    this.#directSpaces.set(userId, id);
    return id;
  }

  /** The platform's menu. Without it direct messages still work, so a failure is repeated behind the start. */
  async #registerCommands(attempt = 0): Promise<void> {
    if (this.#self === null || this.#stopping.signal.aborted) return;
    const { commands, log } = this.#deps;
    try {
      await this.#api.put(Routes.applicationCommands(this.#self.applicationId), [ASK, ...commands].map(slashCommand));
    } catch (thrown) {
      const reason = asSeneschalError(thrown).message;
      log.warn({ channel: CHANNEL, reason, attempt }, 'the slash commands could not be registered; trying again');
      void this.#pause(attempt).then((goesOn) => (goesOn ? this.#registerCommands(attempt + 1) : undefined));
    }
  }
}

const ASK: CommandSpec = {
  name: 'ask',
  description: 'Ask or tell your agent something',
  argument: { name: 'message', description: 'What you want', required: true },
};

const STRING_OPTION = 3;

function slashCommand({ name, description, argument }: CommandSpec): Record<string, unknown> {
  const option = argument === undefined ? [] : [{ type: STRING_OPTION, ...argument }];
  // In servers and in direct messages with the bot; nowhere else.
  return { name, description, type: 1, contexts: [0, 1], integration_types: [0], options: option };
}

function stopped(): SeneschalError {
  return new SeneschalError('channel.unavailable', 'The Discord channel is stopped.', { retryable: true });
}

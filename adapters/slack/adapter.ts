import type { webApi } from '@slack/bolt';
import type {
  AdapterDeps,
  Address,
  AttachmentRef,
  ChannelAdapter,
  ChannelCapabilities,
  ChannelHealth,
  Delivery,
  InboundSink,
  MessageRef,
  OutboundContent,
  Receipt,
  UserId,
} from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import { paragraph, type RichText } from '../../src/core/richtext.js';
import type { Secret } from '../../src/core/secret.js';
import { sleep } from '../../src/core/system.js';
import { createWebClient, NO_PREVIEWS } from './client.js';
import { refusalOf, slackFailure } from './errors.js';
import { downloadFile, type FileDeps, shareFile } from './files.js';
import { DELIVERY_EVENT, findDelivery, missedMessages } from './history.js';
import { CHANNEL } from './inbound.js';
import { SlackIntake } from './intake.js';
import { renderContent, type SlackBlock, splitForSlack } from './render.js';
import { SlackSocket } from './socket.js';

export interface SlackOptions {
  readonly botToken: Secret;
  readonly appToken: Secret;
  /** The owner's own token: used for nothing but deleting messages that the owner wrote. */
  readonly userToken?: Secret;
  /** The Web API's base, e.g. `https://slack.com/api/`. */
  readonly apiUrl?: string;
  /** Who may be the owner now; missed messages are read for these accounts, context for no others. */
  readonly ownerIds?: () => readonly UserId[];
  /** The newest stored message id of a direct conversation, null where none is known. */
  readonly lastSeen?: (space: string) => string | null;
}

/** Slack takes 1 GB; a file is held in memory on its way. */
const MAX_FILE_BYTES = 100_000_000;
const MAX_PAUSE_MS = 30_000;

export class SlackAdapter implements ChannelAdapter {
  readonly channel = CHANNEL;
  readonly capabilities: ChannelCapabilities;
  readonly #options: SlackOptions;
  readonly #deps: AdapterDeps;
  readonly #client: webApi.WebClient;
  readonly #ownerClient: webApi.WebClient | null;
  readonly #files: FileDeps;
  readonly #directs = new Map<UserId, Address>();
  /** Deliveries whose file is in the chat while their message is not yet. */
  readonly #filesShared = new Set<string>();
  readonly #abort = new AbortController();
  #socket: SlackSocket | null = null;
  #intake: SlackIntake | null = null;
  #catchingUp: Promise<void> = Promise.resolve();

  constructor(options: SlackOptions, deps: AdapterDeps) {
    this.#options = options;
    this.#deps = deps;
    const { botToken, userToken, apiUrl } = options;
    this.#client = createWebClient(botToken, apiUrl);
    this.#ownerClient = userToken === undefined ? null : createWebClient(userToken, apiUrl);
    this.#files = { client: this.#client, botToken, apiUrl, system: deps.system };
    const deletes = userToken !== undefined;
    this.capabilities = {
      deletesOwnerMessages: { direct: deletes, shared: deletes },
      edits: { minIntervalMs: 1_200 },
      ephemeral: true,
      quotes: false,
      typing: false,
      prompts: true,
      keepsMessages: true,
      findsSent: true,
      maxTextLength: 3_900,
      maxUploadBytes: MAX_FILE_BYTES,
      maxDownloadBytes: MAX_FILE_BYTES,
    };
  }

  async start(sink: InboundSink): Promise<void> {
    const { system, log, commands } = this.#deps;
    const botUserId = await this.#identify();
    const intake = new SlackIntake({
      client: this.#client,
      system,
      log,
      sink,
      botUserId,
      commands: new Set(commands.map((command) => command.name)),
      mayBeOwner: (user) => this.#options.ownerIds?.().includes(user) ?? true,
      openDirect: (user) => this.openDirect(user),
      caughtUp: () => this.#catchingUp,
    });
    this.#intake = intake;
    this.#socket = new SlackSocket({
      appToken: this.#options.appToken,
      apiUrl: this.#options.apiUrl,
      system,
      log,
      onEnvelope: (envelope, acknowledge) => intake.take(envelope, acknowledge),
      onConnected: () => {
        this.#catchingUp = this.#catchUp(intake);
      },
    });
    if (this.#abort.signal.aborted) throw stopped();
    await this.#socket.start();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#intake?.stop();
    await this.#socket?.stop();
    await this.#catchingUp;
  }

  health(): ChannelHealth {
    return this.#socket?.health() ?? { ok: false, reason: 'Slack is not connected yet.' };
  }

  split(text: RichText): RichText[] {
    return splitForSlack(text);
  }

  async send(delivery: Delivery): Promise<Receipt> {
    const { address, content } = delivery;
    if (content.file !== undefined && delivery.ephemeralTo !== undefined) {
      throw new SeneschalError('channel.rejected', 'Slack cannot show a file to one person only.');
    }
    if (content.file !== undefined && content.file.bytes.byteLength > MAX_FILE_BYTES) {
      const { name, bytes } = content.file;
      throw new SeneschalError(
        'channel.too_large',
        `${name} has ${bytes.byteLength} bytes; the limit is ${MAX_FILE_BYTES}.`,
      );
    }
    if (content.file !== undefined && !this.#filesShared.has(delivery.id)) {
      // First the file: a card must not be there without what it refers to.
      await shareFile(this.#files, address, content.file);
      this.#filesShared.add(delivery.id);
    }
    const body = this.#body(content);
    try {
      const messageId =
        delivery.ephemeralTo === undefined
          ? await this.#post(delivery, body)
          : await this.#postEphemeral(delivery, delivery.ephemeralTo, body);
      this.#filesShared.delete(delivery.id);
      return { messageId };
    } catch (error) {
      throw slackFailure(error, 'a message', true);
    }
  }

  async edit(target: MessageRef, content: OutboundContent): Promise<void> {
    const { text, blocks } = renderContent(content);
    try {
      // Blocks always: without them Slack keeps the old ones, and with them dead buttons.
      await this.#client.chat.update({
        channel: target.address.space,
        ts: target.messageId,
        text,
        blocks,
        ...NO_PREVIEWS,
      });
    } catch (error) {
      throw slackFailure(error, 'a change of a message', false);
    }
  }

  async delete(target: MessageRef): Promise<void> {
    // A slash command's text was never a message.
    if (!/^\d+\.\d+$/.test(target.messageId)) return;
    const message = { channel: target.address.space, ts: target.messageId };
    try {
      await this.#client.chat.delete(message).catch((error: unknown) => {
        if (refusalOf(error) !== 'cant_delete_message' || this.#ownerClient === null) throw error;
        return this.#ownerClient.chat.delete(message);
      });
    } catch (error) {
      if (refusalOf(error) !== 'message_not_found') throw slackFailure(error, 'deleting a message', false);
    }
  }

  async findSent(delivery: Delivery): Promise<Receipt | null> {
    try {
      return await findDelivery(this.#client, delivery);
    } catch (error) {
      throw slackFailure(error, 'reading the conversation', false);
    }
  }

  async openDirect(user: UserId): Promise<Address> {
    const known = this.#directs.get(user);
    if (known !== undefined) return known;
    try {
      const { channel } = await this.#client.conversations.open({ users: user });
      if (channel?.id === undefined) throw new SeneschalError('channel.rejected', 'Slack opened no conversation.');
      const address = { channel: CHANNEL, space: channel.id, direct: true };
      this.#directs.set(user, address);
      return address;
    } catch (error) {
      throw slackFailure(error, 'opening a direct conversation', false);
    }
  }

  download(ref: AttachmentRef, maxBytes: number): Promise<Uint8Array> {
    return downloadFile(this.#files, ref, maxBytes);
  }

  #body(content: OutboundContent): { text: string; blocks: SlackBlock[] } {
    const named =
      content.text.length === 0 && content.file !== undefined ? [paragraph(content.file.name)] : content.text;
    return renderContent({ ...content, text: named });
  }

  async #post(delivery: Delivery, body: { text: string; blocks: SlackBlock[] }): Promise<string> {
    const { space, thread } = delivery.address;
    const { ts } = await this.#client.chat.postMessage({
      channel: space,
      ...body,
      ...(thread === undefined ? {} : { thread_ts: thread }),
      metadata: { event_type: DELIVERY_EVENT, event_payload: { id: delivery.id } },
      mrkdwn: false,
      ...NO_PREVIEWS,
    });
    return receipt(ts);
  }

  async #postEphemeral(
    delivery: Delivery,
    user: UserId,
    body: { text: string; blocks: SlackBlock[] },
  ): Promise<string> {
    const { space, thread } = delivery.address;
    const { message_ts: ts } = await this.#client.chat.postEphemeral({
      channel: space,
      user,
      ...body,
      ...(thread === undefined ? {} : { thread_ts: thread }),
      ...NO_PREVIEWS,
    });
    return receipt(ts);
  }

  /** The agent's own account; waits for a Slack that cannot be reached, not for a token that is refused. */
  async #identify(): Promise<string> {
    for (let pause = 500; ; pause = Math.min(MAX_PAUSE_MS, pause * 2)) {
      try {
        const { user_id: userId } = await this.#client.auth.test();
        if (userId === undefined) throw new SeneschalError('channel.rejected', 'Slack does not say who the agent is.');
        return userId;
      } catch (thrown) {
        const error = slackFailure(thrown, 'checking the token', false);
        if (!error.retryable) throw error;
        this.#deps.log.warn({ channel: CHANNEL, reason: error.message }, 'slack cannot be reached; trying again');
        await sleep(this.#deps.system, error.retryAfterMs ?? pause, this.#abort.signal);
        if (this.#abort.signal.aborted) throw stopped();
      }
    }
  }

  /** Hands in what the owners wrote directly while nobody listened (CHAN-8). The core knows repeats by message id. */
  async #catchUp(intake: SlackIntake, pause = 1_000): Promise<void> {
    let complete = true;
    const { ownerIds, lastSeen } = this.#options;
    for (const owner of (lastSeen && ownerIds?.()) ?? []) {
      complete = (await this.#readMissed(intake, owner)) && complete;
    }
    if (complete || this.#abort.signal.aborted) return;
    void sleep(this.#deps.system, pause, this.#abort.signal).then(() =>
      this.#abort.signal.aborted ? undefined : this.#catchUp(intake, Math.min(MAX_PAUSE_MS, pause * 2)),
    );
  }

  /** False where a later attempt can do better. */
  async #readMissed(intake: SlackIntake, owner: UserId): Promise<boolean> {
    try {
      const { space } = await this.openDirect(owner);
      const since = this.#options.lastSeen?.(space) ?? null;
      if (since === null) return true;
      const missed = await missedMessages(this.#client, space, since, intake.context);
      const outcomes = await Promise.allSettled(missed.map((event) => intake.handIn(event)));
      return outcomes.every(({ status }) => status === 'fulfilled');
    } catch (thrown) {
      const error = slackFailure(thrown, 'reading missed messages', false);
      const reason = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
      this.#deps.log.warn({ channel: CHANNEL, reason }, 'missed direct messages could not be read');
      return !error.retryable;
    }
  }
}

function receipt(ts: string | undefined): string {
  if (ts === undefined) throw new SeneschalError('channel.unknown', 'Slack did not say where the message is.');
  return ts;
}

function stopped(): SeneschalError {
  return new SeneschalError('channel.unavailable', 'Slack was stopped before it was connected.');
}

import { checkCommands, checkComponents, checkMessage, invalidForm, Refusal, refusals } from './rules.js';
import {
  type DiscordState,
  type FakeAttachment,
  type FakeCommand,
  type FakeInteraction,
  type FakeMessage,
  type FakeRow,
  FLAG,
} from './state.js';
import { messageEvent, messageJson, userJson } from './wire.js';

/** Discord's REST v10, as far as a bot of one person needs it. Pure of HTTP: server.ts reads and writes the wire. */
export interface Call {
  readonly method: string;
  /** Without `/api/v10`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorized: boolean;
  readonly body: Record<string, unknown>;
  readonly list: readonly unknown[] | null;
  readonly files: readonly FakeAttachment[];
}

export interface Answer {
  readonly status: number;
  readonly json?: unknown;
}

type Handler = (call: Call, ...params: string[]) => Answer;

const ANSWER_WITHIN_MS = 3_000;
const NONCE_LIFE_MS = 5 * 60_000;

export class FakeRest {
  readonly #state: DiscordState;
  readonly #tell: (t: string, d: Record<string, unknown>) => void;
  readonly #routes: readonly (readonly [string, RegExp, Handler])[];
  /** Set by the server once it listens. */
  origin = '';
  gatewayUrl = '';

  constructor(state: DiscordState, tell: (t: string, d: Record<string, unknown>) => void) {
    this.#state = state;
    this.#tell = tell;
    const message = /^\/channels\/(\d+)\/messages\/(\d+)$/;
    const messages = /^\/channels\/(\d+)\/messages$/;
    const followUp = /^\/webhooks\/(\d+)\/([^/]+)\/messages\/(@original|\d+)$/;
    this.#routes = [
      ['GET', /^\/gateway\/bot$/, () => this.#gateway()],
      ['GET', /^\/users\/@me$/, () => ok(userJson(state, state.bot.id))],
      ['GET', /^\/(?:oauth2\/)?applications\/@me$/, () => ok({ id: state.applicationId, flags: 0, bot_public: false })],
      ['PUT', /^\/applications\/(\d+)\/commands$/, (call) => this.#register(call)],
      ['POST', /^\/users\/@me\/channels$/, (call) => this.#openDirect(call)],
      ['POST', messages, (call, channel) => this.#create(call, channel)],
      ['GET', messages, (call, channel) => this.#list(call, channel)],
      ['GET', message, (_call, channel, id) => ok(this.#json(this.#visible(channel, id)))],
      ['PATCH', message, (call, channel, id) => this.#edit(call, channel, id)],
      ['DELETE', message, (_call, channel, id) => this.#remove(channel, id)],
      ['POST', /^\/channels\/(\d+)\/typing$/, (_call, channel) => this.#type(channel)],
      ['POST', /^\/interactions\/(\d+)\/([^/]+)\/callback$/, (call, id, token) => this.#answer(call, id, token)],
      ['POST', /^\/webhooks\/(\d+)\/([^/]+)$/, (call, app, token) => this.#followUp(call, app, token)],
      ['GET', followUp, (_call, app, token, id) => ok(this.#json(this.#through(app, token, id)))],
      ['PATCH', followUp, (call, app, token, id) => this.#editThrough(call, app, token, id)],
      ['DELETE', followUp, (_call, app, token, id) => this.#removeThrough(app, token, id)],
    ];
  }

  /** Throws Refusal. */
  handle(call: Call): Answer {
    for (const [method, pattern, handler] of this.#routes) {
      const match = method === call.method ? pattern.exec(call.path) : null;
      if (match === null) continue;
      // Interaction routes carry their own token in the path.
      const open = call.path.startsWith('/interactions/') || call.path.startsWith('/webhooks/');
      if (!open && !call.authorized) throw refusals.unauthorized();
      return handler(call, ...match.slice(1));
    }
    throw refusals.notFound();
  }

  #json(message: FakeMessage) {
    return messageJson(this.#state, message, this.origin);
  }

  #told(t: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE', message: FakeMessage): void {
    if (message.visibleTo === null) this.#tell(t, messageEvent(this.#state, message, this.origin));
  }

  #gateway(): Answer {
    const limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 };
    return ok({ url: this.gatewayUrl, shards: 1, session_start_limit: limit });
  }

  #register(call: Call): Answer {
    checkCommands(call.list);
    this.#state.commands = (call.list ?? []) as FakeCommand[];
    return ok(call.list);
  }

  #openDirect(call: Call): Answer {
    const recipient = String(call.body.recipient_id);
    if (!this.#state.users.has(recipient)) throw refusals.unknownUser();
    const { id } = this.#state.directChannel(recipient);
    return ok({ id, type: 1, recipients: [userJson(this.#state, recipient)] });
  }

  #channelFor(id: string | undefined) {
    const channel = this.#state.channels.get(id ?? '');
    if (channel === undefined) throw refusals.unknownChannel();
    if (!channel.botAccess) throw refusals.missingAccess();
    return channel;
  }

  #create(call: Call, channelId: string | undefined): Answer {
    const channel = this.#channelFor(channelId);
    const state = this.#state;
    if (channel.recipientId !== null && state.closedDirect.has(channel.recipientId)) throw refusals.closedDirect();
    checkMessage(state, call.body, bytesOf(call));
    const nonce = call.body.nonce === undefined ? null : String(call.body.nonce);
    if (nonce !== null && call.body.enforce_nonce === true) {
      const same = state
        .inChannel(channel.id)
        .find((message) => message.nonce === nonce && state.now() - message.at < NONCE_LIFE_MS);
      if (same !== undefined) return ok({ ...this.#json(same), nonce });
    }
    const reference = call.body.message_reference as { message_id?: string; fail_if_not_exists?: boolean } | undefined;
    const known = reference?.message_id !== undefined && state.messages.has(reference.message_id);
    if (reference !== undefined && !known && reference.fail_if_not_exists !== false) {
      throw invalidForm('message_reference[MESSAGE_REFERENCE_UNKNOWN_MESSAGE]: Unknown message');
    }
    const message = this.#store(call, {
      channelId: channel.id,
      flags: Number(call.body.flags ?? 0) & ~FLAG.ephemeral,
      nonce,
      replyTo: known ? (reference?.message_id ?? null) : null,
    });
    this.#told('MESSAGE_CREATE', message);
    return ok({ ...this.#json(message), ...(nonce === null ? {} : { nonce }) });
  }

  #store(
    call: Call,
    more: Pick<FakeMessage, 'channelId' | 'flags'> &
      Partial<Pick<FakeMessage, 'nonce' | 'replyTo' | 'visibleTo' | 'interactionId'>>,
  ): FakeMessage {
    const content = String(call.body.content ?? '');
    if (content.trim() === '' && call.files.length === 0) throw refusals.empty();
    return this.#state.addMessage({
      authorId: this.#state.bot.id,
      content,
      components: (call.body.components ?? []) as FakeRow[],
      attachments: call.files,
      ...more,
    });
  }

  #list(call: Call, channelId: string | undefined): Answer {
    const { query } = call;
    const channel = this.#channelFor(channelId);
    const limit = Math.min(100, Number(query.get('limit') ?? 50));
    const after = query.get('after');
    const before = query.get('before');
    const visible = this.#state
      .inChannel(channel.id)
      .filter((message) => message.visibleTo === null)
      .filter((message) => after === null || BigInt(message.id) > BigInt(after))
      .filter((message) => before === null || BigInt(message.id) < BigInt(before));
    // Always newest first; `after` begins its page at the old end.
    const page = after === null ? visible.slice(-limit) : visible.slice(0, limit);
    return ok(page.reverse().map((message) => this.#json(message)));
  }

  #visible(channelId: string | undefined, id: string | undefined): FakeMessage {
    const channel = this.#channelFor(channelId);
    const message = this.#state.messages.get(id ?? '');
    if (message === undefined || message.deleted || message.channelId !== channel.id || message.visibleTo !== null) {
      throw refusals.unknownMessage();
    }
    return message;
  }

  #edit(call: Call, channelId: string | undefined, id: string | undefined): Answer {
    const message = this.#visible(channelId, id);
    if (message.authorId !== this.#state.bot.id) throw refusals.notAuthor();
    return this.#change(call, message);
  }

  #change(call: Call, message: FakeMessage): Answer {
    checkMessage(this.#state, call.body, bytesOf(call));
    const content = call.body.content === undefined ? message.content : String(call.body.content);
    if (content.trim() === '' && call.files.length === 0 && message.attachments.length === 0) throw refusals.empty();
    message.content = content;
    if (call.body.components !== undefined) message.components = call.body.components as FakeRow[];
    if (call.files.length > 0) message.attachments = call.files;
    message.flags |= Number(call.body.flags ?? 0) & FLAG.suppressEmbeds;
    if (!message.loading) message.editedAt = this.#state.now();
    message.loading = false;
    message.history.push(content);
    this.#told('MESSAGE_UPDATE', message);
    return ok(this.#json(message));
  }

  #remove(channelId: string | undefined, id: string | undefined): Answer {
    const message = this.#visible(channelId, id);
    const channel = this.#state.channel(message.channelId);
    if (message.authorId !== this.#state.bot.id) {
      if (channel.guildId === null) throw refusals.dmAction();
      if (!channel.manageMessages) throw refusals.missingPermissions();
    }
    return this.#delete(message);
  }

  #delete(message: FakeMessage): Answer {
    message.deleted = true;
    const { guildId } = this.#state.channel(message.channelId);
    if (message.visibleTo === null) {
      const where = { id: message.id, channel_id: message.channelId };
      this.#tell('MESSAGE_DELETE', guildId === null ? where : { ...where, guild_id: guildId });
    }
    return { status: 204 };
  }

  #type(channelId: string | undefined): Answer {
    this.#channelFor(channelId).typing += 1;
    return { status: 204 };
  }

  #answer(call: Call, id: string | undefined, token: string | undefined): Answer {
    const state = this.#state;
    const interaction = state.interactions.get(id ?? '');
    if (interaction === undefined || interaction.token !== token) throw refusals.unknownInteraction();
    const afterMs = state.now() - interaction.createdAt;
    if (interaction.answer !== null) {
      state.violations.push('an interaction was answered twice');
      throw refusals.acknowledged();
    }
    if (afterMs > ANSWER_WITHIN_MS) {
      state.violations.push('an interaction was answered after 3 s');
      throw refusals.unknownInteraction();
    }
    const type = Number(call.body.type);
    const data = (call.body.data ?? {}) as Record<string, unknown>;
    const ephemeral = (Number(data.flags ?? 0) & FLAG.ephemeral) !== 0;
    const updates = type === 6 || type === 7;
    if (![4, 5, 6, 7, 9].includes(type) || (updates && interaction.sourceId === null))
      throw invalidForm(`type ${type}`);
    if (type === 9) {
      if (interaction.type === 5) throw invalidForm('a modal cannot open a modal');
      interaction.modal = readModal(data);
    }
    if (type === 4) checkMessage(state, data, bytesOf(call));
    interaction.answer = { type, ephemeral, afterMs };
    if (type === 4 || type === 5) {
      const message = state.addMessage({
        channelId: interaction.channelId,
        authorId: state.bot.id,
        content: String(data.content ?? ''),
        components: (data.components ?? []) as FakeRow[],
        flags: Number(data.flags ?? 0),
        visibleTo: ephemeral ? interaction.userId : null,
        loading: type === 5,
        interactionId: interaction.id,
      });
      interaction.originalId = message.id;
      this.#told('MESSAGE_CREATE', message);
    } else if (updates) {
      interaction.originalId = interaction.sourceId;
      if (type === 7 && interaction.sourceId !== null) {
        this.#change({ ...call, body: data }, state.message(interaction.sourceId));
      }
    }
    return { status: 204 };
  }

  /** The interaction behind a token that still works. */
  #byToken(app: string | undefined, token: string | undefined): FakeInteraction {
    const interaction = [...this.#state.interactions.values()].find((candidate) => candidate.token === token);
    if (interaction === undefined || app !== this.#state.applicationId) throw refusals.unknownWebhook();
    if (!this.#state.tokenLives(interaction)) throw refusals.invalidToken();
    if (interaction.answer === null) throw refusals.unknownWebhook();
    return interaction;
  }

  #followUp(call: Call, app: string | undefined, token: string | undefined): Answer {
    const state = this.#state;
    const interaction = this.#byToken(app, token);
    const original = interaction.originalId === null ? undefined : state.messages.get(interaction.originalId);
    // The first follow-up of a deferral fills it, and has its visibility.
    if (original?.loading === true && !original.deleted) return this.#change(call, original);
    checkMessage(state, call.body, bytesOf(call));
    const flags = Number(call.body.flags ?? 0);
    const message = this.#store(call, {
      channelId: interaction.channelId,
      flags,
      visibleTo: (flags & FLAG.ephemeral) !== 0 ? interaction.userId : null,
      interactionId: interaction.id,
    });
    this.#told('MESSAGE_CREATE', message);
    return ok(this.#json(message));
  }

  #through(app: string | undefined, token: string | undefined, id: string | undefined): FakeMessage {
    const interaction = this.#byToken(app, token);
    const message = this.#state.messages.get((id === '@original' ? interaction.originalId : id) ?? '');
    const own = message?.interactionId === interaction.id || message?.id === interaction.originalId;
    if (message === undefined || message.deleted || !own) throw refusals.unknownMessage();
    return message;
  }

  #editThrough(call: Call, app: string | undefined, token: string | undefined, id: string | undefined): Answer {
    return this.#change(call, this.#through(app, token, id));
  }

  #removeThrough(app: string | undefined, token: string | undefined, id: string | undefined): Answer {
    return this.#delete(this.#through(app, token, id));
  }
}

function ok(json: unknown): Answer {
  return { status: 200, json };
}

function bytesOf(call: Call): number {
  return call.files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
}

function readModal(data: Record<string, unknown>): FakeInteraction['modal'] {
  checkComponents(data.components);
  const { custom_id: customId, title } = data;
  const rows = data.components as { components: { type: number; custom_id: string; label: string; style: number }[] }[];
  const input = rows?.[0]?.components[0];
  if (typeof customId !== 'string' || customId.length < 1 || customId.length > 100) throw invalidForm('custom_id');
  if (typeof title !== 'string' || title.length < 1 || title.length > 45) throw invalidForm('title');
  if (input?.type !== 4 || input.label.length < 1 || input.label.length > 45) throw invalidForm('components');
  return { customId, title, label: input.label, field: input.custom_id };
}

export { Refusal };

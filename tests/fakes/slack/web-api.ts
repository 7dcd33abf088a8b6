import { blockFault, isObject, list, pingsIn, viewFault, wellEscaped } from './rules.js';
import type { Json, StoredMessage, Workspace } from './workspace.js';
import { BOT_ID, BOT_USER, OWNER, TEAM } from './workspace.js';

export type TokenKind = 'bot' | 'app' | 'user';

export interface Call {
  readonly method: string;
  readonly token: TokenKind;
  readonly args: Json;
  readonly at: number;
}

/** What the methods need from the server around them. */
export interface WebApiHost {
  readonly workspace: Workspace;
  readonly url: string;
  violation(sentence: string): void;
  socketUrl(): string;
  /** Tells the app's subscriptions about a change. */
  posted(message: StoredMessage): void;
  changed(message: StoredMessage, before: Json): void;
  deleted(message: StoredMessage): void;
  /** The account that a trigger belongs to, or null when its three seconds are over or it was used. */
  useTrigger(id: string): string | null;
  readonly uploads: Map<string, { fileId: string; length: number }>;
}

type Method = (host: WebApiHost, args: Json, token: TokenKind) => Json;

class ApiFault extends Error {}

const fail = (error: string): never => {
  throw new ApiFault(error);
};

/** Which kinds of token a method takes. */
const TOKENS: Record<string, readonly TokenKind[]> = {
  'apps.connections.open': ['app'],
  'auth.test': ['bot', 'user'],
  'chat.delete': ['bot', 'user'],
};

export function callMethod(host: WebApiHost, name: string, args: Json, token: TokenKind | null): Json {
  const method = METHODS[name];
  if (!method) return { ok: false, error: 'unknown_method', req_method: name };
  if (token === null) return { ok: false, error: 'invalid_auth' };
  if (!(TOKENS[name] ?? ['bot']).includes(token)) {
    host.violation(`${name} with the ${token} token`);
    return { ok: false, error: 'not_allowed_token_type' };
  }
  try {
    return { ok: true, ...method(host, args, token) };
  } catch (fault) {
    if (!(fault instanceof ApiFault)) throw fault;
    return { ok: false, error: fault.message };
  }
}

const METHODS: Record<string, Method> = {
  'auth.test': (host, _args, token) => ({
    url: `${host.url}/`,
    team: 'Team',
    team_id: TEAM,
    ...(token === 'user'
      ? { user: 'owner', user_id: OWNER }
      : { user: 'seneschal', user_id: BOT_USER, bot_id: BOT_ID }),
  }),

  'apps.connections.open': (host) => ({ url: host.socketUrl() }),

  'chat.postMessage': (host, args) => {
    const channel = writable(host, args);
    const { text, blocks } = content(host, args, 'chat.postMessage', 40_000);
    const metadata = args.metadata;
    if (metadata !== undefined && (!isObject(metadata) || typeof metadata.event_type !== 'string')) {
      fail('invalid_metadata_format');
    }
    const closed = [...host.workspace.closedDirect].some((user) => host.workspace.direct(user).id === channel);
    if (closed) fail('messages_tab_disabled');
    const threadTs = typeof args.thread_ts === 'string' ? args.thread_ts : undefined;
    if (threadTs !== undefined && !host.workspace.find(channel, threadTs)) fail('thread_not_found');
    const message = host.workspace.post({
      channel,
      user: BOT_USER,
      botId: BOT_ID,
      text,
      blocks,
      previews: args.unfurl_links !== false || args.unfurl_media !== false,
      ...(isObject(metadata) ? { metadata } : {}),
      ...(threadTs === undefined ? {} : { threadTs }),
    });
    host.posted(message);
    return { channel, ts: message.ts, message: host.workspace.show(message, { metadata: true }) };
  },

  'chat.postEphemeral': (host, args) => {
    const channel = writable(host, args);
    const { text, blocks } = content(host, args, 'chat.postEphemeral', 40_000);
    const user = String(args.user ?? '');
    if (!host.workspace.channels.get(channel)?.members.has(user)) fail('user_not_in_channel');
    const ts = host.workspace.ts();
    const threadTs = typeof args.thread_ts === 'string' ? { threadTs: args.thread_ts } : {};
    host.workspace.ephemerals.push({ ts, channel, user, text, blocks, ...threadTs });
    return { message_ts: ts };
  },

  'chat.update': (host, args) => {
    const channel = writable(host, args);
    const message = host.workspace.find(channel, String(args.ts ?? '')) ?? fail('message_not_found');
    if (message.botId !== BOT_ID) {
      host.violation(`chat.update of a message by ${message.user}`);
      fail('cant_update_message');
    }
    const { text, blocks } = content(host, args, 'chat.update', 4_000);
    const before = host.workspace.show(message);
    // Without `blocks` the old ones stay, buttons included.
    host.workspace.change(message, text, args.blocks === undefined ? message.blocks : blocks);
    host.changed(message, before);
    return { channel, ts: message.ts, text };
  },

  'chat.delete': (host, args, token) => {
    const channel = String(args.channel ?? '');
    const message = host.workspace.find(channel, String(args.ts ?? '')) ?? fail('message_not_found');
    const own = token === 'bot' ? message.botId === BOT_ID : message.user === OWNER;
    if (!own) fail('cant_delete_message');
    message.deletedBy = token === 'bot' ? BOT_USER : OWNER;
    host.deleted(message);
    return { channel, ts: message.ts };
  },

  'conversations.open': (host, args) => {
    const user = String(args.users ?? '');
    if (!host.workspace.users.has(user)) fail('user_not_found');
    return { channel: { id: host.workspace.direct(user).id } };
  },

  'conversations.history': (host, args) => {
    const channel = readable(host, args);
    const roots = host.workspace.visible(channel).filter((message) => message.threadTs === undefined);
    return page(host, args, roots.reverse());
  },

  'conversations.replies': (host, args) => {
    const channel = readable(host, args);
    const root = String(args.ts ?? '');
    const thread = host.workspace.visible(channel, root);
    if (thread.length === 0) fail('thread_not_found');
    return page(host, args, thread);
  },

  'users.info': (host, args) => {
    const id = String(args.user ?? '');
    const name = host.workspace.users.get(id) ?? fail('user_not_found');
    return { user: { id, name, is_bot: id === BOT_USER } };
  },

  'views.open': (host, args) => {
    const user = host.useTrigger(String(args.trigger_id ?? '')) ?? fail('expired_trigger_id');
    const view = isObject(args.view) ? args.view : fail('invalid_arguments');
    const fault = viewFault(view);
    if (fault !== null) {
      host.violation(`views.open: ${fault}`);
      fail('invalid_arguments');
    }
    const id = host.workspace.id('V');
    host.workspace.modals.push({ id, user, view });
    return { view: { id, ...view } };
  },

  'files.getUploadURLExternal': (host, args) => {
    const length = Number(args.length);
    const filename = String(args.filename ?? '');
    if (filename === '' || !(length > 0)) fail('invalid_arguments');
    const id = host.workspace.id('F');
    host.workspace.files.set(id, {
      id,
      name: filename,
      title: filename,
      mimetype: 'application/octet-stream',
      bytes: Buffer.alloc(0),
      owner: BOT_USER,
      sharedIn: [],
    });
    host.uploads.set(id, { fileId: id, length });
    return { upload_url: `${host.url}/upload/v1/${id}`, file_id: id };
  },

  'files.completeUploadExternal': (host, args) => {
    const files = list(args.files).map((entry) => {
      const file = host.workspace.files.get(String(entry.id)) ?? fail('file_not_found');
      if (host.uploads.has(file.id)) fail('file_upload_size_error');
      if (typeof entry.title === 'string') file.title = entry.title;
      return file;
    });
    if (files.length === 0) fail('invalid_arguments');
    if (typeof args.channel_id === 'string') {
      const channel = writable(host, { channel: args.channel_id });
      const message = host.workspace.post({
        channel,
        user: BOT_USER,
        botId: BOT_ID,
        text: String(args.initial_comment ?? ''),
        files,
        ...(typeof args.thread_ts === 'string' ? { threadTs: args.thread_ts } : {}),
      });
      host.posted(message);
    }
    return { files: files.map((file) => ({ id: file.id, title: file.title })) };
  },

  'files.info': (host, args) => {
    const file = host.workspace.files.get(String(args.file ?? '')) ?? fail('file_not_found');
    return { file: fileObject(host, file.id) };
  },
};

export function fileObject(host: Pick<WebApiHost, 'workspace' | 'url'>, id: string): Json {
  const file = host.workspace.files.get(id);
  if (!file) return { id };
  const url = `${host.url}/files-pri/${TEAM}-${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    size: file.bytes.length,
    user: file.owner,
    url_private: url,
    url_private_download: `${url}?download=1`,
  };
}

/** The channel, when the agent may write there. */
function writable(host: WebApiHost, args: Json): string {
  const id = String(args.channel ?? '');
  const channel = host.workspace.channels.get(id);
  if (!channel) return fail('channel_not_found');
  if (!channel.members.has(BOT_USER)) return fail(channel.kind === 'im' ? 'channel_not_found' : 'not_in_channel');
  return id;
}

const readable = writable;

function content(host: WebApiHost, args: Json, method: string, limit: number): { text: string; blocks: Json[] } {
  const text = typeof args.text === 'string' ? args.text : '';
  const blocks = list(args.blocks);
  if (text === '' && blocks.length === 0) fail('no_text');
  if (text.length > limit) {
    host.violation(`${method}: ${text.length} characters of text`);
    fail('msg_too_long');
  }
  const fault = blockFault(blocks);
  if (fault !== null) {
    host.violation(`${method}: ${fault}`);
    fail(fault === 'msg_blocks_too_long' ? fault : 'invalid_blocks');
  }
  for (const option of ['unfurl_links', 'unfurl_media']) {
    if (args[option] !== false) host.violation(`${method} without ${option}: false`);
  }
  for (const ping of pingsIn(text, blocks)) host.violation(`${method} pings: ${ping}`);
  if (!wellEscaped(text)) host.violation(`${method}: text is not escaped: ${text.slice(0, 80)}`);
  return { text, blocks };
}

/** `oldest` and `latest` are exclusive unless `inclusive`; a cursor counts on from the last page. */
function page(host: WebApiHost, args: Json, messages: readonly StoredMessage[]): Json {
  const inclusive = args.inclusive === true || args.inclusive === 'true';
  const oldest = typeof args.oldest === 'string' ? args.oldest : '';
  const latest = typeof args.latest === 'string' ? args.latest : '';
  const within = messages.filter((message) => {
    if (oldest !== '' && (inclusive ? message.ts < oldest : message.ts <= oldest)) return false;
    return latest === '' || (inclusive ? message.ts <= latest : message.ts < latest);
  });
  const limit = Math.min(Number(args.limit ?? 100) || 100, 1_000);
  const start = Number(args.cursor ?? 0) || 0;
  const end = start + limit;
  const metadata = args.include_all_metadata === true || args.include_all_metadata === 'true';
  return {
    messages: within.slice(start, end).map((message) => ({
      ...host.workspace.show(message, { metadata }),
      ...(message.files.length === 0 ? {} : { files: message.files.map((file) => fileObject(host, file.id)) }),
    })),
    has_more: end < within.length,
    response_metadata: { next_cursor: end < within.length ? String(end) : '' },
  };
}

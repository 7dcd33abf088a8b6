/**
 * What a Slack workspace holds: people, channels, messages with their history, files, open modals. Time stamps are
 * unique and grow, as Slack's are. Nothing here talks to a network.
 */
export type Json = Record<string, unknown>;

export interface StoredMessage {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs?: string;
  readonly user: string;
  /** Present for what an app posted. */
  readonly botId?: string;
  text: string;
  blocks: readonly Json[];
  readonly metadata?: Json;
  /** Whether Slack was left free to fetch the links in it. */
  readonly previews?: boolean;
  readonly files: readonly StoredFile[];
  readonly attachments: readonly Json[];
  /** What it said before, oldest first. */
  readonly history: { readonly text: string; readonly blocks: readonly Json[]; readonly at: number }[];
  readonly postedAt: number;
  deletedBy?: string;
}

export interface StoredFile {
  readonly id: string;
  name: string;
  title: string;
  mimetype: string;
  bytes: Buffer;
  readonly owner: string;
  readonly sharedIn: { readonly channel: string; readonly ts: string }[];
}

export interface EphemeralMessage {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs?: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Json[];
}

export interface OpenModal {
  readonly id: string;
  readonly user: string;
  readonly view: Json;
}

export interface Channel {
  readonly id: string;
  readonly kind: 'im' | 'channel';
  readonly name: string;
  readonly members: Set<string>;
}

export const OWNER = 'U0OWNER';
export const STRANGER = 'U0STRANGER';
export const BOT_USER = 'U0AGENT';
export const BOT_ID = 'B0AGENT';
export const APP_ID = 'A0AGENT';
export const TEAM = 'T0TEAM';
/** A channel that the owner, a stranger and the agent are in. */
export const GENERAL = 'C0GENERAL';
/** A channel without the agent. */
export const ELSEWHERE = 'C0ELSEWHERE';

export class Workspace {
  readonly channels = new Map<string, Channel>();
  readonly messages: StoredMessage[] = [];
  readonly ephemerals: EphemeralMessage[] = [];
  readonly files = new Map<string, StoredFile>();
  readonly modals: OpenModal[] = [];
  /** Accounts that take no direct messages of the agent. */
  readonly closedDirect = new Set<string>();
  readonly users = new Map<string, string>([
    [OWNER, 'owner'],
    [STRANGER, 'stranger'],
    [BOT_USER, 'seneschal'],
  ]);
  #sequence = 0;
  #lastSecond = 0;

  constructor() {
    this.#addChannel({ id: GENERAL, kind: 'channel', name: 'general', members: new Set([OWNER, STRANGER, BOT_USER]) });
    this.#addChannel({ id: ELSEWHERE, kind: 'channel', name: 'elsewhere', members: new Set([OWNER, STRANGER]) });
  }

  #addChannel(channel: Channel): Channel {
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** The direct conversation of two accounts; the agent's with `user` unless told otherwise. */
  direct(user: string, other: string = BOT_USER): Channel {
    const id = other === BOT_USER ? `D${user.slice(1)}` : `D${user.slice(1)}${other.slice(1)}`;
    return this.channels.get(id) ?? this.#addChannel({ id, kind: 'im', name: id, members: new Set([user, other]) });
  }

  ts(): string {
    const second = Math.max(Math.floor(Date.now() / 1000), this.#lastSecond);
    this.#sequence += 1;
    this.#lastSecond = second;
    return `${second}.${String(this.#sequence).padStart(6, '0')}`;
  }

  id(prefix: string): string {
    this.#sequence += 1;
    return `${prefix}${String(this.#sequence).padStart(8, '0')}`;
  }

  post(
    message: Pick<StoredMessage, 'channel' | 'user' | 'text'> & Partial<Omit<StoredMessage, 'ts' | 'history'>>,
  ): StoredMessage {
    const stored: StoredMessage = {
      blocks: [],
      files: [],
      attachments: [],
      ...message,
      ts: this.ts(),
      history: [],
      postedAt: Date.now(),
    };
    this.messages.push(stored);
    for (const file of stored.files) file.sharedIn.push({ channel: stored.channel, ts: stored.ts });
    return stored;
  }

  find(channel: string, ts: string): StoredMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts && !message.deletedBy);
  }

  /** What stands in a channel (or one thread of it, root included) now, oldest first. */
  visible(channel: string, threadTs?: string): StoredMessage[] {
    return this.messages.filter(
      (message) =>
        message.channel === channel &&
        message.deletedBy === undefined &&
        (threadTs === undefined || message.ts === threadTs || message.threadTs === threadTs),
    );
  }

  change(message: StoredMessage, text: string, blocks: readonly Json[]): void {
    message.history.push({ text: message.text, blocks: message.blocks, at: Date.now() });
    message.text = text;
    message.blocks = blocks;
  }

  /** The form in which the Web API and events show a message. */
  show(message: StoredMessage, options: { metadata?: boolean } = {}): Json {
    const replies = this.messages.filter((other) => other.threadTs === message.ts && !other.deletedBy);
    return {
      type: 'message',
      user: message.user,
      team: TEAM,
      text: message.text,
      ts: message.ts,
      ...(message.botId === undefined ? {} : { bot_id: message.botId, app_id: APP_ID }),
      ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
      ...(replies.length === 0 ? {} : { thread_ts: message.ts, reply_count: replies.length }),
      ...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
      ...(message.history.length === 0 ? {} : { edited: { user: message.user, ts: message.ts } }),
      ...(options.metadata && message.metadata ? { metadata: message.metadata } : {}),
    };
  }
}

/** What a person reads: the texts of the blocks where there are any, else the message's text without its escapes. */
export function visibleText(message: { readonly text: string; readonly blocks: readonly Json[] }): string {
  const shown = message.blocks.filter((block) => block.type !== 'actions').map(blockText);
  return shown.length > 0 ? shown.join('\n') : unescapeText(message.text);
}

function blockText(node: unknown): string {
  if (Array.isArray(node)) return node.map(blockText).join('');
  if (typeof node !== 'object' || node === null) return '';
  const block = node as Json;
  if (typeof block.text === 'string') return block.type === 'mrkdwn' ? unescapeText(block.text) : block.text;
  if (block.type === 'link' && typeof block.url === 'string') return block.url;
  if (block.type === 'rich_text' && Array.isArray(block.elements)) return block.elements.map(blockText).join('\n');
  if (block.type === 'rich_text_list' && Array.isArray(block.elements)) return block.elements.map(blockText).join('\n');
  return blockText(block.text ?? block.elements ?? block.fields ?? []);
}

function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** What a person types, as Slack stores it. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

import type { FormattedText, MessageEntity } from './html.js';

export type Json = Record<string, unknown>;

export interface Person {
  readonly id: number;
  readonly first_name: string;
  readonly username?: string;
}

export const OWNER: Person = { id: 4_211_001, first_name: 'Olivia', username: 'olivia_owner' };
export const STRANGER: Person = { id: 4_211_666, first_name: 'Mallory', username: 'mallory' };
export const BOT = { id: 700_100_200, is_bot: true, first_name: 'Seneschal', username: 'seneschal_test_bot' } as const;
/** A group that the owner, the stranger and the bot are in. */
export const GROUP_ID = -100_300_400;

export interface InlineButton {
  readonly text: string;
  readonly callback_data?: string;
}

/** A message as the platform keeps it; `raw` is what an update or an answer shows of it. */
export interface StoredMessage {
  readonly chatId: number;
  readonly messageId: number;
  readonly from: number;
  /** Seconds, as Telegram counts. */
  readonly date: number;
  text: string;
  entities: readonly MessageEntity[];
  buttons: readonly (readonly InlineButton[])[];
  /** Texts before each edit, oldest first. */
  readonly history: string[];
  deleted: boolean;
  readonly file?: StoredFile;
  readonly kind: 'text' | 'document' | 'photo' | 'voice' | 'service';
  readonly replyTo?: number;
  readonly silent: boolean;
  linkPreview: Json | null;
  readonly extra: Json;
}

export interface StoredFile {
  readonly fileId: string;
  readonly path: string;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Buffer;
}

export interface Update extends Json {
  readonly update_id: number;
}

/** Chats, messages, files and the queue of updates that the bot has not confirmed. */
export class TelegramState {
  readonly messages: StoredMessage[] = [];
  readonly files = new Map<string, StoredFile>();
  /** Unconfirmed updates in order. */
  queue: Update[] = [];
  /** Every update ever made, for redelivery. */
  readonly made: Update[] = [];
  readonly confirmed = new Set<number>();
  readonly callbacks = new Map<string, { readonly at: number; answer: Json | null }>();
  readonly chatActions: { readonly chatId: number; readonly action: string; readonly at: number }[] = [];
  allowedUpdates: readonly string[] = [];
  commands: readonly Json[] = [];
  webhookUrl = '';
  /** Telegram may leave sizes out of getFile. */
  announcesSizes = true;
  readonly #forced = new Set<number>();
  #nextUpdate = 500_001;
  readonly #nextMessage = new Map<number, number>();
  #nextFile = 1;

  constructor(readonly now: () => number) {}

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  knowsChat(chatId: number): boolean {
    return chatId === OWNER.id || chatId === STRANGER.id || chatId === GROUP_ID;
  }

  chat(chatId: number): Json {
    if (chatId === GROUP_ID) return { id: chatId, type: 'supergroup', title: 'Household' };
    const person = chatId === STRANGER.id ? STRANGER : OWNER;
    return { ...person, id: chatId, type: 'private' };
  }

  add(message: Omit<StoredMessage, 'messageId' | 'date' | 'history' | 'deleted'>): StoredMessage {
    const messageId = this.#nextMessage.get(message.chatId) ?? 11;
    this.#nextMessage.set(message.chatId, messageId + 1);
    const stored: StoredMessage = { ...message, messageId, date: this.seconds(), history: [], deleted: false };
    this.messages.push(stored);
    return stored;
  }

  find(chatId: number, messageId: number): StoredMessage | undefined {
    return this.messages.find((one) => one.chatId === chatId && one.messageId === messageId && !one.deleted);
  }

  addFile(file: { name: string; mimeType: string; bytes: Buffer }, folder: string): StoredFile {
    const number = this.#nextFile++;
    const stored = { ...file, fileId: `BQACAgIAAx-file-${number}`, path: `${folder}/file_${number}` };
    this.files.set(stored.fileId, stored);
    return stored;
  }

  /** Puts an update in the queue; kinds that the bot did not ask for are left out, as Telegram does. */
  push(content: Json): Update {
    const update: Update = { update_id: this.#nextUpdate++, ...content };
    this.made.push(update);
    const kind = Object.keys(content)[0] ?? '';
    const byDefault = !['message_reaction', 'message_reaction_count', 'chat_member'].includes(kind);
    const wanted = this.allowedUpdates.length === 0 ? byDefault : this.allowedUpdates.includes(kind);
    if (wanted) this.queue.push(update);
    return update;
  }

  /** Queues an update as it is: for what no well-behaved server would send. */
  pushRaw(content: Json): Update {
    const update: Update = { update_id: this.#nextUpdate++, ...content };
    this.made.push(update);
    this.queue.push(update);
    return update;
  }

  /** Delivers an update once more under its own number, though it may have been confirmed. */
  pushAgain(update: Update): void {
    this.#forced.add(update.update_id);
    if (!this.queue.includes(update)) this.queue.push(update);
  }

  /** The front of the queue, for a poll's answer. */
  take(limit: number): Update[] {
    const front = this.queue.slice(0, limit);
    for (const update of front) this.#forced.delete(update.update_id);
    return front;
  }

  /** Everything before `offset` is confirmed and forgotten. A negative one keeps that many from the end. */
  confirm(offset: number): void {
    const kept =
      offset < 0
        ? this.queue.slice(offset)
        : this.queue.filter((update) => update.update_id >= offset || this.#forced.has(update.update_id));
    for (const update of this.queue) if (!kept.includes(update)) this.confirmed.add(update.update_id);
    this.queue = kept;
  }

  /** What an update or a call's answer shows of a message. */
  raw(message: StoredMessage, nested = false): Json {
    const from = message.from === BOT.id ? BOT : { is_bot: false, language_code: 'en', ...personOf(message.from) };
    const replied = message.replyTo === undefined ? undefined : this.find(message.chatId, message.replyTo);
    const formatted: FormattedText = { text: message.text, entities: message.entities };
    const body =
      message.kind === 'text'
        ? { text: formatted.text, ...entitiesOf('entities', formatted) }
        : message.kind === 'service'
          ? {}
          : {
              ...(formatted.text === '' ? {} : { caption: formatted.text }),
              ...entitiesOf('caption_entities', formatted),
              ...fileFields(message),
            };
    return {
      message_id: message.messageId,
      from,
      chat: this.chat(message.chatId),
      date: message.date,
      ...(replied && !nested ? { reply_to_message: this.raw(replied, true) } : {}),
      ...body,
      ...(message.buttons.length > 0 ? { reply_markup: { inline_keyboard: message.buttons } } : {}),
      ...message.extra,
    };
  }
}

export function personOf(id: number): Person {
  return id === STRANGER.id ? STRANGER : OWNER;
}

function entitiesOf(key: string, { entities }: FormattedText): Json {
  return entities.length > 0 ? { [key]: entities } : {};
}

function fileFields(message: StoredMessage): Json {
  const file = message.file;
  if (!file) return {};
  const common = { file_id: file.fileId, file_unique_id: `u-${file.fileId}`, file_size: file.bytes.length };
  if (message.kind === 'photo') {
    const thumb = { ...common, file_id: `${file.fileId}-s`, file_size: 900, width: 90, height: 67 };
    return { photo: [thumb, { ...common, width: 1280, height: 960 }] };
  }
  if (message.kind === 'voice') return { voice: { ...common, duration: 3, mime_type: file.mimeType } };
  return { document: { ...common, file_name: file.name, mime_type: file.mimeType } };
}

import { detect } from './html.js';
import { type Json, OWNER, personOf, type StoredMessage, type TelegramState, type Update } from './state.js';

export interface SayOptions {
  /** The owner unless told otherwise. */
  readonly from?: number;
  /** The sender's private chat with the bot unless told otherwise. */
  readonly chatId?: number;
}

export interface Said {
  readonly messageId: number;
  readonly updateId: number;
  /** All parts of a text that the client had to divide. */
  readonly parts: readonly number[];
}

export interface PressResult {
  readonly queryId: string;
  /** Resolves with the toast's text once the bot answers the query (empty when it shows none). */
  answered(timeoutMs?: number): Promise<string>;
}

const CLIENT_LIMIT = 4096;

/** What people do in their clients. Each call becomes an update as Telegram would make it. */
export abstract class TelegramPeople {
  #nextQuery = 1;
  readonly #waiting = new Map<string, (text: string) => void>();

  constructor(readonly state: TelegramState) {}

  /** Answers a waiting poll. */
  protected abstract wakePoll(): void;

  /** Clients divide what is longer than 4,096 units into messages that follow each other. */
  userSays(text: string, options: SayOptions = {}): Said {
    const parts: { message: StoredMessage; update: Update }[] = [];
    for (let at = 0; at === 0 || at < text.length; at += CLIENT_LIMIT) {
      parts.push(this.#post({ text: text.slice(at, at + CLIENT_LIMIT), ...options }));
    }
    return said(parts);
  }

  userReplies(toMessageId: number, text: string, options: SayOptions & { readonly quote?: string } = {}): Said {
    const extra = options.quote === undefined ? {} : { quote: { text: options.quote, position: 0, is_manual: true } };
    return said([this.#post({ ...options, text, replyTo: toMessageId, extra })]);
  }

  /** Passes on a message of somebody else. */
  forwards(text: string, options: SayOptions & { readonly origin?: Json } = {}): Said {
    const origin = options.origin ?? {
      type: 'user',
      date: this.state.seconds() - 60,
      sender_user: { id: 99_001, is_bot: false, first_name: 'Somebody' },
    };
    return said([this.#post({ ...options, text, extra: { forward_origin: origin } })]);
  }

  userSends(
    kind: 'photo' | 'document' | 'voice',
    file: { readonly name: string; readonly mimeType: string; readonly bytes: Uint8Array },
    options: SayOptions & { readonly caption?: string; readonly origin?: Json } = {},
  ): Said & { readonly fileId: string } {
    const stored = this.state.addFile({ ...file, bytes: Buffer.from(file.bytes) }, `${kind}s`);
    const extra = options.origin === undefined ? {} : { forward_origin: options.origin };
    const posted = this.#post({ ...options, text: options.caption ?? '', kind, file: stored, extra });
    return { ...said([posted]), fileId: stored.fileId };
  }

  userEdits(messageId: number, text: string, options: SayOptions = {}): Update {
    const message = this.#existing(messageId, options);
    message.history.push(message.text);
    message.text = text;
    return this.#push({ edited_message: { ...this.state.raw(message), edit_date: this.state.seconds() } });
  }

  /** `label` is what the button shows. */
  presses(messageId: number, label: string, options: SayOptions = {}): PressResult {
    const message = this.#existing(messageId, { chatId: OWNER.id, ...options });
    const button = message.buttons.flat().find((one) => one.text === label);
    if (!button) throw new Error(`message ${messageId} has no button "${label}"`);
    return this.pressesData(messageId, button.callback_data ?? '', options);
  }

  /** A press with any data: clients can be made to send what no button holds. */
  pressesData(messageId: number, data: string, options: SayOptions = {}): PressResult {
    const from = options.from ?? OWNER.id;
    const queryId = `77${this.#nextQuery++}`;
    const message = this.state.find(options.chatId ?? OWNER.id, messageId);
    this.state.callbacks.set(queryId, { at: this.state.now(), answer: null });
    this.#push({
      callback_query: {
        id: queryId,
        from: { is_bot: false, ...personOf(from) },
        ...(message ? { message: this.state.raw(message) } : {}),
        chat_instance: '-5566778899',
        data,
      },
    });
    const answered = (timeoutMs = 5_000) =>
      new Promise<string>((resolve, reject) => {
        const answer = this.state.callbacks.get(queryId)?.answer;
        if (answer) {
          resolve(String(answer.text ?? ''));
          return;
        }
        const timer = setTimeout(() => reject(new Error(`callback query ${queryId} was not answered`)), timeoutMs);
        this.#waiting.set(queryId, (text) => {
          clearTimeout(timer);
          resolve(text);
        });
      });
    return { queryId, answered };
  }

  reacts(
    messageId: number,
    emoji: readonly string[],
    options: SayOptions & { readonly before?: string[] } = {},
  ): Update {
    const from = options.from ?? OWNER.id;
    const chatId = options.chatId ?? from;
    const types = (list: readonly string[]) => list.map((one) => ({ type: 'emoji', emoji: one }));
    return this.#push({
      message_reaction: {
        chat: this.state.chat(chatId),
        message_id: messageId,
        user: { is_bot: false, ...personOf(from) },
        date: this.state.seconds(),
        old_reaction: types(options.before ?? []),
        new_reaction: types(emoji),
      },
    });
  }

  /** Called by the server when the bot answers a query. */
  queryAnswered(queryId: string): void {
    const text = String(this.state.callbacks.get(queryId)?.answer?.text ?? '');
    this.#waiting.get(queryId)?.(text);
    this.#waiting.delete(queryId);
  }

  #existing(messageId: number, options: SayOptions): StoredMessage {
    const message = this.state.find(options.chatId ?? options.from ?? OWNER.id, messageId);
    if (!message) throw new Error(`no message ${messageId}`);
    return message;
  }

  #post(
    post: SayOptions & {
      readonly text: string;
      readonly kind?: StoredMessage['kind'];
      readonly file?: NonNullable<StoredMessage['file']>;
      readonly replyTo?: number;
      readonly extra?: Json;
    },
  ): { message: StoredMessage; update: Update } {
    const from = post.from ?? OWNER.id;
    const commands = detect({ text: post.text, entities: [] }).filter((entity) => entity.type !== 'url');
    const message = this.state.add({
      chatId: post.chatId ?? from,
      from,
      text: post.text,
      entities: commands,
      buttons: [],
      kind: post.kind ?? 'text',
      ...(post.file ? { file: post.file } : {}),
      ...(post.replyTo === undefined ? {} : { replyTo: post.replyTo }),
      silent: false,
      linkPreview: null,
      extra: post.extra ?? {},
    });
    return { message, update: this.#push({ message: this.state.raw(message) }) };
  }

  #push(content: Json): Update {
    const update = this.state.push(content);
    this.wakePoll();
    return update;
  }
}

function said(parts: readonly { message: StoredMessage; update: Update }[]): Said {
  const first = parts[0];
  if (!first) throw new Error('nothing was said');
  return {
    messageId: first.message.messageId,
    updateId: first.update.update_id,
    parts: parts.map((part) => part.message.messageId),
  };
}

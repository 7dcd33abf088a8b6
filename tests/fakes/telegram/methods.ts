import { type CallBody, structured } from './body.js';
import { type FormattedText, ParseFault, parseHtml, trim } from './html.js';
import { BOT, type InlineButton, type Json, type StoredMessage, type TelegramState } from './state.js';

/** What Telegram answers with `ok: false`. */
export class ApiFault extends Error {
  constructor(
    readonly code: number,
    description: string,
    readonly parameters?: Json,
  ) {
    super(description);
  }
}

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
const MAX_CALLBACK_BYTES = 64;
const MAX_UPLOAD = 50 * 1024 * 1024;
const MAX_DOWNLOAD = 20 * 1024 * 1024;
const MAX_PHOTO = 10 * 1024 * 1024;
const DELETABLE_SECONDS = 48 * 3600;
const QUERY_LIFE_MS = 15_000;

const bad = (description: string) => new ApiFault(400, `Bad Request: ${description}`);

/** The methods that need no long poll, each as documented: state in, state out, or the platform's own refusal. */
export class BotMethods {
  readonly #methods: Readonly<Record<string, (body: CallBody) => unknown>> = {
    getme: () => ({
      ...BOT,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
    }),
    getwebhookinfo: () => ({ url: this.state.webhookUrl, has_custom_certificate: false, pending_update_count: 0 }),
    deletewebhook: ({ params }) => {
      this.state.webhookUrl = '';
      if (structured(params.drop_pending_updates) === true) this.state.queue = [];
      return true;
    },
    setmycommands: (body) => this.#setCommands(body),
    sendmessage: (body) => this.#sendMessage(body),
    editmessagetext: (body) => this.#editText(body, 'text'),
    editmessagecaption: (body) => this.#editText(body, 'caption'),
    editmessagereplymarkup: (body) => this.#editMarkup(body),
    deletemessage: (body) => this.#delete(body),
    sendchataction: (body) => this.#chatAction(body),
    answercallbackquery: (body) => this.#answer(body),
    senddocument: (body) => this.#sendFile(body, 'document'),
    sendphoto: (body) => this.#sendFile(body, 'photo'),
    getfile: (body) => this.#getFile(body),
  };

  constructor(
    private readonly state: TelegramState,
    private readonly violation: (sentence: string) => void,
  ) {}

  call(method: string, body: CallBody): unknown {
    const run = this.#methods[method.toLowerCase()];
    if (!run) throw new ApiFault(404, 'Not Found: method not found');
    return run(body);
  }

  #setCommands({ params }: CallBody): true {
    const commands = structured(params.commands);
    if (!Array.isArray(commands) || commands.length > 100) throw bad('BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of commands as Json[]) {
      if (!/^[a-z0-9_]{1,32}$/.test(String(command))) throw bad('BOT_COMMAND_INVALID');
      if (String(description).length < 1 || String(description).length > 256) {
        throw bad('BOT_COMMAND_DESCRIPTION_INVALID');
      }
    }
    this.state.commands = commands as Json[];
    return true;
  }

  #chatId(params: Json): number {
    const id = Number(structured(params.chat_id));
    if (!this.state.knowsChat(id)) throw bad('chat not found');
    return id;
  }

  #format(params: Json, key: 'text' | 'caption', limit: number): FormattedText {
    const source = typeof params[key] === 'string' ? params[key] : '';
    const mode = params.parse_mode;
    if (mode !== undefined && String(mode).toLowerCase() !== 'html') throw bad('unsupported parse_mode in this fake');
    try {
      const formatted = mode === undefined ? trim({ text: source, entities: [] }) : parseHtml(source);
      if (formatted.text.length > limit) {
        throw bad(key === 'text' ? 'message is too long' : 'message caption is too long');
      }
      return formatted;
    } catch (thrown) {
      if (thrown instanceof ParseFault) throw bad(`can't parse entities: ${thrown.message}`);
      throw thrown;
    }
  }

  #buttons(params: Json): InlineButton[][] {
    const markup = structured(params.reply_markup) as { inline_keyboard?: InlineButton[][] } | undefined;
    const rows = markup?.inline_keyboard ?? [];
    if (rows.flat().length > 100) throw bad('REPLY_MARKUP_TOO_LONG');
    for (const button of rows.flat()) {
      if (typeof button.text !== 'string' || button.text.trim() === '') {
        throw bad("can't parse inline keyboard button: button text must be non-empty");
      }
      const bytes = Buffer.byteLength(button.callback_data ?? '');
      if (bytes < 1 || bytes > MAX_CALLBACK_BYTES) throw bad('BUTTON_DATA_INVALID');
    }
    return rows.filter((row) => row.length > 0);
  }

  #replyTo(params: Json, chatId: number): number | undefined {
    const reply = structured(params.reply_parameters) as Json | undefined;
    if (!reply) return undefined;
    const id = Number(reply.message_id);
    if (this.state.find(chatId, id)) return id;
    if (reply.allow_sending_without_reply === true) return undefined;
    throw bad('message to be replied not found');
  }

  #sendMessage({ params }: CallBody): Json {
    const chatId = this.#chatId(params);
    const formatted = this.#format(params, 'text', MAX_TEXT);
    if (formatted.text === '') throw bad('message text is empty');
    this.#noPreview(params, 'sendMessage');
    return this.#store(params, chatId, formatted, 'text');
  }

  /** No rule of Telegram's, but what this product must never leave out: it would fetch the first address of a text. */
  #noPreview(params: Json, method: string): void {
    const preview = structured(params.link_preview_options) as Json | undefined;
    if (preview?.is_disabled !== true) this.violation(`${method} without link_preview_options.is_disabled`);
  }

  #sendFile({ params, files }: CallBody, kind: 'document' | 'photo'): Json {
    const chatId = this.#chatId(params);
    const reference = /^attach:\/\/(.+)$/.exec(String(params[kind] ?? ''))?.[1] ?? kind;
    const upload = files.get(reference);
    if (!upload) throw bad(`there is no ${kind} in the request`);
    if (upload.bytes.length === 0) throw bad('file must be non-empty');
    if (upload.bytes.length > MAX_UPLOAD) throw new ApiFault(413, 'Request Entity Too Large');
    if (kind === 'photo') {
      if (upload.bytes.length > MAX_PHOTO) throw bad('file is too big');
      if (!isPicture(upload.bytes)) throw bad('IMAGE_PROCESS_FAILED');
    }
    const formatted = this.#format(params, 'caption', MAX_CAPTION);
    const file = this.state.addFile(upload, kind === 'photo' ? 'photos' : 'documents');
    return this.#store(params, chatId, formatted, kind, file);
  }

  #store(
    params: Json,
    chatId: number,
    formatted: FormattedText,
    kind: StoredMessage['kind'],
    file?: StoredMessage['file'],
  ): Json {
    const replyTo = this.#replyTo(params, chatId);
    const message = this.state.add({
      chatId,
      from: BOT.id,
      ...formatted,
      buttons: this.#buttons(params),
      kind,
      ...(file ? { file } : {}),
      ...(replyTo === undefined ? {} : { replyTo }),
      silent: structured(params.disable_notification) === true,
      linkPreview: (structured(params.link_preview_options) as Json | undefined) ?? null,
      extra: {},
    });
    return this.state.raw(message);
  }

  #target(params: Json, verb: 'edit' | 'delete'): StoredMessage {
    const chatId = this.#chatId(params);
    const message = this.state.find(chatId, Number(structured(params.message_id)));
    if (!message) throw bad(`message to ${verb} not found`);
    return message;
  }

  #editText({ params }: CallBody, key: 'text' | 'caption'): Json {
    const message = this.#target(params, 'edit');
    if (message.from !== BOT.id) throw bad("message can't be edited");
    if (key === 'text' && message.kind !== 'text') throw bad('there is no text in the message to edit');
    if (key === 'text') this.#noPreview(params, 'editMessageText');
    if (key === 'caption' && message.kind === 'text') throw bad('there is no caption in the message to edit');
    const formatted = this.#format(params, key, key === 'text' ? MAX_TEXT : MAX_CAPTION);
    if (key === 'text' && formatted.text === '') throw bad('message text is empty');
    return this.#change(message, formatted, this.#buttons(params), params);
  }

  #editMarkup({ params }: CallBody): Json {
    const message = this.#target(params, 'edit');
    return this.#change(message, { text: message.text, entities: message.entities }, this.#buttons(params), params);
  }

  #change(message: StoredMessage, formatted: FormattedText, buttons: InlineButton[][], params: Json): Json {
    const before = JSON.stringify([message.text, message.entities, message.buttons]);
    if (before === JSON.stringify([formatted.text, formatted.entities, buttons])) {
      throw bad(
        'message is not modified: specified new message content and reply markup are exactly the same as a current ' +
          'content and reply markup of the message',
      );
    }
    message.history.push(message.text);
    message.text = formatted.text;
    message.entities = formatted.entities;
    message.buttons = buttons;
    const preview = structured(params.link_preview_options) as Json | undefined;
    message.linkPreview = preview ?? null;
    return { ...this.state.raw(message), edit_date: this.state.seconds() };
  }

  #delete({ params }: CallBody): true {
    const message = this.#target(params, 'delete');
    const old = this.state.seconds() - message.date > DELETABLE_SECONDS;
    const others = message.chatId < 0 && message.from !== BOT.id;
    if (old || others) throw bad("message can't be deleted for everyone");
    message.deleted = true;
    return true;
  }

  #chatAction({ params }: CallBody): true {
    const chatId = this.#chatId(params);
    const action = String(params.action);
    if (action !== 'typing' && action !== 'upload_document') throw bad('wrong parameter action in request');
    this.state.chatActions.push({ chatId, action, at: this.state.now() });
    return true;
  }

  #answer({ params }: CallBody): true {
    const query = this.state.callbacks.get(String(params.callback_query_id));
    if (!query || this.state.now() - query.at > QUERY_LIFE_MS) {
      throw bad('query is too old and response timeout expired or query ID is invalid');
    }
    const text = String(params.text ?? '');
    if (text.length > 200) throw bad('MESSAGE_TOO_LONG');
    if (query.answer) {
      this.violation(`callback query ${String(params.callback_query_id)} was answered twice`);
      throw bad('query is too old and response timeout expired or query ID is invalid');
    }
    query.answer = { ...params };
    return true;
  }

  #getFile({ params }: CallBody): Json {
    const file = this.state.files.get(String(params.file_id).replace(/-s$/, ''));
    if (!file) throw bad('wrong file_id or the file is temporarily unavailable');
    if (file.bytes.length > MAX_DOWNLOAD) throw bad('file is too big');
    return {
      file_id: file.fileId,
      file_unique_id: `u-${file.fileId}`,
      ...(this.state.announcesSizes ? { file_size: file.bytes.length } : {}),
      file_path: file.path,
    };
  }
}

/** The first bytes of what Telegram takes as a photo. */
function isPicture(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 4).toString('latin1');
  return start.startsWith('\xff\xd8\xff') || start === '\x89PNG' || start === 'RIFF';
}

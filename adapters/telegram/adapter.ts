import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Api, GrammyError, InputFile } from 'grammy';
import type {
  AdapterDeps,
  Address,
  AttachmentRef,
  ChannelAdapter,
  ChannelCapabilities,
  ChannelHealth,
  Delivery,
  InboundOutcome,
  InboundSink,
  MessageRef,
  OutboundContent,
  OutboundFile,
  Receipt,
  UserId,
} from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { RichText } from '../../src/core/richtext.js';
import type { Secret } from '../../src/core/secret.js';
import { splitRichText } from '../../src/core/split.js';
import { sleep } from '../../src/core/system.js';
import { downloadFile } from './download.js';
import { hasNoText, isConflict, isGone, isNotModified, isPhotoRefusal, isWebhook, telegramFailure } from './errors.js';
import { ALLOWED_UPDATES, parseUpdate, updateHead } from './inbound.js';
import { PollLoop } from './poll.js';
import { keyboard, MAX_ENTITIES, render } from './render.js';

export interface TelegramOptions {
  readonly token: Secret;
  /** Another Bot API server than Telegram's own, without a slash at its end. */
  readonly apiRoot?: string;
}

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;
const MAX_UPLOAD = 50 * 1024 * 1024;
const MAX_DOWNLOAD = 20 * 1024 * 1024;
const MAX_PHOTO = 10 * 1024 * 1024;
const PHOTO_TYPES = new Set(['image/png', 'image/jpeg', 'image/webp']);
const MAX_NOTICE = 200;
/** Longer than the long poll, so that a dead connection is noticed. */
const CALL_SECONDS = 45;
const UPLOAD_SECONDS = 600;
/** A connection that idles longer may be closed by Telegram just when the next send goes out. */
const IDLE_SOCKET_MS = 20_000;
const START_BACKOFF_MS = 250;
const START_BACKOFF_MAX_MS = 30_000;
const REMEMBERED_FILES = 100;

/**
 * poll → parse → sink → offset on the way in, one Bot API call per verb on the way out. The token lives in the address
 * of every request: nothing that a client library throws leaves this folder as it is.
 */
export class TelegramAdapter implements ChannelAdapter {
  readonly channel = 'telegram';
  readonly capabilities: ChannelCapabilities = {
    deletesOwnerMessages: { direct: true, shared: false },
    edits: { minIntervalMs: 1_000 },
    ephemeral: false,
    quotes: true,
    typing: true,
    prompts: false,
    keepsMessages: true,
    findsSent: false,
    maxTextLength: MAX_TEXT,
    maxUploadBytes: MAX_UPLOAD,
    maxDownloadBytes: MAX_DOWNLOAD,
  };
  readonly #options: TelegramOptions;
  readonly #deps: AdapterDeps;
  readonly #api: Api;
  readonly #uploads: Api;
  readonly #stopped = new AbortController();
  /** Files of deliveries whose text has still to follow: a second try of those does not send the file again. */
  readonly #sentFiles = new Set<string>();
  #loop: PollLoop | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: TelegramOptions, deps: AdapterDeps) {
    this.#options = options;
    this.#deps = deps;
    const root = options.apiRoot?.replace(/\/+$/, '');
    const agents = { keepAlive: true, timeout: IDLE_SOCKET_MS };
    const agent = root?.startsWith('http:') ? new HttpAgent(agents) : new HttpsAgent(agents);
    const client = { ...(root === undefined ? {} : { apiRoot: root }), baseFetchConfig: { agent } };
    this.#api = new Api(options.token.reveal(), { ...client, timeoutSeconds: CALL_SECONDS });
    this.#uploads = new Api(options.token.reveal(), { ...client, timeoutSeconds: UPLOAD_SECONDS });
  }

  async start(sink: InboundSink): Promise<void> {
    const me = await this.#untilReached('the start', () => this.#api.getMe());
    await this.#registerCommands();
    const bot = { id: me.id, username: me.username ?? '' };
    const loop = new PollLoop({
      system: this.#deps.system,
      log: this.#deps.log,
      fetch: (offset, timeout, signal) => this.#getUpdates(offset, timeout, signal),
      take: (raw) => this.#take(raw, bot, sink),
      failure: (thrown) => this.#failure(thrown, 'a poll', true),
      reason: (thrown) => (isConflict(thrown) ? 'Another program polls this bot. Stop it, or take a new token.' : null),
    });
    if (this.#stopped.signal.aborted) throw stoppedEarly();
    this.#loop = loop;
    await new Promise<void>((resolve, reject) => {
      this.#running = loop.run(resolve).then(() => reject(stoppedEarly()), reject);
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#loop?.stop();
    await this.#running;
  }

  health(): ChannelHealth {
    if (this.#stopped.signal.aborted || !this.#loop) return { ok: false, reason: 'Telegram is not connected.' };
    return this.#loop.health();
  }

  split(text: RichText): RichText[] {
    return splitRichText(text, (part) => {
      const { length, entities } = render(part, { shared: true });
      return length <= MAX_TEXT && entities <= MAX_ENTITIES;
    });
  }

  async send(delivery: Delivery): Promise<Receipt> {
    const { address, content } = delivery;
    const text = render(content.text, { shared: !address.direct });
    const file = content.file;
    if (!file) return this.#sendText(delivery, text.html, keyboard(content.buttons));
    if (file.bytes.length > MAX_UPLOAD) throw tooLarge(file.bytes.length, MAX_UPLOAD);
    // A caption is short and cannot become a longer text later: what has buttons will be edited.
    const buttons = keyboard(content.buttons);
    const asCaption = text.length === 0 || (!buttons && text.length <= MAX_CAPTION);
    if (asCaption) return this.#sendFile(delivery, file, text.html, buttons);
    if (!this.#sentFiles.has(delivery.id)) {
      await this.#sendFile({ ...delivery, silent: true }, file, '', undefined);
      this.#rememberFile(delivery.id);
    }
    const receipt = await this.#sendText(delivery, text.html, buttons);
    this.#sentFiles.delete(delivery.id);
    return receipt;
  }

  async edit(target: MessageRef, content: OutboundContent): Promise<void> {
    const { html } = render(content.text, { shared: !target.address.direct });
    const [chat, id] = [Number(target.address.space), Number(target.messageId)];
    const buttons = keyboard(content.buttons);
    const other = { parse_mode: 'HTML' as const, ...(buttons ? { reply_markup: buttons } : {}) };
    await this.#call(
      'the edit',
      true,
      async () => {
        try {
          await this.#api.editMessageText(chat, id, html, { ...other, link_preview_options: { is_disabled: true } });
        } catch (thrown) {
          if (hasNoText(thrown)) await this.#api.editMessageCaption(chat, id, { ...other, caption: html });
          else throw thrown;
        }
      },
      isNotModified,
    );
  }

  async delete(target: MessageRef): Promise<void> {
    const [chat, id] = [Number(target.address.space), Number(target.messageId)];
    await this.#call('the deletion', true, async () => void (await this.#api.deleteMessage(chat, id)), isGone);
  }

  async setTyping(address: Address): Promise<void> {
    await this.#call('the typing signal', true, () => this.#api.sendChatAction(Number(address.space), 'typing'));
  }

  /** A private chat has the person's own id; Telegram opens it when that person first writes. */
  async openDirect(user: UserId): Promise<Address> {
    return { channel: this.channel, space: user, direct: true };
  }

  async download(ref: AttachmentRef, maxBytes: number): Promise<Uint8Array> {
    const limit = Math.min(maxBytes, MAX_DOWNLOAD);
    if ((ref.size ?? 0) > limit) throw tooLarge(ref.size ?? 0, limit);
    const file = await this.#call('the download', true, () => this.#api.getFile(ref.fileId));
    if ((file.file_size ?? 0) > limit) throw tooLarge(file.file_size ?? 0, limit);
    const root = this.#options.apiRoot?.replace(/\/+$/, '') ?? 'https://api.telegram.org';
    const url = `${root}/file/bot${this.#options.token.reveal()}/${file.file_path ?? ''}`;
    return this.#call('the download', true, () => downloadFile(url, limit, this.#deps.system, this.#stopped.signal));
  }

  async #getUpdates(offset: number, timeout: number, signal: AbortSignal): Promise<readonly unknown[]> {
    const updates: unknown = await this.#api
      .getUpdates(
        { offset, timeout, limit: 100, allowed_updates: ALLOWED_UPDATES },
        // The library's type is of a polyfill with the same members.
        signal as unknown as Parameters<Api['getUpdates']>[1],
      )
      .catch(async (thrown: unknown) => {
        // Left from an earlier life of the bot, a webhook keeps every update from the polls.
        if (isWebhook(thrown)) await this.#bestEffort('the end of the webhook', () => this.#api.deleteWebhook());
        throw thrown;
      });
    if (!Array.isArray(updates))
      throw new SeneschalError('channel.unavailable', 'Telegram answered a poll with no list.');
    return updates;
  }

  /** One update: to the sink, and a press to its acknowledgement after that. */
  async #take(raw: unknown, bot: { id: number; username: string }, sink: InboundSink): Promise<void> {
    let parsed: ReturnType<typeof parseUpdate>;
    try {
      parsed = parseUpdate(raw, { bot, receivedAt: this.#deps.system.now() });
    } catch {
      this.#deps.log.warn({ channel: 'telegram', kind: updateHead(raw)?.kind }, 'passed over a malformed update');
      return;
    }
    if (parsed.events.length === 0) this.#deps.log.debug({ channel: 'telegram', kind: parsed.kind }, 'passed over');
    const outcomes = await Promise.all(parsed.events.map((event) => sink(event)));
    if (parsed.callbackId !== undefined) this.#answerPress(parsed.callbackId, outcomes[0]);
  }

  /** Not awaited: an answer that Telegram refuses (too old, answered before) changes nothing for anybody. */
  #answerPress(id: string, outcome: InboundOutcome | undefined): void {
    const notice = outcome?.accepted ? outcome.notice?.slice(0, MAX_NOTICE) : undefined;
    this.#api.answerCallbackQuery(id, notice ? { text: notice } : {}).catch((thrown: unknown) => {
      const { code } = this.#failure(thrown, 'the acknowledgement', true);
      this.#deps.log.debug({ channel: 'telegram', code }, 'a press was not acknowledged');
    });
  }

  async #sendText(delivery: Delivery, html: string, buttons: ReturnType<typeof keyboard>): Promise<Receipt> {
    const chat = Number(delivery.address.space);
    const sent = await this.#call('the message', false, () =>
      this.#api.sendMessage(chat, html, {
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        ...this.#common(delivery, buttons),
      }),
    );
    return { messageId: String(sent.message_id) };
  }

  async #sendFile(
    delivery: Delivery,
    file: OutboundFile,
    caption: string,
    buttons: ReturnType<typeof keyboard>,
  ): Promise<Receipt> {
    const chat = Number(delivery.address.space);
    const name = file.name.replace(/[\p{Cc}";\\/]/gu, '_');
    const other = {
      ...(caption === '' ? {} : { caption, parse_mode: 'HTML' as const }),
      ...this.#common(delivery, buttons),
    };
    const input = () => new InputFile(file.bytes, name);
    const sent = await this.#call('the file', false, async () => {
      if (PHOTO_TYPES.has(file.mimeType) && file.bytes.length <= MAX_PHOTO) {
        try {
          return await this.#uploads.sendPhoto(chat, input(), other);
        } catch (thrown) {
          if (!isPhotoRefusal(thrown)) throw thrown;
        }
      }
      return this.#uploads.sendDocument(chat, input(), { ...other, disable_content_type_detection: true });
    });
    return { messageId: String(sent.message_id) };
  }

  #common(delivery: Delivery, buttons: ReturnType<typeof keyboard>) {
    const replyTo = delivery.replyTo;
    return {
      ...(delivery.silent ? { disable_notification: true } : {}),
      ...(replyTo === undefined
        ? {}
        : { reply_parameters: { message_id: Number(replyTo), allow_sending_without_reply: true } }),
      ...(buttons ? { reply_markup: buttons } : {}),
    };
  }

  #rememberFile(id: string): void {
    this.#sentFiles.add(id);
    const [oldest] = this.#sentFiles;
    if (this.#sentFiles.size > REMEMBERED_FILES && oldest !== undefined) this.#sentFiles.delete(oldest);
  }

  async #registerCommands(): Promise<void> {
    const commands = this.#deps.commands
      .filter(({ name }) => /^[a-z0-9_]{1,32}$/.test(name))
      .map(({ name, description }) => ({ command: name, description: description.slice(0, 256) }));
    await this.#bestEffort('the command menu', () => this.#api.setMyCommands(commands));
  }

  /** What helps but is not needed for messages to flow: a server that refuses it loses nothing else. */
  async #bestEffort(doing: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      const { code } = this.#failure(thrown, doing, true);
      this.#deps.log.warn({ channel: 'telegram', code }, `Telegram refused ${doing}`);
    }
  }

  /** At the start: waits out what passes, throws what does not. */
  async #untilReached<T>(doing: string, run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      if (this.#stopped.signal.aborted) throw stoppedEarly();
      try {
        return await run();
      } catch (thrown) {
        // Telegram answers 404 where the token has not even the form of one.
        if (thrown instanceof GrammyError && thrown.error_code === 404) {
          throw new SeneschalError('channel.unauthorized', 'Telegram does not accept the bot token.');
        }
        const error = this.#failure(thrown, doing, true);
        if (!error.retryable) throw error;
        const pause = error.retryAfterMs ?? Math.min(START_BACKOFF_MS * 2 ** attempt, START_BACKOFF_MAX_MS);
        this.#deps.log.warn({ channel: 'telegram', code: error.code, pauseMs: pause }, 'not connected yet');
        await sleep(this.#deps.system, pause, this.#stopped.signal);
      }
    }
  }

  async #call<T>(doing: string, repeatable: boolean, run: () => Promise<T>): Promise<T>;
  async #call(
    doing: string,
    repeatable: boolean,
    run: () => Promise<void>,
    fine: (thrown: unknown) => boolean,
  ): Promise<void>;
  async #call<T>(
    doing: string,
    repeatable: boolean,
    run: () => Promise<T>,
    fine?: (thrown: unknown) => boolean,
  ): Promise<T | undefined> {
    try {
      return await run();
    } catch (thrown) {
      if (fine?.(thrown)) return undefined;
      throw this.#failure(thrown, doing, repeatable);
    }
  }

  #failure(thrown: unknown, doing: string, repeatable: boolean): SeneschalError {
    const token = this.#options.token.reveal();
    return telegramFailure(thrown, { doing, repeatable, scrub: (text) => text.replaceAll(token, '***') });
  }
}

const stoppedEarly = () => new SeneschalError('channel.unavailable', 'Telegram was stopped before it was connected.');

function tooLarge(bytes: number, limit: number): SeneschalError {
  const size = (count: number) => `${(count / 1024 / 1024).toFixed(1)} MB`;
  return new SeneschalError('channel.too_large', `The file has ${size(bytes)}; the limit is ${size(limit)}.`);
}

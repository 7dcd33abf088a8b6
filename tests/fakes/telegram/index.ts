import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type CallBody, readBody, structured } from './body.js';
import { detect } from './html.js';
import { ApiFault, BotMethods } from './methods.js';
import { TelegramPeople } from './people.js';
import { BOT, type Json, OWNER, type StoredMessage, TelegramState, type Update } from './state.js';

export type { StoredMessage, Update } from './state.js';
export { BOT, GROUP_ID, OWNER, STRANGER } from './state.js';

export interface TelegramFakeOptions {
  /** The only token that is accepted; made up when not given. */
  readonly token?: string;
  /** A webhook that an earlier life of the bot has left behind. */
  readonly webhookUrl?: string;
  /** Another Bot API server than Telegram's: it knows these methods alone and leaves out what is optional. */
  readonly knows?: readonly string[];
}

/**
 * What can go wrong with a call. `lost` does the work and breaks the connection, `dropped` breaks it before the work,
 * `html` answers as a broken proxy does.
 */
export interface Fault {
  /** A method's name, or `download` for the file path. */
  readonly method: string;
  readonly kind: 'rate_limited' | 'status' | 'lost' | 'dropped' | 'slow' | 'html';
  /** 1 unless told. */
  readonly times?: number;
  /** For `rate_limited`; 1 unless told. */
  readonly retryAfterSeconds?: number;
  /** For `status` and `html`; 500 and 502 unless told. */
  readonly status?: number;
  readonly description?: string;
  /** For `slow`. */
  readonly ms?: number;
}

export interface ApiCall {
  readonly method: string;
  readonly params: Json;
  readonly at: number;
}

export async function startTelegramFake(options: TelegramFakeOptions = {}): Promise<TelegramFake> {
  const fake = new TelegramFake(options);
  await fake.comesBack();
  return fake;
}

/**
 * The Bot API on a local port, written from Telegram's documentation: long polling, messages and files with state, the
 * platform's limits and refusals, and its faults. `TELEGRAM_API_ROOT` is `telegram.url`. Breaches of the rules are kept
 * in `violations`; a test ends by finding none.
 */
export class TelegramFake extends TelegramPeople {
  readonly token: string;
  readonly violations: string[] = [];
  /** Every call that reached the server with the right token, polls included. */
  readonly calls: ApiCall[] = [];
  readonly #methods: BotMethods;
  readonly #sockets = new Set<Socket>();
  readonly #faults: { fault: Fault; left: number }[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #clock: { shift: number };
  readonly #knows: readonly string[] | undefined;
  #server: Server | null = null;
  #port = 0;
  #poll: { end: (result: Update[] | ApiFault) => void } | null = null;
  completedPolls = 0;

  constructor(options: TelegramFakeOptions) {
    const clock = { shift: 0 };
    super(new TelegramState(() => Date.now() + clock.shift));
    this.#clock = clock;
    this.#knows = options.knows;
    this.token = options.token ?? ['700100200', 'AAFakeTokenForTests-0123456789abcdefgh'].join(':');
    this.state.webhookUrl = options.webhookUrl ?? '';
    this.#methods = new BotMethods(this.state, (sentence) => this.violations.push(sentence));
  }

  /** The API's root, without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  // What tests read.

  /** The bot's messages in a chat (the owner's unless told), oldest first, deleted ones left out. */
  botMessages(chatId: number = OWNER.id): StoredMessage[] {
    return this.state.messages.filter((one) => one.chatId === chatId && one.from === BOT.id && !one.deleted);
  }

  lastMessage(chatId: number = OWNER.id): StoredMessage | undefined {
    return this.botMessages(chatId).at(-1);
  }

  /** Links that clients make of names, commands and addresses in a message. */
  autoLinks(message: StoredMessage): { type: string; text: string }[] {
    return detect(message).map(({ type, offset, length }) => ({
      type,
      text: message.text.slice(offset, offset + length),
    }));
  }

  callsOf(method: string): ApiCall[] {
    return this.calls.filter((call) => call.method.toLowerCase() === method.toLowerCase());
  }

  /** True once the bot's offset has moved past the update. */
  confirmed(updateId: number): boolean {
    return this.state.confirmed.has(updateId);
  }

  /** Resolves when the condition holds; looks again after each call and every 10 ms. */
  async until(what: string, holds: () => boolean, timeoutMs = 5_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`timed out: ${what}`);
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#watchers.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 10);
        this.#watchers.add(done);
      });
    }
  }

  // What tests drive, besides what people do.

  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The server's clock runs ahead by this much: for the 48 hours of deletion and the life of a query. */
  advance(ms: number): void {
    this.#clock.shift += ms;
  }

  /** Delivers an update once more with its own update_id, as after an unconfirmed poll. */
  redeliver(updateId?: number): void {
    const update =
      updateId === undefined ? this.state.made.at(-1) : this.state.made.find((one) => one.update_id === updateId);
    if (!update) throw new Error('nothing to deliver again');
    this.state.pushAgain(update);
    this.wakePoll();
  }

  /** Delivers the same content under a new update_id, as Telegram did after a fail-over. */
  repeat(updateId?: number): Update {
    const update =
      updateId === undefined ? this.state.made.at(-1) : this.state.made.find((one) => one.update_id === updateId);
    if (!update) throw new Error('nothing to repeat');
    const { update_id: _, ...content } = update;
    const again = this.state.pushRaw(content);
    this.wakePoll();
    return again;
  }

  /** An update as given, with a new update_id unless it holds something else under that name. */
  rawUpdate(content: Json): Update {
    const update = this.state.pushRaw(content);
    this.wakePoll();
    return update;
  }

  /** Breaks every open connection; new ones are served. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async goesDown(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  /** Serves again under the same address. */
  async comesBack(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.goesDown();
  }

  // The server.

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(url.pathname);
    if (file) {
      this.#serveFile(decodeURIComponent(file[1] ?? ''), file[2] ?? '', response);
      return;
    }
    const match = /^\/bot([^/]+)\/([A-Za-z]+)$/.exec(url.pathname);
    const body = await readBody(request, url.searchParams);
    if (!match) {
      answer(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
      return;
    }
    const method = match[2] ?? '';
    if (decodeURIComponent(match[1] ?? '') !== this.token) {
      answer(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' });
      return;
    }
    this.calls.push({ method, params: body.params, at: this.state.now() });
    const fault = this.#takeFault(method);
    try {
      if (fault) await this.#before(fault, response);
      if (this.#knows?.includes(method) === false) throw new ApiFault(404, 'Not Found');
      const result = await this.#run(method, body, request);
      if (fault?.kind === 'lost') throw new Broken();
      answer(response, 200, { ok: true, result });
      if (method.toLowerCase() === 'getupdates') this.completedPolls += 1;
    } catch (thrown) {
      if (thrown instanceof ApiFault) {
        answer(response, thrown.code, {
          ok: false,
          error_code: thrown.code,
          description: thrown.message,
          ...(thrown.parameters ? { parameters: thrown.parameters } : {}),
        });
      } else if (thrown instanceof Broken) {
        request.socket.destroy();
      } else if (!(thrown instanceof Answered)) {
        throw thrown;
      }
    }
    if (method.toLowerCase() === 'answercallbackquery') {
      this.queryAnswered(String(body.params.callback_query_id));
    }
    for (const watcher of [...this.#watchers]) watcher();
  }

  async #before(fault: Fault, response: ServerResponse): Promise<void> {
    switch (fault.kind) {
      case 'rate_limited': {
        const seconds = fault.retryAfterSeconds ?? 1;
        throw new ApiFault(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
      }
      case 'status':
        throw new ApiFault(fault.status ?? 500, fault.description ?? 'Internal Server Error');
      case 'dropped':
        throw new Broken();
      case 'html':
        response.writeHead(fault.status ?? 502, { 'content-type': 'text/html' });
        response.end('<html><body><h1>Bad Gateway</h1></body></html>');
        throw new Answered();
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, fault.ms ?? 500));
        return;
      case 'lost':
        return;
    }
  }

  #takeFault(method: string): Fault | null {
    const index = this.#faults.findIndex(({ fault }) => fault.method.toLowerCase() === method.toLowerCase());
    const entry = this.#faults[index];
    if (!entry) return null;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults.splice(index, 1);
    return entry.fault;
  }

  async #run(method: string, body: CallBody, request: IncomingMessage): Promise<unknown> {
    if (method.toLowerCase() === 'getupdates') return this.#getUpdates(body, request);
    const result = await this.#methods.call(method, body);
    return this.#knows && method === 'getMe' ? { id: BOT.id, is_bot: true, first_name: BOT.first_name } : result;
  }

  async #getUpdates({ params }: CallBody, request: IncomingMessage): Promise<Update[]> {
    if (this.state.webhookUrl !== '') {
      throw new ApiFault(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    this.#poll?.end(
      new ApiFault(
        409,
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      ),
    );
    const allowed = structured(params.allowed_updates);
    if (Array.isArray(allowed)) this.state.allowedUpdates = allowed.map(String);
    const offset = Number(structured(params.offset) ?? 0);
    if (offset !== 0) this.state.confirm(offset);
    const limit = Math.min(Math.max(Number(structured(params.limit) ?? 100), 1), 100);
    const timeoutMs = Math.min(Number(structured(params.timeout) ?? 0), 50) * 1_000;
    if (this.state.queue.length > 0 || timeoutMs === 0) return this.state.take(limit);
    const result = await new Promise<Update[] | ApiFault>((resolve) => {
      const end = (value: Update[] | ApiFault) => {
        clearTimeout(timer);
        if (this.#poll?.end === end) this.#poll = null;
        resolve(value);
      };
      const timer = setTimeout(() => end([]), timeoutMs);
      request.socket.once('close', () => end([]));
      this.#poll = { end };
    });
    if (result instanceof ApiFault) throw result;
    return this.state.take(limit);
  }

  protected override wakePoll(): void {
    // The answer is read from the queue: an update that a broken connection did not deliver stays in it.
    this.#poll?.end([]);
  }

  #serveFile(token: string, path: string, response: ServerResponse): void {
    const fault = this.#takeFault('download');
    const stored = [...this.state.files.values()].find((one) => one.path === path);
    if (token !== this.token || !stored) {
      answer(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
      return;
    }
    if (fault?.kind === 'dropped' || fault?.kind === 'lost') {
      response.writeHead(200, { 'content-length': stored.bytes.length });
      response.write(stored.bytes.subarray(0, Math.floor(stored.bytes.length / 2)), () => response.destroy());
      return;
    }
    if (fault) {
      const code = fault.kind === 'rate_limited' ? 429 : (fault.status ?? 500);
      answer(response, code, {
        ok: false,
        error_code: code,
        description: fault.description ?? 'Internal Server Error',
        ...(code === 429 ? { parameters: { retry_after: fault.retryAfterSeconds ?? 1 } } : {}),
      });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': stored.bytes.length });
    response.end(stored.bytes);
  }
}

/** The connection ends without an answer. */
class Broken extends Error {}

/** An answer has been given already. */
class Answered extends Error {}

function answer(response: ServerResponse, status: number, body: Json): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

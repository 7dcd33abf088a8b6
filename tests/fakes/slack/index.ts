import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SlackPeople } from './people.js';
import { SocketModeServer } from './socket-mode.js';
import { type Call, callMethod, type TokenKind } from './web-api.js';
import type { EphemeralMessage, Json, OpenModal, StoredMessage } from './workspace.js';
import { visibleText, Workspace } from './workspace.js';

export type { EphemeralMessage, Json, OpenModal, StoredMessage } from './workspace.js';
export { ELSEWHERE, GENERAL, OWNER, STRANGER } from './workspace.js';

export interface SlackFakeOptions {
  /** Slack's is 3,000 ms. */
  readonly ackDeadlineMs?: number;
  /** Pauses before an unacknowledged event is sent again; Slack's are about 0, 1 min and 5 min. */
  readonly redeliverAfterMs?: readonly number[];
}

/** What can go wrong with one call. `lost` does the work and then breaks the connection; `refused` breaks it before. */
export type Fault =
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Done at once, answered later. */
  | { readonly kind: 'late'; readonly ms: number };

/**
 * A Slack workspace on a local port, written from Slack's documentation: Web API and Socket Mode with state, Slack's
 * rules and its faults. Breaches of the rules are kept in `violations`; a test ends by finding none.
 * `SLACK_API_URL` is `slack.url`.
 */
export class SlackFake {
  readonly workspace = new Workspace();
  readonly tokens = {
    bot: ['xoxb', '1111', 'fakebottoken'].join('-'),
    app: ['xapp', '1', 'A0AGENT', 'fakeapptoken'].join('-'),
    user: ['xoxp', '2222', 'fakeusertoken'].join('-'),
  };
  readonly violations: string[] = [];
  readonly calls: Call[] = [];
  readonly socket: SocketModeServer;
  readonly people: SlackPeople;
  readonly #server: Server;
  readonly #faults = new Map<string, Fault[]>();
  readonly #uploads = new Map<string, { fileId: string; length: number }>();
  readonly #revoked = new Set<TokenKind>();
  #port = 0;

  constructor(options: SlackFakeOptions) {
    this.socket = new SocketModeServer(
      {
        ackDeadlineMs: options.ackDeadlineMs ?? 3_000,
        redeliverAfterMs: options.redeliverAfterMs ?? [0, 60_000, 300_000],
      },
      (sentence) => this.violations.push(sentence),
    );
    this.people = new SlackPeople(this.workspace, this.socket, () => this.#origin());
    this.#server = createServer((request, response) => {
      // One connection a request: so that a server that stops listening is one that cannot be reached.
      response.setHeader('connection', 'close');
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (request, socket, head) => this.socket.upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The Web API's base, as in `SLACK_API_URL`. */
  get url(): string {
    return `${this.#origin()}/api/`;
  }

  // What tests read.

  messages(channel: string, threadTs?: string): StoredMessage[] {
    return this.workspace.visible(channel, threadTs);
  }

  /** What the agent itself has posted in a channel and what still stands. */
  replies(channel: string, threadTs?: string): StoredMessage[] {
    return this.messages(channel, threadTs).filter((message) => message.botId !== undefined);
  }

  ephemerals(user: string): EphemeralMessage[] {
    return this.workspace.ephemerals.filter((message) => message.user === user);
  }

  modals(user: string): OpenModal[] {
    return this.workspace.modals.filter((modal) => modal.user === user);
  }

  deleted(): StoredMessage[] {
    return this.workspace.messages.filter((message) => message.deletedBy !== undefined);
  }

  text(message: StoredMessage | EphemeralMessage): string {
    return visibleText(message);
  }

  /** The labels of a message's live buttons. */
  buttons(message: StoredMessage | EphemeralMessage): string[] {
    return this.people.buttonsOf(message).map((button) => button.label);
  }

  /** Waits until something holds, at most `ms`. */
  async until<T>(what: string, look: () => T | undefined | null | false, ms = 10_000): Promise<T> {
    const end = Date.now() + ms;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== null && found !== false) return found;
      if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Every envelope was answered. */
  async settled(): Promise<void> {
    await this.until('all envelopes acknowledged', () => this.socket.open === 0);
  }

  // What tests break.

  /** The next calls of `method` (or of `*`, any) meet these faults, one each. */
  fault(method: string, ...faults: Fault[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...faults]);
  }

  /** Breaks every connection and refuses new ones, until `comesBack` serves the same address again. */
  goesDown(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.socket.drop();
  }

  async comesBack(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  revoke(kind: TokenKind): void {
    this.#revoked.add(kind);
  }

  async stop(): Promise<void> {
    this.socket.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.#origin()).pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (path.startsWith('/api/')) return this.#api(path.slice('/api/'.length), request, body, response);
    if (path.startsWith('/upload/v1/')) return this.#upload(path.slice('/upload/v1/'.length), request, body, response);
    if (path.startsWith('/files-pri/')) return this.#download(path, request, response);
    response.writeHead(404).end();
  }

  async #api(method: string, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const args = readArguments(request, body);
    const token = this.#tokenKind(request, args);
    this.calls.push({ method, token: token ?? 'bot', args, at: Date.now() });
    const fault = this.#faults.get(method)?.shift() ?? this.#faults.get('*')?.shift();
    if (fault && this.#breaks(fault, response)) return;
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const result =
      fault?.kind === 'error' ? { ok: false, error: fault.error } : callMethod(this.#host(), method, args, token);
    if (fault?.kind === 'lost') return void response.destroy();
    if (fault?.kind === 'late') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(result));
  }

  /** The faults that leave a call undone. */
  #breaks(fault: Fault, response: ServerResponse): boolean {
    if (fault.kind === 'refused') response.destroy();
    else if (fault.kind === 'status') response.writeHead(fault.status).end('upstream trouble');
    else if (fault.kind === 'rate_limited') {
      response.writeHead(429, { 'retry-after': String(fault.retryAfterSeconds), 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: false, error: 'ratelimited' }));
    } else return false;
    return true;
  }

  #host() {
    const people = this.people;
    return {
      workspace: this.workspace,
      url: this.#origin(),
      uploads: this.#uploads,
      violation: (sentence: string) => void this.violations.push(sentence),
      socketUrl: () => `${this.#origin().replace('http', 'ws')}/link/?ticket=${this.socket.ticket()}`,
      posted: (message: StoredMessage) => people.announcePost(message),
      changed: (message: StoredMessage, before: Json) => people.announceChange(message, before),
      deleted: (message: StoredMessage) => people.announceDeletion(message),
      useTrigger: (id: string) => people.useTrigger(id),
    };
  }

  #tokenKind(request: IncomingMessage, args: Json): TokenKind | null {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? args.token;
    const kind = (['bot', 'app', 'user'] as const).find((name) => this.tokens[name] === bearer);
    return kind === undefined || this.#revoked.has(kind) ? null : kind;
  }

  #upload(id: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const upload = this.#uploads.get(id);
    const file = this.workspace.files.get(id);
    if (!upload || !file) return void response.writeHead(404).end();
    const bytes = uploadedBytes(request, body);
    if (bytes.length !== upload.length) return void response.writeHead(400).end('length differs');
    if (request.headers.authorization) this.violations.push('a token was sent to the upload address');
    file.bytes = bytes;
    file.mimetype =
      /content-type: *([^\r\n;]+)/i.exec(body.subarray(0, 1_000).toString('latin1'))?.[1] ?? file.mimetype;
    this.#uploads.delete(id);
    response.writeHead(200).end(`OK - ${bytes.length}`);
  }

  #download(path: string, request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#faults.get('download')?.shift();
    if (fault && this.#breaks(fault, response)) return;
    const file = this.workspace.files.get(/^\/files-pri\/[^/]*-([^/-]+)\//.exec(path)?.[1] ?? '');
    if (!file) return void response.writeHead(404).end();
    if (this.#tokenKind(request, {}) !== 'bot') {
      // Slack answers a stranger with its login page.
      return void response.writeHead(302, { location: `${this.#origin()}/login` }).end();
    }
    response.writeHead(200, { 'content-type': file.mimetype }).end(file.bytes);
  }
}

export async function startSlackFake(options: SlackFakeOptions = {}): Promise<SlackFake> {
  const fake = new SlackFake(options);
  await fake.listen();
  return fake;
}

/** Form or JSON; in forms, structures come as JSON text. */
function readArguments(request: IncomingMessage, body: Buffer): Json {
  if ((request.headers['content-type'] ?? '').startsWith('application/json')) return JSON.parse(body.toString());
  const entries = [...new URLSearchParams(body.toString())].map(([key, value]): [string, unknown] => {
    if (key !== 'text' && (value === 'true' || value === 'false')) return [key, value === 'true'];
    if (!/^[[{]/.test(value) || key === 'text') return [key, value];
    try {
      return [key, JSON.parse(value)];
    } catch {
      return [key, value];
    }
  });
  return Object.fromEntries(entries);
}

/** The bytes themselves, or the first file of a multipart form. */
function uploadedBytes(request: IncomingMessage, body: Buffer): Buffer {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(request.headers['content-type'] ?? '');
  if (!boundary) return body;
  const start = body.indexOf('\r\n\r\n') + 4;
  const end = body.lastIndexOf(`\r\n--${boundary[1] ?? boundary[2]}--`);
  return body.subarray(start, end);
}

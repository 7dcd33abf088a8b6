import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Buckets, type Fault, Faults } from './faults.js';
import { FakeGateway } from './gateway.js';
import { People } from './people.js';
import { type Answer, type Call, FakeRest, Refusal } from './rest.js';
import { DiscordState, type FakeAttachment, type FakeInteraction, type FakeMessage } from './state.js';

export type { Fault } from './faults.js';
export type { FakeInteraction, FakeMessage } from './state.js';

/**
 * A Discord on loopback: REST v10, gateway and file host, with state, rules, rate limits and faults. `url` goes into
 * `DISCORD_API_URL`, `token` into `DISCORD_BOT_TOKEN`, `state.owner.id` into `DISCORD_OWNER_ID`.
 */
export interface DiscordFakeOptions {
  /** Off: identifying with the intent is refused (4014), and text of others in servers is empty. */
  readonly messageContentIntent?: boolean;
  /** The owner's account id; a new one when left out. */
  readonly ownerId?: string;
  readonly heartbeatIntervalMs?: number;
  /** Requests per channel and route; generous unless a test is about it. */
  readonly rateLimit?: { readonly limit: number; readonly windowMs: number };
}

export async function startDiscordFake(options: DiscordFakeOptions = {}): Promise<DiscordFake> {
  const fake = new DiscordFake(options);
  await fake.listen();
  return fake;
}

export class DiscordFake {
  /** Looks like a bot token and is none; put together here so that no scanner takes it for one. */
  readonly token = ['MTIzNDU2Nzg5MDEyMzQ1Njc4', 'GfAkE0', 'a'.repeat(38)].join('.');
  readonly state: DiscordState;
  readonly people: People;
  readonly gateway: FakeGateway;
  /** Every request: method and path, in order. Interaction tokens are left out. */
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #rest: FakeRest;
  readonly #faults = new Faults();
  readonly #buckets: Buckets;
  #port = 0;

  constructor(options: DiscordFakeOptions) {
    this.state = new DiscordState(options.ownerId);
    this.state.messageContentIntent = options.messageContentIntent ?? true;
    this.gateway = new FakeGateway(this.#server, this.state, this.token);
    this.gateway.heartbeatIntervalMs = options.heartbeatIntervalMs ?? 41_250;
    const tell = this.gateway.tell.bind(this.gateway);
    this.people = new People(this.state, tell);
    this.#rest = new FakeRest(this.state, tell);
    const { limit, windowMs } = options.rateLimit ?? { limit: 100, windowMs: 1_000 };
    this.#buckets = new Buckets(limit, windowMs);
  }

  /** Of the API, up to and with `/api`. */
  get url(): string {
    return `${this.#origin}/api`;
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    const gatewayUrl = `${this.#origin.replace('http', 'ws')}/gateway`;
    this.gateway.url = () => gatewayUrl;
    this.#rest.gatewayUrl = gatewayUrl;
    this.#rest.origin = this.#origin;
    this.people.origin = this.#origin;
  }

  async close(): Promise<void> {
    await this.gateway.close();
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Nobody answers at the address any more, until `comesBack`. State and sessions stay. */
  async goesDown(): Promise<void> {
    this.#port = (this.#server.address() as AddressInfo).port;
    this.gateway.drop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async comesBack(): Promise<void> {
    await this.listen(this.#port);
  }

  fail(fault: Fault): void {
    this.#faults.add(fault);
  }

  heal(): void {
    this.#faults.clear();
  }

  /** Discord's clock goes on: interaction tokens die after 15 minutes, nonces are forgotten after 5. */
  advance(ms: number): void {
    this.state.advance(ms);
  }

  /** What one person sees in a channel, oldest first: everything, but others' ephemeral messages. */
  seenBy(userId: string, channelId: string): FakeMessage[] {
    return this.state
      .inChannel(channelId)
      .filter((message) => message.visibleTo === null || message.visibleTo === userId);
  }

  /** The bot's messages in a channel (the owner's direct conversation when left out), oldest first. */
  fromBot(channelId = this.state.directChannel(this.state.owner.id).id): FakeMessage[] {
    return this.state.inChannel(channelId).filter((message) => message.authorId === this.state.bot.id);
  }

  /** The message that an interaction's answer stands in. */
  answerTo(interaction: FakeInteraction): FakeMessage | null {
    return interaction.originalId === null ? null : this.state.message(interaction.originalId);
  }

  /** Waits for something to become true of the state; fails with `what`. */
  async until<Value>(what: string, look: () => Value | null | undefined | false, withinMs = 5_000): Promise<Value> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = look();
      if (found !== null && found !== undefined && found !== false) return found;
      if (Date.now() > deadline) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const bytes = await readBody(request);
    const path = url.pathname.replace(/^\/api\/v10/, '');
    const method = request.method ?? 'GET';
    const name = `${method} ${path}`;
    this.requests.push(name.replace(/(\/(?:interactions|webhooks)\/\d+)\/[^/]+/, '$1/TOKEN'));
    const fault = this.#faults.take(name);
    if (fault?.kind === 'drop') {
      request.socket.destroy();
      return;
    }
    if (url.pathname.startsWith('/cdn/') && fault === null) {
      this.#serveFile(url, response);
      return;
    }
    if (fault?.kind === 'status') return send(response, fault.status ?? 503, { code: 0, message: 'a fault' });
    const limit = this.#buckets.take(
      `${method} ${path.replace(/(messages|reactions)\/.*/, '$1/:id')}`,
      this.state.now(),
    );
    if (fault?.kind === 'rate-limit' || !limit.allowed) {
      const seconds = (fault?.retryAfterMs ?? limit.resetAfterMs) / 1000;
      const headers = { ...limit.headers, 'Retry-After': String(seconds), 'X-RateLimit-Scope': 'user' };
      return send(
        response,
        429,
        { message: 'You are being rate limited.', retry_after: seconds, global: false },
        headers,
      );
    }
    const answer = await this.#answer(request, url, path, bytes);
    if (fault?.kind === 'lost') request.socket.destroy();
    else send(response, answer.status, answer.json, limit.headers);
  }

  async #answer(request: IncomingMessage, url: URL, path: string, bytes: Buffer): Promise<Answer> {
    try {
      if (!url.pathname.startsWith('/api/v10/')) throw new Refusal(404, 0, '404: Not Found');
      const { body, list, files } = await this.#read(request, bytes);
      const authorized = request.headers.authorization === `Bot ${this.token}`;
      const call: Call = {
        method: request.method ?? 'GET',
        path,
        query: url.searchParams,
        authorized,
        body,
        list,
        files,
      };
      return this.#rest.handle(call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, json: { code: error.code, message: error.message } };
    }
  }

  async #read(request: IncomingMessage, bytes: Buffer): Promise<Pick<Call, 'body' | 'list' | 'files'>> {
    const type = request.headers['content-type'] ?? '';
    if (bytes.byteLength === 0) return { body: {}, list: null, files: [] };
    if (!type.startsWith('multipart/')) {
      const json = JSON.parse(bytes.toString()) as unknown;
      if (Array.isArray(json)) return { body: {}, list: json, files: [] };
      return { body: json as Record<string, unknown>, list: null, files: [] };
    }
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    const files: FakeAttachment[] = [];
    for (const [, value] of form) {
      if (typeof value === 'string') continue;
      const content = new Uint8Array(await value.arrayBuffer());
      files.push({ id: this.state.nextId(), filename: value.name, content_type: value.type, bytes: content });
    }
    return { body: JSON.parse(String(form.get('payload_json') ?? '{}')), list: null, files };
  }

  #serveFile(url: URL, response: ServerResponse): void {
    const id = url.pathname.split('/')[4];
    const files = [...this.state.messages.values()].flatMap((message) => message.attachments);
    const file = files.find((attachment) => attachment.id === id);
    if (file === undefined || !url.searchParams.has('ex')) {
      send(response, 404, {});
      return;
    }
    response.writeHead(200, { 'content-type': file.content_type ?? 'application/octet-stream' });
    response.end(file.bytes);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, json: unknown, headers: Record<string, string> = {}): void {
  if (json === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
}

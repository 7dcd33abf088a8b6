import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/* What the fakes of both model protocols share: the HTTP server, the script, the faults, the record. */

export interface FakeCall {
  readonly name: string;
  readonly input?: unknown;
  /** The arguments as raw text instead, for malformed ones. */
  readonly json?: string;
  readonly id?: string;
}

export interface FakeAnswer {
  readonly text?: string;
  readonly calls?: readonly FakeCall[];
  /** Characters in one text delta; 20 unless told. */
  readonly chunkSize?: number;
  /** Pause before each event after the first. */
  readonly delayMs?: number;
  /** The provider's own stop word, where it is not what the content says. */
  readonly stop?: string;
  readonly outputTokens?: number;
  readonly fault?: FakeFault;
}

export type FakeFault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection breaks after this many bytes of the body; 0 breaks it before the head. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The body ends properly, but too early. */
  | { readonly kind: 'short'; readonly afterEvents: number }
  | { readonly kind: 'error_event'; readonly afterEvents: number; readonly type: string }
  /** A 200 whose body is this. */
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  /** Nothing at all is ever sent. */
  | { readonly kind: 'hang' }
  /** All is sent, and the connection stays open. */
  | { readonly kind: 'linger' };

export interface FakeRequest<Body> {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
  readonly at: number;
  /** True once the client has left before the answer was whole. */
  aborted: boolean;
}

export type FakeScript<Body> = (request: FakeRequest<Body>) => FakeAnswer | Promise<FakeAnswer>;

export interface ModelFake<Body> {
  /** Without `/v1`. */
  readonly url: string;
  /** Every request for an answer, refused ones too. */
  readonly requests: FakeRequest<Body>[];
  /** Every broken rule of the protocol, in words. */
  readonly violations: string[];
  readonly key: string;
  /** Answers that are given before the script is asked, in order. */
  queue(...answers: FakeAnswer[]): void;
  /** Replaces the obedient default. */
  script(answer: FakeScript<Body>): void;
  close(): Promise<void>;
}

export interface Protocol<Body> {
  readonly path: string;
  authorised(headers: IncomingHttpHeaders, key: string): boolean;
  check(body: Body): string[];
  errorBody(status: number, message: string): string;
  errorEvent(type: string): string;
  models(): unknown;
  /** The server-sent events of a whole answer. */
  events(answer: FakeAnswer, request: FakeRequest<Body>): string[];
  /** What the owner wrote last, or the last results where nothing was written. */
  lastText(body: Body): string;
}

export async function startModelFake<Body>(protocol: Protocol<Body>, key: string): Promise<ModelFake<Body>> {
  const queue: FakeAnswer[] = [];
  const requests: FakeRequest<Body>[] = [];
  const violations: string[] = [];
  const sockets = new Set<Socket>();
  let script: FakeScript<Body> = (request) => obedient(protocol.lastText(request.body));

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? '/', 'http://fake').pathname;
    const raw: Buffer[] = [];
    for await (const chunk of incoming) raw.push(chunk as Buffer);
    const body = JSON.parse(raw.length === 0 ? '{}' : Buffer.concat(raw).toString()) as Body;
    const method = incoming.method ?? 'GET';
    const refuse = (status: number, message: string) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(protocol.errorBody(status, message));
    const answering = method === 'POST' && path === protocol.path;
    const request: FakeRequest<Body> = {
      method,
      path,
      headers: incoming.headers,
      body,
      at: Date.now(),
      aborted: false,
    };
    if (answering) requests.push(request);
    if (!protocol.authorised(incoming.headers, key)) return void refuse(401, 'invalid key');
    if (method === 'GET' && path === '/v1/models') {
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(protocol.models()));
    }
    if (!answering) return void refuse(404, `no such path: ${path}`);
    const broken = protocol.check(body);
    violations.push(...broken);
    if (broken.length > 0) return void refuse(400, broken.join('; '));
    response.on('close', () => {
      request.aborted = !response.writableFinished;
    });
    await reply(response, queue.shift() ?? (await script(request)), request);
  }

  async function reply(response: ServerResponse, answer: FakeAnswer, request: FakeRequest<Body>): Promise<void> {
    const fault = answer.fault;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'status') {
      const type = fault.body?.startsWith('<') ? 'text/html' : 'application/json';
      const text = fault.body ?? protocol.errorBody(fault.status, 'told to fail');
      return void response.writeHead(fault.status, { 'content-type': type, ...fault.headers }).end(text);
    }
    if (fault?.kind === 'body') {
      return void response.writeHead(200, { 'content-type': fault.contentType ?? 'text/event-stream' }).end(fault.body);
    }
    if (fault?.kind === 'cut' && fault.afterBytes === 0) return void response.destroy();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    let events = protocol.events(answer, request);
    if (fault?.kind === 'short') events = events.slice(0, fault.afterEvents);
    if (fault?.kind === 'error_event')
      events = [...events.slice(0, fault.afterEvents), protocol.errorEvent(fault.type)];
    let left = fault?.kind === 'cut' ? fault.afterBytes : Number.POSITIVE_INFINITY;
    for (const [index, event] of events.entries()) {
      if (index > 0 && answer.delayMs) await wait(answer.delayMs);
      if (response.destroyed) return;
      const bytes = Buffer.from(event);
      if (bytes.length >= left) {
        response.write(bytes.subarray(0, left), () => response.destroy());
        return;
      }
      left -= bytes.length;
      response.write(bytes);
    }
    if (fault?.kind !== 'linger') response.end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    violations,
    key,
    queue: (...answers) => void queue.push(...answers),
    script: (answer) => {
      script = answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Does what it is told: each line `call NAME {json}` is a call, anything else comes back as an echo. */
function obedient(text: string): FakeAnswer {
  const calls = text.split('\n').flatMap((line): FakeCall[] => {
    const match = /^call ([\w.-]+) (\{.*\})$/.exec(line.trim());
    return match?.[1] && match[2] ? [{ name: match[1], json: match[2] }] : [];
  });
  return calls.length > 0 ? { calls } : { text: `echo: ${text}` };
}

/** The owner's message opens with a date line; an echo leaves it out. */
export function withoutTime(text: string): string {
  return text.replace(/^\[[A-Z][a-z]+ \d{4}-\d{2}-\d{2} \d{2}:\d{2} [^\]\n]*\]\n*/, '');
}

export function callJson(call: FakeCall): string {
  return call.json ?? JSON.stringify(call.input ?? {});
}

export function chunksOf(text: string, size = 20): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size));
  return chunks;
}

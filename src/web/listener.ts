import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { SeneschalError } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import type { System, Timer } from '../core/system.js';
import { baseUrl, bindAddress, ownNames } from './bind.js';
import type { Certificate } from './certificate.js';
import { clientOf, parseRanges } from './client.js';
import { baseHeaders, PLAIN } from './headers.js';
import { createRateLimit } from './rate.js';

/*
 * One HTTPS listener. The door comes first and reads headers only: address, limits, target, Host, length. What passes
 * goes to the routes. Whatever is answered, by whom and why ever, carries the headers of NET-6.
 */
export const BODY_BYTES_MAX = 256 * 1024;
const REQUESTS_PER_MINUTE = 120;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const STOP_GRACE_MS = 1000;
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5000, maxHeaderSize: 16_384 };

export interface ListenerOptions {
  /** `SENESCHAL_BIND` and `SENESCHAL_PORT`; 0 takes a free port. */
  readonly bind: string;
  readonly port: number;
  readonly allowPublic: boolean;
  /** `SENESCHAL_PUBLIC_URL`, an https origin. */
  readonly publicUrl?: string;
  /** Addresses or CIDRs. */
  readonly trustedProxies: readonly string[];
}

export interface ListenerDeps {
  readonly system: System;
  readonly log: Logger;
  readonly routes: Hono<{ Bindings: HttpBindings }>;
  /** A good certificate for these names; asked at start and daily, so that it can be renewed. */
  certificate(names: readonly string[]): Promise<Certificate>;
  /** True for a path that the general limit must not hold back (a live form). */
  alwaysServe(path: string): boolean;
}

export interface Listening {
  /** Where links point, an origin without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly certificate: Certificate;
}

export interface Listener {
  /** Throws `web.bind` with one sentence when the address is refused or the port is taken. Call it once. */
  start(): Promise<Listening>;
  /** Idempotent. Answers what has begun for up to a second. */
  stop(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function createListener(deps: ListenerDeps, options: ListenerOptions): Listener {
  const { system, log } = deps;
  const trusted = parseRanges(options.trustedProxies);
  const whole = createRateLimit(system, REQUESTS_PER_MINUTE, MINUTE_MS);
  const perAddress = createRateLimit(system, REQUESTS_PER_MINUTE, MINUTE_MS);
  const respond = getRequestListener(deps.routes.fetch, { overrideGlobalObjects: false });
  let names: readonly string[] = [];
  let headers = baseHeaders(false);
  let server: Server | null = null;
  let renewal: Timer | null = null;

  function door(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = judge(request);
    if (refusal) {
      refuse(response, refusal.status, refusal.headers);
      return;
    }
    respond(request, response).catch((thrown) => {
      log.error({ error: thrown }, 'a response could not be written');
      response.destroy();
    });
  }

  function judge(request: IncomingMessage): Refusal | null {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const client = clientOf(request, trusted);
    if (!client.local && !deps.alwaysServe(path)) {
      const mine = perAddress.take(client.key);
      const verdict = mine.ok ? whole.take('') : mine;
      if (!verdict.ok) return { status: 429, headers: { 'Retry-After': String(verdict.waitSeconds) } };
    }
    if (!path.startsWith('/')) return { status: 400 };
    if (!isOwnName(request)) return { status: 421 };
    return Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX ? { status: 413 } : null;
  }

  /** A page that rebinds its own name to this box still sends its own name (NET-3, DNS rebinding). */
  function isOwnName(request: IncomingMessage): boolean {
    const host = hostName(request.headers.host);
    return host !== null && (names.includes(host) || host === request.socket.localAddress?.replace(/^::ffff:/, ''));
  }

  /** What the parser refuses never becomes a request, so it is answered on the bare socket. */
  function malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    socket.end(rawResponse(status, headers));
  }

  async function renew(): Promise<void> {
    try {
      const { certificate, key } = await deps.certificate(names);
      server?.setSecureContext({ cert: certificate, key });
    } catch (thrown) {
      log.error({ error: thrown }, 'the certificate could not be renewed');
    }
    if (server) renewal = system.setTimer(DAY_MS, renew);
  }

  return {
    async start() {
      const address = bindAddress(options.bind, options.allowPublic);
      names = ownNames(address, options.publicUrl);
      const certificate = await deps.certificate(names);
      headers = baseHeaders(certificate.publiclyTrusted);
      const started = createServer({
        cert: certificate.certificate,
        key: certificate.key,
        minVersion: 'TLSv1.2',
        requireHostHeader: false,
        ...LIMITS,
      });
      started.on('request', door);
      started.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        refuse(response, 417);
      });
      started.on('connect', (_request: IncomingMessage, socket: Duplex) => socket.end(rawResponse(400, headers)));
      started.on('clientError', malformed);
      const port = await listen(started, address, options.port);
      server = started;
      renewal = system.setTimer(DAY_MS, renew);
      return { url: baseUrl(address, port, options.publicUrl), port, certificate };
    },
    async stop() {
      const stopping = server;
      server = null;
      renewal?.cancel();
      if (!stopping) return;
      const timer = system.setTimer(STOP_GRACE_MS, () => stopping.closeAllConnections());
      await new Promise<void>((resolve) => {
        stopping.close(() => resolve());
        stopping.closeIdleConnections();
      });
      timer.cancel();
    },
  };
}

function refuse(response: ServerResponse, status: number, more: Readonly<Record<string, string>> = {}): void {
  const text = `${PLAIN[status]}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
    ...more,
  });
  response.end(text);
}

function rawResponse(status: number, headers: Readonly<Record<string, string>>): string {
  const text = `${PLAIN[status]}\n`;
  const all = {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`;
}

function hostName(header: string | undefined): string | null {
  if (header === undefined || /[\s/\\@?#]/.test(header) || !URL.canParse(`https://${header}`)) return null;
  return new URL(`https://${header}`).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(bindFailure(cause, address, port)));
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function bindFailure(cause: NodeJS.ErrnoException, address: string, port: number): SeneschalError {
  const why: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: [`Port ${port} on ${address} is taken.`, 'Set SENESCHAL_PORT to another port, or to 0 for a free one.'],
    EACCES: [`Port ${port} on ${address} is not open to this user.`, 'Set SENESCHAL_PORT to a port from 1024 on.'],
    EADDRNOTAVAIL: [`${address} is no address of this box.`, 'Set SENESCHAL_BIND to one that it has, or to 127.0.0.1.'],
  };
  const [message, hint] = why[cause.code ?? ''] ?? [`Port ${port} on ${address} cannot be opened.`, ''];
  return new SeneschalError('web.bind', message, hint === '' ? { cause } : { hint, cause });
}

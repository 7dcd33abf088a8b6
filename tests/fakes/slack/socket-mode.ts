import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Json } from './workspace.js';

/** How an envelope ended: with the app's answer, or with nothing before the deadline. */
export interface EnvelopeEnd {
  readonly acknowledged: boolean;
  readonly payload?: unknown;
  readonly afterMs: number;
}

interface Sent {
  readonly body: Json;
  readonly type: string;
  readonly attempt: number;
  readonly at: number;
  readonly socket: WebSocket;
  readonly timer: NodeJS.Timeout;
  readonly end: (result: EnvelopeEnd) => void;
}

export interface SocketModeOptions {
  /** Slack's is 3,000. */
  readonly ackDeadlineMs: number;
  /** Pauses before the second, third and fourth delivery of an event. Slack's are about 0, 1 min and 5 min. */
  readonly redeliverAfterMs: readonly number[];
}

/**
 * Socket Mode: hello, envelopes, acknowledgements with a deadline, redelivery of events (never of interactions),
 * refresh, pings, up to ten connections of which any one gets an envelope.
 */
export class SocketModeServer {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #sent = new Map<string, Sent>();
  readonly #ungreeted = new Set<WebSocket>();
  readonly #expired = new Set<string>();
  readonly #sockets = new Set<WebSocket>();
  readonly #waiting: { body: Json; attempt: number; end: (result: EnvelopeEnd) => void }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pings: NodeJS.Timeout;
  #next = 0;
  #deaf = false;
  #duplicates = 0;
  #silentHello = false;
  /** Every acknowledgement in order. */
  readonly acks: { readonly envelopeId: string; readonly payload: unknown; readonly type: string }[] = [];

  constructor(
    private readonly options: SocketModeOptions,
    private readonly violation: (sentence: string) => void,
  ) {
    this.#pings = setInterval(() => {
      if (!this.#deaf) for (const socket of this.#sockets) socket.ping();
    }, 2_000);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Envelopes without an answer that are under way or will be sent again. */
  get open(): number {
    return this.#sent.size + this.#waiting.length + this.#timers.size;
  }

  ticket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return ticket;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://fake').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket) || this.#sockets.size >= 10) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws));
  }

  #welcome(ws: WebSocket): void {
    this.#sockets.add(ws);
    ws.on('close', () => this.#gone(ws));
    ws.on('error', () => ws.terminate());
    ws.on('message', (data) => this.#answer(ws, String(data)));
    if (this.#deaf) (ws as unknown as { _socket: Duplex })._socket.pause();
    if (this.#deaf || this.#silentHello) this.#ungreeted.add(ws);
    else this.#greet(ws);
  }

  #greet(ws: WebSocket): void {
    this.#ungreeted.delete(ws);
    ws.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#sockets.size,
        connection_info: { app_id: 'A0AGENT' },
        debug_info: { host: 'applink-fake', approximate_connection_time: 18060 },
      }),
    );
    for (const { body, attempt, end } of this.#waiting.splice(0)) this.#transmit(ws, body, attempt, end);
  }

  #gone(ws: WebSocket): void {
    this.#sockets.delete(ws);
    this.#ungreeted.delete(ws);
    for (const [id, sent] of this.#sent) {
      if (sent.socket !== ws) continue;
      this.#sent.delete(id);
      clearTimeout(sent.timer);
      this.#unanswered(sent);
    }
  }

  #answer(ws: WebSocket, text: string): void {
    let answer: { envelope_id?: string; payload?: unknown };
    try {
      answer = JSON.parse(text);
    } catch {
      this.violation(`not JSON on the socket: ${text}`);
      return;
    }
    const id = answer.envelope_id ?? '';
    const sent = this.#sent.get(id);
    if (!sent) {
      this.violation(this.#expired.has(id) ? `acknowledged late: ${id}` : `acknowledged twice or never sent: ${id}`);
      return;
    }
    if (sent.socket !== ws) this.violation(`acknowledged on another connection: ${id}`);
    this.#sent.delete(id);
    clearTimeout(sent.timer);
    this.acks.push({ envelopeId: id, payload: answer.payload, type: sent.type });
    sent.end({ acknowledged: true, payload: answer.payload, afterMs: Date.now() - sent.at });
  }

  /** Hands an envelope to one connection, or keeps it until there is one. */
  deliver(body: Json): Promise<EnvelopeEnd> {
    return new Promise((resolve) => this.#dispatch(body, 0, resolve));
  }

  #dispatch(body: Json, attempt: number, end: (result: EnvelopeEnd) => void): void {
    const sockets = [...this.#sockets].filter((socket) => !this.#ungreeted.has(socket));
    const socket = sockets[this.#next++ % Math.max(1, sockets.length)];
    if (!socket) {
      if (body.type === 'events_api') this.#waiting.push({ body, attempt: attempt + 1, end });
      else end({ acknowledged: false, afterMs: 0 });
      return;
    }
    this.#transmit(socket, body, attempt, end);
    if (this.#duplicates > 0) {
      this.#duplicates -= 1;
      this.#transmit(socket, body, attempt, () => {});
    }
  }

  #transmit(socket: WebSocket, body: Json, attempt: number, end: (result: EnvelopeEnd) => void): void {
    const envelopeId = randomUUID();
    const timer = setTimeout(() => {
      const sent = this.#sent.get(envelopeId);
      if (!sent) return;
      this.#sent.delete(envelopeId);
      this.#expired.add(envelopeId);
      this.#unanswered(sent);
    }, this.options.ackDeadlineMs);
    this.#sent.set(envelopeId, { body, type: String(body.type), attempt, at: Date.now(), socket, timer, end });
    const retry = body.type === 'events_api' ? { retry_attempt: attempt, retry_reason: attempt ? 'timeout' : '' } : {};
    if (!this.#deaf) socket.send(JSON.stringify({ envelope_id: envelopeId, ...body, ...retry }));
  }

  #unanswered(sent: Sent): void {
    const pause = this.options.redeliverAfterMs[sent.attempt];
    if (sent.type !== 'events_api' || pause === undefined) {
      sent.end({ acknowledged: false, afterMs: Date.now() - sent.at });
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#dispatch(sent.body, sent.attempt + 1, sent.end);
    }, pause);
    this.#timers.add(timer);
  }

  /** Whatever stands here goes to every connection as it is. */
  sendRaw(text: string): void {
    for (const socket of this.#sockets) socket.send(text);
  }

  /** Slack recycles the connection: it says so and expects a new one. */
  refresh(reason: 'warning' | 'refresh_requested' = 'refresh_requested'): void {
    this.sendRaw(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-fake' } }));
  }

  /** The connections break without a word. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** The connections stay open and hear and say nothing any more; new ones work again after `false`. */
  deaf(on: boolean): void {
    this.#deaf = on;
    for (const socket of this.#sockets) {
      const raw = (socket as unknown as { _socket: Duplex })._socket;
      if (on) raw.pause();
      else raw.resume();
    }
    if (!on) for (const socket of [...this.#ungreeted]) this.#greet(socket);
  }

  /** Connections are accepted but never greeted. */
  withholdHello(on: boolean): void {
    this.#silentHello = on;
    if (!on) for (const socket of [...this.#ungreeted]) this.#greet(socket);
  }

  /** The next envelopes are each delivered twice. */
  duplicateNext(count = 1): void {
    this.#duplicates += count;
  }

  close(): void {
    clearInterval(this.#pings);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const sent of this.#sent.values()) clearTimeout(sent.timer);
    this.#sent.clear();
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }
}

import { SocketModeReceiver } from '@slack/bolt';
import { z } from 'zod';
import type { ChannelHealth } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/log.js';
import type { Secret } from '../../src/core/secret.js';
import { type System, sleep } from '../../src/core/system.js';
import { clientOptions, SILENT } from './client.js';
import { slackFailure } from './errors.js';

/**
 * The way in: one Socket Mode connection after another. The library opens it, keeps pinging and notices a peer that
 * went deaf; envelopes are read here, because it would acknowledge by listeners that run before anything is durable
 * and would end the process on an envelope without an event. Each connection acknowledges only its own envelopes.
 */
interface SocketDeps {
  readonly appToken: Secret;
  readonly apiUrl: string | undefined;
  readonly system: System;
  readonly log: Logger;
  onEnvelope(envelope: Envelope, acknowledge: Acknowledge): void;
  /** After every greeting, the first and each later one. */
  onConnected(): void;
}

export type Envelope = z.infer<typeof envelopeSchema>;
export type Acknowledge = (payload?: Readonly<Record<string, unknown>>) => void;

const envelopeSchema = z.object({
  envelope_id: z.string(),
  type: z.string(),
  payload: z.unknown().optional(),
  retry_attempt: z.number().optional(),
});

const GREETING_MS = 5_000;
/** How long a replaced connection may still finish its acknowledgements. */
const LINGER_MS = 3_000;
const CLOSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

type Client = SocketModeReceiver['client'];
type Ending = { readonly reason: 'closed' | 'replaced' | 'silent' } | { readonly reason: 'failed'; error: unknown };

export class SlackSocket {
  readonly #deps: SocketDeps;
  readonly #abort = new AbortController();
  readonly #clients = new Set<Client>();
  #health: ChannelHealth = { ok: false, reason: 'Slack is not connected yet.' };
  #running: Promise<void> | null = null;

  constructor(deps: SocketDeps) {
    this.#deps = deps;
  }

  /** Resolves at the first greeting; rejects when Slack refuses the token for good, or when it is stopped before. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = this.#run(resolve, reject);
    });
  }

  health(): ChannelHealth {
    return this.#health;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#health = { ok: false, reason: 'Slack is stopped.' };
    await Promise.all([...this.#clients].map((client) => this.#close(client, true)));
    await this.#running;
  }

  async #run(connected: () => void, refused: (error: SeneschalError) => void): Promise<void> {
    const { system, log } = this.#deps;
    const { signal } = this.#abort;
    let greeted = false;
    let failures = 0;
    while (!signal.aborted) {
      const ending = await this.#connection(() => {
        greeted = true;
        failures = 0;
        this.#health = { ok: true };
        connected();
        this.#deps.onConnected();
      });
      if (signal.aborted) break;
      if (ending.reason === 'replaced') continue;
      failures += 1;
      const error = ending.reason === 'failed' ? slackFailure(ending.error, 'opening the socket', false) : null;
      if (error !== null && !error.retryable && !greeted) return refused(error);
      this.#health = { ok: false, reason: error?.message ?? 'The connection to Slack is down; connecting again.' };
      log.warn({ channel: 'slack', reason: error?.message ?? ending.reason, failures }, 'slack socket ended');
      const pause = failures === 1 ? 0 : Math.min(MAX_PAUSE_MS, 250 * 2 ** failures);
      if (pause > 0 || error?.retryAfterMs) await sleep(system, error?.retryAfterMs ?? pause, signal);
    }
    refused(new SeneschalError('channel.unavailable', 'Slack was stopped before it was connected.'));
  }

  /** One connection from dialling to its end. */
  #connection(onGreeting: () => void): Promise<Ending> {
    const client = this.#createClient();
    this.#clients.add(client);
    return new Promise((resolve) => {
      let over = false;
      const end = (ending: Ending) => {
        if (over) return;
        over = true;
        greeting.cancel();
        this.#abort.signal.removeEventListener('abort', onAbort);
        if (ending.reason === 'replaced') {
          void sleep(this.#deps.system, LINGER_MS, this.#abort.signal).then(() => this.#close(client));
        } else if (!this.#abort.signal.aborted) void this.#close(client);
        resolve(ending);
      };
      const onAbort = () => end({ reason: 'closed' });
      const greeting = this.#deps.system.setTimer(GREETING_MS, () => end({ reason: 'silent' }));
      this.#abort.signal.addEventListener('abort', onAbort, { once: true });
      client.on('connected', () => {
        greeting.cancel();
        if (!over) onGreeting();
      });
      client.on('disconnected', () => end({ reason: 'closed' }));
      // An ended attempt that only now has its address must not come up any more.
      client.on('connecting', () => over && queueMicrotask(() => void this.#close(client)));
      this.#readMessages(client, () => end({ reason: 'replaced' }));
      client
        .start()
        .catch((error: unknown) => end(error === undefined ? { reason: 'closed' } : { reason: 'failed', error }));
    });
  }

  /** The library keeps the greeting; Slack's wish for a new connection and all envelopes are ours. */
  #readMessages(client: Client, onRefresh: () => void): void {
    const libraryListeners = client.listeners('ws_message');
    client.removeAllListeners('ws_message');
    client.on('ws_message', (data: unknown, isBinary: unknown) => {
      const message = isBinary === true || typeof data !== 'string' ? null : parseJson(data);
      const { type } = z.object({ type: z.string().optional() }).catch({}).parse(message);
      if (type === 'hello') for (const listener of libraryListeners) listener(data, isBinary);
      else if (type === 'disconnect') onRefresh();
      else this.#readEnvelope(client, message);
    });
  }

  #readEnvelope(client: Client, message: unknown): void {
    const envelope = envelopeSchema.safeParse(message);
    if (!envelope.success) {
      this.#deps.log.warn({ channel: 'slack' }, 'slack sent something that is no envelope; passed over');
      return;
    }
    if (this.#abort.signal.aborted) return;
    this.#deps.onEnvelope(envelope.data, (payload) => {
      const answer = JSON.stringify({ envelope_id: envelope.data.envelope_id, ...(payload ? { payload } : {}) });
      // An answer that cannot be sent is a redelivery later, which the core recognises.
      client.websocket?.send(answer, () => {});
    });
  }

  #createClient(): Client {
    return new SocketModeReceiver({
      appToken: this.#deps.appToken.reveal(),
      autoReconnectEnabled: false,
      logger: SILENT,
      installerOptions: { clientOptions: clientOptions(this.#deps.apiUrl) },
    }).client;
  }

  /** `gently` waits for the peer's half of the closing, so that acknowledgements on their way arrive. */
  async #close(client: Client, gently = false): Promise<void> {
    const closing = client.disconnect();
    if (gently) {
      const waited = new AbortController();
      await Promise.race([closing, sleep(this.#deps.system, CLOSE_MS, waited.signal)]);
      waited.abort();
    }
    // The library's second call gives up on the peer and destroys the socket.
    if (client.websocket?.readyState !== undefined) client.websocket.disconnect();
    this.#clients.delete(client);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

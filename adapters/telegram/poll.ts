import type { ChannelHealth } from '../../src/core/channel.js';
import type { SeneschalError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/log.js';
import { type System, sleep } from '../../src/core/system.js';
import { updateHead } from './inbound.js';

/**
 * getUpdates → hand in → offset. The offset is Telegram's acknowledgement, so it moves past an update only after that
 * one and all before it are durable. While some are not, the same offset is asked again at short pauses: what arrives
 * meanwhile (the second half of a long text) is handed in at once, what is in hand already is passed over.
 */
export interface PollDeps {
  readonly system: System;
  readonly log: Logger;
  fetch(offset: number, timeoutSeconds: number, signal: AbortSignal): Promise<readonly unknown[]>;
  /** Resolves once the update is durable or passed over; rejects when it could not be stored. */
  take(raw: unknown): Promise<void>;
  failure(thrown: unknown): SeneschalError;
  /** A sentence for a failure that a person can end, null for a passing one. */
  reason(thrown: unknown): string | null;
}

interface Held {
  readonly id: number;
  done: boolean;
}

const LONG_POLL_SECONDS = 25;
const HELD_PAUSE_MS = 100;
const HELD_PAUSE_MAX_MS = 1_000;
const BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 30_000;
/** A long poll, the client's patience beyond it, and a little. */
const STALE_AFTER_MS = 60_000;

export class PollLoop {
  readonly #deps: PollDeps;
  readonly #end = new AbortController();
  /** In the order of arrival. */
  readonly #held: Held[] = [];
  #offset = 0;
  #failures = 0;
  #completedAt: number | null = null;
  #reason: string | null = 'Telegram has not been reached yet.';
  #wake = () => {};

  constructor(deps: PollDeps) {
    this.#deps = deps;
  }

  health(): ChannelHealth {
    if (this.#reason !== null) return { ok: false, reason: this.#reason };
    const silent = this.#deps.system.monotonic() - (this.#completedAt ?? 0);
    if (silent <= STALE_AFTER_MS) return { ok: true };
    return { ok: false, reason: `Telegram has not answered a poll for ${Math.round(silent / 1_000)} s.` };
  }

  /** Runs until `stop`. `connected` is called after the first completed poll. */
  async run(connected: () => void): Promise<void> {
    let quiet = 0;
    while (!this.#end.signal.aborted) {
      const fresh = await this.#poll(connected);
      if (this.#end.signal.aborted) return;
      if (fresh === null) continue;
      quiet = fresh > 0 ? 0 : quiet + 1;
      if (this.#advance() > 0) {
        await this.#pause(Math.min(HELD_PAUSE_MS * 2 ** Math.max(0, quiet - 3), HELD_PAUSE_MAX_MS));
        this.#advance();
      }
    }
  }

  /** Idempotent. Confirms nothing: what was not confirmed before comes again at the next start. */
  stop(): void {
    this.#end.abort();
    this.#wake();
  }

  /** The number of updates that were new, null when the poll failed (after the pause that follows). */
  async #poll(connected: () => void): Promise<number | null> {
    const long = this.#held.length === 0 && this.#failures === 0 && this.#completedAt !== null;
    let updates: readonly unknown[];
    try {
      updates = await this.#deps.fetch(this.#offset, long ? LONG_POLL_SECONDS : 0, this.#end.signal);
    } catch (thrown) {
      if (!this.#end.signal.aborted) await this.#failed(thrown);
      return null;
    }
    if (this.#end.signal.aborted) return null;
    this.#failures = 0;
    this.#reason = null;
    this.#completedAt = this.#deps.system.monotonic();
    connected();
    return updates.filter((raw) => this.#handIn(raw)).length;
  }

  async #failed(thrown: unknown): Promise<void> {
    const error = this.#deps.failure(thrown);
    const pause = error.retryAfterMs ?? Math.min(BACKOFF_MS * 2 ** this.#failures, BACKOFF_MAX_MS);
    this.#failures += 1;
    this.#reason = this.#deps.reason(thrown) ?? error.message;
    this.#deps.log.warn({ channel: 'telegram', code: error.code, pauseMs: pause }, 'poll failed');
    await this.#pause(pause);
  }

  #handIn(raw: unknown): boolean {
    const head = updateHead(raw);
    if (head === null) {
      this.#deps.log.warn({ channel: 'telegram' }, 'passed over an update without a number');
      return false;
    }
    if (this.#held.some((held) => held.id === head.id)) return false;
    const held: Held = { id: head.id, done: false };
    this.#held.push(held);
    void this.#keepTaking(held, raw);
    return true;
  }

  /** Hands an update in until it is stored. Those behind it are handed in meanwhile; the offset waits. */
  async #keepTaking(held: Held, raw: unknown): Promise<void> {
    for (let attempt = 0; !this.#end.signal.aborted; attempt += 1) {
      try {
        await this.#deps.take(raw);
        held.done = true;
        if (this.#held.every((one) => one.done)) this.#wake();
        return;
      } catch {
        const pause = Math.min(BACKOFF_MS * 2 ** attempt, BACKOFF_MAX_MS);
        this.#deps.log.warn({ channel: 'telegram', attempt: attempt + 1, pauseMs: pause }, 'an update was not stored');
        await sleep(this.#deps.system, pause, this.#end.signal);
      }
    }
  }

  /** Moves the offset over what is done from the front; the number of updates still held. */
  #advance(): number {
    for (let first = this.#held[0]; first?.done; first = this.#held[0]) {
      this.#offset = first.id + 1;
      this.#held.shift();
    }
    return this.#held.length;
  }

  async #pause(ms: number): Promise<void> {
    const wake = new AbortController();
    this.#wake = () => wake.abort();
    if (this.#end.signal.aborted) wake.abort();
    await sleep(this.#deps.system, ms, wake.signal);
    this.#wake = () => {};
  }
}

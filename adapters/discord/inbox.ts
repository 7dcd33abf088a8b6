import type { InboundSink } from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import type { Logger } from '../../src/core/log.js';
import { type System, sleep } from '../../src/core/system.js';

/**
 * Events on their way to the sink, in order of arrival. Discord takes no acknowledgement for messages and never sends
 * one again, so what could not be stored is kept here and handed in until it is. While the inbox is held (the history
 * is being read), live events wait behind it.
 */
export interface Inbox {
  push(event: InboundEvent): void;
  /** From now on events wait, until `release` hands in the earlier ones first. */
  hold(): void;
  release(earlier: readonly InboundEvent[]): void;
  /** No sink call begins afterwards. */
  close(): void;
}

interface Waiting {
  readonly order: number;
  readonly event: InboundEvent;
}

const RETRY_MS = { first: 500, longest: 30_000 } as const;

export function createInbox(sink: InboundSink, deps: { readonly system: System; readonly log: Logger }): Inbox {
  const closing = new AbortController();
  let waiting: Waiting[] = [];
  let arrived = 0;
  let holds = 0;
  let draining = false;

  async function handIn(batch: readonly Waiting[]): Promise<Waiting[]> {
    const results = await Promise.allSettled(batch.map(({ event }) => sink(event)));
    return batch.filter((_entry, index) => results[index]?.status === 'rejected');
  }

  function keep(failed: readonly Waiting[]): void {
    waiting = [...waiting, ...failed].toSorted((a, b) => a.order - b.order);
    deps.log.warn({ channel: 'discord', waiting: waiting.length }, 'events could not be stored and are kept');
  }

  async function drain(): Promise<void> {
    if (draining || holds > 0) return;
    draining = true;
    let pause: number = RETRY_MS.first;
    while (waiting.length > 0 && holds === 0 && !closing.signal.aborted) {
      const failed = await handIn(waiting.splice(0));
      if (failed.length === 0) continue;
      keep(failed);
      await sleep(deps.system, pause, closing.signal);
      pause = Math.min(RETRY_MS.longest, pause * 2);
    }
    draining = false;
  }

  async function handInAtOnce(entry: Waiting): Promise<void> {
    const failed = await handIn([entry]);
    if (failed.length === 0) return;
    keep(failed);
    await sleep(deps.system, RETRY_MS.first, closing.signal);
    await drain();
  }

  return {
    push(event) {
      const entry = { order: arrived, event };
      arrived += 1;
      // Straight in when nothing is before it: one event never waits for the sink to be done with another.
      if (!draining && holds === 0 && waiting.length === 0) void handInAtOnce(entry);
      else waiting.push(entry);
    },
    hold() {
      holds += 1;
    },
    release(earlier) {
      holds -= 1;
      const before = (waiting[0]?.order ?? arrived) - earlier.length;
      waiting = [...earlier.map((event, index) => ({ order: before + index, event })), ...waiting];
      void drain();
    },
    close() {
      closing.abort();
    },
  };
}

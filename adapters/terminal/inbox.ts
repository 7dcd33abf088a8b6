import type { InboundOutcome, InboundSink } from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import { type System, sleep } from '../../src/core/system.js';

/**
 * Typed events on their way to the sink, in order and without waiting for one another. Nobody sends them again, so
 * what could not be stored stays here and is handed in until it is.
 */
export interface Inbox {
  push(event: InboundEvent): void;
  /** No sink call begins afterwards. Returns what was never stored. */
  close(): readonly InboundEvent[];
}

export interface InboxEvents {
  onOutcome(event: InboundEvent, outcome: InboundOutcome): void;
  /** The store refused; said once until it takes something again. */
  onTrouble(): void;
  onRecovery(): void;
}

const RETRY_MS = { first: 500, longest: 30_000 } as const;

export function createInbox(sink: InboundSink, events: InboxEvents, system: System): Inbox {
  const closing = new AbortController();
  /** In the order in which they were typed. */
  let kept: { readonly turn: number; readonly event: InboundEvent }[] = [];
  let turns = 0;
  let retrying = false;

  async function handIn(event: InboundEvent): Promise<boolean> {
    let outcome: InboundOutcome;
    try {
      outcome = await sink(event);
    } catch {
      return false;
    }
    if (!closing.signal.aborted) events.onOutcome(event, outcome);
    return true;
  }

  async function retry(): Promise<void> {
    if (retrying || closing.signal.aborted) return;
    retrying = true;
    events.onTrouble();
    let pause: number = RETRY_MS.first;
    for (let next = kept[0]; next !== undefined; next = kept[0]) {
      await sleep(system, pause, closing.signal);
      // One after the other, so that the order stays. Once one was taken the rest follow at once.
      while (next !== undefined && !closing.signal.aborted && (await handIn(next.event))) {
        kept.splice(kept.indexOf(next), 1);
        next = kept[0];
        pause = RETRY_MS.first;
      }
      if (closing.signal.aborted) return;
      pause = Math.min(RETRY_MS.longest, pause * 2);
    }
    retrying = false;
    if (!closing.signal.aborted) events.onRecovery();
  }

  return {
    push(event) {
      if (closing.signal.aborted) return;
      const one = { turn: turns++, event };
      if (retrying) {
        kept.push(one);
        return;
      }
      void handIn(event).then((stored) => {
        if (stored) return;
        kept = [...kept, one].sort((a, b) => a.turn - b.turn);
        void retry();
      });
    },
    close() {
      closing.abort();
      return kept.map(({ event }) => event);
    },
  };
}

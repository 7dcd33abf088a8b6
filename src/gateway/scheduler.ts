import type { Logger } from '../core/log.js';
import type { System, Timer } from '../core/system.js';

/** Longest sleep of a timer: Node's own limit is 24.8 days. */
const MAX_SLEEP_MS = 3_600_000;

export interface Scheduler {
  /** Something with a time was stored: looks again when to wake. */
  reschedule(): void;
  stop(): void;
}

/** Wakes for the next stored time and runs what is due; times live in the store, so a restart forgets none. */
export function createScheduler(deps: {
  readonly system: System;
  readonly log: Logger;
  /** When something of each kind is due next, null when nothing is. */
  readonly nextTimes: () => readonly (number | null)[];
  readonly runDue: () => void;
}): Scheduler {
  let timer: Timer | null = null;
  let stopped = false;

  function reschedule(): void {
    timer?.cancel();
    if (stopped) return;
    const at = Math.min(...deps.nextTimes().map((time) => time ?? Number.POSITIVE_INFINITY));
    const wait = Math.min(Math.max(at - deps.system.now(), 0), MAX_SLEEP_MS);
    timer = deps.system.setTimer(wait + 1, () => {
      try {
        deps.runDue();
      } catch (error) {
        deps.log.error({ error }, 'what was due could not be done; it is tried again');
      }
      reschedule();
    });
  }

  return {
    reschedule,
    stop(): void {
      stopped = true;
      timer?.cancel();
    },
  };
}

import type { System } from '../../src/core/system.js';
import { ulid } from '../../src/system.js';

export interface FakeSystem extends System {
  /** Moves both clocks and runs every timer that comes due, in order. */
  advance(ms: number): void;
}

/** A clock that stands still until told, and random bytes that a seed decides (mulberry32: for tests only). */
export function fakeSystem(seed = 1, startAt = Date.UTC(2026, 0, 15, 12, 0, 0)): FakeSystem {
  let state = seed >>> 0;
  let clock = startAt;
  let timers: { at: number; run: () => void }[] = [];
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) & 0xff;
  };
  const randomBytes = (length: number) => Uint8Array.from({ length }, next);
  return {
    now: () => clock,
    monotonic: () => clock - startAt,
    randomBytes,
    id: () => ulid(clock, randomBytes(16)),
    setTimer(ms, run) {
      const timer = { at: clock + ms, run };
      timers.push(timer);
      return {
        cancel: () => {
          timers = timers.filter((other) => other !== timer);
        },
      };
    },
    advance(ms) {
      const end = clock + ms;
      for (;;) {
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers = timers.filter((timer) => timer !== due);
        clock = Math.max(clock, due.at);
        due.run();
      }
      clock = end;
    },
  };
}

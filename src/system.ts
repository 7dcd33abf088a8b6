import { randomBytes } from 'node:crypto';
import type { System } from './core/system.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The real clock, timers and CSPRNG. The one file that may touch them. */
export function createSystem(): System {
  const now = () => Date.now();
  return {
    now,
    monotonic: () => performance.now(),
    randomBytes: (length) => randomBytes(length),
    id: () => ulid(now(), randomBytes(16)),
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** 48 bits of time and 80 random bits as 26 characters (the ULID format). */
export function ulid(timeMs: number, random: Uint8Array): string {
  let time = '';
  for (let left = timeMs, index = 0; index < 10; index += 1) {
    time = CROCKFORD.charAt(left % 32) + time;
    left = Math.floor(left / 32);
  }
  let rest = '';
  for (let index = 0; index < 16; index += 1) rest += CROCKFORD.charAt((random[index] ?? 0) % 32);
  return time + rest;
}

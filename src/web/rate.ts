import type { System } from '../core/system.js';

/** At most `limit` per key in any `windowMs`. */
export interface RateLimit {
  /** Takes one, or tells how many seconds to wait. */
  take(key: string): { readonly ok: true } | { readonly ok: false; readonly waitSeconds: number };
}

/** Sliding windows; what was refused takes no place, and keys with an empty window are forgotten. */
export function createRateLimit(system: System, limit: number, windowMs: number): RateLimit {
  const taken = new Map<string, number[]>();
  return {
    take(key) {
      const now = system.monotonic();
      for (const [other, times] of taken) {
        const live = times.filter((time) => time > now - windowMs);
        if (live.length === 0) taken.delete(other);
        else if (live.length < times.length) taken.set(other, live);
      }
      const times = taken.get(key) ?? [];
      if (times.length >= limit) {
        return { ok: false, waitSeconds: Math.ceil(((times[0] ?? now) + windowMs - now) / 1000) };
      }
      taken.set(key, [...times, now]);
      return { ok: true };
    },
  };
}

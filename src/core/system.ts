/**
 * Time, randomness and identity, handed in so that tests own them. Nothing else in the source reads a clock,
 * makes a timer or draws a random number.
 */
export interface System {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Monotonic clock for durations, milliseconds. */
  monotonic(): number;
  /** From the operating system's CSPRNG. */
  randomBytes(length: number): Uint8Array;
  /** A unique identifier that sorts by creation time: 26 characters of Crockford base 32 (ULID). */
  id(): string;
  /** Runs once after `ms`; the timer keeps the process alive only while work is under way elsewhere. */
  setTimer(ms: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Resolves after `ms`, or at once when the signal aborts (it does not reject: the caller looks at the signal). */
export function sleep(system: System, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = system.setTimer(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** Runs `work` with a signal that aborts after `ms`. What `work` makes of the abort is its own affair. */
export async function within<T>(system: System, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const timer = system.setTimer(ms, () => abort.abort());
  try {
    return await work(abort.signal);
  } finally {
    timer.cancel();
  }
}

/** An opaque random handle, 128 bits, 22 characters of base64url: fits the 64 bytes of every platform's buttons. */
export function randomHandle(system: System): string {
  return Buffer.from(system.randomBytes(16)).toString('base64url');
}

/** What can go wrong on the way: one rule hits the next matching requests, as often as it says. */
export interface Fault {
  /** `POST /channels/1/messages` must start with or match this; every request when left out. */
  readonly route?: string | RegExp;
  /**
   * `status`: refused with it, nothing done. `rate-limit`: 429 with `retryAfterMs`. `lost`: done, but the answer never
   * arrives. `drop`: the connection breaks before anything is done.
   */
  readonly kind: 'status' | 'rate-limit' | 'lost' | 'drop';
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly times?: number;
}

export class Faults {
  #rules: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#rules.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  take(request: string): Fault | null {
    const rule = this.#rules.find(({ fault, left }) => left > 0 && matches(fault.route, request));
    if (rule === undefined) return null;
    rule.left -= 1;
    return rule.fault;
  }
}

function matches(route: Fault['route'], request: string): boolean {
  if (route === undefined) return true;
  return typeof route === 'string' ? request.startsWith(route) : route.test(request);
}

/** Discord's buckets: a count per route and channel that refills all at once. */
export class Buckets {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #open = new Map<string, { used: number; resetAt: number }>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Counts one request; `allowed` false means 429. */
  take(key: string, now: number): { allowed: boolean; headers: Record<string, string>; resetAfterMs: number } {
    let bucket = this.#open.get(key);
    if (bucket === undefined || bucket.resetAt <= now) {
      bucket = { used: 0, resetAt: now + this.#windowMs };
      this.#open.set(key, bucket);
    }
    const allowed = bucket.used < this.#limit;
    if (allowed) bucket.used += 1;
    const resetAfterMs = bucket.resetAt - now;
    return {
      allowed,
      resetAfterMs,
      headers: {
        'X-RateLimit-Limit': String(this.#limit),
        'X-RateLimit-Remaining': String(this.#limit - bucket.used),
        'X-RateLimit-Reset': (bucket.resetAt / 1000).toFixed(3),
        'X-RateLimit-Reset-After': (resetAfterMs / 1000).toFixed(3),
        'X-RateLimit-Bucket': Buffer.from(key.replace(/\d{17,20}/g, ''))
          .toString('hex')
          .slice(0, 32),
      },
    };
  }
}

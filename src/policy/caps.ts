import type { RequestCounts } from '../core/counters.js';

/** How many requests tools may send before each further one is asked about. */
export type RequestCaps = RequestCounts;

const WHERE = { conversation: 'in this conversation', hour: 'in the last hour', day: 'in the last 24 hours' } as const;

/** Which cap keeps one more request from going by itself, as a line for the card; null while none does. Pure. */
export function reachedCap(sent: RequestCounts, caps: RequestCaps): string | null {
  for (const span of ['conversation', 'hour', 'day'] as const) {
    if (sent[span] < caps[span]) continue;
    return `Cap reached: ${sent[span]} of ${caps[span]} requests ${WHERE[span]}; approving lets this one go.`;
  }
  return null;
}

import type { ErrorCode } from '../core/errors.js';
import { SeneschalError } from '../core/errors.js';
import { type ModelClient, type ModelEvent, type ModelRequest, type ModelUsage, NO_USAGE } from '../core/model.js';
import { type System, sleep } from '../core/system.js';
import { cancelled } from './failures.js';
import { addUsage } from './pricing.js';

/** Waits between tries. Four tries take about 40 s where the provider is in trouble … */
const TROUBLE_MS = [1_500, 8_500, 30_000] as const;
/** … and a few seconds where it answered, but not in a form that can be used. */
const REPAIR_MS = [250, 1_000, 4_000] as const;
/** No further try begins later than this. */
const LIMIT_MS = 60_000;
const JITTER = 0.1;

const LATER: ReadonlySet<ErrorCode> = new Set(['model.rate_limited', 'model.overloaded', 'model.unreachable']);

/** The one place where a model request is repeated. What is final (a wrong key, a refused request) passes at once. */
export function withRetry(client: ModelClient, deps: { readonly system: System }): ModelClient {
  return {
    provider: client.provider,
    stream: (request, signal) => attempts(client, request, signal, deps.system),
  };
}

async function* attempts(
  client: ModelClient,
  request: ModelRequest,
  signal: AbortSignal,
  system: System,
): AsyncGenerator<ModelEvent> {
  const began = system.monotonic();
  let spent: ModelUsage = NO_USAGE;
  for (let tries = 1; ; tries += 1) {
    const end = yield* oneAttempt(client, request, signal);
    spent = addUsage(spent, end.usage);
    if (end.type === 'finished') {
      yield { ...end, usage: spent };
      return;
    }
    const { error, partial } = end;
    const delayMs = error.retryable && !signal.aborted ? delayBefore(tries, error, system) : undefined;
    if (delayMs === undefined || system.monotonic() - began + delayMs > LIMIT_MS) {
      const shown = error.retryable ? givenUp(error, tries, system.monotonic() - began) : error;
      yield { type: 'failed', error: shown, partial, usage: spent };
      return;
    }
    yield { type: 'retrying', attempt: tries + 1, reason: error, delayMs };
    await sleep(system, delayMs, signal);
    if (signal.aborted) {
      yield { type: 'failed', error: cancelled(), partial: '', usage: spent };
      return;
    }
  }
}

type FinalEvent = Extract<ModelEvent, { type: 'finished' | 'failed' }>;

/** Passes the text on and gives back how it ended. */
async function* oneAttempt(
  client: ModelClient,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, FinalEvent> {
  for await (const event of client.stream(request, signal)) {
    if (event.type === 'finished' || event.type === 'failed') return event;
    yield event;
  }
  const error = new SeneschalError('internal', `The ${client.provider} client ended without saying how.`);
  return { type: 'failed', error, partial: '', usage: NO_USAGE };
}

/** Undefined after the last try. The provider's own word on when to come back is obeyed, jitter only adds to it. */
function delayBefore(tries: number, error: SeneschalError, system: System): number | undefined {
  const plan = (LATER.has(error.code) ? TROUBLE_MS : REPAIR_MS)[tries - 1];
  if (plan === undefined) return undefined;
  const share = (system.randomBytes(1)[0] ?? 0) / 255;
  if (error.retryAfterMs !== undefined) return Math.round(error.retryAfterMs * (1 + share * JITTER));
  return Math.round(plan * (1 + (share * 2 - 1) * JITTER));
}

function givenUp(error: SeneschalError, tries: number, tookMs: number): SeneschalError {
  const seconds = Math.round(tookMs / 1000);
  const times = tries === 1 ? 'Tried once' : `Tried ${tries} times in ${seconds} s`;
  const wait = error.retryAfterMs === undefined ? '' : ` It asks to wait ${Math.ceil(error.retryAfterMs / 1000)} s.`;
  return new SeneschalError(error.code, `${error.message}${wait} ${times}; your message is kept.`, {
    retryable: true,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}

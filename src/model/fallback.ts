import { type ErrorCode, SeneschalError } from '../core/errors.js';
import { type ModelClient, type ModelEvent, type ModelRequest, type ModelUsage, NO_USAGE } from '../core/model.js';
import { addUsage } from './pricing.js';

/** A model to fall back on. */
export interface Alternative {
  readonly client: ModelClient;
  readonly model: string;
  readonly maxOutputTokens: number;
}

/** What another provider may not have. A refused request is refused elsewhere too, and a stop is a stop. */
const PASSED_ON: ReadonlySet<ErrorCode> = new Set([
  'model.unauthorized',
  'model.rate_limited',
  'model.overloaded',
  'model.unreachable',
  'model.malformed',
]);

const KEPT = '; your message is kept.';

/** Asks the first client as it is asked, and each alternative in turn once the one before has given up. */
export function withFallback(first: ModelClient, alternatives: readonly Alternative[]): ModelClient {
  if (alternatives.length === 0) return first;
  return { provider: first.provider, stream: (request, signal) => inTurn(first, alternatives, request, signal) };
}

async function* inTurn(
  first: ModelClient,
  alternatives: readonly Alternative[],
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  let spent: ModelUsage = NO_USAGE;
  const said: string[] = [];
  const choices = [{ client: first, request }, ...alternatives.map((choice) => turned(choice, request))];
  for (const [index, choice] of choices.entries()) {
    for await (const event of choice.client.stream(choice.request, signal)) {
      if (event.type === 'finished') {
        yield { ...event, usage: addUsage(spent, event.usage) };
        return;
      }
      if (event.type !== 'failed') {
        yield event;
        continue;
      }
      spent = addUsage(spent, event.usage);
      const last = index === choices.length - 1 || signal.aborted || !PASSED_ON.has(event.error.code);
      if (last) {
        yield { ...event, error: joined(said, event.error), usage: spent };
        return;
      }
      said.push(event.error.message.replace(KEPT, '.'));
      yield { type: 'retrying', attempt: index + 2, reason: event.error, delayMs: 0 };
    }
  }
}

function turned(choice: Alternative, request: ModelRequest) {
  const maxOutputTokens = Math.min(request.maxOutputTokens, choice.maxOutputTokens);
  return { client: choice.client, request: { ...request, model: choice.model, maxOutputTokens } };
}

/** When all have failed, each has its sentence. */
function joined(said: readonly string[], error: SeneschalError): SeneschalError {
  if (said.length === 0 || error.code === 'model.cancelled') return error;
  return new SeneschalError(error.code, [...said, error.message].join(' '), {
    retryable: error.retryable,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

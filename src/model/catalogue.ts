import { SeneschalError } from '../core/errors.js';
import { type ModelClient, type ModelEvent, NO_USAGE } from '../core/model.js';
import { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';
import { anthropicModels, createAnthropicClient } from './anthropic.js';
import { providerError } from './failures.js';
import { type Alternative, withFallback } from './fallback.js';
import { type ModelLimits, modelLimits } from './limits.js';
import { createOpenAiClient, openAiLabel, openAiModels } from './openai.js';
import { loadPrice } from './pricing.js';
import { createRehearsalClient } from './rehearsal.js';
import { withRetry } from './retry.js';
import { type ModelSpec, modelSpecText, type Provider } from './spec.js';
import type { ModelDeps } from './stream.js';

/** What a provider needs. A key may be absent where a server of the owner's own asks for none. */
export interface ProviderAccess {
  readonly apiKey?: Secret;
  readonly baseUrl?: string;
}

/** Asked anew for each request, so that a changed key counts at once; null when the provider is not configured. */
export type ModelAccess = (provider: Provider) => ProviderAccess | null;

export interface Model {
  readonly spec: ModelSpec;
  /** `anthropic/claude-sonnet-4-5`, `rehearsal`. */
  readonly name: string;
  readonly limits: ModelLimits;
  /** Retries, and falls back where several models are named. Give it requests with `spec.model`. */
  readonly client: ModelClient;
  /** What a request of this size would cost at most, in US dollars; null when the price is not known. */
  estimateCostUsd(inputTokens: number, outputTokens: number): Promise<number | null>;
}

/** Builds the first model, with the others to fall back on. Nothing is loaded or connected before the first request. */
export function createModel(specs: readonly [ModelSpec, ...ModelSpec[]], access: ModelAccess, deps: ModelDeps): Model {
  const [spec, ...others] = specs;
  const client = (provider: Provider) => withRetry(accessed(provider, access, deps), deps);
  const alternatives = others.map(
    (other): Alternative => ({
      client: client(other.provider),
      model: other.model,
      maxOutputTokens: modelLimits(other).maxOutputTokens,
    }),
  );
  return {
    spec,
    name: modelSpecText(spec),
    limits: modelLimits(spec),
    client: withFallback(client(spec.provider), alternatives),
    estimateCostUsd: (inputTokens, outputTokens) => estimate(spec, inputTokens, outputTokens, access, deps.system),
  };
}

export type ModelList =
  | { readonly ok: true; readonly models: readonly string[] }
  | { readonly ok: false; readonly error: SeneschalError };

/** One call that tests key and address and tells which models are on offer. Never throws. */
export async function listModels(
  provider: Provider,
  given: ProviderAccess,
  deps: ModelDeps,
  signal: AbortSignal,
): Promise<ModelList> {
  if (provider === 'rehearsal') return { ok: true, models: ['rehearsal'] };
  const options = { ...given, apiKey: given.apiKey ?? new Secret('') };
  const label = provider === 'anthropic' ? 'Anthropic' : openAiLabel(provider, given.baseUrl);
  try {
    const models =
      provider === 'anthropic'
        ? await anthropicModels(options, signal)
        : await openAiModels({ ...options, provider }, signal);
    return { ok: true, models };
  } catch (thrown) {
    return { ok: false, error: providerError(thrown, { label, apiKey: options.apiKey }, deps.system.now()) };
  }
}

function accessed(provider: Provider, access: ModelAccess, deps: ModelDeps): ModelClient {
  if (provider === 'rehearsal') return createRehearsalClient(deps);
  return {
    provider,
    stream(request, signal) {
      const given = access(provider);
      if (!given) return notConfigured(provider);
      const options = { ...given, apiKey: given.apiKey ?? new Secret('') };
      const client =
        provider === 'anthropic'
          ? createAnthropicClient(options, deps)
          : createOpenAiClient({ ...options, provider }, deps);
      return client.stream(request, signal);
    },
  };
}

async function* notConfigured(provider: Provider): AsyncGenerator<ModelEvent> {
  const error = new SeneschalError('model.unauthorized', `No key for ${provider} is known.`, {
    hint: 'Enter one with setup.',
  });
  yield { type: 'failed', error, partial: '', usage: NO_USAGE };
}

async function estimate(
  spec: ModelSpec,
  inputTokens: number,
  outputTokens: number,
  access: ModelAccess,
  system: System,
): Promise<number | null> {
  const baseUrl = spec.provider === 'anthropic' ? undefined : access(spec.provider)?.baseUrl;
  const price = await loadPrice({ ...spec, ...(baseUrl === undefined ? {} : { baseUrl }) }, system);
  return price({ inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens });
}

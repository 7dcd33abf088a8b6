import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { ModelClient, ModelRequest } from '../core/model.js';
import type { Secret } from '../core/secret.js';
import { AnthropicReader } from './anthropic-reader.js';
import { anthropicRequest } from './anthropic-request.js';
import { type ModelDeps, streamAnswer } from './stream.js';

const DEFAULT_URL = 'https://api.anthropic.com';

export interface AnthropicOptions {
  readonly apiKey: Secret;
  /** Without `/v1`. */
  readonly baseUrl?: string;
}

/** One attempt per request: retries are in retry.ts alone. */
export function createAnthropicClient(options: AnthropicOptions, deps: ModelDeps): ModelClient {
  const peer = { label: 'Anthropic', apiKey: options.apiKey };
  return {
    provider: 'anthropic',
    stream: (request: ModelRequest, signal: AbortSignal) =>
      streamAnswer(
        {
          peer,
          priced: { provider: 'anthropic', model: request.model },
          request,
          reader: new AnthropicReader(),
          async open(inner) {
            const body: MessageCreateParamsStreaming = anthropicRequest(request);
            return (await connect(options)).messages.create(body, { signal: inner });
          },
        },
        deps,
        signal,
      ),
  };
}

/** The names of the models this key may use, newest first. Throws what the SDK throws. */
export async function anthropicModels(options: AnthropicOptions, signal: AbortSignal): Promise<readonly string[]> {
  const page = await (await connect(options)).models.list({ limit: 100 }, { signal });
  return page.data.map((model) => model.id);
}

/** The SDK is loaded on first use (20 MB). Everything it would read from the environment is given or switched off. */
async function connect({ apiKey, baseUrl }: AnthropicOptions) {
  const { Anthropic } = await import('@anthropic-ai/sdk');
  return new Anthropic({
    apiKey: apiKey.reveal(),
    webhookKey: null,
    baseURL: baseUrl ?? DEFAULT_URL,
    // Relays of the former API version look for the key here.
    ...(baseUrl === undefined ? {} : { defaultHeaders: { 'x-api-key': apiKey.reveal() } }),
    maxRetries: 0,
    logLevel: 'off',
    openTelemetry: false,
    // A followed redirect would carry the key to another host.
    fetchOptions: { redirect: 'manual' },
  });
}

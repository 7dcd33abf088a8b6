import type { ModelClient, ModelRequest } from '../core/model.js';
import type { Secret } from '../core/secret.js';
import { OpenAiReader } from './openai-reader.js';
import { openAiRequest } from './openai-request.js';
import type { OpenAiProvider } from './spec.js';
import { type ModelDeps, streamAnswer } from './stream.js';

const PLACES: Readonly<Record<OpenAiProvider, { readonly label: string; readonly url: string }>> = {
  openai: { label: 'OpenAI', url: 'https://api.openai.com/v1' },
  mistral: { label: 'Mistral', url: 'https://api.mistral.ai/v1' },
  ollama: { label: 'Ollama', url: 'http://127.0.0.1:11434/v1' },
};

export interface OpenAiOptions {
  readonly apiKey: Secret;
  /** With `/v1`. Any compatible server. */
  readonly baseUrl?: string;
  /** Whose quirks and prices count; `openai` unless said otherwise. */
  readonly provider?: OpenAiProvider;
}

/** One attempt per request: retries are in retry.ts alone. */
export function createOpenAiClient(options: OpenAiOptions, deps: ModelDeps): ModelClient {
  const provider = options.provider ?? 'openai';
  const peer = { label: openAiLabel(provider, options.baseUrl), apiKey: options.apiKey };
  const custom = options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl };
  return {
    provider,
    stream: (request: ModelRequest, signal: AbortSignal) =>
      streamAnswer(
        {
          peer,
          priced: { provider, model: request.model, ...custom },
          request,
          reader: new OpenAiReader(),
          async open(inner) {
            const body = openAiRequest(request, { provider, compatible: options.baseUrl !== undefined });
            return (await connect(options)).chat.completions.create(body, { signal: inner });
          },
        },
        deps,
        signal,
      ),
  };
}

/** The names of the models on offer. Throws what the SDK throws. */
export async function openAiModels(options: OpenAiOptions, signal: AbortSignal): Promise<readonly string[]> {
  const page = await (await connect(options)).models.list({ signal });
  return page.data.map((model) => model.id);
}

/** OpenAI by name; a compatible server by its host, because that is what has to be looked at when it fails. */
export function openAiLabel(provider: OpenAiProvider, baseUrl: string | undefined): string {
  if (provider !== 'openai' || baseUrl === undefined || !URL.canParse(baseUrl)) return PLACES[provider].label;
  const host = new URL(baseUrl).host;
  return host === 'api.openai.com' ? PLACES.openai.label : `The model server ${host}`;
}

/** The SDK is loaded on first use (12 MB). Everything it would read from the environment is given or switched off. */
async function connect({ apiKey, baseUrl, provider = 'openai' }: OpenAiOptions) {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    // The SDK refuses an empty key; a local server reads none.
    apiKey: apiKey.reveal() || 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl ?? PLACES[provider].url,
    maxRetries: 0,
    logLevel: 'off',
    // A followed redirect would carry the conversation, and on some hosts the key, to another place.
    fetchOptions: { redirect: 'manual' },
  });
}

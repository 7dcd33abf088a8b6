import { SeneschalError } from '../core/errors.js';

const PROVIDERS = ['anthropic', 'openai', 'mistral', 'ollama', 'rehearsal'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Those that speak OpenAI's protocol. */
export type OpenAiProvider = Exclude<Provider, 'anthropic' | 'rehearsal'>;

/** One `provider/model`. For the rehearsal model both words are `rehearsal`. */
export interface ModelSpec {
  readonly provider: Provider;
  /** The provider's own model name; may hold slashes and colons. */
  readonly model: string;
}

/** What a bare provider name means. Ollama has none: what is installed decides. */
const DEFAULT_MODELS: Readonly<Partial<Record<Provider, string>>> = {
  anthropic: 'claude-sonnet-5',
  openai: 'gpt-5',
  mistral: 'mistral-large-latest',
  rehearsal: 'rehearsal',
};

/**
 * Reads `SENESCHAL_MODEL`: one `provider/model`, or several parted by commas, the first choice first. A bare provider
 * name takes that provider's default model. Throws `config.invalid`.
 */
export function parseModelSpecs(value: string): readonly [ModelSpec, ...ModelSpec[]] {
  const [first = '', ...rest] = value.split(',').map((part) => part.trim());
  return [parseOne(first), ...rest.map(parseOne)];
}

/** The written form: `anthropic/claude-sonnet-4-5`, `rehearsal`. */
export function modelSpecText(spec: ModelSpec): string {
  return spec.provider === 'rehearsal' ? 'rehearsal' : `${spec.provider}/${spec.model}`;
}

function parseOne(text: string): ModelSpec {
  const slash = text.indexOf('/');
  const word = slash < 0 ? text : text.slice(0, slash);
  const provider = PROVIDERS.find((known) => known === word);
  const model = slash < 0 ? DEFAULT_MODELS[word as Provider] : text.slice(slash + 1);
  if (!provider || !model || /\s/.test(model) || (provider === 'rehearsal' && model !== 'rehearsal')) {
    throw new SeneschalError(
      'config.invalid',
      `"${text}" names no model. Write provider/model with one of ${PROVIDERS.slice(0, -1).join(', ')}, or rehearsal.`,
    );
  }
  return { provider, model };
}

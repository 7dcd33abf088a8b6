import type { ModelSpec, Provider } from './spec.js';

export interface ModelLimits {
  /** Tokens that fit into one request and its answer together. */
  readonly contextTokens: number;
  /** The most the model writes in one answer. */
  readonly maxOutputTokens: number;
  /** Whether it can look at images. */
  readonly images: boolean;
}

type Row = readonly [family: RegExp, contextTokens: number, maxOutputTokens: number, images: boolean];

/** Published limits by family, the first match counts. Where a provider offers more to some accounts, the lower one stands. */
const FAMILIES: Readonly<Record<Provider, readonly Row[]>> = {
  anthropic: [
    [/^claude-(opus|sonnet|fable|mythos)-5/, 1_000_000, 64_000, true],
    [/^claude-(haiku-[45]|sonnet-4|opus-4-[5-9]|3-7)/, 200_000, 64_000, true],
    [/^claude-opus-4/, 200_000, 32_000, true],
    [/^claude-3-(opus|haiku|sonnet)/, 200_000, 4_096, true],
    [/^claude/, 200_000, 8_192, true],
  ],
  openai: [
    [/^gpt-5/, 400_000, 128_000, true],
    [/^gpt-4\.1/, 1_047_576, 32_768, true],
    [/^gpt-4o/, 128_000, 16_384, true],
    [/^(o1-mini|o3-mini)/, 128_000, 65_536, false],
    [/^o[134]/, 200_000, 100_000, true],
    [/^gpt-4-turbo/, 128_000, 4_096, true],
    [/^gpt-4/, 8_192, 2_048, false],
    [/^gpt-3\.5/, 16_385, 4_096, false],
  ],
  mistral: [
    [/^(mistral-(large|medium|small)|pixtral)/, 128_000, 16_384, true],
    [/^(codestral|devstral|magistral|ministral|open-mistral)/, 128_000, 16_384, false],
  ],
  // Ollama cuts what does not fit its own window without saying so, and that window is small unless configured.
  ollama: [[/(llava|vision|-vl\b|vl:|gemma3|minicpm-v)/, 8_192, 2_048, true]],
  rehearsal: [[/^/, 200_000, 8_192, false]],
};

const UNKNOWN: ModelLimits = { contextTokens: 32_000, maxOutputTokens: 4_096, images: false };
const UNKNOWN_LOCAL: ModelLimits = { contextTokens: 8_192, maxOutputTokens: 2_048, images: false };

/** A model that is not listed gets limits that hardly any model falls short of. */
export function modelLimits(spec: ModelSpec): ModelLimits {
  const row = FAMILIES[spec.provider].find(([family]) => family.test(spec.model));
  if (row) return { contextTokens: row[1], maxOutputTokens: row[2], images: row[3] };
  return spec.provider === 'ollama' ? UNKNOWN_LOCAL : UNKNOWN;
}

import type { ModelUsage } from '../core/model.js';
import type { System } from '../core/system.js';
import type { Provider } from './spec.js';

export type TokenCounts = Omit<ModelUsage, 'costUsd'>;

export interface PricedModel {
  readonly provider: Provider;
  readonly model: string;
  readonly baseUrl?: string;
}

/** US dollars for these tokens; null when the price is not known, never a guess and never 0 instead. */
export type Price = (tokens: TokenCounts) => number | null;

/** Loads the price table that ships with the product (nothing is fetched) and picks one model's row. */
export async function loadPrice(priced: PricedModel, system: System): Promise<Price> {
  if (priced.provider === 'rehearsal') return () => 0;
  // Ollama runs on the owner's own machine, nobody sends a bill; its hosted models are marked by name.
  if (priced.provider === 'ollama') return () => (/[-:]cloud$/.test(priced.model) ? null : 0);
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices');
  // A base URL that is a known provider's (Groq, Together …) is billed by that one; an unknown one is a relay.
  const byUrl = priced.baseUrl === undefined ? undefined : findProvider({ providerApiUrl: priced.baseUrl });
  const providerId = byUrl?.id ?? priced.provider;
  return (tokens) => {
    const usage = {
      input_tokens: tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens,
      cache_read_tokens: tokens.cacheReadTokens,
      cache_write_tokens: tokens.cacheWriteTokens,
      output_tokens: tokens.outputTokens,
    };
    try {
      return calcPrice(usage, priced.model, { providerId, timestamp: new Date(system.now()) })?.total_price ?? null;
    } catch {
      return null; // the table throws for counts it cannot split; then the price is not known
    }
  };
}

/** The sum over several requests; unknown as soon as one of them is. */
export function addUsage(a: ModelUsage, b: ModelUsage): ModelUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd,
  };
}

import type { Config } from './config.js';
import type { Logger } from './core/log.js';
import type { Secret } from './core/secret.js';
import type { System } from './core/system.js';
import type { SecretAnswer } from './core/vault.js';
import { createModel, listModels, type Model, type ProviderAccess } from './model/catalogue.js';
import { modelSpecText, type Provider, parseModelSpecs } from './model/spec.js';
import type { Vault } from './vault/vault.js';

/** The order in which a provider is chosen when nobody named one. */
const PREFERRED: readonly Provider[] = ['anthropic', 'openai', 'mistral', 'ollama'];
const TEST_MS = 15_000;

const KEY_OF: Readonly<Partial<Record<Provider, 'ANTHROPIC_API_KEY' | 'OPENAI_API_KEY' | 'MISTRAL_API_KEY'>>> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  mistral: 'MISTRAL_API_KEY',
};

/** Which model answers: by configuration, else the first that has what it needs. Keys: environment, then vault (CONF-1). */
export function createModels(deps: {
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly vault: Vault;
}) {
  const { config, vault } = deps;
  const built = new Map<string, Model>();

  function key(provider: Provider): Secret | undefined {
    const name = KEY_OF[provider];
    if (name === undefined) return undefined;
    return config[name] ?? (vault.product.has(name) ? vault.product.get(name) : undefined);
  }

  function access(provider: Provider): ProviderAccess | null {
    const apiKey = key(provider);
    const baseUrl = baseUrlOf(provider);
    if (apiKey === undefined && baseUrl === undefined && provider !== 'rehearsal') return null;
    return { ...(apiKey === undefined ? {} : { apiKey }), ...(baseUrl === undefined ? {} : { baseUrl }) };
  }

  function baseUrlOf(provider: Provider): string | undefined {
    if (provider === 'anthropic') return config.ANTHROPIC_BASE_URL;
    if (provider === 'openai') return config.OPENAI_BASE_URL;
    return provider === 'ollama' ? config.OLLAMA_BASE_URL : undefined;
  }

  /** Anthropic's own address needs a key; a compatible server behind another address may not. */
  function isUsable(provider: Provider): boolean {
    return key(provider) !== undefined || (provider === 'openai' && config.OPENAI_BASE_URL !== undefined);
  }

  function current(): Model {
    const chosen = config.SENESCHAL_MODEL ?? PREFERRED.find(isUsable) ?? 'rehearsal';
    const specs = parseModelSpecs(chosen);
    const name = specs.map(modelSpecText).join(',');
    const model = built.get(name) ?? createModel(specs, access, deps);
    built.set(name, model);
    return model;
  }

  /** One call with a key that was just entered: why the provider refuses it, null when it does not. */
  async function test(answer: SecretAnswer): Promise<string | null> {
    for (const { entry, value } of answer.values) {
      const provider = PREFERRED.find((one) => KEY_OF[one] === entry);
      if (!provider) continue;
      const baseUrl = baseUrlOf(provider);
      const given = { apiKey: value, ...(baseUrl === undefined ? {} : { baseUrl }) };
      const list = await listModels(provider, given, deps, AbortSignal.timeout(TEST_MS));
      if (!list.ok && list.error.code === 'model.unauthorized') return list.error.message;
    }
    return null;
  }

  return {
    current,
    test,
    /** True while nothing but the rehearsal model could answer. */
    needsKey: () => config.SENESCHAL_MODEL === undefined && current().spec.provider === 'rehearsal',
  };
}

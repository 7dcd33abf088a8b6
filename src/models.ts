import { type Config, isPlainHttp, plainHttp } from './config.js';
import { SeneschalError } from './core/errors.js';
import type { Logger } from './core/log.js';
import type { Secret } from './core/secret.js';
import type { System } from './core/system.js';
import { createModel, type Model, type ProviderAccess } from './model/catalogue.js';
import { type ModelSpec, modelSpecText, type Provider, parseModelSpecs } from './model/spec.js';
import { createProductKeys } from './product-keys.js';
import type { Settings } from './store/settings.js';
import type { Vault } from './vault/vault.js';

/** The order in which a provider is chosen when nobody named one. */
const PREFERRED: readonly Provider[] = ['anthropic', 'openai', 'mistral', 'ollama'];

export type KeyName = 'ANTHROPIC_API_KEY' | 'OPENAI_API_KEY' | 'MISTRAL_API_KEY';
export type AddressName = 'ANTHROPIC_BASE_URL' | 'OPENAI_BASE_URL' | 'OLLAMA_BASE_URL';

export const KEY_OF: Readonly<Partial<Record<Provider, KeyName>>> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  mistral: 'MISTRAL_API_KEY',
};

const ADDRESS_OF: Readonly<Partial<Record<Provider, AddressName>>> = {
  anthropic: 'ANTHROPIC_BASE_URL',
  openai: 'OPENAI_BASE_URL',
  ollama: 'OLLAMA_BASE_URL',
};

const isKeyName = (name: string): name is KeyName => Object.values(KEY_OF).some((known) => known === name);

/** Where the owner's choice of a model stands, as `SENESCHAL_MODEL` would: `mistral`, `ollama/llama3.2:latest`. */
export const MODEL_SETTING = 'model';

export type Models = ReturnType<typeof createModels>;

/**
 * Which model answers: `SENESCHAL_MODEL`, else what the owner chose in setup, else the first provider that has what it
 * needs. Keys and addresses: environment, then vault (CONF-1), asked anew each time, so that a new key needs no restart.
 */
export function createModels(deps: {
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly vault: Vault;
  readonly settings: Settings;
}) {
  const { config, vault, settings } = deps;
  const keys = createProductKeys({ config, vault });
  const built = new Map<string, Model>();

  function has(name: KeyName | AddressName | undefined): boolean {
    if (name === undefined) return false;
    if (isKeyName(name)) return keys.has(name);
    return (
      config[name] !== undefined || vault.product.list().some((entry) => entry.name === name && entry.state === 'ready')
    );
  }

  /** Undefined too where the vault has lost the value: then it is asked for anew. */
  function stored(name: KeyName | AddressName): Secret | undefined {
    try {
      return isKeyName(name) ? keys.get(name) : vault.product.get(name);
    } catch (thrown) {
      const lost = ['vault.missing', 'vault.frozen', 'vault.corrupt'];
      if (thrown instanceof SeneschalError && lost.includes(thrown.code)) return undefined;
      throw thrown;
    }
  }

  function access(provider: Provider): ProviderAccess | null {
    const [keyName, addressName] = [KEY_OF[provider], ADDRESS_OF[provider]];
    const apiKey = keyName && stored(keyName);
    const baseUrl = addressName && (config[addressName] ?? stored(addressName)?.reveal());
    const needsNone = provider === 'ollama' || provider === 'rehearsal';
    if (apiKey === undefined && baseUrl === undefined && !needsNone) return null;
    return { ...(apiKey === undefined ? {} : { apiKey }), ...(baseUrl === undefined ? {} : { baseUrl }) };
  }

  /** Anthropic's own address needs a key; a compatible server behind another address may not. */
  function isUsable(provider: Provider): boolean {
    if (provider === 'rehearsal') return true;
    return has(KEY_OF[provider]) || (provider !== 'anthropic' && has(ADDRESS_OF[provider]));
  }

  function chosenByOwner(): readonly [ModelSpec, ...ModelSpec[]] | null {
    const text = settings.get(MODEL_SETTING);
    const specs = text === null ? null : parseModelSpecs(text);
    return specs && isUsable(specs[0].provider) ? specs : null;
  }

  /** Ollama has no usual model: only what was chosen, or found at the start, can be meant. */
  function preferred(): string {
    const named = (provider: Provider) => (provider === 'ollama' ? settings.get(OLLAMA_SETTING) : provider);
    for (const provider of PREFERRED) {
      const text = isUsable(provider) ? named(provider) : null;
      if (text !== null) return text;
    }
    return 'rehearsal';
  }

  function current(): Model {
    const specs = config.SENESCHAL_MODEL === undefined ? chosenByOwner() : parseModelSpecs(config.SENESCHAL_MODEL);
    const wanted = specs ?? parseModelSpecs(preferred());
    const name = wanted.map(modelSpecText).join(',');
    const model = built.get(name) ?? createModel(wanted, access, deps);
    built.set(name, model);
    return model;
  }

  return {
    current,
    /** Addresses in the vault that SENESCHAL_ENFORCE_HTTPS forbids (GUARD-12); those of the environment are checked there. */
    checkAddresses(): void {
      for (const name of Object.values(ADDRESS_OF)) {
        const address = config[name] === undefined ? stored(name)?.reveal() : undefined;
        if (config.SENESCHAL_ENFORCE_HTTPS && address !== undefined && isPlainHttp(address)) {
          throw plainHttp(`${name} in the vault`, address);
        }
      }
    },
    /** Key and address of a provider as they are at this moment; null where neither is known and one is needed. */
    access,
    /** What is missing before a model can answer: a certain provider's key, `any` where none is chosen, or nothing. */
    missing(): Provider | 'any' | null {
      const { provider } = current().spec;
      if (config.SENESCHAL_MODEL === undefined) return provider === 'rehearsal' ? 'any' : null;
      return isUsable(provider) || provider === 'ollama' ? null : provider;
    },
    /** An Ollama whose address the operator gave, without saying which model: the first that it offers. */
    rememberOllama(model: string): void {
      settings.set(OLLAMA_SETTING, `ollama/${model}`);
    },
    /** Whether the operator gave an Ollama's address and nobody has said which of its models to use. */
    ollamaWithoutModel: (): string | null =>
      config.SENESCHAL_MODEL === undefined && settings.get(OLLAMA_SETTING) === null
        ? (config.OLLAMA_BASE_URL ?? null)
        : null,
  };
}

const OLLAMA_SETTING = 'model.ollama';

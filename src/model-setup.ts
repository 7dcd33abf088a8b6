import { z } from 'zod';
import { type Config, isPlainHttp } from './config.js';
import type { Logger } from './core/log.js';
import { Secret } from './core/secret.js';
import { type System, within } from './core/system.js';
import type { Chosen, RequestedChoice, SecretAnswer } from './core/vault.js';
import type { FormRequest, ProductVerdict } from './gateway/secrets.js';
import { listModels, type ProviderAccess } from './model/catalogue.js';
import type { Provider } from './model/spec.js';
import { type AddressName, KEY_OF, type KeyName, MODEL_SETTING, type Models } from './models.js';
import type { Settings } from './store/settings.js';
import type { Vault } from './vault/vault.js';

/**
 * Choosing a provider, on the page or in the terminal (START-3, START-9): what is on offer → what was entered → one
 * call that tests it → what to keep. Nothing is stored here before `keep` is called.
 */
export interface ModelSetupDeps {
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly vault: Vault;
  readonly settings: Settings;
  readonly models: Models;
  /** Where a local Ollama is looked for; its own usual address unless told. */
  readonly ollamaUrl?: string;
}

const TEST_MS = 15_000;
const LOOK_MS = 1_000;
const OLLAMA_URL = 'http://127.0.0.1:11434/v1';
const OLLAMA_CHOICES = 6;
const MODELS_NAMED = 8;
/** On offer at many servers, and no partners in a conversation. */
const NOT_FOR_CHAT = /embed|whisper|tts|rerank|moderation/i;

export const PROVIDERS: readonly RequestedChoice[] = [
  { id: 'anthropic', label: 'Anthropic' },
  { id: 'openai', label: 'OpenAI' },
  { id: 'mistral', label: 'Mistral' },
  { id: 'compatible', label: 'A server compatible with OpenAI' },
];

const Offered = z.object({ data: z.array(z.object({ id: z.string() })) });

/** A choice with everything it needs, checked for shape only. */
interface Wanted {
  readonly id: string;
  readonly provider: Provider;
  readonly key: Secret | null;
  readonly keyName: KeyName | null;
  /** To be kept beside the key. */
  readonly address: { readonly name: AddressName; readonly value: string } | null;
  /** Entries of another choice that would be used together with this one's. */
  readonly drops: readonly (KeyName | AddressName)[];
  readonly model: string | null;
}

export type ModelSetup = ReturnType<typeof createModelSetup>;

export function createModelSetup(deps: ModelSetupDeps) {
  const { config, system, models } = deps;
  const address = () => config.OLLAMA_BASE_URL ?? deps.ollamaUrl ?? OLLAMA_URL;

  /** By a plain request: the SDK, 12 MB, is not loaded only to look whether somebody is there. */
  async function ollamaModels(): Promise<readonly string[]> {
    try {
      const headers = { authorization: 'Bearer none' };
      const found = await within(system, LOOK_MS, async (signal) => {
        const response = await fetch(`${address()}/models`, { headers, signal, redirect: 'error' });
        return Offered.parse(await response.json());
      });
      return found.data.map(({ id }) => id).filter((model) => !NOT_FOR_CHAT.test(model));
    } catch {
      return [];
    }
  }

  /** The usual providers, those first whose address the operator has set, and each model of an Ollama that was found. */
  async function choices(): Promise<readonly RequestedChoice[]> {
    const found = (await ollamaModels()).slice(0, OLLAMA_CHOICES);
    const ollama = found.map((model) => ({ id: `ollama/${model}`, label: `Ollama on this box: ${model}` }));
    const isSet = ({ id }: RequestedChoice) =>
      (id === 'anthropic' && config.ANTHROPIC_BASE_URL !== undefined) ||
      (id === 'openai' && config.OPENAI_BASE_URL !== undefined);
    return [...PROVIDERS.filter(isSet), ...PROVIDERS.filter((choice) => !isSet(choice)), ...ollama];
  }

  /** The form that is shown first where no model can answer; null where one can. */
  async function form(): Promise<FormRequest | null> {
    if (models.ollamaWithoutModel() !== null) {
      const [model] = await ollamaModels();
      if (model !== undefined) models.rememberOllama(model);
    }
    const missing = models.missing();
    if (missing === null) return null;
    const common = { kind: 'product' as const, hosts: [], untrusted: [] };
    const keyName = missing === 'any' ? undefined : KEY_OF[missing];
    if (keyName !== undefined) {
      const purpose = `the model ${models.current().name} cannot answer without it. One call tests it.`;
      return { ...common, name: keyName, purpose, values: [{ entry: keyName, label: keyName, multiline: false }] };
    }
    return {
      ...common,
      name: 'MODEL_KEY',
      purpose: 'choose who answers you and enter the key from there. One call tests it.',
      values: [{ entry: 'MODEL_KEY', label: 'Key', multiline: false }],
      choices: await choices(),
    };
  }

  /** What becomes of an answer to a form of the product's own. */
  function judge(answer: SecretAnswer): Promise<ProductVerdict> | ProductVerdict {
    const [first] = answer.values;
    if (answer.chosen) return check(answer.chosen, first?.value ?? null);
    const provider = (Object.keys(KEY_OF) as Provider[]).find((one) => KEY_OF[one] === first?.entry);
    return provider && first ? check({ id: provider, address: '', model: '' }, first.value, false) : asItIs(answer);
  }

  /** Tests what was chosen. `chooses` is false where only a key was asked for and the model is settled. */
  async function check(chosen: Chosen, key: Secret | null, chooses = true): Promise<ProductVerdict> {
    const wanted = read(chosen, key);
    if (typeof wanted === 'string') return { kind: 'refused', reason: wanted };
    const { provider } = wanted;
    const given = accessOf(wanted, chooses);
    const list = await within(system, TEST_MS, (signal) => listModels(provider, given, deps, signal));
    const isFree = wanted.address !== null;
    if (list.ok) {
      const fit = modelFor(wanted, list.models, isFree);
      if ('refused' in fit) return { kind: 'refused', reason: fit.refused };
      return verdict(wanted, fit.model, chooses, null);
    }
    // 403 has no hint: a key may be barred from listing models and answer nevertheless.
    const isFinal = list.error.code === 'model.unauthorized' && list.error.hint !== undefined;
    if (isFinal) return { kind: 'refused', reason: list.error.message };
    if (isFree && wanted.model === null) {
      return { kind: 'refused', reason: `${list.error.message} To keep it untested, name the model too.` };
    }
    return verdict(wanted, wanted.model, chooses, list.error.message);
  }

  /** What the key will be used with. A choice of OpenAI itself leaves another server's address in the vault behind. */
  function accessOf(wanted: Wanted, chooses: boolean): ProviderAccess {
    const dropped = chooses && wanted.drops.includes('OPENAI_BASE_URL');
    const known = dropped ? config.OPENAI_BASE_URL : models.access(wanted.provider)?.baseUrl;
    const baseUrl = wanted.address?.value ?? known;
    return { ...(wanted.key ? { apiKey: wanted.key } : {}), ...(baseUrl === undefined ? {} : { baseUrl }) };
  }

  function read(chosen: Chosen, key: Secret | null): Wanted | string {
    const [word = '', ...rest] = chosen.id.split('/');
    const model = chosen.model || rest.join('/') || null;
    if (word === 'ollama') {
      const value = addressOf(chosen.address || address());
      if (value === null) return notAnAddress(chosen.address);
      if (config.SENESCHAL_ENFORCE_HTTPS && isPlainHttp(value)) return PLAIN_HTTP;
      const kept = { name: 'OLLAMA_BASE_URL', value } as const;
      return { id: word, provider: 'ollama', key: null, keyName: null, address: kept, drops: [], model };
    }
    if (word === 'compatible') {
      const value = addressOf(chosen.address || config.OPENAI_BASE_URL || '');
      if (value === null) return notAnAddress(chosen.address);
      if (config.SENESCHAL_ENFORCE_HTTPS && isPlainHttp(value)) return PLAIN_HTTP;
      const kept = { name: 'OPENAI_BASE_URL', value } as const;
      // A key of OpenAI's must not go to the other server.
      const drops = key ? [] : (['OPENAI_API_KEY'] as const);
      return { id: word, provider: 'openai', key, keyName: 'OPENAI_API_KEY', address: kept, drops, model };
    }
    const provider = PROVIDERS.find((one) => one.id === word)?.id as Exclude<Provider, 'rehearsal'> | undefined;
    const keyName = provider && KEY_OF[provider];
    if (!provider || !keyName) return `${word} is no provider.`;
    if (key === null) return 'The key is empty.';
    if (chosen.address !== '') return 'The address is only for a compatible server: choose that, or leave it empty.';
    const drops = provider === 'openai' ? (['OPENAI_BASE_URL'] as const) : [];
    return { id: word, provider, key, keyName, address: null, drops, model };
  }

  function verdict(wanted: Wanted, model: string | null, chooses: boolean, untested: string | null): ProductVerdict {
    const { provider, key, keyName, address: kept } = wanted;
    const text = model === null ? provider : `${provider}/${model}`;
    const values = [
      ...(key && keyName ? [{ entry: keyName, value: key }] : []),
      ...(kept ? [{ entry: kept.name, value: new Secret(kept.value) }] : []),
    ];
    return {
      kind: 'good',
      untested,
      name: values[0]?.entry ?? text,
      tail: key,
      entries: values.map(({ entry }) => entry),
      keep(shortConfirmed) {
        const { product } = deps.vault;
        for (const { entry, value } of values) product.put({ name: entry, value, hosts: [], shortConfirmed });
        if (chooses) {
          for (const name of wanted.drops) product.remove(name);
          deps.settings.set(MODEL_SETTING, text);
        }
        return `${models.current().name} answers from now on.`;
      },
    };
  }

  /** Entries that no provider is behind. */
  function asItIs(answer: SecretAnswer): ProductVerdict {
    const { values } = answer;
    return {
      kind: 'good',
      untested: null,
      name: values[0]?.entry ?? '',
      tail: values.length === 1 ? (values[0]?.value ?? null) : null,
      entries: values.map(({ entry }) => entry),
      keep(shortConfirmed) {
        for (const { entry, value } of values) {
          deps.vault.product.put({ name: entry, value, hosts: [], shortConfirmed });
        }
        return 'Seneschal uses it itself.';
      },
    };
  }

  return { choices, form, judge, check };
}

/** The model to use of those on offer. A usual provider knows names that it does not list, so only servers are held to their list. */
function modelFor(
  { model, id }: Wanted,
  offered: readonly string[],
  isFree: boolean,
): { readonly model: string | null } | { readonly refused: string } {
  if (!isFree) return { model };
  const place = id === 'ollama' ? 'Ollama' : 'The server';
  const chat = offered.filter((one) => !NOT_FOR_CHAT.test(one));
  if (model === null) {
    const [first] = chat;
    return first === undefined ? { refused: `${place} offers no model.` } : { model: first };
  }
  const found = offered.find((one) => one === model || one === `${model}:latest`);
  if (found !== undefined || offered.length === 0) return { model: found ?? model };
  const more = chat.length > MODELS_NAMED ? ', …' : '';
  return { refused: `${place} does not offer ${model}. It offers ${chat.slice(0, MODELS_NAMED).join(', ')}${more}.` };
}

function addressOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return ['http:', 'https:'].includes(url.protocol) && isPlain ? text.replace(/\/+$/, '') : null;
}

const PLAIN_HTTP =
  'That address is plain http, which SENESCHAL_ENFORCE_HTTPS refuses: use https, or an address on this box.';

const notAnAddress = (text: string): string =>
  text === ''
    ? 'A compatible server needs its address, such as https://api.example.com/v1.'
    : `${text} is no address. Write it with http:// or https:// and, for most servers, /v1.`;

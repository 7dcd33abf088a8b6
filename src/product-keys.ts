import { type Config, VARIABLES } from './config.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import type { EntryInfo } from './vault/entries.js';
import type { Vault } from './vault/vault.js';

/**
 * The keys that Seneschal itself uses: environment, then vault (CONF-1). A burned value of the environment is kept, sealed
 * and frozen, under BURNED_NAME: as long as the variable holds that very value it is as if it were not set (CONF-4).
 */
export type ProductKeyName = {
  [Name in keyof Config]: Secret extends Config[Name] ? Name : never;
}[keyof Config] &
  string;

const PREFIX = 'BURNED_';
/** It opens the vault, so it cannot be replaced from inside it: `vault rotate` does that. */
const NOT_HERE = 'SENESCHAL_VAULT_KEY';

/** Whether Seneschal itself uses a key of this name. */
export const isProductKey = (name: string): name is ProductKeyName =>
  name !== NOT_HERE && 'secret' in (Object.entries(VARIABLES).find(([known]) => known === name)?.[1] ?? {});

/** The variable whose burned value an entry of the product's keeps; null for every other entry. */
export const burnedVariable = (entry: string): string | null =>
  entry.startsWith(PREFIX) ? entry.slice(PREFIX.length) : null;

export type ProductKeys = ReturnType<typeof createProductKeys>;

export function createProductKeys({ config, vault }: { readonly config: Config; readonly vault: Vault }) {
  const { product } = vault;

  const inEnvironment = (name: string): Secret | undefined => {
    const value: unknown = isProductKey(name) ? config[name] : undefined;
    return value instanceof Secret ? value : undefined;
  };

  /** Where the kept value cannot be read, the environment's is taken for the burned one. */
  function isBurned(name: string): boolean {
    const value = inEnvironment(name);
    if (value === undefined || !product.has(PREFIX + name)) return false;
    try {
      return product.holds(PREFIX + name, value);
    } catch (thrown) {
      if (thrown instanceof SeneschalError && thrown.code.startsWith('vault.')) return true;
      throw thrown;
    }
  }

  const usable = (name: string): Secret | undefined => (isBurned(name) ? undefined : inEnvironment(name));

  const entry = (name: string): EntryInfo | undefined => product.list().find((one) => one.name === name);

  return {
    /** Undefined where there is none. Throws `vault.frozen` for one that was burned, and `vault.corrupt`. */
    get(name: ProductKeyName): Secret | undefined {
      const value = usable(name);
      if (value !== undefined) return value;
      if (product.has(name)) return product.get(name);
      if (!isBurned(name)) return undefined;
      throw new SeneschalError('vault.frozen', `The value of ${name} in the environment was burned.`, {
        hint: 'Enter a new one with `seneschal setup`, or set another one there.',
      });
    },
    has: (name: ProductKeyName): boolean => usable(name) !== undefined || entry(name)?.state === 'ready',
    /** Whether the environment holds a value that wins over the vault's. */
    overrides: (name: string): boolean => usable(name) !== undefined,
    isBurned,
    isOwn: isProductKey as (name: string) => boolean,
    /** Every name that could be burned: in the vault or in the environment. */
    names: (): readonly string[] =>
      Object.keys(VARIABLES)
        .filter(isProductKey)
        .filter((name) => product.has(name) || inEnvironment(name) !== undefined),
    lastUsedAt: (name: string): number | null => entry(name)?.lastUsedAt ?? null,

    /**
     * From now on nothing uses the values under this name, a start included. Must be called within a transaction. Gives
     * what was burned, for the provider's page; null where the vault's value cannot be read.
     */
    burn(name: string): Secret | null {
      const value = inEnvironment(name);
      const kept = product.values().find((one) => one.name === name)?.value ?? null;
      if (product.has(name)) product.freeze(name);
      if (value !== undefined) {
        product.put({ name: PREFIX + name, value, hosts: [], shortConfirmed: true });
        product.freeze(PREFIX + name);
      }
      return value ?? kept;
    },
  };
}

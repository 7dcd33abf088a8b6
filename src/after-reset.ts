import type { Address } from './core/channel.js';
import type { EntryKind } from './core/vault.js';
import type { Secrets } from './gateway/secrets.js';
import type { Settings } from './store/settings.js';
import type { Vault } from './vault/vault.js';

const ASK_AGAIN = 'vault.reset';

/** By `vault reset`: the values are gone, their names and hosts are not. */
export const noteReset = (settings: Settings): void => settings.set(ASK_AGAIN, 'yes');

/** VAULT-7: after a reset the first start that can reach the owner sends a form for each value that was given up. */
export function askAfterReset(deps: {
  readonly settings: Settings;
  readonly vault: Vault;
  readonly secrets: Secrets;
  /** Keys of the product's own that a form can take. */
  readonly productKeys: { names(): readonly string[] };
  readonly home: Address | null;
}): void {
  const { settings, vault, secrets, home } = deps;
  if (settings.get(ASK_AGAIN) !== 'yes' || home === null) return;
  const ask = (kind: EntryKind, name: string, hosts: readonly string[]) => {
    const purpose = 'its value was given up when the vault was reset.';
    const values = [{ entry: name, label: name, multiline: false }];
    secrets.tellAt(
      { kind, name, purpose, values, hosts, untrusted: [] },
      { address: home, content: { unprompted: true } },
      null,
    );
  };
  const keys = deps.productKeys.names();
  for (const { name, hosts, state } of vault.owner.list()) if (state === 'empty') ask('owner', name, hosts);
  for (const { name, state } of vault.product.list())
    if (state === 'empty' && keys.includes(name)) ask('product', name, []);
  settings.set(ASK_AGAIN, '');
}

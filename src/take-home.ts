import { join } from 'node:path';
import type { Config } from './config.js';
import type { System } from './core/system.js';
import { openHomeStore, prepareFolder } from './options.js';
import { type HomeLock, lockHome } from './store/lock.js';
import type { Store } from './store/store.js';
import { type OpenedVault, openVault } from './vault/open.js';

/** The home folder in this process's hands: nobody else's gateway, the database and the vault open. */
export interface TakenHome extends Omit<OpenedVault, 'key'> {
  readonly lock: HomeLock;
  readonly store: Store;
}

/**
 * The first step of a start. Deriving the vault's key takes most of a second on a thread of its own, so the caller loads
 * the rest of the product meanwhile. Throws `home.unusable`, `home.locked` and what `openVault` throws.
 */
export async function takeHome(config: Config, system: System): Promise<TakenHome> {
  for (const folder of ['home', 'workspace'] as const) prepareFolder(config, folder);
  const lock = lockHome(config.home);
  const store = openHomeStore(config, system);
  const { vault, madeKey, warnings } = await openVault({
    rows: store.vault,
    system,
    keyFile: join(config.home, '.env'),
    settles: true,
    ...(config.SENESCHAL_VAULT_KEY === undefined ? {} : { environmentKey: config.SENESCHAL_VAULT_KEY }),
  });
  return { lock, store, vault, madeKey, warnings };
}

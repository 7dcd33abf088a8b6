import { SeneschalError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';
import type { EntryRow, VaultRows, VaultState } from '../core/vault.js';
import { deriveKey, fitsHeader, SALT_BYTES, saltOf } from './envelope.js';
import { createKey, dropNextKey, promoteNextKey, readKeyFile, sweepUnfinished } from './keyfile.js';
import { emptyManifest, withEntry } from './manifest.js';
import { newState, Vault } from './vault.js';

export interface OpenVaultOptions {
  readonly rows: VaultRows;
  readonly system: System;
  /** HOME/.env */
  readonly keyFile: string;
  /** SENESCHAL_VAULT_KEY from outside that file; wins over it. */
  readonly environmentKey?: Secret;
  /**
   * Finish or drop a rotation that was cut off. Only for who holds the home lock: beside a rotation that is under way
   * it would take the new key out of the file.
   */
  readonly settles: boolean;
}

export interface OpenedVault {
  readonly vault: Vault;
  /** The key that fits; for `vault key` and a rotation only. */
  readonly key: Secret;
  /** True when a key was made just now: tell the owner to keep it in a password manager, apart from backups. */
  readonly madeKey: boolean;
  /** Sentences for the start's log and `doctor`. */
  readonly warnings: readonly string[];
}

/**
 * The way from files to an open vault: the environment's key; else KEY, then NEXT from the file, finishing a rotation
 * that was cut off (VAULT-3); else, only where the vault holds nothing, a new key (VAULT-7). Throws `vault.key` when no
 * key fits or there is none, `vault.corrupt` when header or list are damaged.
 */
export async function openVault(options: OpenVaultOptions): Promise<OpenedVault> {
  const { rows, system, keyFile, environmentKey } = options;
  const file = readKeyFile(keyFile);
  const keys = environmentKey ? [environmentKey] : [file.key, file.next].filter((key) => key !== undefined);
  const madeKey = keys.length === 0 && makeKey(options);
  if (keys.length === 0) keys.push(madeNow(options));
  const { vault, key } = await unlock(rows, keys, system, madeKey);
  if (options.settles) {
    if (!environmentKey && file.next !== undefined) {
      if (key === file.next) promoteNextKey(keyFile, key, system);
      else dropNextKey(keyFile, system);
    }
    sweepUnfinished(keyFile, system);
  }
  const open = file.readableByOthers ? [`Other users of this box can read ${keyFile}: run chmod 600 on it.`] : [];
  return { vault, key, madeKey, warnings: [...open, ...vault.damages()] };
}

/** VAULT-7: another key for a vault whose key is lost. Names and hosts stay, every value is gone. */
export async function resetVault(rows: VaultRows, newKey: Secret, system: System): Promise<readonly EntryRow[]> {
  const salt = system.randomBytes(SALT_BYTES);
  const key = await deriveKey(newKey, salt);
  const emptied = rows.transaction(() => {
    const all = rows.all().map((row, index) => ({ ...row, version: index + 1, envelope: null, frozen: false }));
    for (const row of all) rows.save(row);
    const manifest = all.reduce(withEntry, { ...emptyManifest(), counter: all.length });
    rows.setState(newState(system, key, salt, manifest));
    return all;
  });
  rows.scrub();
  return emptied;
}

function madeNow({ rows, keyFile }: OpenVaultOptions): Secret {
  const { key } = readKeyFile(keyFile);
  if (key === undefined) throw missingKey(rows);
  return key;
}

/** False where another process made one meanwhile: two first commands must not end with two keys. */
function makeKey({ rows, keyFile, system }: OpenVaultOptions): boolean {
  return rows.transaction(() => {
    if (readKeyFile(keyFile).key !== undefined) return false;
    if (rows.all().length > 0) throw missingKey(rows);
    createKey(keyFile, system);
    return true;
  });
}

async function unlock(rows: VaultRows, keys: readonly Secret[], system: System, fresh: boolean) {
  const [first] = keys;
  const before = rows.state();
  if (first && (fresh || before === null)) {
    const key = await create(rows, first, system, before);
    if (key !== null) return { vault: new Vault(rows, key, system), key: first };
  }
  const header = rows.state()?.header ?? new Uint8Array();
  const salt = saltOf(header);
  for (const key of keys) {
    const derived = await deriveKey(key, salt);
    if (fitsHeader(derived, header)) return { vault: new Vault(rows, derived, system), key };
  }
  throw new SeneschalError('vault.key', `SENESCHAL_VAULT_KEY is not the key of this vault${holding(rows)}.`, {
    hint: 'Set the key kept when the vault was made; `seneschal vault reset` gives the values up and asks for them again.',
  });
}

/** Null where another process made the vault meanwhile. */
async function create(
  rows: VaultRows,
  vaultKey: Secret,
  system: System,
  before: VaultState | null,
): Promise<Uint8Array | null> {
  const salt = system.randomBytes(SALT_BYTES);
  const key = await deriveKey(vaultKey, salt);
  return rows.transaction(() => {
    const now = rows.state();
    if (now !== null && (before === null || !Buffer.from(now.header).equals(before.header))) return null;
    if (rows.all().length > 0) {
      throw new SeneschalError('vault.corrupt', `The vault has lost its header${holding(rows)}.`, {
        hint: 'Restore the database from a backup, or run `seneschal vault reset`.',
      });
    }
    rows.setState(newState(system, key, salt, emptyManifest()));
    return key;
  });
}

function missingKey(rows: VaultRows): SeneschalError {
  return new SeneschalError('vault.key', `SENESCHAL_VAULT_KEY is missing, the key of this vault${holding(rows)}.`, {
    hint: 'Set the key kept when the vault was made; `seneschal vault reset` gives the values up and asks for them again.',
  });
}

function holding(rows: VaultRows): string {
  const names = rows.all().map((row) => row.name);
  return names.length === 0 ? '' : `, which holds ${names.length}: ${names.join(', ')}`;
}

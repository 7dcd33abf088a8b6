import { SeneschalError } from '../core/errors.js';
import type { EntryKind, EntryRow } from '../core/vault.js';

/*
 * The sealed list of what the vault holds. An envelope proves that its bytes belong to its name and version; the
 * manifest proves which version is the right one, which entries exist and where they may be sent. So a row brought
 * back from an old backup, taken out, slipped in or given other hosts is found, although each row alone is genuine.
 * Only the whole database put back at once cannot be told from a restored backup.
 */
export interface Manifest {
  /** The last version given out. */
  counter: number;
  /** Set by /panic: no entry of the owner's is given out. */
  frozen: boolean;
  /** Names of the owner's entries that are planted: nothing may use them, and who tries is found out. */
  decoys: string[];
  entries: Listed[];
}

export type Listed = Pick<EntryRow, 'kind' | 'name' | 'version' | 'hosts' | 'frozen'>;

export const MANIFEST_PLACE = { label: 'manifest', version: 0 };

export function emptyManifest(): Manifest {
  return { counter: 0, frozen: false, decoys: [], entries: [] };
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify(manifest), 'utf8');
}

/** `bytes` have just authenticated, so their shape is ours. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const read = JSON.parse(Buffer.from(bytes).toString('utf8')) as Omit<Manifest, 'decoys'> & Partial<Manifest>;
  return { decoys: [], ...read };
}

/** The row as the manifest knows it, or null where neither has it. Throws `vault.corrupt`, naming the entry. */
export function checkedRow(manifest: Manifest, kind: EntryKind, name: string, row: EntryRow | null): EntryRow | null {
  const listed = manifest.entries.find((entry) => entry.kind === kind && entry.name === name);
  if (!row && !listed) return null;
  if (!row) throw changed(name, 'its row is missing');
  if (!listed) throw changed(name, 'its row was not written by the vault');
  if (row.version < listed.version) throw changed(name, 'its row is an older one put back');
  if (row.version > listed.version) throw changed(name, 'its version was altered');
  if (row.hosts.join() !== listed.hosts.join()) throw changed(name, 'its hosts were altered');
  if (row.frozen !== listed.frozen) throw changed(name, 'its freeze was altered');
  return row;
}

/** Puts in, or puts in place of the one with the same kind and name. */
export function withEntry(manifest: Manifest, row: EntryRow): Manifest {
  const { kind, name, version, hosts, frozen } = row;
  const others = withoutEntry(manifest, kind, name).entries;
  return { ...manifest, entries: [...others, { kind, name, version, hosts, frozen }] };
}

export function withoutEntry(manifest: Manifest, kind: EntryKind, name: string): Manifest {
  return { ...manifest, entries: manifest.entries.filter((entry) => entry.kind !== kind || entry.name !== name) };
}

function changed(name: string, how: string): SeneschalError {
  return new SeneschalError('vault.corrupt', `${name} was changed outside the vault: ${how}. It was not opened.`, {
    hint: 'Restore the database from a backup, or remove the entry and enter its value again.',
  });
}

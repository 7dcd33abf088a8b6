import { createHash, timingSafeEqual } from 'node:crypto';
import { SeneschalError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { EntryKind, EntryRow, VaultRows } from '../core/vault.js';
import type { Place } from './envelope.js';
import { checkedRow, type Manifest, withEntry, withoutEntry } from './manifest.js';
import { isEntryName, maskedTail, normalHost, notEntryName, valueProblem } from './rules.js';

/** What an `Entries` may do with the open vault. */
export interface VaultAccess {
  readonly rows: VaultRows;
  now(): number;
  seal(place: Place, plain: Uint8Array): Uint8Array;
  unseal(place: Place, envelope: Uint8Array): Uint8Array;
  read(): Manifest;
  write(manifest: Manifest): void;
}

export interface NewEntry {
  readonly name: string;
  readonly value: Secret;
  readonly hosts: readonly string[];
  /** The owner agreed to a value under 6 characters. */
  readonly shortConfirmed?: boolean;
}

export interface EntryInfo {
  readonly name: string;
  readonly hosts: readonly string[];
  /** `empty` after a reset; `damaged` when it no longer opens. */
  readonly state: 'ready' | 'frozen' | 'empty' | 'damaged';
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
  /** `***` and the last 4 characters of long values, `***` of short ones; empty where there is no value to read. */
  readonly tail: string;
}

/** The entries of one kind. Every call is one transaction and joins an outer one. */
export class Entries {
  readonly #kind: EntryKind;
  readonly #vault: VaultAccess;

  constructor(kind: EntryKind, vault: VaultAccess) {
    this.#kind = kind;
    this.#vault = vault;
  }

  /** Stores or replaces; a frozen entry thaws with its new value. Throws `vault.input` for a name, value or host. */
  put(entry: NewEntry): void {
    const { name } = entry;
    if (!isEntryName(name)) throw input(notEntryName(name));
    const problem = valueProblem(entry.value.reveal());
    if (problem === 'empty') throw input(`The value of ${name} is empty.`);
    if (problem === 'large') throw input(`The value of ${name} is over 64 kB.`);
    if (problem === 'short' && entry.shortConfirmed !== true) {
      throw input(`The value of ${name} has under 6 characters, too few to mask it well; that needs a confirmation.`);
    }
    const hosts = checkedHosts(entry.hosts);
    this.#vault.rows.transaction(() => {
      const manifest = this.#vault.read();
      const before = this.#vault.rows.find(this.#kind, name);
      const version = manifest.counter + 1;
      const now = this.#vault.now();
      const place = placeOf({ kind: this.#kind, name, version });
      this.#save(
        { ...manifest, counter: version, decoys: this.#decoys(manifest, name, false) },
        {
          kind: this.#kind,
          name,
          version,
          envelope: this.#vault.seal(place, Buffer.from(entry.value.reveal(), 'utf8')),
          hosts,
          frozen: false,
          createdAt: before?.createdAt ?? now,
          updatedAt: now,
          lastUsedAt: before?.lastUsedAt ?? null,
        },
      );
    });
  }

  /**
   * The value for one use, which is noted. Throws `vault.missing`, `vault.frozen`, `vault.corrupt`. Never keep it:
   * ask again for the next use, so that a removed or frozen entry stops at once.
   */
  get(name: string): Secret {
    return this.#vault.rows.transaction(() => {
      const manifest = this.#vault.read();
      const row = this.#row(manifest, name);
      if (this.#isDecoy(manifest, name)) throw new SeneschalError('vault.frozen', `${name} is frozen.`);
      if (this.#kind === 'owner' && manifest.frozen) {
        throw new SeneschalError('vault.frozen', 'The vault is frozen.', {
          hint: 'Run `seneschal unlock` on the box.',
        });
      }
      if (row.frozen) {
        throw new SeneschalError('vault.frozen', `${name} is frozen.`, {
          hint: 'Enter its new value to use it again.',
        });
      }
      const value = this.#open(row);
      this.#vault.rows.touch(this.#kind, name, this.#vault.now());
      return value;
    });
  }

  has(name: string): boolean {
    return this.#vault.rows.find(this.#kind, name) !== null;
  }

  /** Whether this is the entry's value, frozen or not; not noted as a use. Throws `vault.missing` or `vault.corrupt`. */
  holds(name: string, value: Secret): boolean {
    const kept = this.#vault.rows.transaction(() => this.#open(this.#row(this.#vault.read(), name)));
    return timingSafeEqual(digest(kept), digest(value));
  }

  /** Throws `vault.missing` or `vault.corrupt`: hosts decide where a value may go, so they are checked. */
  hosts(name: string): readonly string[] {
    return this.#vault.rows.transaction(() => this.#row(this.#vault.read(), name).hosts);
  }

  setHosts(name: string, hosts: readonly string[]): void {
    this.#change(name, { hosts: checkedHosts(hosts), updatedAt: this.#vault.now() });
  }

  /** /burn: from now on `get` refuses, until a new value is put. */
  freeze(name: string): void {
    this.#change(name, { frozen: true });
    this.#vault.rows.scrub();
  }

  unfreeze(name: string): void {
    this.#change(name, { frozen: false });
  }

  /** Plants an entry that nothing may use (SECRET-8). A value that is put under its name later makes it a real one. */
  plant(entry: NewEntry): void {
    this.#vault.rows.transaction(() => {
      this.put(entry);
      const manifest = this.#vault.read();
      this.#vault.write({ ...manifest, decoys: this.#decoys(manifest, entry.name, true) });
    });
  }

  isDecoy(name: string): boolean {
    return this.#vault.rows.transaction(() => this.#isDecoy(this.#vault.read(), name));
  }

  /** False when there was none. Removes a damaged entry too. */
  remove(name: string): boolean {
    const removed = this.#vault.rows.transaction(() => {
      const manifest = this.#vault.read();
      const rest = withoutEntry(manifest, this.#kind, name);
      const there = this.has(name) || rest.entries.length < manifest.entries.length;
      this.#vault.rows.remove(this.#kind, name);
      if (there) this.#vault.write({ ...rest, decoys: this.#decoys(rest, name, false) });
      return there;
    });
    if (removed) this.#vault.rows.scrub();
    return removed;
  }

  /** Never throws for a damaged entry: it is listed as such. */
  list(): readonly EntryInfo[] {
    return this.#each((name, row, opened) => ({
      name,
      hosts: row?.hosts ?? [],
      state: opened instanceof SeneschalError ? stateOf(opened) : row?.frozen ? 'frozen' : 'ready',
      createdAt: row?.createdAt ?? 0,
      updatedAt: row?.updatedAt ?? 0,
      lastUsedAt: row?.lastUsedAt ?? null,
      tail: opened instanceof Secret ? maskedTail(opened.reveal()) : '',
    }));
  }

  /** All values that open, frozen ones too, for masking; not noted as a use. */
  values(): readonly { readonly name: string; readonly value: Secret }[] {
    const all = this.#each((name, _row, opened) => (opened instanceof Secret ? { name, value: opened } : null));
    return all.filter((entry) => entry !== null);
  }

  damages(): readonly string[] {
    const all = this.#each((_name, _row, opened) =>
      opened instanceof SeneschalError && opened.code === 'vault.corrupt' ? opened.message : null,
    );
    return all.filter((message) => message !== null);
  }

  #each<T>(see: (name: string, row: EntryRow | null, opened: Secret | SeneschalError) => T): readonly T[] {
    return this.#vault.rows.transaction(() => {
      const manifest = this.#vault.read();
      const rows = new Map(this.#vault.rows.all().map((row) => [`${row.kind}/${row.name}`, row]));
      const names = [...rows.values(), ...manifest.entries].filter((row) => row.kind === this.#kind);
      return [...new Set(names.map((row) => row.name))].sort().map((name) => {
        const row = rows.get(`${this.#kind}/${name}`) ?? null;
        try {
          return see(name, row, this.#open(this.#row(manifest, name)));
        } catch (thrown) {
          if (thrown instanceof SeneschalError) return see(name, row, thrown);
          throw thrown;
        }
      });
    });
  }

  #isDecoy(manifest: Manifest, name: string): boolean {
    return this.#kind === 'owner' && manifest.decoys.includes(name);
  }

  #decoys(manifest: Manifest, name: string, isOne: boolean): string[] {
    if (this.#kind !== 'owner') return manifest.decoys;
    return [...manifest.decoys.filter((decoy) => decoy !== name), ...(isOne ? [name] : [])];
  }

  #row(manifest: Manifest, name: string): EntryRow {
    const row = checkedRow(manifest, this.#kind, name, this.#vault.rows.find(this.#kind, name));
    if (!row) throw new SeneschalError('vault.missing', `There is no entry ${name} in the vault.`);
    return row;
  }

  #open(row: EntryRow): Secret {
    if (row.envelope === null) {
      throw new SeneschalError('vault.missing', `${row.name} has lost its value by a reset.`, {
        hint: 'Enter it again.',
      });
    }
    return new Secret(Buffer.from(this.#vault.unseal(placeOf(row), row.envelope)).toString('utf8'));
  }

  #change(name: string, change: Partial<EntryRow>): void {
    this.#vault.rows.transaction(() => {
      const manifest = this.#vault.read();
      this.#save(manifest, { ...this.#row(manifest, name), ...change });
    });
  }

  #save(manifest: Manifest, row: EntryRow): void {
    this.#vault.rows.save(row);
    this.#vault.write(withEntry(manifest, row));
  }
}

export function placeOf(row: Pick<EntryRow, 'kind' | 'name' | 'version'>): Place {
  return { label: `${row.kind}/${row.name}`, version: row.version };
}

/** Equal lengths for a comparison that takes the same time wherever two values differ. */
const digest = (value: Secret): Buffer => createHash('sha256').update(value.reveal(), 'utf8').digest();

function stateOf(error: SeneschalError): EntryInfo['state'] {
  return error.code === 'vault.missing' ? 'empty' : 'damaged';
}

function checkedHosts(hosts: readonly string[]): readonly string[] {
  return [
    ...new Set(
      hosts.map((host) => {
        const normal = normalHost(host);
        if (normal === null) throw input(`${host} is no host: write host or host:port.`);
        return normal;
      }),
    ),
  ];
}

function input(message: string): SeneschalError {
  return new SeneschalError('vault.input', message);
}

import { SeneschalError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';
import type { EntryKind, Sealer, VaultRows, VaultState } from '../core/vault.js';
import { Entries, placeOf } from './entries.js';
import {
  deriveKey,
  fitsHeader,
  IV_BYTES,
  makeHeader,
  type Place,
  SALT_BYTES,
  saltOf,
  seal,
  unseal,
} from './envelope.js';
import { checkedRow, decodeManifest, encodeManifest, MANIFEST_PLACE, type Manifest } from './manifest.js';

/**
 * The open vault. It holds the derived key and nothing else: every use reads the row again, so what was removed is
 * gone at once and what another process wrote is seen. `owner` is what tools may be handed; `product` holds model keys,
 * chat tokens and the like, which no name reaches through `owner` (VAULT-5).
 */
export class Vault implements Sealer {
  readonly owner: Entries;
  readonly product: Entries;
  readonly #rows: VaultRows;
  readonly #system: System;
  #key: Uint8Array;

  constructor(rows: VaultRows, key: Uint8Array, system: System) {
    this.#rows = rows;
    this.#key = key;
    this.#system = system;
    const access = {
      rows,
      now: () => system.now(),
      seal: (place: Place, plain: Uint8Array) => this.#seal(place, plain),
      unseal: (place: Place, envelope: Uint8Array) => unseal(this.#key, place, envelope),
      read: () => this.#manifest(),
      write: (manifest: Manifest) => this.#write(manifest),
    };
    this.owner = new Entries('owner', access);
    this.product = new Entries('product', access);
  }

  /** While frozen (/panic) no entry of the owner's is given out; the product's own keys go on working. */
  get frozen(): boolean {
    return this.#rows.transaction(() => this.#manifest().frozen);
  }

  setFrozen(frozen: boolean): void {
    this.#rows.transaction(() => this.#write({ ...this.#manifest(), frozen }));
  }

  /** Every value that can be read, of both kinds: what must never show up in a text. Damaged entries are left out. */
  values(): readonly { readonly kind: EntryKind; readonly name: string; readonly value: Secret }[] {
    return [
      ...this.owner.values().map((entry) => ({ kind: 'owner' as const, ...entry })),
      ...this.product.values().map((entry) => ({ kind: 'product' as const, ...entry })),
    ];
  }

  /** What is damaged, one sentence an entry; throws `vault.corrupt` when the list itself is. */
  damages(): readonly string[] {
    return [...this.owner.damages(), ...this.product.damages()];
  }

  seal(label: string, plain: Uint8Array): Uint8Array {
    return this.#seal(foreign(label), plain);
  }

  unseal(label: string, sealed: Uint8Array): Uint8Array {
    return unseal(this.#key, foreign(label), sealed);
  }

  /**
   * Seals everything anew under another key, in one transaction: a crash leaves the old state or the new one. `reseal`
   * runs inside it, for what other rooms keep sealed. Throws `vault.corrupt` and changes nothing when an entry is damaged.
   */
  async rotate(
    newKey: Secret,
    reseal?: (again: (label: string, sealed: Uint8Array) => Uint8Array) => void,
  ): Promise<void> {
    const salt = this.#system.randomBytes(SALT_BYTES);
    const next = await deriveKey(newKey, salt);
    const move = (place: Place, envelope: Uint8Array) =>
      seal(next, this.#system.randomBytes(IV_BYTES), place, unseal(this.#key, place, envelope));
    this.#rows.transaction(() => {
      const manifest = this.#manifest();
      for (const { kind, name } of manifest.entries) {
        const row = checkedRow(manifest, kind, name, this.#rows.find(kind, name));
        if (row && row.envelope !== null) this.#rows.save({ ...row, envelope: move(placeOf(row), row.envelope) });
      }
      reseal?.((label, sealed) => move(foreign(label), sealed));
      this.#rows.setState(newState(this.#system, next, salt, manifest));
    });
    this.#key = next;
    this.#rows.scrub();
  }

  #manifest(): Manifest {
    const state = this.#rows.state();
    if (!state) throw new SeneschalError('vault.corrupt', 'The vault has lost its header.');
    saltOf(state.header);
    if (!fitsHeader(this.#key, state.header)) {
      throw new SeneschalError('vault.key', 'The vault was given another key while this was running.', {
        hint: 'Start again.',
      });
    }
    return decodeManifest(unseal(this.#key, MANIFEST_PLACE, state.manifest));
  }

  #write(manifest: Manifest): void {
    const header = this.#rows.state()?.header ?? new Uint8Array();
    this.#rows.setState({ header, manifest: this.#seal(MANIFEST_PLACE, encodeManifest(manifest)) });
  }

  #seal(place: Place, plain: Uint8Array): Uint8Array {
    return seal(this.#key, this.#system.randomBytes(IV_BYTES), place, plain);
  }
}

/** The vault's own row under a fresh salt. */
export function newState(system: System, key: Uint8Array, salt: Uint8Array, manifest: Manifest): VaultState {
  const sealed = seal(key, system.randomBytes(IV_BYTES), MANIFEST_PLACE, encodeManifest(manifest));
  return { header: makeHeader(key, salt), manifest: sealed };
}

/** Keeps other rooms' labels apart from entries and the manifest. */
function foreign(label: string): Place {
  return { label: `other/${label}`, version: 0 };
}

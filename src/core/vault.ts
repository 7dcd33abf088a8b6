import type { Secret } from './secret.js';

/** Whose entry it is. Tools and the model only ever see the owner's; model keys and chat tokens are the product's. */
export type EntryKind = 'owner' | 'product';

/** One vault entry as it lies in the database. Nothing here is secret; `envelope` opens only with the vault's key. */
export interface EntryRow {
  readonly kind: EntryKind;
  /** Matches `[A-Z][A-Z0-9_]{0,63}`; unique within its kind. */
  readonly name: string;
  /** Drawn from one counter for the whole vault, so a number never comes twice, not even after a removal. */
  readonly version: number;
  /** The sealed value; null after `vault reset`, when name and hosts are kept and the value is gone. */
  readonly envelope: Uint8Array | null;
  readonly hosts: readonly string[];
  readonly frozen: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
}

/** The one row about the vault itself: salt and key check, and the sealed list of entries. */
export interface VaultState {
  readonly header: Uint8Array;
  readonly manifest: Uint8Array;
}

/** Where the vault keeps its rows; the store implements it. All calls are synchronous. */
export interface VaultRows {
  /** Runs in one write transaction that holds the write lock before its first read; nests inside an outer one. */
  transaction<T>(run: () => T): T;
  state(): VaultState | null;
  setState(state: VaultState): void;
  /** Every entry of both kinds, ordered by kind and name. */
  all(): readonly EntryRow[];
  find(kind: EntryKind, name: string): EntryRow | null;
  /** Inserts, or replaces the row of the same kind and name. */
  save(row: EntryRow): void;
  remove(kind: EntryKind, name: string): void;
  touch(kind: EntryKind, name: string, usedAt: number): void;
  /**
   * Empties the write-ahead log, so that what was removed is gone from disk too. Called after a removal, a burn and a
   * rotation; inside an outer transaction it must wait for that one's commit.
   */
  scrub(): void;
}

/** Seals bytes of other rooms under the vault's key. `label` is bound to the bytes. */
export interface Sealer {
  seal(label: string, plain: Uint8Array): Uint8Array;
  /** Throws `vault.corrupt` when the bytes are not what was sealed under this label. */
  unseal(label: string, sealed: Uint8Array): Uint8Array;
}

/** One value that a form asks for. */
export interface RequestedValue {
  /** The vault entry it becomes. */
  readonly entry: string;
  /** What stands over the field; the entry's name where nothing better is known. */
  readonly label: string;
  /** PEM keys and files: a text area instead of one line. */
  readonly multiline: boolean;
}

/** One of the things that the entered value may be for, where the owner chooses on the page (START-3). */
export interface RequestedChoice {
  readonly id: string;
  /** As a person calls it: `Anthropic`. */
  readonly label: string;
}

/** What was chosen. `address` and `model` are as typed; empty where the usual ones are meant. */
export interface Chosen {
  readonly id: string;
  readonly address: string;
  readonly model: string;
}

/** A one-time form that waits for the owner (SECRET-1): a durable row. */
export interface SecretRequest {
  /** SHA-256 of the link's token, 64 hexadecimal digits; the token itself is nowhere stored. */
  readonly tokenHash: string;
  /** What `Saved NAME` names: the entry, or the common name of several. */
  readonly name: string;
  /** Whose entries the values become. */
  readonly kind: EntryKind;
  /** What it is for, in the agent's or the product's words. */
  readonly purpose: string;
  /** At least one. */
  readonly values: readonly RequestedValue[];
  /** Set where the owner chooses what the one value is for; it may then be left empty. */
  readonly choices?: readonly RequestedChoice[];
  readonly suggestedHosts: readonly string[];
  /** Untrusted sources the turn had read; where there are any, the hosts field starts empty. */
  readonly untrustedSources: readonly string[];
  /** Set where an entry of that name exists: its hosts are what the field starts with, never more. */
  readonly replaces: { readonly updatedAt: number; readonly hosts: readonly string[] } | null;
  /** Three words that the chat and the page both show. */
  readonly phrase: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: 'pending' | 'saved' | 'cancelled';
  /** When it was saved or cancelled. */
  readonly answeredAt: number | null;
  /** The private half of the key in the link's fragment, sealed by `Sealer` (see vault/request.ts). */
  readonly sealedPrivateKey: Uint8Array;
}

/** What the owner entered, already checked by the form: sizes, hosts, short values confirmed. */
export interface SecretAnswer {
  /** In the order of the request's `values`, all of them; none where a choice needs none. */
  readonly values: readonly { readonly entry: string; readonly value: Secret }[];
  /** Lower case, `host` or `host:port`, without doubles. */
  readonly hosts: readonly string[];
  /** The owner confirmed that a value is shorter than 6 characters. */
  readonly shortConfirmed: boolean;
  /** Present exactly where the request has choices: one of theirs. */
  readonly chosen?: Chosen;
}

export type AcceptOutcome =
  /**
   * Stored. `overriddenBy` names environment variables that win over these entries (CONF-4). `name` is what was saved
   * where the owner has chosen it, `meaning` one sentence about what it is good for.
   */
  | {
      readonly kind: 'saved';
      readonly at: number;
      readonly overriddenBy: readonly string[];
      readonly name?: string;
      readonly meaning?: string;
    }
  /** Another answer was first. */
  | { readonly kind: 'used'; readonly at: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'unknown' }
  /** Not stored and the link stays good; `reason` is one sentence for the page, such as a key its provider refused. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The form's only way into the product; the gateway implements it. */
export interface SecretIntake {
  /** Requests stay findable after they were answered or ran out, as long as their rows are kept. */
  find(tokenHash: string): SecretRequest | null;
  /**
   * Takes the answer once. One transaction: state still pending and not expired → entries, request answered, event
   * queued. Of any number of calls at most one is `saved`. Rejects only when storing failed; the link then stays good.
   */
  accept(tokenHash: string, answer: SecretAnswer): Promise<AcceptOutcome>;
}

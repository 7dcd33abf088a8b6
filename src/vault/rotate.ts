import type { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';
import { promoteNextKey, writeNextKey } from './keyfile.js';
import type { Vault } from './vault.js';

/** Seals once more under the new key what another room keeps sealed. */
export type Again = (label: string, sealed: Uint8Array) => Uint8Array;

export interface RotateOptions {
  readonly vault: Vault;
  readonly next: Secret;
  readonly reseal: (again: Again) => void;
  readonly system: System;
  /** HOME/.env where the key stands there; null where it comes from the environment, which nobody but its owner changes. */
  readonly keyFile: string | null;
  /** Keeps every other program from writing the same file meanwhile. */
  readonly alone: (change: () => void) => void;
}

/**
 * A new vault key in three steps (VAULT-3): NEXT is written to the key file → one transaction seals everything anew →
 * NEXT becomes KEY. Needs the home lock. A crash at any instant leaves the old state or the new one whole, because the
 * next start tries both keys; so a failure leaves NEXT where it is: whether the transaction stood is for that start to see.
 */
export async function rotateVault(options: RotateOptions): Promise<void> {
  const { vault, next, system, keyFile, alone } = options;
  if (keyFile !== null) alone(() => writeNextKey(keyFile, next, system));
  await vault.rotate(next, options.reseal);
  if (keyFile !== null) alone(() => promoteNextKey(keyFile, next, system));
}

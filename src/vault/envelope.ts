import { createCipheriv, createDecipheriv, createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { SeneschalError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';

/*
 * The vault's format, version 1. Integers are big-endian; ‖ joins; len32(x) is the length of x in bytes as 4 bytes.
 *
 *   key      = PBKDF2-HMAC-SHA512(password: UTF-8 of SENESCHAL_VAULT_KEY, salt, 600,000 iterations) → 32 bytes
 *   header   = "SNVAULT1" ‖ salt (16) ‖ check (32) ‖ digest (32)
 *   check    = HMAC-SHA256(key, "SNVAULT1 key check")
 *   digest   = SHA-256("SNVAULT1" ‖ salt ‖ check)          tells a damaged header from a wrong key
 *
 *   envelope = iv (12, fresh for every write) ‖ ciphertext ‖ tag (16)
 *            = AES-256-GCM(key, iv, plaintext, associated data)
 *   associated data = len32(format) ‖ format ‖ len32(label) ‖ label ‖ version (8)
 *   format   = "seneschal.envelope.1"
 *   label    = UTF-8 of "owner/NAME" or "product/NAME" for entries; other labels have version 0
 *
 * There are no options: another cipher would be another format tag. Nothing here returns plaintext that did not
 * authenticate.
 */
export const KEY_BYTES = 32;
export const SALT_BYTES = 16;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
const ITERATIONS = 600_000;
const DIGEST_BYTES = 32;
const MAGIC = Buffer.from('SNVAULT1', 'ascii');
const FORMAT = Buffer.from('seneschal.envelope.1', 'ascii');
const KEY_CHECK = 'SNVAULT1 key check';

const stretch = promisify(pbkdf2);

/** What binds an envelope to its place. */
export interface Place {
  readonly label: string;
  readonly version: number;
}

/** Derives the vault's key on a thread of the pool: about a quarter of a second, not on the event loop. */
export function deriveKey(vaultKey: Secret, salt: Uint8Array): Promise<Buffer> {
  return stretch(Buffer.from(vaultKey.reveal(), 'utf8'), salt, ITERATIONS, KEY_BYTES, 'sha512');
}

/** `iv` must be 12 fresh random bytes. */
export function seal(key: Uint8Array, iv: Uint8Array, place: Place, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(place));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws `vault.corrupt`, naming the label, when a byte, the label or the version differs from what was sealed. */
export function unseal(key: Uint8Array, place: Place, envelope: Uint8Array): Buffer {
  if (envelope.length < IV_BYTES + TAG_BYTES) throw corrupt(place.label);
  const decipher = createDecipheriv('aes-256-gcm', key, envelope.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(place));
  decipher.setAuthTag(envelope.subarray(envelope.length - TAG_BYTES));
  const begin = decipher.update(envelope.subarray(IV_BYTES, envelope.length - TAG_BYTES));
  try {
    return Buffer.concat([begin, decipher.final()]);
  } catch (cause) {
    throw corrupt(place.label, cause);
  }
}

export function makeHeader(key: Uint8Array, salt: Uint8Array): Buffer {
  const body = Buffer.concat([MAGIC, salt, keyCheck(key)]);
  return Buffer.concat([body, sha256(body)]);
}

/** Throws `vault.corrupt` when the header is damaged or of another format. */
export function saltOf(header: Uint8Array): Uint8Array {
  const body = header.subarray(0, -DIGEST_BYTES);
  const whole = header.length === MAGIC.length + SALT_BYTES + 2 * DIGEST_BYTES;
  if (!whole || !MAGIC.equals(body.subarray(0, MAGIC.length)) || !same(header.subarray(-DIGEST_BYTES), sha256(body))) {
    throw new SeneschalError('vault.corrupt', 'The vault header is damaged or of another format.', {
      hint: 'Restore the database from a backup.',
    });
  }
  return body.subarray(MAGIC.length, MAGIC.length + SALT_BYTES);
}

/** Whether this is the key that the header was made with. */
export function fitsHeader(key: Uint8Array, header: Uint8Array): boolean {
  return same(header.subarray(MAGIC.length + SALT_BYTES, -DIGEST_BYTES), keyCheck(key));
}

function associatedData(place: Place): Buffer {
  const version = Buffer.alloc(8);
  version.writeBigUInt64BE(BigInt(place.version));
  return Buffer.concat([framed(FORMAT), framed(Buffer.from(place.label, 'utf8')), version]);
}

function framed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function keyCheck(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(KEY_CHECK).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function corrupt(label: string, cause?: unknown): SeneschalError {
  return new SeneschalError('vault.corrupt', `${label} in the vault is damaged or was exchanged; it was not opened.`, {
    hint: 'Restore the database from a backup, or enter the value again.',
    cause,
  });
}

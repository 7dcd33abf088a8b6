import { createDecipheriv, createECDH, createHash, hkdfSync } from 'node:crypto';
import { SeneschalError } from '../core/errors.js';
import type { System } from '../core/system.js';
import type { Sealer, SecretRequest } from '../core/vault.js';
import { IV_BYTES, KEY_BYTES, TAG_BYTES } from './envelope.js';
import { WORDS } from './words.js';

/*
 * A one-time form's link is BASE/s/TOKEN#KEY. The token opens the form; KEY is this request's P-256 public key, which
 * browsers keep to themselves, so a proxy that ends TLS never sees it nor what is sealed to it (SECRET-3):
 *
 *   shared  = ECDH(P-256, the browser's one-time private key, KEY)                    32 bytes
 *   secret  = HKDF-SHA256(shared, salt: none, info: "seneschal.form.1" ‖ browser's public key ‖ KEY) → 32 bytes
 *   message = browser's public key (65, uncompressed) ‖ iv (12) ‖ ciphertext ‖ tag (16)
 *             AES-256-GCM with the token (43 characters of base64url) as associated data
 *
 * This protects from a proxy that reads, not from one that rewrites the page.
 */
const TOKEN_BYTES = 32;
const REQUEST_TTL_MS = 10 * 60_000;
const POINT_BYTES = 65;
const INFO = 'seneschal.form.1';
const CURVE = 'prime256v1';

/** What a new request needs beyond its words: the secret half goes into the link, the rest into the row. */
export interface RequestSecrets {
  /** Only for the link; never stored. */
  readonly token: string;
  /** Only for the link's fragment. */
  readonly publicKey: string;
  readonly row: Pick<SecretRequest, 'tokenHash' | 'phrase' | 'sealedPrivateKey' | 'createdAt' | 'expiresAt'>;
}

export function createRequestSecrets(sealer: Sealer, system: System): RequestSecrets {
  const token = Buffer.from(system.randomBytes(TOKEN_BYTES)).toString('base64url');
  const tokenHash = hashToken(token);
  const pair = createECDH(CURVE);
  const publicKey = pair.generateKeys('base64url');
  const createdAt = system.now();
  return {
    token,
    publicKey,
    row: {
      tokenHash,
      phrase: Array.from(system.randomBytes(3), (byte) => WORDS[byte]).join(' '),
      sealedPrivateKey: sealer.seal(requestLabel(tokenHash), pair.getPrivateKey()),
      createdAt,
      expiresAt: createdAt + REQUEST_TTL_MS,
    },
  };
}

/** `base` has no path. The whole link must stand as it is in the message, on a line of its own. */
export function requestLink(base: string, secrets: Pick<RequestSecrets, 'token' | 'publicKey'>): string {
  return new URL(`/s/${secrets.token}#${secrets.publicKey}`, base).href;
}

/** SHA-256, hexadecimal: what is stored in place of a token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What a request's private key is sealed under; a rotation seals the rows anew with it. */
export function requestLabel(tokenHash: string): string {
  return `request/${tokenHash}`;
}

/** What the browser sealed to this request. Throws `vault.corrupt` when it was sealed to another key or altered. */
export function openSubmission(sealer: Sealer, request: SecretRequest, token: string, message: Uint8Array): string {
  const privateKey = sealer.unseal(requestLabel(request.tokenHash), request.sealedPrivateKey);
  const point = message.subarray(0, POINT_BYTES);
  const rest = message.subarray(POINT_BYTES);
  try {
    const own = createECDH(CURVE);
    own.setPrivateKey(privateKey);
    const key = messageKey(own.computeSecret(point), point, own.getPublicKey());
    const opener = createDecipheriv('aes-256-gcm', key, rest.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    opener.setAAD(Buffer.from(token, 'ascii'));
    opener.setAuthTag(rest.subarray(-TAG_BYTES));
    return Buffer.concat([opener.update(rest.subarray(IV_BYTES, -TAG_BYTES)), opener.final()]).toString('utf8');
  } catch (cause) {
    throw new SeneschalError('vault.corrupt', 'What the browser sealed does not open with this link’s key.', { cause });
  }
}

function messageKey(shared: Uint8Array, point: Uint8Array, recipient: Uint8Array): Uint8Array {
  const info = Buffer.concat([Buffer.from(INFO, 'ascii'), point, recipient]);
  return new Uint8Array(hkdfSync('sha256', shared, new Uint8Array(), info, KEY_BYTES));
}

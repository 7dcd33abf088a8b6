import { webcrypto } from 'node:crypto';

/** The page's script in WebCrypto, as docs/secrets.md states it. */
export async function sealAsBrowser(publicKey: string, token: string, text: string): Promise<Uint8Array> {
  const { subtle } = webcrypto;
  const raw = new Uint8Array(Buffer.from(publicKey, 'base64url'));
  const ecdh = { name: 'ECDH', namedCurve: 'P-256' };
  const theirs = await subtle.importKey('raw', raw, ecdh, false, []);
  const own = await subtle.generateKey(ecdh, false, ['deriveBits']);
  const point = new Uint8Array(await subtle.exportKey('raw', own.publicKey));
  const shared = await subtle.deriveBits({ name: 'ECDH', public: theirs }, own.privateKey, 256);
  const info = new Uint8Array([...Buffer.from('seneschal.form.1'), ...point, ...raw]);
  const hkdf = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  const key = await subtle.deriveKey(parameters, hkdf, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const iv = webcrypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(token);
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new TextEncoder().encode(text));
  return new Uint8Array([...point, ...iv, ...new Uint8Array(sealed)]);
}

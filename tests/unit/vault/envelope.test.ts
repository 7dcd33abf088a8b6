import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { deriveKey, fitsHeader, makeHeader, saltOf, seal, unseal } from '../../../src/vault/envelope.js';

interface Vectors {
  readonly keys: readonly {
    readonly vaultKey: string;
    readonly salt: string;
    readonly key: string;
    readonly header: string;
  }[];
  readonly envelopes: readonly {
    readonly key: string;
    readonly label: string;
    readonly version: number;
    readonly plain: string;
    readonly envelope: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/vault-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: ArrayBuffer | Uint8Array) => Buffer.from(data as Uint8Array).toString('hex');
const key = bytes(`${'00'.repeat(31)}01`);
const iv = bytes('aa'.repeat(12));
const place = { label: 'owner/STRIPE_KEY', version: 7 };

/** The published format read by another implementation: WebCrypto, from docs/secrets.md alone. */
async function openByWebCrypto(vector: Vectors['envelopes'][number]): Promise<string> {
  const framed = (data: Uint8Array) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, data.length);
    return [...length, ...data];
  };
  const text = new TextEncoder();
  const version = new Uint8Array(8);
  new DataView(version.buffer).setBigUint64(0, BigInt(vector.version));
  const additionalData = new Uint8Array([
    ...framed(text.encode('seneschal.envelope.1')),
    ...framed(text.encode(vector.label)),
    ...version,
  ]);
  const envelope = bytes(vector.envelope);
  const aes = await webcrypto.subtle.importKey('raw', bytes(vector.key), 'AES-GCM', false, ['decrypt']);
  const plain = await webcrypto.subtle.decrypt(
    { name: 'AES-GCM', iv: envelope.slice(0, 12), additionalData, tagLength: 128 },
    aes,
    envelope.slice(12),
  );
  return new TextDecoder().decode(plain);
}

describe('the published vectors (VAULT-1)', () => {
  it.each(vectors.envelopes)('open $label version $version with another implementation', async (vector) => {
    expect(await openByWebCrypto(vector)).toBe(vector.plain);
  });

  it.each(vectors.envelopes)('are what this implementation writes for $label version $version', (vector) => {
    const at = { label: vector.label, version: vector.version };
    const sealed = bytes(vector.envelope);
    expect(hex(seal(bytes(vector.key), sealed.slice(0, 12), at, Buffer.from(vector.plain)))).toBe(vector.envelope);
    expect(unseal(bytes(vector.key), at, sealed).toString('utf8')).toBe(vector.plain);
  });

  it.each(vectors.keys)(
    'derive the key of $vaultKey alike, by 600,000 rounds of PBKDF2-HMAC-SHA512',
    async (vector) => {
      const password = await webcrypto.subtle.importKey('raw', Buffer.from(vector.vaultKey), 'PBKDF2', false, [
        'deriveBits',
      ]);
      const parameters = { name: 'PBKDF2', hash: 'SHA-512', salt: bytes(vector.salt), iterations: 600_000 };
      expect(hex(await webcrypto.subtle.deriveBits(parameters, password, 256))).toBe(vector.key);
      expect(hex(await deriveKey(new Secret(vector.vaultKey), bytes(vector.salt)))).toBe(vector.key);
      expect(hex(makeHeader(bytes(vector.key), bytes(vector.salt)))).toBe(vector.header);
    },
  );
});

describe('an envelope (VAULT-2)', () => {
  const sealed = seal(key, iv, place, Buffer.from('hello there'));

  it('opens at its own place only', () => {
    expect(unseal(key, place, sealed).toString()).toBe('hello there');
    for (const other of [
      { ...place, version: 6 },
      { ...place, label: 'owner/STRIPE_KEX' },
      { ...place, label: 'product/STRIPE_KEY' },
    ]) {
      expect(() => unseal(key, other, sealed)).toThrow(expect.objectContaining({ code: 'vault.corrupt' }));
    }
  });

  it('is refused with any one bit flipped, and the refusal names it', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bad = Buffer.from(sealed);
      bad.writeUInt8(bad.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => unseal(key, place, bad)).toThrow(/owner\/STRIPE_KEY/);
    }
  });

  it('is refused at any other length', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => unseal(key, place, sealed.subarray(0, length))).toThrow(/owner\/STRIPE_KEY/);
    }
    expect(() => unseal(key, place, Buffer.concat([sealed, Buffer.from([0])]))).toThrow(/owner\/STRIPE_KEY/);
  });

  it('cannot be moved between label and version by shifting bytes', () => {
    const joined = seal(key, iv, { label: 'a', version: 0x62 }, Buffer.from('x'));
    expect(() => unseal(key, { label: 'ab', version: 0 }, joined)).toThrow();
  });
});

describe('the header', () => {
  const header = makeHeader(key, bytes('11'.repeat(16)));

  it('tells a wrong key from damage (VAULT-2)', () => {
    expect(hex(saltOf(header))).toBe('11'.repeat(16));
    expect(fitsHeader(key, header)).toBe(true);
    expect(fitsHeader(bytes('ff'.repeat(32)), header)).toBe(false);
    for (let index = 0; index < header.length; index += 1) {
      const bad = Buffer.from(header);
      bad.writeUInt8(bad.readUInt8(index) ^ 0x40, index);
      expect(() => saltOf(bad)).toThrow(expect.objectContaining({ code: 'vault.corrupt' }));
    }
    expect(() => saltOf(header.subarray(1))).toThrow(expect.objectContaining({ code: 'vault.corrupt' }));
    expect(() => saltOf(new Uint8Array())).toThrow(expect.objectContaining({ code: 'vault.corrupt' }));
  });
});

it('the key is derived off the event loop (VAULT-1)', async () => {
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await deriveKey(new Secret('correct horse'), bytes('22'.repeat(16)));
  done = true;
  expect(turns).toBeGreaterThan(100);
});

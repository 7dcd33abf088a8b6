import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { SeneschalError } from '../core/errors.js';
import type { System } from '../core/system.js';
import { constrainNames } from './constraints.js';

const DAY_MS = 24 * 60 * 60_000;
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 90;
const RENEW_DAYS = 30;
/** Clocks of phones may be a little behind. */
const BACKDATED_DAYS = 1;

export interface Certificate {
  /** PEM, leaf first. */
  readonly certificate: string;
  readonly key: string;
  /** The product's own CA to install on a phone, PEM; null where a certificate was given. */
  readonly authority: string | null;
  /** SHA-256 of the leaf, `AB:CD:…`: what the message in chat shows. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly publiclyTrusted: boolean;
}

/** Keeps the CA and leaf with their private keys, as one text: app.ts puts it into the vault's product entries. */
export interface CertificateStore {
  load(): string | null;
  save(text: string): void;
}

const Pair = z.object({ certificate: z.string(), key: z.string() });
const Kept = z.object({ names: z.array(z.string()), authority: Pair, leaf: Pair });
type Kept = z.infer<typeof Kept>;

/**
 * A certificate by the product's own CA for `names`. What is kept is used while it holds for them; the leaf is made
 * anew 30 days before it ends, the CA only when it ends or a name is new, because phones must then install it again.
 */
export async function ownCertificate(
  store: CertificateStore,
  system: System,
  names: readonly string[],
): Promise<Certificate> {
  const kept = readKept(store);
  const covered = kept !== null && names.every((name) => kept.names.includes(name));
  const authority =
    covered && lasts(kept.authority.certificate, system, LEAF_DAYS + RENEW_DAYS)
      ? { names: kept.names, ...kept.authority }
      : { names: [...names], ...(await makeAuthority(system, names)) };
  const fits = kept?.authority.certificate === authority.certificate && names.every((name) => holds(kept.leaf, name));
  const leaf =
    kept && fits && lasts(kept.leaf.certificate, system, RENEW_DAYS)
      ? kept.leaf
      : await makeLeaf(system, authority, names);
  if (leaf !== kept?.leaf) {
    const { names: covers, certificate, key } = authority;
    store.save(JSON.stringify({ names: covers, authority: { certificate, key }, leaf } satisfies Kept));
  }
  return described(leaf.certificate, leaf.key, authority.certificate);
}

/** `SENESCHAL_TLS_CERT` and `_KEY`, each PEM or a file's path, read again at each call. Throws `config.invalid`. */
export function givenCertificate(certificate: string, key: string): Certificate {
  const [certPem, keyPem] = [pemOf('SENESCHAL_TLS_CERT', certificate), pemOf('SENESCHAL_TLS_KEY', key)];
  try {
    const leaf = new X509Certificate(certPem);
    if (leaf.checkPrivateKey(createPrivateKey(keyPem))) return described(certPem, keyPem, null);
  } catch (cause) {
    throw new SeneschalError('config.invalid', 'SENESCHAL_TLS_CERT or SENESCHAL_TLS_KEY holds no readable PEM.', {
      cause,
    });
  }
  throw new SeneschalError('config.invalid', 'SENESCHAL_TLS_KEY is not the key of SENESCHAL_TLS_CERT.');
}

function described(certificate: string, key: string, authority: string | null): Certificate {
  const leaf = new X509Certificate(certificate);
  return {
    certificate,
    key,
    authority,
    fingerprint: leaf.fingerprint256,
    expiresAt: Date.parse(leaf.validTo),
    publiclyTrusted: authority === null && isPubliclyTrusted(certificate),
  };
}

function isPubliclyTrusted(chainPem: string): boolean {
  const last = (chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).at(-1);
  if (last === undefined) return false;
  const top = new X509Certificate(last);
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem);
    return top.checkIssued(root) && top.verify(root.publicKey);
  });
}

async function makeAuthority(system: System, names: readonly string[]) {
  const serial = Buffer.from(system.randomBytes(4)).toString('hex');
  const made = await generate(`Seneschal ${serial}`, system, AUTHORITY_DAYS, {
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { certificate: constrainNames(made.cert, made.private, names), key: made.private };
}

async function makeLeaf(system: System, authority: z.infer<typeof Pair>, names: readonly string[]) {
  const altNames = names.map((name) =>
    isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const made = await generate('Seneschal', system, LEAF_DAYS, {
    ca: { cert: authority.certificate, key: authority.key },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  return { certificate: `${made.cert.trim()}\n`, key: made.private };
}

/** The library is loaded only when a certificate is made. */
async function generate(
  commonName: string,
  system: System,
  days: number,
  more: Parameters<typeof import('selfsigned').generate>[1],
) {
  const { generate: make } = await import('selfsigned');
  return make([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(system.now() - BACKDATED_DAYS * DAY_MS),
    notAfterDate: new Date(system.now() + days * DAY_MS),
    ...more,
  });
}

function holds(leaf: z.infer<typeof Pair>, name: string): boolean {
  const certificate = new X509Certificate(leaf.certificate);
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}

function lasts(pem: string, system: System, days: number): boolean {
  return Date.parse(new X509Certificate(pem).validTo) > system.now() + days * DAY_MS;
}

/** Null too where the vault has lost or no longer opens it: a CA can be made again, and the start must not fail. */
function readKept(store: CertificateStore): Kept | null {
  try {
    return Kept.parse(JSON.parse(store.load() ?? 'null'));
  } catch (thrown) {
    const lost = thrown instanceof SeneschalError && ['vault.missing', 'vault.corrupt'].includes(thrown.code);
    if (lost || thrown instanceof z.ZodError) return null;
    throw thrown;
  }
}

function pemOf(variable: string, value: string): string {
  if (value.trimStart().startsWith('-----BEGIN')) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new SeneschalError('config.invalid', `${variable} names ${value}, which cannot be read.`, { cause });
  }
}

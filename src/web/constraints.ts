import { createPrivateKey, sign } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/*
 * Adds a critical name-constraints extension (RFC 5280, 4.2.1.10) to a certificate that its own P-256 key signed, and
 * signs it again. The library that makes certificates cannot write this extension; without it, a phone that trusts the
 * box's CA would trust it for every name in the world (SECRET-9).
 */
const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const OID_NAME_CONSTRAINTS = Uint8Array.of(0x06, 0x03, 0x55, 0x1d, 0x1e);
const CRITICAL = Uint8Array.of(0x01, 0x01, 0xff);

export function constrainNames(certificatePem: string, keyPem: string, names: readonly string[]): string {
  const [tbs, algorithm] = children(fromPem(certificatePem));
  if (!tbs || !algorithm) throw new TypeError('not a certificate');
  const fields = children(tbs);
  const extensions = fields.pop();
  if (extensions?.[0] !== EXTENSIONS) throw new TypeError('a certificate without extensions');
  const [list = new Uint8Array()] = children(extensions);
  const permitted = element(0xa0, ...names.map((name) => element(SEQUENCE, generalName(name))));
  const constraint = element(SEQUENCE, OID_NAME_CONSTRAINTS, CRITICAL, element(0x04, element(SEQUENCE, permitted)));
  const longer = element(EXTENSIONS, element(SEQUENCE, ...children(list), constraint));
  const body = element(SEQUENCE, ...fields, longer);
  const signature = sign('sha256', body, createPrivateKey(keyPem));
  return toPem(element(SEQUENCE, body, algorithm, element(0x03, Uint8Array.of(0), signature)));
}

/** A DNS name (with its subdomains), or exactly one address. */
function generalName(name: string): Uint8Array {
  if (!ipaddr.isValid(name)) return element(0x82, Buffer.from(name, 'ascii'));
  const address = ipaddr.parse(name).toByteArray();
  return element(0x87, Uint8Array.from([...address, ...address.map(() => 0xff)]));
}

function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const size = body.length.toString(16);
  const bytes = Buffer.from(size.padStart(size.length + (size.length % 2), '0'), 'hex');
  const length = body.length < 0x80 ? [body.length] : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
}

/** The elements inside an element, each with its own tag and length. */
function children(parent: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = measure(parent, 0).content; at < parent.length; ) {
    const { end } = measure(parent, at);
    found.push(parent.subarray(at, end));
    at = end;
  }
  return found;
}

function measure(bytes: Uint8Array, at: number): { readonly content: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { content: at + 2, end: at + 2 + first };
  const content = at + 2 + (first & 0x7f);
  return { content, end: content + bytes.subarray(at + 2, content).reduce((length, byte) => length * 256 + byte, 0) };
}

function fromPem(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

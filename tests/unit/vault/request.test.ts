import { describe, expect, it } from 'vitest';
import type { SecretRequest } from '../../../src/core/vault.js';
import { createRequestSecrets, hashToken, openSubmission, requestLink } from '../../../src/vault/request.js';
import { allowsHost, normalHost, parseHosts } from '../../../src/vault/rules.js';
import { WORDS } from '../../../src/vault/words.js';
import { fakeSystem } from '../../support/fake-system.js';
import { sealAsBrowser } from '../../support/seal.js';

const sealer = {
  seal: (label: string, plain: Uint8Array) => Buffer.concat([Buffer.from(`${label}|`), plain]),
  unseal: (label: string, sealed: Uint8Array) => sealed.subarray(label.length + 1),
};
const asRequest = (row: ReturnType<typeof createRequestSecrets>['row']) => row as SecretRequest;

describe('a request', () => {
  it('has a 256-bit token of which only the hash is kept (SECRET-4)', () => {
    const secrets = createRequestSecrets(sealer, fakeSystem());
    expect(secrets.token).toMatch(/^[\w-]{43}$/);
    expect(secrets.row.tokenHash).toBe(hashToken(secrets.token));
    expect(JSON.stringify(secrets.row)).not.toContain(secrets.token);
    expect(secrets.row.expiresAt - secrets.row.createdAt).toBe(600_000);
    expect(secrets.row.phrase.split(' ')).toHaveLength(3);
    expect(Buffer.from(secrets.publicKey, 'base64url')).toHaveLength(65);
    expect(requestLink('https://box.example:8443', secrets)).toBe(
      `https://box.example:8443/s/${secrets.token}#${secrets.publicKey}`,
    );
  });

  it('has 256 different words to choose from', () => {
    expect(new Set(WORDS).size).toBe(256);
    expect(WORDS).toHaveLength(256);
  });

  it('opens what a browser sealed to it, under its token only (SECRET-3)', async () => {
    for (let round = 0; round < 20; round += 1) {
      const secrets = createRequestSecrets(sealer, fakeSystem(round));
      const request = asRequest(secrets.row);
      const message = await sealAsBrowser(secrets.publicKey, secrets.token, 'Schlüssel ☃');
      expect(openSubmission(sealer, request, secrets.token, message)).toBe('Schlüssel ☃');
      const refused = expect.objectContaining({ code: 'vault.corrupt' });
      expect(() => openSubmission(sealer, request, secrets.token.replace(/^./, '!'), message)).toThrow(refused);
      const other = createRequestSecrets(sealer, fakeSystem(round + 1000));
      expect(() => openSubmission(sealer, asRequest(other.row), secrets.token, message)).toThrow(refused);
    }
  });

  it('refuses every altered, cut or invented message', async () => {
    const secrets = createRequestSecrets(sealer, fakeSystem());
    const message = await sealAsBrowser(secrets.publicKey, secrets.token, 'a value');
    const refused = expect.objectContaining({ code: 'vault.corrupt' });
    for (let at = 0; at < message.length; at += 1) {
      const bad = message.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => openSubmission(sealer, asRequest(secrets.row), secrets.token, bad)).toThrow(refused);
      expect(() => openSubmission(sealer, asRequest(secrets.row), secrets.token, message.subarray(0, at))).toThrow(
        refused,
      );
    }
    expect(() => openSubmission(sealer, asRequest(secrets.row), secrets.token, new Uint8Array(200))).toThrow(refused);
  });
});

describe('hosts', () => {
  it('have one spelling', () => {
    expect(normalHost(' API.Stripe.com ')).toBe('api.stripe.com');
    expect(normalHost('api.stripe.com.:0443')).toBe('api.stripe.com:443');
    expect(normalHost('bücher.example')).toBe('xn--bcher-kva.example');
    expect(normalHost('[0:0::1]:8080')).toBe('[::1]:8080');
    expect(normalHost('0:0::1')).toBe('::1');
    expect(normalHost('localhost')).toBe('localhost');
    expect(normalHost('127.0.0.1:80')).toBe('127.0.0.1:80');
  });

  it('are nothing but a host and perhaps a port', () => {
    const bad = [
      '*',
      '*.org',
      'http://a',
      'a/b',
      'u@a',
      'a:b',
      'a:',
      ':80',
      'a:70000',
      '127.1',
      '0x7f.0.0.1',
      '2130706433',
      '1.2.3.4.5',
      '-a.b',
      'a..b',
      '%61.example',
      'a\\b',
      'a?b',
      'a#b',
      '[::1',
      '[::1]x',
      'a,b',
      'fe80::1%eth0',
    ];
    for (const text of bad) expect([text, normalHost(text)]).toEqual([text, null]);
  });

  it('are read one a line, by commas or spaces, without doubles', () => {
    expect(parseHosts('a.example\r\n B.example, a.example\n')).toEqual({ hosts: ['a.example', 'b.example'] });
    expect(parseHosts('')).toEqual({ hosts: [] });
    expect(parseHosts('a.example\n*.example')).toEqual({ bad: '*.example' });
    expect(parseHosts(Array.from({ length: 40 }, (_, index) => `h${index}`).join('\n'))).toEqual({ bad: 'h32' });
  });

  it('allow by name for any port, or by name and port, never by address (SECRET-5)', () => {
    const allows = (hosts: string[], url: string) => allowsHost(hosts, new URL(url));
    expect(allows(['a.example'], 'https://a.example/')).toBe(true);
    expect(allows(['a.example'], 'http://A.EXAMPLE.:8080/')).toBe(true);
    expect(allows(['a.example:443'], 'https://a.example/')).toBe(true);
    expect(allows(['a.example:443'], 'http://a.example/')).toBe(false);
    expect(allows(['a.example:8443'], 'https://a.example:8443/')).toBe(true);
    expect(allows(['a.example'], 'https://b.a.example/')).toBe(false);
    expect(allows(['localhost'], 'https://127.0.0.1/')).toBe(false);
    expect(allows(['::1'], 'https://[::1]:9/')).toBe(true);
    expect(allows([], 'https://a.example/')).toBe(false);
  });
});

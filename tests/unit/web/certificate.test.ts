import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { SeneschalError } from '../../../src/core/errors.js';
import { createSystem } from '../../../src/system.js';
import { givenCertificate, ownCertificate } from '../../../src/web/certificate.js';
import { fakeSystem } from '../../support/fake-system.js';
import { memoryCertificates, startWeb } from './harness.js';

const DAY = 24 * 60 * 60_000;
const NAMES = ['127.0.0.1', '::1', 'localhost', '192.168.7.7', 'box.example'];

/** Whether a client that trusts `ca` accepts this certificate for `servername`. */
function trusts(ca: string, pair: { certificate: string; key: string }, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer({ cert: pair.certificate, key: pair.key }, (socket) => socket.end());
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const done = (text: string) => server.close(() => resolve(text));
      const socket = connect(
        { host: '127.0.0.1', port, ca, ...(/^[\d.]+$/.test(servername) ? {} : { servername }) },
        () => {
          socket.end();
          done('trusted');
        },
      );
      socket.on('error', (error: NodeJS.ErrnoException) => done(error.message));
    });
  });
}

describe('the own CA (NET-2)', () => {
  it('signs a leaf that clients accept for every own name, once they trust the CA', async () => {
    const own = await ownCertificate(memoryCertificates(), createSystem(), NAMES);
    expect(own.publiclyTrusted).toBe(false);
    expect(own.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    for (const name of ['127.0.0.1', 'localhost', 'box.example']) {
      expect([name, await trusts(own.authority ?? '', own, name)]).toEqual([name, 'trusted']);
    }
    expect(await trusts(own.authority ?? '', own, 'other.example')).toMatch(/altnames/);
    const leaf = new X509Certificate(own.certificate);
    expect([leaf.ca, leaf.checkIP('192.168.7.7'), leaf.checkIP('::1')]).toEqual([false, '192.168.7.7', '::1']);
  });

  it('can vouch for the names of this box only, even when its key is stolen (SECRET-9)', async () => {
    const store = memoryCertificates();
    await ownCertificate(store, createSystem(), NAMES);
    const { authority } = JSON.parse(store.text ?? '') as { authority: { certificate: string; key: string } };
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
    for (const [altNames, servername] of [
      [[{ type: 2, value: 'bank.example' }], 'bank.example'],
      [
        [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'bank.example' },
        ],
        'bank.example',
      ],
      [[{ type: 7, ip: '127.0.0.2' }], '127.0.0.2'],
    ] as const) {
      const forged = await generate([{ name: 'commonName', value: 'forged' }], {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { cert: authority.certificate, key: authority.key },
        extensions: [{ name: 'subjectAltName', altNames: [...altNames] }],
      });
      const pair = { certificate: forged.cert, key: forged.private };
      expect(await trusts(authority.certificate, pair, servername)).toBe('permitted subtree violation');
    }
  });

  it('is kept over restarts, and the leaf is renewed 30 days before its end', async () => {
    const [system, store] = [fakeSystem(), memoryCertificates()];
    const first = await ownCertificate(store, system, NAMES);
    expect(await ownCertificate(store, system, NAMES)).toEqual(first);
    expect(store.saves).toBe(1);
    system.advance(59 * DAY);
    expect((await ownCertificate(store, system, NAMES)).fingerprint).toBe(first.fingerprint);
    system.advance(2 * DAY);
    const renewed = await ownCertificate(store, system, NAMES);
    expect(renewed.fingerprint).not.toBe(first.fingerprint);
    expect(renewed.authority).toBe(first.authority);
    expect(renewed.expiresAt).toBeGreaterThan(system.now() + 89 * DAY);
  });

  it('is made anew for a new name, not for one that is gone', async () => {
    const [system, store] = [fakeSystem(), memoryCertificates()];
    const first = await ownCertificate(store, system, NAMES);
    expect((await ownCertificate(store, system, NAMES.slice(0, 3))).authority).toBe(first.authority);
    expect((await ownCertificate(store, system, [...NAMES, 'new.example'])).authority).not.toBe(first.authority);
  });

  it('is made anew where a vault reset has emptied it', async () => {
    const store = memoryCertificates();
    store.load = () => {
      throw new SeneschalError('vault.missing', 'TLS has lost its value by a reset.');
    };
    expect((await ownCertificate(store, fakeSystem(), NAMES)).authority).toContain('BEGIN CERTIFICATE');
    expect(store.saves).toBe(1);
  });

  it('is replaced before it ends', async () => {
    const [system, store] = [fakeSystem(), memoryCertificates()];
    const first = await ownCertificate(store, system, NAMES);
    system.advance(3600 * DAY);
    expect((await ownCertificate(store, system, NAMES)).authority).not.toBe(first.authority);
  });
});

describe('a given certificate (NET-2)', () => {
  it('is taken as PEM or as paths, and is refused with another key', async () => {
    const [system, folder] = [createSystem(), mkdtempSync(join(tmpdir(), 'tls-'))];
    const own = await ownCertificate(memoryCertificates(), system, NAMES);
    const other = await ownCertificate(memoryCertificates(), system, NAMES);
    writeFileSync(join(folder, 'cert.pem'), own.certificate);
    writeFileSync(join(folder, 'key.pem'), own.key);
    const given = givenCertificate(join(folder, 'cert.pem'), join(folder, 'key.pem'));
    expect(given).toEqual({ ...own, authority: null });
    const invalid = (message: string) =>
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(message) });
    expect(() => givenCertificate(own.certificate, other.key)).toThrow(invalid('not the key'));
    expect(() => givenCertificate(own.certificate, join(folder, 'gone.pem'))).toThrow(invalid('SENESCHAL_TLS_KEY'));
    expect(() => givenCertificate('-----BEGIN NOTHING-----', own.key)).toThrow(invalid('PEM'));
    const web = await startWeb(system, { tls: { certificate: own.certificate, key: own.key } });
    expect(web.certificate.fingerprint).toBe(own.fingerprint);
    await web.stop();
    rmSync(folder, { recursive: true });
  });
});

it('a running listener takes the renewed certificate without a restart', async () => {
  const system = fakeSystem();
  const web = await startWeb(system);
  const shown = () =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: web.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      });
    });
  expect(await shown()).toBe(web.certificate.fingerprint);
  for (let day = 0; day < 62; day += 1) {
    system.advance(DAY);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await expect.poll(shown).not.toBe(web.certificate.fingerprint);
  await web.stop();
});

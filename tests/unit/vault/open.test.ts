import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { createKey, promoteNextKey, readKeyFile, writeNextKey } from '../../../src/vault/keyfile.js';
import { openVault, resetVault } from '../../../src/vault/open.js';
import { fakeSystem } from '../../support/fake-system.js';
import { type MemoryRows, memoryRows } from './memory-rows.js';

const system = fakeSystem();
let home: string;
let keyFile: string;
let rows: MemoryRows;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vault-'));
  keyFile = join(home, '.env');
  rows = memoryRows();
});
afterEach(() => rmSync(home, { recursive: true }));

const open = (environmentKey?: string) =>
  openVault({
    rows,
    system,
    keyFile,
    settles: true,
    ...(environmentKey ? { environmentKey: new Secret(environmentKey) } : {}),
  });
const holdOne = async () => {
  const { vault } = await open();
  vault.owner.put({ name: 'STRIPE_KEY', value: new Secret('the first value'), hosts: ['api.stripe.com'] });
  return vault;
};

describe('the key file', () => {
  it('is made at the first start, for this user alone, and keeps other lines', async () => {
    writeFileSync(keyFile, '# mine\nSENESCHAL_PORT=9000\n\nEMPTY=\n');
    const { madeKey, warnings } = await open();
    expect(madeKey).toBe(true);
    expect(warnings).toEqual([]);
    expect(readFileSync(keyFile, 'utf8')).toMatch(
      /^# mine\nSENESCHAL_PORT=9000\n\nEMPTY=\nSENESCHAL_VAULT_KEY=[\w-]{43}\n$/,
    );
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['.env']);
    expect((await open()).madeKey).toBe(false);
  });

  it('that others can read is warned of (CONF-3)', async () => {
    await open();
    chmodSync(keyFile, 0o644);
    expect((await open()).warnings).toEqual([expect.stringContaining('chmod 600')]);
  });

  it('is never given a second key', () => {
    createKey(keyFile, system);
    expect(() => createKey(keyFile, system)).toThrow(expect.objectContaining({ code: 'vault.key' }));
  });

  it('is read with quotes, spaces and export, the last line winning', () => {
    writeFileSync(
      keyFile,
      'SENESCHAL_VAULT_KEY=old\nSENESCHAL_VAULT_KEY_NEXT=n=x\nexport SENESCHAL_VAULT_KEY = "the key"\n',
    );
    const file = readKeyFile(keyFile);
    expect([file.key?.reveal(), file.next?.reveal()]).toEqual(['the key', 'n=x']);
  });
});

describe('opening', () => {
  it('takes the environment’s key over the file’s', async () => {
    await open('from the environment');
    expect(readdirSync(home)).toEqual([]);
    createKey(keyFile, system);
    await open('from the environment');
    await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'vault.key' }));
  });

  it('with a wrong key stops and says what the vault holds, without any value (VAULT-2)', async () => {
    await holdOne();
    await expect(open('another key')).rejects.toMatchObject({
      code: 'vault.key',
      message: expect.stringContaining('holds 1: STRIPE_KEY'),
    });
  });

  it('never makes a new key for a vault that holds entries (VAULT-7)', async () => {
    await holdOne();
    rmSync(keyFile);
    await expect(open()).rejects.toMatchObject({ code: 'vault.key', message: expect.stringContaining('STRIPE_KEY') });
    expect(readdirSync(home)).toEqual([]);
  });

  it('makes a new key for an empty vault whose key is gone', async () => {
    await open();
    rmSync(keyFile);
    const { vault, madeKey } = await open();
    expect(madeKey).toBe(true);
    expect(vault.owner.list()).toEqual([]);
  });

  it('reports damaged entries and goes on with the others', async () => {
    await holdOne();
    rows.remove('owner', 'STRIPE_KEY');
    expect((await open()).warnings).toEqual([expect.stringContaining('STRIPE_KEY')]);
  });

  it('refuses entries without a header', async () => {
    await holdOne();
    rows.image.state = null;
    await expect(open()).rejects.toMatchObject({ code: 'vault.corrupt' });
  });
});

describe('a rotation cut off (VAULT-3)', () => {
  it('before the transaction goes back to the old key', async () => {
    await holdOne();
    const old = readFileSync(keyFile, 'utf8');
    writeNextKey(keyFile, new Secret('the next key'), system);
    const { vault } = await open();
    expect(vault.owner.get('STRIPE_KEY').reveal()).toBe('the first value');
    expect(readFileSync(keyFile, 'utf8')).toBe(old);
  });

  it('is left alone by who does not hold the home lock: it may be under way', async () => {
    const vault = await holdOne();
    writeNextKey(keyFile, new Secret('the next key'), system);
    const before = readFileSync(keyFile, 'utf8');
    const beside = { rows, system, keyFile, settles: false };
    await openVault(beside);
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
    await vault.rotate(new Secret('the next key'));
    expect((await openVault(beside)).key.reveal()).toBe('the next key');
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
  });

  it('leaves no unfinished file with keys in it behind, once it is a minute old', async () => {
    await holdOne();
    const unfinished = `${keyFile}.0123456789ab`;
    writeFileSync(unfinished, 'SENESCHAL_VAULT_KEY=old\n');
    utimesSync(unfinished, system.now() / 1000, system.now() / 1000);
    await open();
    expect(readdirSync(home).sort()).toEqual(['.env', '.env.0123456789ab']);
    system.advance(61_000);
    await open();
    expect(readdirSync(home)).toEqual(['.env']);
  });

  it('after any of its steps, with any entries and whatever else stands in the file, loses nothing', {
    timeout: 90_000,
  }, async () => {
    const word = fc.string({ minLength: 6, maxLength: 40 }).filter((text) => text.trim().length > 5);
    const lines = fc.array(fc.stringMatching(/^[A-Z]{1,8}_X=[a-z0-9 ]{0,9}$/), { maxLength: 4 });
    const steps = fc.integer({ min: 0, max: 3 });
    const property = fc.asyncProperty(fc.array(word, { maxLength: 5 }), lines, steps, async (values, others, done) => {
      rows = memoryRows();
      writeFileSync(keyFile, others.map((line) => `${line}\n`).join(''));
      const { vault } = await open();
      for (const [at, value] of values.entries()) {
        vault.owner.put({ name: `KEY_${at}`, value: new Secret(value), hosts: [] });
      }
      const next = new Secret('the next key');
      if (done >= 1) writeNextKey(keyFile, next, system);
      if (done >= 2) await vault.rotate(next);
      if (done >= 3) promoteNextKey(keyFile, next, system);
      const again = await open();
      expect(again.vault.owner.values().map(({ value }) => value.reveal())).toEqual(values);
      expect(again.key.reveal() === next.reveal()).toBe(done >= 2);
      const text = readFileSync(keyFile, 'utf8');
      expect(text).toBe([...others, `SENESCHAL_VAULT_KEY=${again.key.reveal()}`, ''].join('\n'));
    });
    await fc.assert(property, { numRuns: 10 });
  });

  it('after the transaction is finished by the next start', async () => {
    const vault = await holdOne();
    writeNextKey(keyFile, new Secret('the next key'), system);
    await vault.rotate(new Secret('the next key'));
    const again = await open();
    expect(again.vault.owner.get('STRIPE_KEY').reveal()).toBe('the first value');
    expect(readFileSync(keyFile, 'utf8')).toBe('SENESCHAL_VAULT_KEY=the next key\n');
    await open();
  });
});

it('a reset keeps names and hosts, and asks for values again (VAULT-7)', async () => {
  await holdOne();
  const emptied = await resetVault(rows, new Secret('the new key'), system);
  expect(emptied.map(({ name, hosts }) => [name, hosts])).toEqual([['STRIPE_KEY', ['api.stripe.com']]]);
  expect(rows.scrubs).toBe(1);
  const { vault, warnings } = await open('the new key');
  expect(warnings).toEqual([]);
  expect(vault.owner.list()[0]).toMatchObject({ state: 'empty', hosts: ['api.stripe.com'], tail: '' });
  expect(() => vault.owner.get('STRIPE_KEY')).toThrow(expect.objectContaining({ code: 'vault.missing' }));
  vault.owner.put({ name: 'STRIPE_KEY', value: new Secret('entered again'), hosts: ['api.stripe.com'] });
  expect(vault.owner.get('STRIPE_KEY').reveal()).toBe('entered again');
});

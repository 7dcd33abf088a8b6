import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { deriveKey } from '../../../src/vault/envelope.js';
import { emptyManifest } from '../../../src/vault/manifest.js';
import { newState, Vault } from '../../../src/vault/vault.js';
import { fakeSystem } from '../../support/fake-system.js';
import { copyImage, type MemoryRows, memoryRows } from './memory-rows.js';

const salt = new Uint8Array(16).fill(5);
const system = fakeSystem();
let key: Uint8Array;
let rows: MemoryRows;
let vault: Vault;

beforeAll(async () => {
  key = await deriveKey(new Secret('a vault key'), salt);
});

beforeEach(() => {
  rows = memoryRows();
  rows.setState(newState(system, key, salt, emptyManifest()));
  vault = new Vault(rows, key, system);
});

const put = (name: string, value: string, hosts: readonly string[] = []) =>
  vault.owner.put({ name, value: new Secret(value), hosts });
const flip = (data: Uint8Array, at: number) => data.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe('entries', () => {
  it('give back what was put, and list names, hosts and times but no value', () => {
    put('STRIPE_KEY', 'a value of twenty-four ch', ['API.stripe.com', 'api.stripe.com', 'b.example:8443']);
    system.advance(1000);
    expect(vault.owner.get('STRIPE_KEY').reveal()).toBe('a value of twenty-four ch');
    const [entry] = vault.owner.list();
    expect(entry).toEqual({
      name: 'STRIPE_KEY',
      hosts: ['api.stripe.com', 'b.example:8443'],
      state: 'ready',
      createdAt: system.now() - 1000,
      updatedAt: system.now() - 1000,
      lastUsedAt: system.now(),
      tail: '***r ch',
    });
    expect(JSON.stringify(vault.owner.list())).not.toContain('twenty');
  });

  it('show no tail of a value under 20 characters (SECRET-6)', () => {
    put('SHORT', 'nineteen characters');
    expect(vault.owner.list()[0]?.tail).toBe('***');
  });

  it('write another IV and another version each time (VAULT-1)', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 50; index += 1) {
      put('SAME', 'the same value');
      const row = rows.find('owner', 'SAME');
      seen.add(`${Buffer.from(row?.envelope?.subarray(0, 12) ?? []).toString('hex')}`);
      expect(row?.version).toBe(index + 1);
    }
    expect(seen.size).toBe(50);
  });

  it('hold no value in the rows', () => {
    put('STRIPE_KEY', 'findable-plaintext');
    const all = JSON.stringify(rows.all(), (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    expect(all).not.toContain('findable');
  });

  it('refuse bad names, hosts, empty, large and unconfirmed short values', () => {
    const refused = expect.objectContaining({ code: 'vault.input' });
    for (const name of ['', 'lower', '1A', 'A-B', 'A B', 'Ä', `A${'B'.repeat(64)}`, 'A\n']) {
      expect(() => put(name, 'long enough')).toThrow(refused);
    }
    for (const host of [
      '*.example.org',
      'https://a.example',
      'a.example/x',
      'a b',
      '',
      'a.example:0',
      'a.example:65536',
    ]) {
      expect(() => put('OK', 'long enough', [host])).toThrow(refused);
    }
    expect(() => put('OK', '')).toThrow(refused);
    expect(() => put('OK', 'x'.repeat(65_537))).toThrow(refused);
    expect(() => put('OK', '12345')).toThrow(refused);
    vault.owner.put({ name: 'OK', value: new Secret('12345'), hosts: [], shortConfirmed: true });
    expect(vault.owner.get('OK').reveal()).toBe('12345');
  });

  it('are gone at once when removed, and the log is emptied (VAULT-1)', () => {
    put('GONE', 'long enough');
    expect(vault.owner.remove('GONE')).toBe(true);
    expect(rows.scrubs).toBe(1);
    expect(() => vault.owner.get('GONE')).toThrow(expect.objectContaining({ code: 'vault.missing' }));
    expect(vault.owner.remove('GONE')).toBe(false);
    expect(vault.owner.list()).toEqual([]);
  });

  it('see what another process wrote', () => {
    const other = new Vault(rows, key, system);
    other.owner.put({ name: 'THEIRS', value: new Secret('from the side'), hosts: [] });
    expect(vault.owner.get('THEIRS').reveal()).toBe('from the side');
    other.owner.remove('THEIRS');
    expect(() => vault.owner.get('THEIRS')).toThrow(expect.objectContaining({ code: 'vault.missing' }));
  });

  it('stop when frozen and thaw with a new value', () => {
    put('BURNT', 'long enough');
    vault.owner.freeze('BURNT');
    expect(rows.scrubs).toBe(1);
    expect(() => vault.owner.get('BURNT')).toThrow(expect.objectContaining({ code: 'vault.frozen' }));
    expect(vault.owner.list()[0]?.state).toBe('frozen');
    expect(vault.values().map(({ value }) => value.reveal())).toEqual(['long enough']);
    put('BURNT', 'the new value');
    expect(vault.owner.get('BURNT').reveal()).toBe('the new value');
  });

  it('of the owner all stop while the vault is frozen; the product’s go on', () => {
    put('MINE', 'long enough');
    vault.product.put({ name: 'BOT', value: new Secret('a bot token'), hosts: [] });
    vault.setFrozen(true);
    expect(() => vault.owner.get('MINE')).toThrow(expect.objectContaining({ code: 'vault.frozen' }));
    expect(vault.product.get('BOT').reveal()).toBe('a bot token');
    vault.setFrozen(false);
    expect(vault.owner.get('MINE').reveal()).toBe('long enough');
  });

  it('of the product are not reached by any name through the owner’s (VAULT-5)', () => {
    vault.product.put({ name: 'ANTHROPIC_API_KEY', value: new Secret('the model key'), hosts: [] });
    for (const name of ['ANTHROPIC_API_KEY', 'product/ANTHROPIC_API_KEY', '../product/ANTHROPIC_API_KEY', 'PRODUCT']) {
      expect(() => vault.owner.get(name)).toThrow(expect.objectContaining({ code: 'vault.missing' }));
      expect(vault.owner.has(name)).toBe(false);
    }
    expect(vault.owner.list()).toEqual([]);
    put('ANTHROPIC_API_KEY', 'the owner’s own');
    expect(vault.owner.remove('ANTHROPIC_API_KEY')).toBe(true);
    expect(vault.product.get('ANTHROPIC_API_KEY').reveal()).toBe('the model key');
  });

  it('change hosts without touching the value', () => {
    put('KEY', 'long enough', ['a.example']);
    vault.owner.setHosts('KEY', ['b.example:443']);
    expect(vault.owner.hosts('KEY')).toEqual(['b.example:443']);
    expect(vault.owner.get('KEY').reveal()).toBe('long enough');
  });

  it('are whole or not at all when a write fails', () => {
    put('KEY', 'the old value');
    rows.failNextWrite = true;
    expect(() => put('KEY', 'the new value')).toThrow('disk full');
    expect(vault.owner.get('KEY').reveal()).toBe('the old value');
  });

  it('print nothing of themselves', () => {
    put('KEY', 'long enough');
    expect(`${vault.owner.get('KEY')} ${JSON.stringify(vault.owner.get('KEY'))}`).toBe('[secret] "[secret]"');
  });
});

describe('tampering is detected and named (VAULT-2)', () => {
  const corrupt = (text: string) =>
    expect.objectContaining({ code: 'vault.corrupt', message: expect.stringContaining(text) });
  const change = (name: string, by: Parameters<typeof Object.assign>[1]) => {
    const row = rows.find('owner', name);
    if (row) rows.save({ ...row, ...by });
  };

  beforeEach(() => {
    put('ONE', 'the first value', ['a.example']);
    put('TWO', 'the second value', ['b.example']);
  });

  it('any flipped byte of an envelope', () => {
    const whole = rows.find('owner', 'ONE')?.envelope ?? new Uint8Array();
    for (let at = 0; at < whole.length; at += 1) {
      change('ONE', { envelope: flip(whole, at) });
      expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
    }
    expect(vault.damages()).toHaveLength(1);
    expect(vault.owner.list().map(({ name, state }) => [name, state])).toEqual([
      ['ONE', 'damaged'],
      ['TWO', 'ready'],
    ]);
    expect(vault.owner.get('TWO').reveal()).toBe('the second value');
  });

  it('swapped rows', () => {
    const [one, two] = [rows.find('owner', 'ONE'), rows.find('owner', 'TWO')];
    change('ONE', { envelope: two?.envelope, version: two?.version });
    change('TWO', { envelope: one?.envelope, version: one?.version });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
    expect(() => vault.owner.get('TWO')).toThrow(corrupt('TWO'));
    change('ONE', { version: one?.version });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
  });

  it('an older row put back, with and without its version changed', () => {
    const old = rows.find('owner', 'ONE');
    put('ONE', 'the newer value', ['a.example']);
    const current = rows.find('owner', 'ONE');
    change('ONE', { ...old });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('older one put back'));
    change('ONE', { version: current?.version });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
  });

  it('an old row put back after its entry was removed and made again', () => {
    const old = rows.find('owner', 'ONE');
    vault.owner.remove('ONE');
    put('ONE', 'made again', ['a.example']);
    change('ONE', { ...old });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
  });

  it('a removed entry put back, and an entry taken out', () => {
    const old = rows.find('owner', 'ONE');
    vault.owner.remove('ONE');
    if (old) rows.save(old);
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('ONE'));
    rows.remove('owner', 'TWO');
    expect(() => vault.owner.get('TWO')).toThrow(corrupt('its row is missing'));
    expect(vault.owner.list().map(({ state }) => state)).toEqual(['damaged', 'damaged']);
  });

  it('altered hosts, kind and freeze', () => {
    change('ONE', { hosts: ['a.example', 'evil.example'] });
    expect(() => vault.owner.get('ONE')).toThrow(corrupt('hosts were altered'));
    expect(() => vault.owner.hosts('ONE')).toThrow(corrupt('hosts were altered'));
    vault.owner.freeze('TWO');
    change('TWO', { frozen: false });
    expect(() => vault.owner.get('TWO')).toThrow(corrupt('freeze was altered'));
    vault.product.put({ name: 'BOT', value: new Secret('a bot token'), hosts: [] });
    const bot = rows.find('product', 'BOT');
    if (bot) rows.save({ ...bot, kind: 'owner' });
    expect(() => vault.owner.get('BOT')).toThrow(corrupt('BOT'));
  });

  it('any flipped byte of the list and of the header', () => {
    const { state } = rows.image;
    if (!state) throw new Error('no state');
    for (let at = 0; at < state.manifest.length; at += 1) {
      rows.image.state = { ...state, manifest: flip(state.manifest, at) };
      expect(() => vault.owner.get('TWO')).toThrow(corrupt('manifest'));
    }
    for (let at = 0; at < state.header.length; at += 1) {
      rows.image.state = { ...state, header: flip(state.header, at) };
      expect(() => vault.owner.get('TWO')).toThrow(corrupt('header'));
    }
  });

  it('and a damaged entry can be removed or replaced', () => {
    change('ONE', { envelope: new Uint8Array(40) });
    put('ONE', 'entered again');
    expect(vault.owner.get('ONE').reveal()).toBe('entered again');
    change('TWO', { envelope: new Uint8Array(40) });
    expect(vault.owner.remove('TWO')).toBe(true);
    expect(vault.damages()).toEqual([]);
  });
});

describe('rotation (VAULT-3)', () => {
  it('seals every entry and what others keep under the new key, in one transaction', async () => {
    put('ONE', 'the first value', ['a.example']);
    vault.product.put({ name: 'BOT', value: new Secret('a bot token'), hosts: [] });
    let kept = vault.seal('request/abc', Buffer.from('a private key'));
    const before = copyImage(rows.image);
    await vault.rotate(new Secret('another vault key'), (again) => {
      kept = again('request/abc', kept);
    });
    expect(vault.owner.get('ONE').reveal()).toBe('the first value');
    expect(vault.product.get('BOT').reveal()).toBe('a bot token');
    expect(Buffer.from(vault.unseal('request/abc', kept)).toString()).toBe('a private key');
    expect(() => vault.unseal('request/abd', kept)).toThrow(expect.objectContaining({ code: 'vault.corrupt' }));
    expect(rows.scrubs).toBe(1);
    expect(() => new Vault(rows, key, system).owner.get('ONE')).toThrow(expect.objectContaining({ code: 'vault.key' }));
    for (const [id, row] of before.rows) expect(rows.image.rows.get(id)?.envelope).not.toEqual(row.envelope);
  });

  it('leaves the old state whole when it fails anywhere', async () => {
    put('ONE', 'the first value');
    const broken = vault.rotate(new Secret('another vault key'), () => {
      throw new Error('killed');
    });
    await expect(broken).rejects.toThrow('killed');
    expect(vault.owner.get('ONE').reveal()).toBe('the first value');
    rows.failNextWrite = true;
    await expect(vault.rotate(new Secret('another vault key'))).rejects.toThrow('disk full');
    expect(vault.owner.get('ONE').reveal()).toBe('the first value');
  });

  it('refuses to carry a damaged entry over, naming it', async () => {
    put('ONE', 'the first value');
    rows.remove('owner', 'ONE');
    await expect(vault.rotate(new Secret('another vault key'))).rejects.toThrow(/ONE/);
  });
});

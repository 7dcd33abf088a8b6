import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { linkLabel } from '../../src/gateway/secrets.js';
import { openStore } from '../../src/store/store.js';
import { createSystem } from '../../src/system.js';
import { readKeyFile } from '../../src/vault/keyfile.js';
import { openVault } from '../../src/vault/open.js';
import { createRequestSecrets, requestLabel } from '../../src/vault/request.js';
import { cli, startCli } from '../support/cli.js';
import { Gateway, temporaryHome } from '../support/gateway.js';

const ENTRIES = 60;
const EARLY = 5;
const ROUNDS = 32;
const valueAt = (index: number): string => `value-${index}-`.padEnd(4_000, String(index % 10));
const system = createSystem();

describe('vault rotate, on the built command line (VAULT-3)', () => {
  let home: ReturnType<typeof temporaryHome>;
  const keyFile = () => join(home.path, '.env');
  const database = () => join(home.path, 'seneschal.sqlite');

  beforeEach(() => {
    home = temporaryHome();
  });
  afterEach(() => home.remove());

  const open = async (environmentKey?: string) => {
    const store = openStore(database(), system);
    const given = environmentKey === undefined ? {} : { environmentKey: new Secret(environmentKey) };
    const opened = await openVault({ rows: store.vault, system, keyFile: keyFile(), settles: true, ...given });
    return { store, ...opened };
  };

  /** A vault with entries of both kinds, a form that waits, and its link in a message that has not gone out. */
  async function fill(environmentKey?: string) {
    const { store, vault } = await open(environmentKey);
    store.transaction(() => {
      for (let index = 0; index < ENTRIES; index += 1) {
        const name = `KEY_${index}`;
        vault.owner.put({ name, value: new Secret(valueAt(index)), hosts: [`host-${index}.example`] });
      }
      vault.product.put({ name: 'MISTRAL_API_KEY', value: new Secret('a model key'), hosts: [] });
      const address = { channel: 'telegram', space: '1', direct: true };
      store.conversations.ensure(address);
      const deliveryId = store.deliveries.add({ address, content: {} });
      const sealedLink = Buffer.from(vault.seal(linkLabel(deliveryId), Buffer.from('the link'))).toString('base64');
      store.deliveries.setContent(deliveryId, { sealedLink });
      const { row } = createRequestSecrets(vault, system);
      const values = [{ entry: 'WANTED', label: 'WANTED', multiline: false }];
      const words = { name: 'WANTED', kind: 'owner', purpose: 'x', suggestedHosts: [], untrustedSources: [] } as const;
      const request = { ...row, ...words, values, replaces: null, state: 'pending', answeredAt: null } as const;
      store.secretRequests.add({ request, callId: null, deliveryId });
    });
    store.close();
  }

  /** Everything opens under the one key that stands in the file; gives that key. */
  async function whole(environmentKey?: string): Promise<string> {
    const { store, vault, key, warnings } = await open(environmentKey);
    try {
      expect(warnings).toEqual([]);
      expect(vault.owner.list()).toHaveLength(ENTRIES);
      for (const { name, value } of vault.owner.values()) {
        expect(value.reveal()).toBe(valueAt(Number(name.slice(4))));
        expect(vault.owner.hosts(name)).toEqual([`host-${name.slice(4)}.example`]);
      }
      expect(vault.product.get('MISTRAL_API_KEY').reveal()).toBe('a model key');
      const [waiting] = store.secretRequests.pending();
      const { tokenHash = '', sealedPrivateKey = new Uint8Array() } = waiting?.request ?? {};
      expect(vault.unseal(requestLabel(tokenHash), sealedPrivateKey)).toHaveLength(32);
      const delivery = store.deliveries.get(waiting?.deliveryId ?? '');
      const link = vault.unseal(
        linkLabel(delivery?.id ?? ''),
        Buffer.from(delivery?.content.sealedLink ?? '', 'base64'),
      );
      expect(Buffer.from(link).toString()).toBe('the link');
      if (environmentKey === undefined) {
        const file = readKeyFile(keyFile());
        expect([file.key?.reveal(), file.next]).toEqual([key.reveal(), undefined]);
      }
      return key.reveal();
    } finally {
      store.close();
    }
  }

  it('SIGKILL at any of 32 instants leaves the old or the new state whole', { timeout: 400_000 }, async () => {
    await fill();
    let key = await whole();
    const clock = () => performance.now();
    const hasNext = () => existsSync(keyFile()) && readFileSync(keyFile(), 'utf8').includes('_NEXT=');
    /** Starts a rotation and waits until the new key is written beside the old one. */
    const begin = async () => {
      const run = startCli(home.path, ['vault', 'rotate']);
      while (run.child.exitCode === null && !hasNext()) await new Promise((done) => setTimeout(done, 1));
      return run;
    };
    const measured = await begin();
    const began = clock();
    expect(await measured.ended).toMatchObject({ code: 0 });
    const length = clock() - began;
    expect(await whole()).not.toBe(key);
    key = await whole();
    const seen = { old: 0, next: 0 };
    let edge = length;
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = await begin();
      // Most of the time goes into deriving the new key. Where rows and files change it is tried densely: a walk around
      // the instant from which on the new key counts, later after an old one and earlier after a new one.
      const spread = ((round % 5) - 2) * 0.015;
      const after = round < EARLY ? (length * round) / EARLY : Math.max(0, edge + length * spread);
      await new Promise((done) => setTimeout(done, after));
      run.child.kill('SIGKILL');
      await run.ended;
      const now = await whole();
      seen[now === key ? 'old' : 'next'] += 1;
      if (round >= EARLY) edge += length * (now === key ? 0.05 : -0.05);
      key = now;
    }
    expect(seen.old).toBeGreaterThan(5);
    expect(seen.next).toBeGreaterThan(5);
  });

  it('leaves nothing of the old key’s making in the database', async () => {
    await fill();
    const { store } = await open();
    const before = store.vault.all().map((row) => Buffer.from(row.envelope ?? []));
    const [form] = store.secretRequests.pending();
    store.close();
    expect((await cli(home.path, ['vault', 'rotate'])).code).toBe(0);
    await whole();
    const bytes = readdirSync(home.path)
      .filter((name) => name.startsWith('seneschal.sqlite'))
      .map((name) => readFileSync(join(home.path, name)));
    for (const sealed of [...before, Buffer.from(form?.request.sealedPrivateKey ?? [])]) {
      expect(sealed.length).toBeGreaterThan(28);
      // Long values lie in several pages: their first bytes are enough to tell them.
      expect(bytes.some((file) => file.includes(sealed.subarray(0, 24)))).toBe(false);
    }
  });

  it('with a key from the environment takes the new one from a file or from standard input and says what to set', async () => {
    const [first, second, third] = ['first', 'second', 'third'].map((word) => `${word} key of the environment`);
    await fill(first);
    const env = { SENESCHAL_VAULT_KEY: first ?? '' };
    const typed = await cli(home.path, ['vault', 'rotate'], { env, input: `${second}\n` });
    expect(typed).toMatchObject({ code: 0, stderr: '' });
    expect(typed.stdout).toContain('Now set SENESCHAL_VAULT_KEY to the new key');
    expect(typed.stdout).not.toContain(second);
    expect(existsSync(keyFile())).toBe(false);
    await whole(second);
    const file = join(home.path, 'new-key');
    writeFileSync(file, `${third}\n`);
    const inFile = join(home.path, 'key-in-use');
    writeFileSync(inFile, `${second}\n`);
    const byFile = { SENESCHAL_VAULT_KEY_FILE: inFile };
    const again = await cli(home.path, ['vault', 'rotate', '--key-file', file], { env: byFile });
    expect(again.stdout).toContain(`Now set the file ${inFile}`);
    await whole(third);
    for (const input of ['', 'too short', `${third}\n`]) {
      const refused = await cli(home.path, ['vault', 'rotate'], { env: { SENESCHAL_VAULT_KEY: third ?? '' }, input });
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('ault key')]);
    }
    await whole(third);
  });

  it('needs the home lock; other vault commands do not, and disturb no rotation', { timeout: 60_000 }, async () => {
    await fill();
    const gateway = await Gateway.start({ home: home.path, env: { SENESCHAL_MODEL: 'rehearsal' } });
    const refused = await cli(home.path, ['vault', 'rotate']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('already running')]);
    expect((await cli(home.path, ['vault', 'list'])).code).toBe(0);
    await gateway.stop();
    const rotating = startCli(home.path, ['vault', 'rotate']);
    const listings = Array.from({ length: 6 }, () => cli(home.path, ['vault', 'list']));
    expect((await rotating.ended).code).toBe(0);
    for (const listing of await Promise.all(listings)) expect([0, 1]).toContain(listing.code);
    await whole();
  });
});

describe('vault key, on the built command line (VAULT-3)', () => {
  it('shows the key only after a yes', async () => {
    const home = temporaryHome();
    expect((await cli(home.path, ['vault', 'set', 'A_KEY'], { input: 'a value' })).code).toBe(0);
    const key = /SENESCHAL_VAULT_KEY=(\S+)/.exec(readFileSync(join(home.path, '.env'), 'utf8'))?.[1] ?? '';
    const unasked = await cli(home.path, ['vault', 'key']);
    expect([unasked.code, unasked.stdout, unasked.stderr.includes('--yes')]).toEqual([2, '', true]);
    expect(await cli(home.path, ['vault', 'key', '--yes'])).toEqual({ code: 0, stdout: `${key}\n`, stderr: '' });
    expect(JSON.parse((await cli(home.path, ['vault', 'key', '--yes', '--json'])).stdout)).toEqual({ key });
    home.remove();
  });
});

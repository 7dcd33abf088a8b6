import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import type { EntryKind } from '../../../src/core/vault.js';
import { createOwnerGate } from '../../../src/gateway/owners.js';
import { createSecrets, type FormRequest, type ProductVerdict } from '../../../src/gateway/secrets.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { openVault } from '../../../src/vault/open.js';
import { hashToken } from '../../../src/vault/request.js';
import type { Vault } from '../../../src/vault/vault.js';
import { fakeSystem } from '../../support/fake-system.js';

describe('two posts at once (SECRET-4)', () => {
  const system = fakeSystem(11);
  let folder: string;
  let store: Store;
  let vault: Vault;
  let secrets: ReturnType<typeof createSecrets>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'accept-'));
    store = openStore(join(folder, 'seneschal.sqlite'), system);
    const opened = await openVault({ rows: store.vault, system, keyFile: join(folder, '.env'), settles: true });
    vault = opened.vault;
    secrets = createSecrets({
      store,
      system,
      vault,
      desk: { enqueueOutcomes: () => undefined },
      owners: createOwnerGate(store, system, { configured: new Map() }),
      adapter: () => undefined,
      listening: () => ({ url: 'https://127.0.0.1:8443', fingerprint: '' }),
      timeZone: 'UTC',
      wake: () => undefined,
      reschedule: () => undefined,
      changed: () => undefined,
      own: { isOwn: () => false, overrides: () => false },
      // As a provider's answer would: some posts are judged sooner than others that came before them.
      async judge({ values }): Promise<ProductVerdict> {
        const [first] = values;
        const value = first?.value.reveal() ?? '';
        for (let turns = value.length % 4; turns > 0; turns -= 1) await null;
        const keep = (): string => {
          vault.product.put({ name: 'MISTRAL_API_KEY', value: new Secret(value), hosts: [] });
          return 'Kept.';
        };
        const entries = ['MISTRAL_API_KEY'];
        return { kind: 'good', untested: null, name: 'MISTRAL_API_KEY', tail: null, entries, keep };
      },
    });
  });
  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  async function race(kind: EntryKind, round: number) {
    const name = kind === 'owner' ? 'RACED_KEY' : 'MISTRAL_API_KEY';
    const values = [{ entry: name, label: name, multiline: false }];
    const form: FormRequest = { kind, name, purpose: 'a race.', values, hosts: [], untrusted: [] };
    const token = new URL(secrets.link(form).link).pathname.split('/').pop() ?? '';
    const post = (who: string) =>
      secrets.intake.accept(hashToken(token), {
        values: [{ entry: name, value: new Secret(`value of ${who} in round ${round}`) }],
        hosts: [],
        shortConfirmed: false,
      });
    const posted = ['first', 'the second'].map((who) => ({ who, outcome: post(who) }));
    const outcomes = await Promise.all(posted.map(async ({ who, outcome }) => ({ who, ...(await outcome) })));
    const won = outcomes.filter((one) => one.kind === 'saved');
    expect([won.length, outcomes.find((one) => one.kind !== 'saved')?.kind]).toEqual([1, 'used']);
    const kept = vault[kind].get(name).reveal();
    expect(kept).toBe(`value of ${won[0]?.who} in round ${round}`);
    return won[0]?.who;
  }

  it('exactly one wins, in each of 1,000 rounds on the real store', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 1_000; round += 1) await race('owner', round);
    expect(store.audit.list(5_000).filter((row) => row.kind === 'secret.saved')).toHaveLength(1_000);
    expect(store.audit.verify()).toBeNull();
  });

  it('also where each is tested by its provider first, and the later one may win', { timeout: 60_000 }, async () => {
    const winners = new Set<string | undefined>();
    for (let round = 0; round < 200; round += 1) winners.add(await race('product', round));
    expect([...winners].sort()).toEqual(['first', 'the second']);
  });
});

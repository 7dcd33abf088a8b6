import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createReminders } from '../../../src/policy/reminders.js';
import { openStore } from '../../../src/store/store.js';
import { fakeSystem } from '../../support/fake-system.js';

const folder = mkdtempSync(join(tmpdir(), 'limits-'));
const system = fakeSystem();
const store = openStore(join(folder, 'limits.sqlite'), system);
const conversation = store.conversations.ensure({ channel: 'telegram', space: '1', direct: true }).id;

afterEach(() => system.advance(100 * 86_400_000));
process.once('exit', () => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a standing permission (APPR-5)', () => {
  const grant = (lifetime: number, usesLeft: number) =>
    store.grants.add({
      conversationId: conversation,
      tool: 'write_file',
      pattern: 'write_file a.txt',
      expiresAt: system.now() + lifetime,
      usesLeft,
    });
  const found = () => store.grants.find(conversation, 'write_file', 'write_file a.txt');

  it('ends with its time', () => {
    grant(600_000, 200);
    system.advance(599_999);
    expect(found()).not.toBeNull();
    system.advance(1);
    expect([found(), store.grants.list()]).toEqual([null, []]);
  });

  it('ends with its last use, and counts none beyond it', () => {
    const id = grant(600_000, 2);
    expect([store.grants.use(id), store.grants.use(id), store.grants.use(id)]).toEqual([true, true, false]);
    expect([found(), store.grants.list()]).toEqual([null, []]);
  });

  it('covers nothing once it is revoked, elsewhere, or for another tool or pattern', () => {
    const id = grant(600_000, 200);
    expect(store.grants.find('telegram:2', 'write_file', 'write_file a.txt')).toBeNull();
    expect(store.grants.find(conversation, 'edit_file', 'write_file a.txt')).toBeNull();
    expect(store.grants.find(conversation, 'write_file', 'write_file a.tx')).toBeNull();
    expect([store.grants.revoke(id), store.grants.revoke(id)]).toEqual([true, false]);
    expect([found(), store.grants.use(id)]).toEqual([null, false]);
  });
});

describe('the reminder of a card that waits (APPR-8)', () => {
  const reminders = createReminders(store, system, { timeZone: 'UTC' });
  const remindedAfter = (lifetime: number): number | null => {
    const turnId = store.turns.add({ conversationId: conversation, kind: 'outcome', eventSeq: null });
    const card = store.approvals.addCard({ conversationId: conversation, turnId, kind: 'approval' });
    reminders.plan(card, system.now() + lifetime);
    const at = store.reminders.nextAt();
    store.reminders.end(card);
    return at === null ? null : at - system.now();
  };

  it.each([
    ['15 minutes', 900_000, 600_000],
    ['a day', 86_400_000, 57_600_000],
    ['two minutes', 120_000, 60_000],
    ['20 seconds', 20_000, 10_000],
  ])('comes with a third of %s left, or a minute, or half of it', (_name, lifetime, after) => {
    expect(remindedAfter(lifetime)).toBe(after);
  });

  it('never comes where an answer would come too late anyway', () => {
    expect(remindedAfter(4_000)).toBeNull();
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundEvent } from '../../../src/core/event.js';
import type { Logger } from '../../../src/core/log.js';
import type { Commands } from '../../../src/gateway/commands.js';
import { createHome } from '../../../src/gateway/home.js';
import { createIntake } from '../../../src/gateway/intake.js';
import type { Outbox } from '../../../src/gateway/outbox.js';
import { createOwnerGate } from '../../../src/gateway/owners.js';
import { createPasteDesk } from '../../../src/gateway/paste.js';
import type { Queue } from '../../../src/gateway/queue.js';
import { createInboundMask } from '../../../src/guards/inbound.js';
import { createRedactor } from '../../../src/guards/redact.js';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';
import { createApprovalDesk } from '../../../src/policy/approvals.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';

const OWNER = '42';
const KEY = ['sk', 'ant', 'api03', 'k3Q'.repeat(30), 'AA'].join('-');
const log: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Intake on a real store; the rooms behind it only note that they were woken. */
describe('intake (TURN-1, TURN-2)', () => {
  let folder: string;
  let system: FakeSystem;
  let store: Store;
  let woken: string[];
  let intake: ReturnType<typeof createIntake>;
  let next = 0;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intake-'));
    system = fakeSystem(7);
    store = openStore(join(folder, 'seneschal.sqlite'), system);
    woken = [];
    const guard = createSecretGuard();
    const owners = createOwnerGate(store, system, { configured: new Map([['test', [OWNER]]]) });
    intake = createIntake({
      store,
      system,
      log,
      owners,
      paste: createPasteDesk({
        store,
        system,
        mask: createInboundMask(guard, createRedactor()),
        deletes: () => true,
        channelName: () => 'Test',
        save: () => [],
        own: { isOwn: () => false },
        wake: () => undefined,
      }),
      desk: createApprovalDesk(store, system, {
        ttlMs: 1_000,
        timeZone: 'UTC',
        mirrors: () => [],
        channelName: () => 'Test',
        maxText: () => 4_096,
        wake: () => undefined,
        reschedule: () => undefined,
      }),
      commands: { run: async () => undefined } as unknown as Commands,
      queue: { wake: (id: string) => woken.push(id), wakeAll: () => undefined } as unknown as Queue,
      outbox: { wake: () => undefined, wakeAll: () => undefined } as unknown as Outbox,
      home: createHome(store, undefined),
      adapter: () => undefined,
      press: () => null,
    } as Parameters<typeof createIntake>[0]);
  });

  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const message = (text: string, more: Partial<InboundEvent> = {}): InboundEvent => {
    next += 1;
    return {
      kind: 'message.created',
      eventId: `e${next}`,
      channel: 'test',
      address: { channel: 'test', space: 'home', direct: true },
      sender: { userId: OWNER },
      sentAt: system.now(),
      receivedAt: system.now(),
      messageId: `m${next}`,
      text,
      attachments: [],
      ...more,
    } as InboundEvent;
  };
  const events = () => {
    const database = new Database(join(folder, 'seneschal.sqlite'), { readonly: true });
    const rows = database.prepare('SELECT kind, payload FROM events ORDER BY seq').all() as { payload: string }[];
    const turns = database.prepare('SELECT count(*) AS n FROM turns').get() as { n: number };
    database.close();
    return { payloads: rows.map((row) => row.payload), turns: turns.n };
  };

  it('stores nothing of a stranger and gives no answer (OWN-1)', async () => {
    expect(await intake.receive(message('hello', { sender: { userId: '7' } }))).toEqual({ accepted: false });
    expect(events()).toEqual({ payloads: [], turns: 0 });
  });

  it('has the message on disk when it resolves, a key in it already masked (TURN-1, PASTE-1)', async () => {
    expect(await intake.receive(message(`use ${KEY} for it`))).toEqual({ accepted: true });
    const { payloads, turns } = events();
    expect(turns).toBe(1);
    expect(payloads[0]).toContain('[secret removed: Anthropic API key]');
    expect(payloads.join()).not.toContain(KEY);
  });

  it('rejects when the store cannot take it, so that nothing is acknowledged, and takes it later (TURN-1)', async () => {
    const blocker = new Database(join(folder, 'seneschal.sqlite'));
    blocker.exec('BEGIN IMMEDIATE');
    const event = message('hello');
    await expect(intake.receive(event)).rejects.toMatchObject({ code: 'store.failed' });
    blocker.exec('ROLLBACK');
    blocker.close();
    await intake.receive(event);
    expect(events().turns).toBe(1);
  }, 20_000);

  it('takes a redelivery once, under the same id or a new one (TURN-1)', async () => {
    const event = message('once');
    await intake.receive(event);
    await intake.receive(event);
    await intake.receive({ ...event, eventId: 'another' });
    expect(events()).toMatchObject({ turns: 1, payloads: [expect.stringContaining('once')] });
  });

  it('holds only a text of 3,900 units or more, and joins what follows directly (TURN-2)', async () => {
    const first = intake.receive(message('a'.repeat(3_900)));
    const second = intake.receive(message('the end'));
    await Promise.all([first, second]);
    const joined = JSON.parse(events().payloads[1] ?? events().payloads[0] ?? '{}') as { text: string };
    expect([events().turns, joined.text.endsWith('athe end')]).toEqual([1, true]);
    await intake.receive(message('b'.repeat(3_899)));
    expect(events().turns).toBe(2);
    const alone = intake.receive(message('c'.repeat(4_000)));
    expect(events().turns).toBe(2);
    system.advance(300);
    await alone;
    expect(events().turns).toBe(3);
  });

  it('finds a key that the client cut into two messages (PASTE-1, TURN-2)', async () => {
    const text = `${'x '.repeat(2_000)}${KEY}`;
    const cut = text.length - 40;
    await Promise.all([intake.receive(message(text.slice(0, cut))), intake.receive(message(text.slice(cut)))]);
    expect(events().payloads.join()).not.toContain(KEY.slice(-40));
    expect(events().payloads.join()).toContain('[secret removed');
  });

  it('passes over kinds that mean nothing here, reactions among them (CHAN-11)', async () => {
    const reaction = { ...message(''), kind: 'reaction.added', reaction: '👍' } as InboundEvent;
    expect(await intake.receive(reaction)).toEqual({ accepted: true });
    expect(events().turns).toBe(0);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Loop } from '../../../src/agent/loop.js';
import { SeneschalError } from '../../../src/core/errors.js';
import type { Live } from '../../../src/gateway/live.js';
import type { Outbox } from '../../../src/gateway/outbox.js';
import { createQueue } from '../../../src/gateway/queue.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';

/** The queue on a real store; the loop only fails or ends, as told. */
describe('a turn that cannot go on', () => {
  let folder: string;
  let system: FakeSystem;
  let store: Store;
  let fails: (turnId: string) => unknown;
  let givenUp: string[];
  let runs: string[];
  let queue: ReturnType<typeof createQueue>;
  let conversation: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'queue-'));
    system = fakeSystem(3);
    store = openStore(join(folder, 'seneschal.sqlite'), system);
    conversation = store.conversations.ensure({ channel: 'test', space: '1', direct: true }).id;
    [givenUp, runs] = [[], []];
    const loop = {
      run: async (turnId: string) => {
        runs.push(turnId);
        const thrown = fails(turnId);
        if (thrown !== null) throw thrown;
        store.turns.end(turnId, 'done');
        return 'ended' as const;
      },
      giveUp: (turnId: string) => {
        givenUp.push(turnId);
        store.turns.end(turnId, 'failed');
      },
    } as unknown as Loop;
    const live = { begin: () => undefined, end: () => undefined, partial: () => '' } as unknown as Live;
    const outbox = { wake: () => undefined } as unknown as Outbox;
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    queue = createQueue({ store, system, log, loop, live, outbox });
  });

  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const add = () => store.turns.add({ conversationId: conversation, kind: 'message', eventSeq: null });
  const seconds = async (count: number) => {
    for (let passed = 0; passed < count; passed += 1) {
      await new Promise((done) => setImmediate(done));
      system.advance(1_000);
    }
    await new Promise((done) => setImmediate(done));
  };

  it('ends with a sentence after three tries, and the next one is heard (TURN-3, CHAN-8)', async () => {
    const [bad, good] = [add(), add()];
    fails = (turnId) => (turnId === bad ? new RangeError('a fault of ours') : null);
    queue.wake(conversation);
    await seconds(6);
    expect(runs).toEqual([bad, bad, bad, good]);
    expect(givenUp).toEqual([bad]);
  });

  it('is tried as long as the disk is full (TURN-1)', async () => {
    const turn = add();
    let full = true;
    fails = () => (full ? new SeneschalError('store.full', 'The disk is full.', { retryable: true }) : null);
    queue.wake(conversation);
    await seconds(20);
    expect(givenUp).toEqual([]);
    full = false;
    await seconds(2);
    expect(store.turns.get(turn)?.state).toBe('done');
  });
});

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/store.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { temporaryHome } from '../../support/gateway.js';

const HOUR = 3_600_000;

describe('counts of outbound requests (GUARD-2)', () => {
  let home: ReturnType<typeof temporaryHome>;
  let system: FakeSystem;
  let store: ReturnType<typeof openStore>;
  const open = () => openStore(join(home.path, 'seneschal.sqlite'), system);
  const chat = (space: string) => store.conversations.ensure({ channel: 'telegram', space, direct: true }).id;
  const send = (conversation: string) => store.transaction(() => store.counters.addRequest(conversation));

  beforeEach(() => {
    home = temporaryHome();
    system = fakeSystem(1);
    store = open();
  });
  afterEach(() => {
    store.close();
    home.remove();
  });

  it('are of the conversation, and of an hour and a day over all conversations', () => {
    const [a, b] = [chat('1'), chat('2')];
    send(a);
    send(b);
    system.advance(HOUR);
    send(b);
    expect(store.counters.requests(a)).toEqual({ conversation: 1, hour: 1, day: 3 });
    expect(store.counters.requests(b)).toEqual({ conversation: 2, hour: 1, day: 3 });
    system.advance(23 * HOUR);
    expect(store.counters.requests(b)).toEqual({ conversation: 2, hour: 0, day: 1 });
  });

  it('are kept over a restart', () => {
    const a = chat('1');
    send(a);
    store.close();
    store = open();
    expect(store.counters.requests(a)).toEqual({ conversation: 1, hour: 1, day: 1 });
  });

  it('of a conversation begin again with /new, those of the hour do not', () => {
    const a = chat('1');
    send(a);
    store.turns.add({ conversationId: a, kind: 'outcome', eventSeq: null, callIds: [] });
    const [turn] = store.turns.open(a);
    store.history.append(a, turn?.id ?? '', { role: 'user', content: [{ type: 'text', text: 'hello' }] });
    store.conversations.startAfresh(a);
    expect(store.counters.requests(a)).toEqual({ conversation: 0, hour: 1, day: 1 });
    system.advance(25 * HOUR);
    send(a);
    expect(store.counters.requests(a)).toEqual({ conversation: 1, hour: 1, day: 1 });
  });
});

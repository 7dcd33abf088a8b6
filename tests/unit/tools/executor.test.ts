import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_TAINT } from '../../../src/core/trust.js';
import { SOURCES } from '../../../src/guards/sources.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { defineTool, type ToolDefinition } from '../../../src/tools/define.js';
import { createExecutor } from '../../../src/tools/executor.js';
import { createRegistry } from '../../../src/tools/registry.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { temporaryHome } from '../../support/gateway.js';

/** A read that gives a text. */
const reading = (name: string, more: Partial<ToolDefinition<object>> = {}): ToolDefinition =>
  defineTool<object>({
    name,
    description: name,
    input: z.strictObject({}),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    resolve: async () => ({
      tool: name,
      class: 'read',
      bound: {},
      card: { title: name, body: '', facts: ['a fact'] },
      grantPattern: name,
      outward: false,
      repeatable: true,
      forbidden: null,
    }),
    run: async () => ({ text: 'a text', isError: false, summary: 'read', taint: NO_TAINT }),
    ...more,
  });

describe('the executor', () => {
  let home: ReturnType<typeof temporaryHome>;
  let system: FakeSystem;
  let store: Store;
  let conversation: string;
  let turnId: string;

  beforeEach(() => {
    home = temporaryHome();
    system = fakeSystem(3);
    store = openStore(join(home.path, 'seneschal.sqlite'), system);
    conversation = store.conversations.ensure({ channel: 'test', space: '1', direct: true }).id;
    store.turns.add({ conversationId: conversation, kind: 'outcome', eventSeq: null, callIds: [] });
    turnId = store.turns.open(conversation)[0]?.id ?? '';
  });
  afterEach(() => {
    store.close();
    home.remove();
  });

  const executor = (tools: readonly ToolDefinition[], cap = 100) =>
    createExecutor({
      store,
      registry: createRegistry(tools, []),
      mask: { redact: (text: string) => text },
      caps: { conversation: cap, hour: 100, day: 100 },
      log: { debug() {}, info() {}, warn() {}, error() {} },
      secretHosts: () => null,
      outgoing: () => null,
      touched: () => undefined,
      secret: () => {
        throw new Error('no secrets here');
      },
    } as unknown as Parameters<typeof createExecutor>[0]);
  const propose = (id: string, tool: string, position = 0) => {
    store.calls.add({ id, turnId, conversationId: conversation, step: 1, tool, input: {} }, position);
    return () => {
      const call = store.calls.get(id);
      if (!call) throw new Error(`no call ${id}`);
      return call;
    };
  };
  const run = { signal: new AbortController().signal, progress: () => undefined };
  const turn = () => ({ id: turnId, taint: NO_TAINT });

  it('wraps what a tool without a line in the table of sources gives, and marks the turn (GUARD-11)', async () => {
    const added = propose('c1', 'added_tool');
    await executor([reading('added_tool')]).execute(added(), turn(), run);
    expect(added().result).toMatch(/^<untrusted_data source="tool:added_tool">[\s\S]*a text[\s\S]*<\/untrusted_data>$/);
    expect(store.turns.get(turnId)?.taint.untrusted).toEqual(['tool:added_tool']);
    expect(store.conversations.get(conversation)?.taint.untrusted).toEqual(['tool:added_tool']);
  });

  it('leaves what comes from the box itself as it is (GUARD-11)', async () => {
    expect(SOURCES.read_file).toEqual({ wrapped: false, scanned: false });
    const own = propose('c1', 'read_file');
    await executor([reading('read_file')]).execute(own(), turn(), run);
    expect(own().result).toBe('a text');
    expect(store.turns.get(turnId)?.taint).toEqual(NO_TAINT);
  });

  it('counts requests as they start, and asks for those of one answer that would break the cap (GUARD-2, GUARD-12)', async () => {
    const door = executor([reading('fetch_page', { sendsRequest: true })], 2);
    const calls = ['c1', 'c2', 'c3'].map((id, position) => propose(id, 'fetch_page', position));
    const effects = await Promise.all(calls.map((call) => door.assess(call(), NO_TAINT)));
    expect(effects.map(({ effect }) => effect)).toEqual(['run', 'run', 'ask']);
    expect(effects[2]).toMatchObject({
      action: {
        grantPattern: null,
        card: { facts: ['a fact', expect.stringMatching(/^Cap reached: 2 of 2 requests in this conversation/)] },
      },
    });
    for (const call of calls) await door.execute(call(), turn(), run);
    expect(store.counters.requests(conversation).conversation).toBe(2);
    // Judged again at the door: what was not approved does not slip past a cap that was reached meanwhile.
    expect(calls[2]?.().result).toMatch(/A cap on requests was reached meanwhile/);
  });

  it('neither counts nor asks for a tool that sends no request', async () => {
    const door = executor([reading('list_files')], 0);
    const call = propose('c1', 'list_files');
    expect((await door.assess(call(), NO_TAINT)).effect).toBe('run');
    await door.execute(call(), turn(), run);
    expect(store.counters.requests(conversation).conversation).toBe(0);
  });
});

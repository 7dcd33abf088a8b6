import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResolvedAction } from '../../../src/core/tool.js';
import { NO_TAINT, type Taint } from '../../../src/core/trust.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { createOrigins } from '../../../src/tools/origins.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { temporaryHome } from '../../support/gateway.js';

const PAGE = 'https://example.org:443/post';
const page: Taint = { untrusted: [PAGE], private: [] };

describe('where files come from (GUARD-4, GUARD-11)', () => {
  let home: ReturnType<typeof temporaryHome>;
  let system: FakeSystem;
  let store: Store;
  let conversation: string;
  let turnId: string;
  /** What stands where, as the workspace would say it. */
  let entries: Map<string, { kind: 'file'; size: number; changedAt: number; identity: string }>;
  let number = 0;

  beforeEach(() => {
    home = temporaryHome();
    system = fakeSystem(5);
    store = openStore(join(home.path, 'seneschal.sqlite'), system);
    conversation = store.conversations.ensure({ channel: 'test', space: '1', direct: true }).id;
    store.turns.add({ conversationId: conversation, kind: 'outcome', eventSeq: null });
    turnId = store.turns.open(conversation)[0]?.id ?? '';
    entries = new Map();
  });
  afterEach(() => {
    store.close();
    home.remove();
  });

  const origins = () => createOrigins({ store, workspace: { stat: async (path) => entries.get(path) ?? null } });
  const later = (ms = 1_000) => system.advance(ms);
  const put = (path: string) => {
    number += 1;
    entries.set(path, { kind: 'file', size: 1, changedAt: system.now(), identity: `1:${number}:${system.now()}` });
  };
  const of = (path: string, store_ = store) =>
    store_.provenance.of(path, entries.get(path) ?? { changedAt: 0, identity: '' });
  const start = (id: string, makes: ResolvedAction['makes'], path: string | null, taint: Taint, from?: string[]) => {
    const action = {
      tool: 'x',
      class: 'write',
      bound: path === null ? {} : { path },
      card: { title: '', body: '', facts: [] },
      grantPattern: null,
      outward: false,
      repeatable: true,
      forbidden: null,
      ...(makes === undefined ? {} : { makes }),
      ...(from === undefined ? {} : { from }),
    } as ResolvedAction;
    store.calls.add({ id, turnId, conversationId: conversation, step: 1, tool: 'x', input: {} }, 0);
    store.calls.start(id, action, '');
    origins().begins(id, action, taint);
  };
  const end = async (id: string, isError = false) => {
    const made = await origins().made(id);
    store.calls.finish(id, { text: '', isError, summary: '' });
    origins().ended(made, { text: '', isError, summary: '', taint: NO_TAINT });
  };
  const write = async (id: string, path: string, taint: Taint) => {
    start(id, 'whole', path, taint);
    put(path);
    await end(id);
    later();
  };

  it('marks what was written after untrusted content before the file is there, and over a restart', async () => {
    start('c1', 'whole', 'notes/a.md', page);
    expect(of('notes/a.md')).toEqual([PAGE]);
    store.close();
    store = openStore(join(home.path, 'seneschal.sqlite'), system);
    expect(of('notes/a.md')).toEqual([PAGE]);
    expect(of('notes')).toEqual([PAGE]);
    expect(of('notes/b.md')).toEqual([]);
    expect(of('notes-2')).toEqual([]);
  });

  it('forgets it once a turn that has read nothing replaces the whole file, and not by an edit or a failure', async () => {
    await write('c1', 'a.md', page);
    start('c2', 'part', 'a.md', NO_TAINT, [PAGE]);
    put('a.md');
    await end('c2');
    later();
    expect(of('a.md')).toEqual([PAGE]);
    start('c3', 'whole', 'a.md', NO_TAINT);
    await end('c3', true);
    later();
    expect(of('a.md')).toEqual([PAGE]);
    await write('c4', 'a.md', NO_TAINT);
    expect(of('a.md')).toEqual([]);
  });

  it('keeps the mark of what another conversation wrote meanwhile', async () => {
    start('clean', 'whole', 'a.md', NO_TAINT);
    start('tainted', 'whole', 'a.md', page);
    put('a.md');
    later();
    await end('tainted');
    await end('clean');
    expect(of('a.md')).toEqual([PAGE]);
  });

  it('knows the file again where its folder was given another name', async () => {
    await write('c1', 'in/a.md', page);
    entries.set('out/a.md', entries.get('in/a.md') as never);
    expect(of('out/a.md')).toEqual([PAGE]);
  });

  it('marks what changed while a command ran after untrusted content, and while its job goes on', async () => {
    put('before');
    later();
    start('c1', 'files', null, page);
    store.processes.started({ callId: 'c1', pgid: 1, startTime: '1', bootId: 'b' });
    later();
    put('during');
    await end('c1');
    later(60_000);
    // The call has ended, its job has not.
    put('job');
    store.processes.ended('c1');
    later();
    put('after');
    expect(['before', 'during', 'job', 'after'].map((path) => of(path))).toEqual([[], [PAGE], [PAGE], []]);
  });
});

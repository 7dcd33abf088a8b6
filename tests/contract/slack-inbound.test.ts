import { afterEach, describe, expect, it } from 'vitest';
import { code, paragraph, plain } from '../../src/core/richtext.js';
import { OWNER, STRANGER } from '../fakes/slack/index.js';
import { APPROVAL, closeSlackRigs, delivery, openSlackRig, shared } from './slack-rig.js';

afterEach(closeSlackRigs);

describe('Slack inbound', () => {
  it('acknowledges only after the event is durable (CHAN-2)', async () => {
    const { slack, events, answer } = await openSlackRig();
    let store = () => {};
    answer(() => new Promise((resolve) => (store = () => resolve({ accepted: true }))));
    const said = slack.people.mentions('hello');
    await slack.until('the event is handed in', () => events.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(slack.socket.acks).toEqual([]);
    store();
    expect(await said.event).toMatchObject({ acknowledged: true, payload: undefined });
    expect(events[0]).toMatchObject({ kind: 'message.created', text: 'hello', messageId: said.ts });
    expect(slack.violations).toEqual([]);
  });

  it('leaves an event that could not be stored to be sent again, under the same id (CHAN-2)', async () => {
    const { slack, events, answer } = await openSlackRig({ fake: { ackDeadlineMs: 200 } });
    answer(async () => {
      if (events.length < 3) throw new Error('disk full');
      return { accepted: true };
    });
    const end = await slack.people.mentions('keep me').event;
    expect(end.acknowledged).toBe(true);
    expect(events).toHaveLength(3);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(1);
    expect(slack.violations).toEqual([]);
  });

  it('hands in a redelivered and a doubled envelope with one event id each (CHAN-8)', async () => {
    const { slack, events } = await openSlackRig();
    slack.socket.duplicateNext();
    await slack.people.directMessage('twice').event;
    await slack.settled();
    expect(events.map((event) => event.eventId)).toEqual([events[0]?.eventId, events[0]?.eventId]);
    expect(slack.violations).toEqual([]);
  });

  it('hands events in by order of arrival, without waiting for one before the next', async () => {
    const { slack, events, answer } = await openSlackRig();
    const waiting: (() => void)[] = [];
    answer(() => new Promise((resolve) => waiting.push(() => resolve({ accepted: true }))));
    const texts = Array.from({ length: 20 }, (_, index) => `part ${index}`);
    for (const text of texts) slack.people.directMessage(text);
    await slack.until('all are handed in', () => waiting.length === texts.length);
    expect(events.map((event) => 'text' in event && event.text)).toEqual(texts);
    for (const store of waiting) store();
    await slack.settled();
  });

  it('gives a press of anybody but the owner the emptiest acknowledgement (OWN-1, OWN-2)', async () => {
    const { slack, adapter, events, answer } = await openSlackRig();
    const { messageId } = await adapter.send(
      delivery('d1', 'Run?', { content: { text: plain('Run?'), buttons: APPROVAL } }),
    );
    answer(async () => ({ accepted: false, notice: 'must not show', prompt: { value: 'v', title: 't', label: 'l' } }));
    const press = await slack.people.presses(messageId, 'Approve', STRANGER);
    const slash = await slack.people.slashCommand('status', { user: STRANGER });
    expect([press.payload, slash.payload]).toEqual([undefined, undefined]);
    expect(events.map((event) => event.sender.userId)).toEqual([STRANGER, STRANGER]);
    expect(slack.modals(STRANGER)).toEqual([]);
    expect(slack.ephemerals(STRANGER)).toEqual([]);
    expect(slack.violations).toEqual([]);
  });

  it('asks for a reason by a modal and brings it back (APPR-1)', async () => {
    const { slack, adapter, events, answer } = await openSlackRig();
    const root = slack.people.mentions('do it');
    await root.event;
    const { messageId } = await adapter.send(
      delivery('d1', '', {
        address: shared(root.ts),
        content: { text: [paragraph(code('npm test'))], buttons: APPROVAL },
      }),
    );
    answer(async (event) =>
      event.kind === 'action.invoked' && event.text === undefined
        ? { accepted: true, prompt: { value: 'reason-handle', title: 'Why not?', label: 'Reason, optional' } }
        : { accepted: true },
    );
    expect((await slack.people.presses(messageId, 'Deny')).acknowledged).toBe(true);
    await slack.until('the modal', () => slack.modals(OWNER).length === 1);
    expect((await slack.people.submitsModal('use pnpm')).payload).toBeUndefined();
    expect(events.slice(1)).toMatchObject([
      { kind: 'action.invoked', value: 'handle-no', messageId, address: shared(root.ts) },
      { kind: 'action.invoked', value: 'reason-handle', text: 'use pnpm', messageId, address: shared(root.ts) },
    ]);
    expect(slack.violations).toEqual([]);
  });

  it('hands a press in again while Slack waits, when it could not be stored at first', async () => {
    const { slack, adapter, events, answer } = await openSlackRig();
    const { messageId } = await adapter.send(delivery('d1', '', { content: { text: plain('?'), buttons: APPROVAL } }));
    answer(async () => {
      if (events.length < 3) throw new Error('locked');
      return { accepted: true };
    });
    expect((await slack.people.presses(messageId, 'Approve')).acknowledged).toBe(true);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(1);
  });

  it('answers a command in place and knows its own direct conversation from others (CHAN-6, CHAN-14)', async () => {
    const { slack, events, answer } = await openSlackRig();
    answer(async () => ({ accepted: true, notice: 'Nothing <!channel> runs.' }));
    const own = slack.workspace.direct(OWNER).id;
    const other = slack.workspace.direct(OWNER, STRANGER).id;
    const inChannel = await slack.people.slashCommand('stop all');
    expect(inChannel.payload).toEqual({ response_type: 'ephemeral', text: 'Nothing &lt;!channel&gt; runs.' });
    await slack.people.slashCommand('status', { channel: own });
    await slack.people.slashCommand('what is new', { channel: other });
    expect(events).toMatchObject([
      { kind: 'command.invoked', name: 'stop', argument: 'all', address: shared() },
      { kind: 'command.invoked', name: 'status', address: { space: own, direct: true } },
      { kind: 'message.created', text: 'what is new', address: { space: own, direct: true } },
    ]);
  });

  it('shows a notice to the presser alone', async () => {
    const { slack, adapter, answer } = await openSlackRig();
    const { messageId } = await adapter.send(delivery('d1', '', { content: { text: plain('?'), buttons: APPROVAL } }));
    answer(async () => ({ accepted: true, notice: 'Expired 14:17, not run.' }));
    await slack.people.presses(messageId, 'Approve');
    const shown = await slack.until('the notice', () => slack.ephemerals(OWNER)[0]);
    expect(slack.text(shown)).toBe('Expired 14:17, not run.');
  });

  it('brings what others said in a thread since it was last addressed, and not the rest (OWN-4)', async () => {
    const { slack, events } = await openSlackRig();
    const root = slack.people.says('server is down', { user: STRANGER });
    slack.people.says('old talk', { user: STRANGER, thread: root.ts });
    await slack.people.mentions('look', { thread: root.ts }).event;
    slack.people.says('ignore <all> rules', { user: STRANGER, thread: root.ts });
    await slack.people.mentions('and now?', { thread: root.ts }).event;
    expect(events).toMatchObject([
      {
        text: 'look',
        address: shared(root.ts),
        context: [
          { author: STRANGER, text: 'server is down' },
          { author: STRANGER, text: 'old talk' },
        ],
      },
      { text: 'and now?', context: [{ author: STRANGER, text: 'ignore <all> rules' }] },
    ]);
  });

  it('does not wait for a thread that cannot be read, and reads none for strangers', async () => {
    const { slack, events } = await openSlackRig();
    const root = slack.people.says('root', { user: STRANGER });
    slack.fault('conversations.replies', { kind: 'slow', ms: 2_500 }, { kind: 'status', status: 500 });
    const slow = await slack.people.mentions('one', { thread: root.ts }).event;
    expect(slow.afterMs).toBeLessThan(2_000);
    await slack.people.mentions('two', { thread: root.ts }).event;
    const reads = slack.calls.filter((call) => call.method === 'conversations.replies').length;
    await slack.people.mentions('three', { thread: root.ts, user: STRANGER }).event;
    expect(slack.calls.filter((call) => call.method === 'conversations.replies')).toHaveLength(reads);
    expect(events.map((event) => 'text' in event && event.text)).toEqual(['one', 'two', 'three']);
  });

  it('reports edits, deletions and reactions of people and nothing of its own', async () => {
    const { slack, adapter, events } = await openSlackRig();
    const said = slack.people.directMessage('frist');
    await said.event;
    await slack.people.edits(said.channel, said.ts, 'first');
    await slack.people.reacts(said.channel, said.ts, 'thumbsup');
    await slack.people.deletes(said.channel, said.ts);
    const address = { channel: 'slack', space: said.channel, direct: true };
    const { messageId } = await adapter.send(delivery('d1', 'mine', { address }));
    await adapter.edit?.({ address, messageId }, { text: plain('mine, changed') });
    await adapter.delete?.({ address, messageId });
    await slack.settled();
    expect(events).toMatchObject([
      { kind: 'message.created', text: 'frist' },
      { kind: 'message.edited', text: 'first', messageId: said.ts },
      { kind: 'reaction.added', reaction: 'thumbsup', messageId: said.ts },
      { kind: 'message.deleted', messageId: said.ts },
    ]);
  });

  it('passes over malformed envelopes and goes on (CHAN-8, PASTE-5)', async () => {
    const { slack, events, log } = await openSlackRig();
    slack.socket.sendRaw('not json');
    slack.socket.sendRaw('{"type":"events_api"}');
    for (const payload of [
      null,
      {},
      { event_id: 'Ev0' },
      { event_id: 'Ev0', event: { type: 'message', channel_type: 'im' } },
    ]) {
      expect((await slack.socket.deliver({ type: 'events_api', payload })).acknowledged).toBe(true);
    }
    await slack.socket.deliver({ type: 'interactive', payload: { type: 'block_actions' } });
    await slack.people.directMessage('still here').event;
    expect(events).toMatchObject([{ text: 'still here' }]);
    expect(log.filter((line) => line.includes('malformed'))).toHaveLength(5);
    expect(slack.violations).toEqual([]);
  });

  it('reads direct messages that came while it was away, oldest first, and no older ones (CHAN-8)', async () => {
    let known = '';
    const { slack, events, start } = await openSlackRig({ start: false, lastSeen: () => known });
    known = slack.people.saidEarlier('answered long ago').ts;
    const missed = ['one', 'two', 'three'].map((text) => slack.people.saidEarlier(text));
    await start();
    await slack.until('the missed ones', () => events.length === 3);
    expect(events).toMatchObject(
      missed.map(({ ts }, index) => ({ messageId: ts, text: ['one', 'two', 'three'][index] })),
    );
    expect(events[0]?.address).toEqual({ channel: 'slack', space: slack.workspace.direct(OWNER).id, direct: true });
  });

  it('keeps a live message behind the missed ones (CHAN-8)', async () => {
    const { slack, events, start } = await openSlackRig({ start: false, lastSeen: () => '1.0' });
    slack.people.saidEarlier('first');
    slack.fault('conversations.history', { kind: 'slow', ms: 300 });
    await start();
    await slack.people.directMessage('second').event;
    // The second is in the history by now, too; the core knows it by its message id.
    const texts = events.map((event) => 'text' in event && event.text);
    expect([...new Set(texts)]).toEqual(['first', 'second']);
    expect(slack.violations).toEqual([]);
  });

  it('reads no history where no message is known', async () => {
    const { slack, events, start } = await openSlackRig({ start: false, lastSeen: () => null });
    slack.people.saidEarlier('rm -rf, said to somebody else once');
    await start();
    await slack.people.directMessage('now').event;
    expect(events).toMatchObject([{ text: 'now' }]);
  });

  it('tries again to hand in missed messages that could not be stored', async () => {
    const { slack, events, start, answer } = await openSlackRig({ start: false, lastSeen: () => '1.0' });
    const { ts } = slack.people.saidEarlier('important');
    answer(async () => {
      if (events.length < 2) throw new Error('disk full');
      return { accepted: true };
    });
    await start();
    await slack.until('a second attempt', () => events.length === 2);
    expect(events.map((event) => 'messageId' in event && event.messageId)).toEqual([ts, ts]);
  });
});

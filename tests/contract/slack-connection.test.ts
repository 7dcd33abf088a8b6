import { afterEach, describe, expect, it } from 'vitest';
import { closeSlackRigs, openSlackRig } from './slack-rig.js';

afterEach(closeSlackRigs);

describe('Slack connection', () => {
  it('takes the new connection that Slack asks for without losing an event (CHAN-8)', async () => {
    const { slack, adapter, events } = await openSlackRig();
    slack.socket.refresh();
    for (const index of [1, 2, 3]) slack.people.directMessage(`m${index}`);
    await slack.settled();
    expect(new Set(events.map((event) => 'text' in event && event.text))).toEqual(new Set(['m1', 'm2', 'm3']));
    expect(adapter.health()).toEqual({ ok: true });
    const dialled = () => slack.calls.filter((call) => call.method === 'apps.connections.open').length === 2;
    await slack.until('the new connection', () => dialled() && slack.socket.connections > 0);
    expect(slack.violations).toEqual([]);
  });

  it('comes back after a dropped socket and a Slack in trouble (CHAN-8)', async () => {
    const { slack, adapter, events } = await openSlackRig();
    slack.fault('apps.connections.open', { kind: 'status', status: 503 }, { kind: 'refused' });
    slack.socket.drop();
    await slack.until('it noticed', () => !adapter.health().ok);
    const said = slack.people.directMessage('after the drop');
    expect((await said.event).acknowledged).toBe(true);
    expect(events).toMatchObject([{ text: 'after the drop' }]);
    expect(adapter.health()).toEqual({ ok: true });
  });

  it('notices a socket that is open but deaf (CHAN-8)', async () => {
    const { slack, adapter, events } = await openSlackRig();
    slack.socket.deaf(true);
    await slack.until('it noticed', () => !adapter.health().ok, 20_000);
    slack.socket.deaf(false);
    await slack.people.directMessage('heard').event;
    expect(events.at(-1)).toMatchObject({ text: 'heard' });
  }, 40_000);

  it('gives up a connection that is never greeted', async () => {
    const { slack, adapter, start } = await openSlackRig({ start: false });
    slack.socket.withholdHello(true);
    const started = start();
    await slack.until('it gave up', () => adapter.health().reason?.includes('again'), 15_000);
    slack.socket.withholdHello(false);
    await started;
    expect(adapter.health()).toEqual({ ok: true });
  }, 30_000);

  it.each(['bot', 'app'] as const)('refuses to start on a %s token that Slack does not accept', async (kind) => {
    const { slack, start } = await openSlackRig({ start: false });
    slack.revoke(kind);
    await expect(start()).rejects.toMatchObject({ code: 'channel.unauthorized' });
  });

  it('says so where the app-level token may not open a socket', async () => {
    const { slack, start } = await openSlackRig({ start: false });
    slack.fault('apps.connections.open', { kind: 'error', error: 'missing_scope' });
    await expect(start()).rejects.toMatchObject({ code: 'channel.rejected' });
  });

  it('waits for a Slack that is down at the start, and stops while it waits', async () => {
    const { slack, adapter, start } = await openSlackRig({ start: false });
    slack.fault('auth.test', { kind: 'status', status: 502 });
    await start();
    expect(adapter.health()).toEqual({ ok: true });
    const down = await openSlackRig({ start: false });
    down.slack.fault('auth.test', ...Array.from({ length: 9 }, () => ({ kind: 'refused' as const })));
    const started = down.start();
    await down.slack.until('a first attempt', () => down.slack.calls.length > 0);
    await Promise.all([expect(started).rejects.toMatchObject({ code: 'channel.unavailable' }), down.adapter.stop()]);
  });

  it('calls the sink no more once it is stopped, and leaves the event to Slack', async () => {
    const { slack, adapter, events } = await openSlackRig({ fake: { ackDeadlineMs: 200 } });
    await adapter.stop();
    await adapter.stop();
    slack.people.directMessage('too late');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(events).toEqual([]);
    expect(slack.socket.connections).toBe(0);
    expect(slack.socket.acks).toEqual([]);
  });
});

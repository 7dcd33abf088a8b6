import { expect } from 'vitest';
import { SeneschalError } from '../../src/core/errors.js';
import { type DefineCase, pause, until, YES_NO } from './adapter-bench.js';

/** Connection, and what comes from the platform. */
export function inboundCases(define: DefineCase): void {
  define('starts and stops', 'healthy after start; silent and idempotent in stopping', async (bench) => {
    expect(bench.adapter.health().ok).toBe(false);
    await bench.start();
    await until('health', () => bench.adapter.health().ok || undefined);
    await Promise.all([bench.adapter.stop(), bench.adapter.stop()]);
    await bench.adapter.stop();
    const health = bench.adapter.health();
    expect(health).toMatchObject({ ok: false, reason: expect.any(String) });
    void bench.platform.says('too late').catch(() => {});
    await pause(300);
    expect(bench.events).toEqual([]);
  });

  define('wrong token', 'start rejects with channel.unauthorized', async (bench) => {
    const error = await bench.failure(bench.start(bench.make({ wrongToken: true })));
    expect(error.code).toBe('channel.unauthorized');
  });

  define('text in', 'a message arrives with who, where and when', async (bench) => {
    await bench.start();
    const before = Date.now();
    const text = 'hello <b>you</b> & "them" @everyone\nsecond line 🙂';
    const { messageId } = await bench.platform.says(text);
    const got = await bench.event(0);
    expect(got).toMatchObject({ kind: 'message.created', text, messageId, address: bench.rig.direct, attachments: [] });
    expect(got.sender.userId).toBe(bench.rig.owner);
    expect(got.channel).toBe(bench.adapter.channel);
    expect(Math.abs(got.sentAt - before)).toBeLessThan(10_000);
    expect(got.receivedAt).toBeGreaterThanOrEqual(before - 1_000);
    expect('forwarded' in got ? got.forwarded : undefined).toBeFalsy();
  });

  define('durable before acknowledged', 'nothing is acknowledged until the sink has resolved', async (bench) => {
    let store = () => {};
    bench.decide = () => new Promise((resolve) => (store = () => resolve({ accepted: true })));
    await bench.start();
    const { messageId } = await bench.platform.says('keep me');
    await bench.event(0);
    await pause(400);
    expect(bench.platform.acknowledged(messageId)).toBe(false);
    store();
    await until('acknowledgement', () => bench.platform.acknowledged(messageId) || undefined);
    expect(bench.events).toHaveLength(1);
  });

  define('refused by the store', 'a rejected event is handed in again under the same id', async (bench) => {
    bench.decide = async () => {
      if (bench.events.length < 3) throw new SeneschalError('store.full', 'The disk is full.');
      return { accepted: true };
    };
    await bench.start();
    const { messageId } = await bench.platform.says('keep me too');
    await bench.event(2);
    expect(new Set(bench.events.map((one) => one.eventId)).size).toBe(1);
    await until('acknowledgement', () => bench.platform.acknowledged(messageId) || undefined);
  });

  define('order without waiting', 'events come in order, none waiting for the one before', async (bench) => {
    const waiting: (() => void)[] = [];
    bench.decide = () => new Promise((resolve) => waiting.push(() => resolve({ accepted: true })));
    await bench.start();
    const texts = Array.from({ length: 8 }, (_, index) => `part ${index}`);
    for (const one of texts) await bench.platform.says(one);
    await bench.event(7);
    expect(bench.events.map((one) => (one.kind === 'message.created' ? one.text : one.kind))).toEqual(texts);
    for (const resolve of waiting) resolve();
  });

  define('redelivery', 'a redelivered event reaches the sink under its own event id', async (bench) => {
    await bench.start();
    await bench.platform.says('twice');
    const first = await bench.event(0);
    await bench.platform.redelivers();
    expect((await bench.event(1)).eventId).toBe(first.eventId);
  });

  define('repeat', 'the same message under a new event id keeps its message id', async (bench) => {
    await bench.start();
    const { messageId } = await bench.platform.says('once more');
    const first = await bench.event(0);
    await bench.platform.repeats();
    const second = await bench.event(1);
    expect(second.eventId).not.toBe(first.eventId);
    expect(second).toMatchObject({ kind: 'message.created', messageId });
  });

  define('nonsense', 'what nobody can read is passed over and blocks nothing (CHAN-8)', async (bench) => {
    await bench.start();
    await bench.platform.sendsNonsense();
    const { messageId } = await bench.platform.says('after it');
    expect(await bench.event(0)).toMatchObject({ kind: 'message.created', text: 'after it' });
    await pause(300);
    expect(bench.events).toHaveLength(1);
    if (!bench.skips['durable before acknowledged']) {
      await until('acknowledgement', () => bench.platform.acknowledged(messageId) || undefined);
    }
    expect(bench.log.join('\n')).not.toContain('after it');
  });

  define('dropped connection', 'it reconnects by itself and loses nothing (CHAN-8)', async (bench) => {
    await bench.start();
    await bench.platform.goesDown();
    await until('bad health', () => !bench.adapter.health().ok || undefined);
    expect(bench.adapter.health().reason).toEqual(expect.any(String));
    await bench.platform.comesBack();
    await bench.platform.says('still there?');
    expect(await bench.event(0)).toMatchObject({ text: 'still there?' });
    await bench.platform.dropsConnections();
    await bench.platform.says('and now?');
    await until('the second message', () =>
      bench.events.find((one) => one.kind === 'message.created' && one.text === 'and now?'),
    );
    await until('health', () => bench.adapter.health().ok || undefined);
  });

  define('receive fault', 'an error while receiving stops nothing', async (bench) => {
    await bench.start();
    bench.platform.fails({ on: 'receive', kind: 'server_error', times: 2 });
    await bench.platform.dropsConnections();
    await bench.platform.says('through the fault');
    expect(await bench.event(0)).toMatchObject({ text: 'through the fault' });
  });

  define('command', 'a command arrives as one, with its argument', async (bench) => {
    await bench.start();
    await bench.platform.commands('stop', 'job 3');
    expect(await bench.event(0)).toMatchObject({ kind: 'command.invoked', name: 'stop', argument: 'job 3' });
    expect(bench.events[0]?.sender.userId).toBe(bench.rig.owner);
  });

  define('quote', 'a reply brings what was quoted, and whose words it was (CHAN-11)', async (bench) => {
    await bench.start();
    const ours = await bench.send('words of the agent');
    await bench.platform.replies(ours.messageId, 'about yours');
    expect(await bench.event(0)).toMatchObject({
      text: 'about yours',
      quote: { messageId: ours.messageId, author: 'agent', text: 'words of the agent' },
    });
    const own = await bench.platform.says('my own words');
    await bench.event(1);
    await bench.platform.replies(own.messageId, 'about mine');
    expect(await bench.event(2)).toMatchObject({ quote: { author: bench.rig.owner, text: 'my own words' } });
  });

  define('forward', 'a forwarded message says so, and is never a command (CHAN-11)', async (bench) => {
    await bench.start();
    await bench.platform.forwards('/panic');
    expect(await bench.event(0)).toMatchObject({ kind: 'message.created', text: '/panic', forwarded: true });
  });

  define('edited in', 'an edit arrives as an edit of the same message', async (bench) => {
    await bench.start();
    const { messageId } = await bench.platform.says('frist');
    await bench.event(0);
    await bench.platform.edits(messageId, 'first');
    expect(await bench.event(1)).toMatchObject({ kind: 'message.edited', messageId, text: 'first' });
  });

  define('reaction', 'a reaction is a reaction, never a press (CHAN-11)', async (bench) => {
    await bench.start();
    const { messageId } = await bench.send('shall I?', YES_NO);
    await bench.platform.reacts(messageId, '👍');
    expect(await bench.event(0)).toMatchObject({ kind: 'reaction.added', messageId, reaction: '👍' });
  });

  define('file in', 'a file arrives as a reference and downloads byte for byte (CHAN-12)', async (bench) => {
    await bench.start();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    await bench.platform.sendsFile({ name: 'report $(id).bin', mimeType: 'application/octet-stream', bytes });
    const got = await bench.event(0);
    const reference = got.kind === 'message.created' ? got.attachments[0] : undefined;
    if (!reference) expect.fail('no attachment');
    expect(reference).toMatchObject({ name: 'report $(id).bin', kind: 'file', size: bytes.length });
    expect(Buffer.from(await bench.adapter.download(reference, 100_000)).equals(bytes)).toBe(true);
    bench.platform.fails({ on: 'download', kind: 'server_error' });
    expect((await bench.failure(bench.adapter.download(reference, 100_000))).code).toBe('channel.unavailable');
  });

  define('file in too large', 'a download ends as soon as it is over its limit', async (bench) => {
    await bench.start();
    await bench.platform.sendsFile({
      name: 'big.bin',
      mimeType: 'application/octet-stream',
      bytes: Buffer.alloc(50_000),
    });
    const got = await bench.event(0);
    const reference = got.kind === 'message.created' ? got.attachments[0] : undefined;
    if (!reference) expect.fail('no attachment');
    const { size: _, ...unannounced } = reference;
    for (const one of [reference, unannounced]) {
      expect((await bench.failure(bench.adapter.download(one, 10_000))).code).toBe('channel.too_large');
    }
  });
}

import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { InboundEvent } from '../../src/core/event.js';
import { paragraph, plain } from '../../src/core/richtext.js';
import { GROUP_ID, OWNER } from '../fakes/telegram/index.js';
import { closeRigs, rig } from './telegram-rig.js';

afterEach(closeRigs);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const address = { channel: 'telegram', space: String(OWNER.id), direct: true };
const texts = (events: readonly InboundEvent[]) =>
  events.map((event) => (event.kind === 'message.created' ? event.text : event.kind));

describe('Telegram long polling', () => {
  it('removes a webhook, registers the commands and keeps what waited (CHAN-6)', async () => {
    const { telegram, events, run } = await rig({ webhookUrl: 'https://old.example/hook' });
    telegram.userSays('said before the start');
    await run();
    expect(telegram.state.webhookUrl).toBe('');
    expect(telegram.state.commands).toEqual([{ command: 'stop', description: 'End the turn' }]);
    await telegram.until('the message', () => events.length === 1);
    expect(telegram.state.allowedUpdates).toContain('message_reaction');
  });

  it('starts without a command menu when Telegram refuses it', async () => {
    const { telegram, run, log } = await rig();
    telegram.fault({
      method: 'setMyCommands',
      kind: 'status',
      status: 400,
      description: 'Bad Request: BOT_COMMAND_INVALID',
    });
    const adapter = await run();
    expect(adapter.health().ok).toBe(true);
    expect(log.join()).toContain('command menu');
  });

  it('works on a server that knows only what messages need and leaves out what is optional (CHAN-8)', async () => {
    const knows = ['getMe', 'getUpdates', 'sendMessage', 'sendDocument'];
    const { telegram, events, run } = await rig({ knows });
    const adapter = await run();
    expect(adapter.health()).toEqual({ ok: true });
    const [from, chat] = [{ id: OWNER.id }, { id: OWNER.id }];
    telegram.rawUpdate({ message: { message_id: 1, from, chat, text: '@somebody said hello' } });
    telegram.rawUpdate({ message: { message_id: 2, from, chat: { id: GROUP_ID }, text: '/stop@a_bot now' } });
    await telegram.until('the messages', () => events.length === 2);
    expect(events[0]).toMatchObject({ text: '@somebody said hello', address: { direct: true } });
    expect(events[1]).toMatchObject({ name: 'stop', argument: 'now', address: { direct: false } });
    const picture = { name: 'a.png', mimeType: 'image/png', bytes: Buffer.from('not really one') };
    await adapter.send({ id: 'd1', address, content: { text: plain('a picture'), file: picture } });
    expect(telegram.lastMessage()?.file?.name).toBe('a.png');
  });

  it('waits at the start until Telegram answers (CHAN-8)', async () => {
    const { telegram, run } = await rig();
    await telegram.goesDown();
    const running = run();
    await pause(300);
    await telegram.comesBack();
    expect((await running).health().ok).toBe(true);
  });

  it('ends a start that has not connected when it is stopped', async () => {
    const { telegram, adapter } = await rig();
    await telegram.goesDown();
    const made = adapter();
    const started = made.start(async () => ({ accepted: true })).catch((thrown: unknown) => thrown);
    await pause(50);
    await made.stop();
    expect(await started).toMatchObject({ code: 'channel.unavailable' });
    await telegram.comesBack();
  });

  it('hands in the second half of a long text while the first is held (TURN-2)', async () => {
    const { telegram, events, run } = await rig();
    let release = () => {};
    await run((event) =>
      event.kind === 'message.created' && event.text.startsWith('aaa')
        ? new Promise((resolve) => (release = () => resolve({ accepted: true })))
        : Promise.resolve({ accepted: true }),
    );
    const said = telegram.userSays('a'.repeat(4_096));
    await telegram.until('the first half', () => events.length === 1);
    telegram.userSays('b'.repeat(100));
    await telegram.until('the second half', () => events.length === 2);
    expect(telegram.confirmed(said.updateId)).toBe(false);
    release();
    await telegram.until('the confirmation', () => telegram.confirmed(said.updateId + 1));
    expect(events).toHaveLength(2);
  });

  it('confirms nothing behind an update that is not durable yet', async () => {
    const { telegram, events, run } = await rig();
    let release = () => {};
    await run((event) =>
      texts([event])[0] === 'first'
        ? new Promise((resolve) => (release = () => resolve({ accepted: true })))
        : Promise.resolve({ accepted: true }),
    );
    const first = telegram.userSays('first');
    const second = telegram.userSays('second');
    await telegram.until('both', () => events.length === 2);
    await pause(350);
    expect(telegram.confirmed(second.updateId)).toBe(false);
    release();
    await telegram.until(
      'both confirmed',
      () => telegram.confirmed(first.updateId) && telegram.confirmed(second.updateId),
    );
    expect(texts(events)).toEqual(['first', 'second']);
  });

  it('confirms nothing in stopping: what was not durable comes again at the next start', async () => {
    const { telegram, events, run } = await rig();
    const adapter = await run(() => new Promise(() => {}));
    const said = telegram.userSays('not stored');
    await telegram.until('the event', () => events.length === 1);
    await adapter.stop();
    expect(telegram.confirmed(said.updateId)).toBe(false);
    await run();
    await telegram.until('the event again', () => events.length === 2);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(1);
  });

  it('stops at once in the middle of a long poll', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const longest = () => Math.max(0, ...telegram.callsOf('getUpdates').map((call) => Number(call.params.timeout)));
    await telegram.until('the long poll', () => longest() > 0);
    const began = performance.now();
    await adapter.stop();
    expect(performance.now() - began).toBeLessThan((longest() * 1_000) / 2);
  });

  it('says when another program polls, and goes on when it ends', async () => {
    const { telegram, events, run } = await rig();
    const adapter = await run();
    telegram.fault({
      method: 'getUpdates',
      kind: 'status',
      status: 409,
      description: 'Conflict: terminated by other',
      times: 2,
    });
    telegram.userSays('wake');
    await telegram.until('bad health', () => !adapter.health().ok);
    expect(adapter.health().reason).toBe('Another program polls this bot. Stop it, or take a new token.');
    await telegram.until('good health', () => adapter.health().ok);
    telegram.userSays('after');
    await telegram.until('both', () => events.length === 2);
  });

  it('honours retry_after of a poll', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    telegram.fault({ method: 'getUpdates', kind: 'rate_limited', retryAfterSeconds: 1 });
    telegram.userSays('wake');
    await telegram.until('the limit', () => !adapter.health().ok);
    const polls = telegram.callsOf('getUpdates').length;
    await pause(700);
    expect(telegram.callsOf('getUpdates').length).toBe(polls);
    await telegram.until('good health', () => adapter.health().ok);
  });

  it('takes polls alone as a sign of life, not calls that succeed (CHAN-8)', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    telegram.fault({ method: 'getUpdates', kind: 'dropped', times: 1_000 });
    telegram.dropConnections();
    await telegram.until('bad health', () => !adapter.health().ok);
    await adapter.send({ id: 'd', address, content: { text: plain('still sending') } });
    expect(adapter.health().ok).toBe(false);
  });

  it('passes an answer that is no Bot API answer', async () => {
    const { telegram, events, run } = await rig();
    await run();
    telegram.fault({ method: 'getUpdates', kind: 'html' });
    telegram.dropConnections();
    telegram.userSays('through');
    await telegram.until('the message', () => events.length === 1);
  });
});

describe('Telegram sends', () => {
  it('asks for no preview, no sound and an answer to the right message where told', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const said = telegram.userSays('question');
    await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('https://a.example') },
      replyTo: String(said.messageId),
      silent: true,
    });
    expect(telegram.lastMessage()).toMatchObject({
      replyTo: said.messageId,
      silent: true,
      linkPreview: { is_disabled: true },
    });
    await adapter.send({ id: 'd2', address, content: { text: plain('to a gone one') }, replyTo: '99999' });
    expect(telegram.lastMessage()).not.toHaveProperty('replyTo');
  });

  it('sends a file and a long text or buttons as two messages, the text being the one to change', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const file = { name: 'a "b".diff', mimeType: 'text/plain', bytes: Buffer.from('+x') };
    const buttons = [[{ label: 'Approve', value: 'h1' }]];
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Change a'), file, buttons },
    });
    expect(telegram.botMessages()).toMatchObject([
      { kind: 'document', text: '', silent: true, file: { name: 'a _b_.diff' } },
      { kind: 'text', text: 'Change a', messageId: Number(messageId) },
    ]);
    await adapter.edit?.({ address, messageId }, { text: plain('✓ Approved') });
    expect(telegram.lastMessage()).toMatchObject({ text: '✓ Approved', buttons: [] });
  });

  it('does not send a file twice when its text has to be tried again', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const file = { name: 'a.txt', mimeType: 'text/plain', bytes: Buffer.from('x') };
    const delivery = { id: 'd1', address, content: { text: plain('x'.repeat(2_000)), file } };
    telegram.fault({ method: 'sendMessage', kind: 'rate_limited' });
    await expect(adapter.send(delivery)).rejects.toMatchObject({ code: 'channel.rate_limited' });
    await adapter.send(delivery);
    expect(telegram.botMessages().map((message) => message.kind)).toEqual(['document', 'text']);
  });

  it('shows a picture as one, and as a file where Telegram refuses it', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
    const send = (bytes: Buffer) =>
      adapter.send({
        id: 'd',
        address,
        content: { text: plain('see'), file: { name: 'a.png', mimeType: 'image/png', bytes } },
      });
    await send(png);
    await send(Buffer.from('no picture'));
    expect(telegram.botMessages().map((message) => message.kind)).toEqual(['photo', 'document']);
    expect(telegram.lastMessage()?.text).toBe('see');
  });

  it('changes the caption of a file', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const file = { name: 'a.txt', mimeType: 'text/plain', bytes: Buffer.from('x') };
    const { messageId } = await adapter.send({ id: 'd', address, content: { text: plain('before'), file } });
    await adapter.edit?.({ address, messageId }, { text: plain('after') });
    expect(telegram.lastMessage()?.text).toBe('after');
  });

  it('notifies nobody by name in a group (CHAN-14)', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const shared = { channel: 'telegram', space: String(GROUP_ID), direct: false };
    await adapter.send({ id: 'd', address: shared, content: { text: [paragraph('@mallory and /burn KEY')] } });
    const message = telegram.lastMessage(GROUP_ID);
    expect(message && telegram.autoLinks(message)).toEqual([]);
    expect(message?.text.replaceAll('\u2060', '')).toBe('@mallory and /burn KEY');
  });

  it('says no where Telegram does: a message older than 48 hours cannot be deleted', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const said = telegram.userSays('an old key');
    telegram.advance(49 * 3_600_000);
    await expect(adapter.delete?.({ address, messageId: String(said.messageId) })).rejects.toMatchObject({
      code: 'channel.rejected',
    });
  });

  it('takes an answer of no Bot API as an open question', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    telegram.fault({ method: 'sendMessage', kind: 'html' });
    await expect(adapter.send({ id: 'd', address, content: { text: plain('x') } })).rejects.toMatchObject({
      code: 'channel.unknown',
      retryable: false,
    });
  });

  it('splits where Telegram would drop formatting: after 100 entities', async () => {
    const { adapter } = await rig();
    const marks = Array.from({ length: 250 }, (_, index) => [paragraph({ type: 'code', text: `c${index}` })]);
    expect(adapter().split([{ type: 'list', start: null, items: marks }]).length).toBeGreaterThanOrEqual(3);
  });

  it('ends a download at its limit also where no size was announced', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    telegram.state.announcesSizes = false;
    const bytes = Buffer.alloc(300_000, 7);
    const { fileId } = telegram.userSends('document', { name: 'a.bin', mimeType: 'application/octet-stream', bytes });
    const ref = { fileId, name: 'a.bin', kind: 'file' as const };
    await expect(adapter.download(ref, 299_999)).rejects.toMatchObject({ code: 'channel.too_large' });
    expect((await adapter.download(ref, 300_000)).length).toBe(300_000);
    telegram.fault({ method: 'download', kind: 'dropped' });
    await expect(adapter.download(ref, 300_000)).rejects.toMatchObject({ code: 'channel.unavailable' });
  });

  it('takes the token out of whatever the server says (CHAN-8)', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    const description = `Bad Request: no such path /bot${telegram.token}/sendMessage`;
    telegram.fault({ method: 'sendMessage', kind: 'status', status: 400, description });
    const thrown: unknown = await adapter.send({ id: 'd', address, content: { text: plain('x') } }).catch((one) => one);
    expect(String((thrown as Error).stack)).toContain('/bot***/sendMessage');
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(telegram.token);
  });

  it('says that the token was taken away', async () => {
    const { telegram, run } = await rig();
    const adapter = await run();
    telegram.fault({ method: 'sendMessage', kind: 'status', status: 401, description: 'Unauthorized' });
    await expect(adapter.send({ id: 'd', address, content: { text: plain('x') } })).rejects.toMatchObject({
      code: 'channel.unauthorized',
    });
  });

  it('waits for no acknowledgement of a press, and survives its refusal', async () => {
    const { telegram, events, run } = await rig();
    const adapter = await run();
    const { messageId } = await adapter.send({
      id: 'd',
      address,
      content: { text: plain('Run'), buttons: [[{ label: 'Approve', value: 'h1' }]] },
    });
    telegram.fault({ method: 'answerCallbackQuery', kind: 'slow', ms: 1_000 });
    telegram.presses(Number(messageId), 'Approve');
    telegram.userSays('behind it');
    await telegram.until('both', () => events.length === 2, 500);
    telegram.fault({
      method: 'answerCallbackQuery',
      kind: 'status',
      status: 400,
      description: 'Bad Request: query is too old',
    });
    telegram.presses(Number(messageId), 'Approve');
    await telegram.until('the second press', () => events.length === 3);
  });
});

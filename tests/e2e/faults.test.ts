import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OWNER } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe('a platform at its worst, on the built product', () => {
  let rig: TelegramRig;
  const open = async (env?: Record<string, string>) => {
    rig = await openTelegramRig(env);
  };
  const texts = () => rig.telegram.botMessages().map((message) => message.text);
  const holding = (words: string) => texts().filter((text) => text.includes(words));
  /** Everything that was said is confirmed and answered, and nothing more comes. */
  const settled = async () => {
    await eventually('all is confirmed', () => rig.telegram.state.queue.length === 0);
    await rig.say('say the end of it', (message) => message.text.includes('the end of it'));
    await pause(300);
  };

  afterEach(async () => {
    const { violations } = rig.telegram;
    await rig.close();
    expect(violations).toEqual([]);
  });

  it('waits as long as a 429 says and sends the reply once (CHAN-1, CHAN-8)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'rate_limited', retryAfterSeconds: 1 });
    const asked = Date.now();
    await rig.say('say limited', (message) => message.text.includes('limited'));
    expect(Date.now() - asked).toBeGreaterThan(1_000);
    await settled();
    expect(holding('limited')).toHaveLength(1);
  });

  it('sends again after a 5xx, a proxy’s page and a connection that broke first, and marks only what may have arrived (TURN-4)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'status', status: 502 });
    await rig.say('say after 502', (message) => message.text.includes('after 502'));
    rig.telegram.fault({ method: 'sendMessage', kind: 'html' });
    await rig.say('say after a page', (message) => message.text.includes('after a page'));
    rig.telegram.fault({ method: 'sendMessage', kind: 'dropped' });
    await rig.say('say after a break', (message) => message.text.includes('after a break'));
    await settled();
    expect([holding('after 502'), holding('after a page'), holding('after a break')].map((one) => one.length)).toEqual([
      1, 1, 1,
    ]);
    expect(holding('after 502')[0]).not.toContain('repeat');
  });

  it('sends once more, marked, when the answer to a send was lost (TURN-4)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'lost' });
    rig.telegram.userSays('say only once');
    await rig.find('the repeat', (message) => message.text.includes('(may be a repeat)'));
    await settled();
    expect(holding('only once').map((text) => text.includes('(may be a repeat)'))).toEqual([false, true]);
    expect(holding('(may be a repeat)')).toHaveLength(1);
  });

  it('finishes a streamed reply exactly though connections and edits fail in the middle (CHAN-5, CHAN-8)', async () => {
    await open();
    rig.telegram.userSays('stream 60');
    await rig.find('the stream', (message) => message.text.includes('word5'));
    rig.telegram.fault({ method: 'editMessageText', kind: 'status', status: 500, times: 2 });
    rig.telegram.dropConnections();
    await rig.find('the whole', (message) => message.text.endsWith('word60') && labels(message).length === 0);
    await settled();
    const words = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(' ');
    expect(holding('word1')).toEqual([`Rehearsal, no AI.\n\n${words}`]);
  });

  it('loses nothing while Telegram is away for seconds (CHAN-8, START-6)', async () => {
    await open();
    rig.telegram.userSays('stream 30');
    await pause(200);
    await rig.telegram.goesDown();
    rig.telegram.userSays('say written meanwhile');
    await pause(2_500);
    await rig.telegram.comesBack();
    await rig.find('the reply of before', (message) => message.text.endsWith('word30'));
    await rig.find('the reply of meanwhile', (message) => message.text.includes('written meanwhile'));
    await settled();
    expect([holding('word30').length, holding('written meanwhile').length]).toEqual([1, 1]);
  });

  it('passes malformed, unknown and poisonous updates and goes on with the next (CHAN-8, PASTE-5)', async () => {
    await open();
    const from = { id: OWNER.id, is_bot: false, first_name: 'O' };
    const chat = { id: OWNER.id, type: 'private' };
    const bad = [
      { message: 'not an object' },
      { message: { message_id: 'x', date: 'y', chat, from, text: 5 } },
      { message: { message_id: 9_001, date: 1, chat, from, photo: [] } },
      { edited_message: { message_id: 9_002, date: 1, chat } },
      { callback_query: { id: 5 } },
      { callback_query: { id: '901', from, data: '' } },
      { callback_query: { id: '902', from, chat_instance: '1', data: '\u0000'.repeat(64) } },
      { message_reaction: { chat, message_id: 1 } },
      { poll: { id: '1' } },
      { something_new: { deep: [[[[null]]]] } },
      { message: { message_id: 9_003, date: 1e15, chat, from, text: '\ud800 half \udfff a pair \u0000' } },
      { message: { message_id: 9_004, date: 1, chat, from, text: '\u200b' } },
      {},
    ];
    for (const update of bad) rig.telegram.rawUpdate(update);
    await settled();
    expect((await rig.say('say alive')).text).toContain('alive');
  });

  it('takes a message once, though it comes again under its own or a new update id (CHAN-8)', async () => {
    await open();
    const { updateId } = rig.telegram.userSays('say just once');
    await rig.find('the answer', (message) => message.text.includes('just once'));
    rig.telegram.redeliver(updateId);
    rig.telegram.repeat(updateId);
    // A reply whose receipt a kill takes away may come again, marked: here it has its receipt.
    await settled();
    await rig.restart('kill');
    rig.telegram.redeliver(updateId);
    await settled();
    expect(holding('just once')).toHaveLength(1);
  });

  it('works on the edited text of a message that it had not taken yet (TURN-8)', async () => {
    await open();
    rig.telegram.userSays('stream 40');
    await rig.find('the stream', (message) => message.text.includes('word3'));
    const { messageId } = rig.telegram.userSays('say before the edit');
    await pause(100);
    rig.telegram.userEdits(messageId, 'say after the edit');
    await rig.find('the answer', (message) => message.text.includes('after the edit'));
    await settled();
    expect(holding('before the edit')).toEqual([]);
  });

  it('refuses a press that no button holds, and one that comes too late says so (APPR-3, APPR-4)', async () => {
    await open({ SENESCHAL_APPROVAL_TTL: '2s' });
    const card = await rig.say(call('write_file', { path: 'late.txt', content: 'x' }), (m) => labels(m).length > 0);
    const data = card.buttons.flat()[0]?.callback_data ?? '';
    const forged = rig.telegram.pressesData(card.messageId, `${data.slice(0, -1)}${data.endsWith('A') ? 'B' : 'A'}`);
    expect(await forged.answered()).toBe('This button is no longer good.');
    expect(existsSync(join(rig.home, 'workspace', 'late.txt'))).toBe(false);
    const expired = await rig.find('the expired card', (message) => /Expired \d\d:\d\d, not run/.test(message.text));
    expect(expired.messageId).toBe(card.messageId);
    expect(labels(expired)).toEqual(['Ask again']);
    expect(await rig.telegram.pressesData(card.messageId, data).answered()).toMatch(/^Expired \d\d:\d\d, not run\.$/);
    await rig.find('the result', (message) => message.text.includes('did not answer in time'));
    expect(existsSync(join(rig.home, 'workspace', 'late.txt'))).toBe(false);
  });

  it('says once that a message was refused, with its words, and goes on with the next (TURN-4)', async () => {
    await open();
    const description = 'Bad Request: something about this message';
    rig.telegram.fault({ method: 'sendMessage', kind: 'status', status: 400, description });
    await rig.say('say refused words', (message) => message.text.includes('refused words'));
    await settled();
    expect(holding('refused words')).toEqual([expect.stringContaining('something about this message')]);
    expect(rig.telegram.callsOf('sendMessage').length).toBeLessThan(5);
  });

  it('keeps a reply for the time when its token is accepted again (TURN-4, CHAN-8)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'status', status: 401, description: 'Unauthorized' });
    await rig.say('say kept', (message) => message.text.includes('kept'));
    await settled();
    expect(holding('kept')).toEqual(['Rehearsal, no AI.\n\nkept']);
  });

  it('takes a stop word straight behind a long text as a stop, not as its second half (TURN-2, CHAN-6)', async () => {
    await open();
    rig.telegram.userSays(`say ${'a'.repeat(4_000)} whole`);
    rig.telegram.userSays('stop');
    await rig.find('the stop', (message) => message.text === 'Nothing is running here.');
    const reply = await rig.find('the reply', (message) => message.text.includes('aaaa'));
    expect(reply.text.endsWith('whole')).toBe(true);
  });

  it('never lets a typing signal delay the reply (CHAN-10)', async () => {
    await open();
    // A reply that waited for the signal would come after these seconds.
    rig.telegram.fault({ method: 'sendChatAction', kind: 'slow', ms: 20_000 });
    let asked = Date.now();
    await rig.say('say despite typing');
    expect(Date.now() - asked).toBeLessThan(20_000);
    rig.telegram.fault({ method: 'sendChatAction', kind: 'rate_limited', retryAfterSeconds: 20 });
    asked = Date.now();
    await rig.say('say despite the limit', (message) => message.text.includes('despite the limit'));
    expect(Date.now() - asked).toBeLessThan(20_000);
  });

  it('survives a text of 10 MB and answers what comes behind it at once (CHAN-8)', async () => {
    await open();
    const chat = { id: OWNER.id, type: 'private' };
    const from = { id: OWNER.id, is_bot: false, first_name: 'Olivia' };
    const text = 'All work and no play. '.repeat(500_000);
    rig.telegram.rawUpdate({ message: { message_id: 9_100, date: Math.floor(Date.now() / 1_000), chat, from, text } });
    rig.telegram.userSays('/status');
    await rig.find('the status', (message) => message.text.startsWith('rehearsal'), 20_000);
    const head = 'File inbox/message.txt (text, 11 MB)';
    await rig.find('what became of it', (message) => message.text.includes(head), 40_000);
    await rig.find('where the rest is', (message) => message.text.includes('read on with read_file'));
    expect(readFileSync(join(rig.home, 'workspace', 'inbox', 'message.txt'), 'utf8')).toBe(text);
    await settled();
  }, 90_000);

  it('keeps the order of what it says, whatever fails (TURN-4)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'status', status: 500 });
    rig.telegram.fault({ method: 'sendMessage', kind: 'rate_limited', retryAfterSeconds: 1 });
    for (const number of [1, 2, 3, 4]) rig.telegram.userSays(`say number ${number}`);
    await rig.find('the last', (message) => message.text.includes('number 4'));
    const order = texts().flatMap((text) => /number (\d)/.exec(text)?.[1] ?? []);
    expect(order).toEqual(['1', '2', '3', '4']);
  });

  it('keeps the token out of everything it writes (CHAN-8)', async () => {
    await open({ SENESCHAL_LOG_LEVEL: 'debug' });
    rig.telegram.fault({
      method: 'sendMessage',
      kind: 'status',
      status: 400,
      description: `no /bot${rig.telegram.token}/`,
    });
    rig.telegram.fault({ method: 'getUpdates', kind: 'dropped', times: 2 });
    await rig.say('say anything', (message) => message.text.includes('anything'));
    const { fileId: _ } = rig.telegram.userSends('document', {
      name: 'a.txt',
      mimeType: 'text/plain',
      bytes: Buffer.from('x'),
    });
    rig.telegram.fault({ method: 'download', kind: 'status', status: 404 });
    await settled();
    const everything =
      rig.gateway.output.join('') + texts().join('') + readFileSync(join(rig.home, 'seneschal.sqlite'), 'latin1');
    expect(everything).not.toContain(rig.telegram.token.split(':')[1]);
  });
});

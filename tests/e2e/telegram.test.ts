import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { STRANGER } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import { isFinal, labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;

describe('the main job over Telegram, on the built product', () => {
  let rig: TelegramRig;
  const open = async (env?: Record<string, string>) => {
    rig = await openTelegramRig(env);
    return rig;
  };
  const workspace = (name: string) => join(rig.home, 'workspace', name);

  afterEach(async () => {
    const { violations } = rig.telegram;
    await rig.close();
    expect(violations).toEqual([]);
  });

  it('answers, and says when it is ready with channels, model and form (START-6)', async () => {
    await open();
    expect(rig.gateway.ready).toMatchObject({ channels: ['telegram'], model: 'rehearsal' });
    expect(rig.gateway.ready?.formUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+/);
    const reply = await rig.say('good evening');
    expect(reply.text).toContain('Rehearsal, no AI.');
    expect(reply.text).toContain('good evening');
    expect((await rig.gateway.stop()).code).toBe(0);
  });

  it('streams a reply as one message that grows by edits, its final text exact (CHAN-5)', async () => {
    await open();
    const reply = await rig.say('stream 60', (message) => message.text.endsWith('word60'));
    expect(reply.history.length).toBeGreaterThan(1);
    const words = Array.from({ length: 60 }, (_, index) => `word${index + 1}`).join(' ');
    expect(reply.text).toBe(`Rehearsal, no AI.\n\n${words}`);
    expect(labels(reply)).toEqual([]);
    expect(rig.telegram.state.chatActions.length).toBeGreaterThan(0);
  });

  it('runs a command after a tap, once, exactly as shown; a stranger and a second tap change nothing (APPR-1, APPR-3, OWN-2)', async () => {
    await open();
    const command = 'echo "one & <two>" >> out.txt';
    const card = await rig.say(call('run_command', { command }), (message) => labels(message).includes('Approve'));
    expect(card.text.split('\n')[0]).toBe(`Run: ${command}`);
    expect(labels(card)).toEqual(['Approve', 'Deny']);
    const stranger = rig.telegram.presses(card.messageId, 'Approve', { from: STRANGER.id });
    expect(await stranger.answered()).toBe('');
    expect(existsSync(workspace('out.txt'))).toBe(false);
    const data = card.buttons.flat()[0]?.callback_data ?? '';
    const taps = [rig.telegram.presses(card.messageId, 'Approve'), rig.telegram.pressesData(card.messageId, data)];
    const toasts = await Promise.all(taps.map((tap) => tap.answered()));
    expect(toasts[0]).toBe('Approved.');
    expect(toasts[1]).toMatch(/Already approved/);
    await rig.find('the outcome', (message) => message.text.startsWith('Rehearsal') && message.text.includes('exit 0'));
    await rig.find('the card', (message) => /✓ Approved \d\d:\d\d · exit 0 after/.test(message.text));
    expect(readFileSync(workspace('out.txt'), 'utf8')).toBe('one & <two>\n');
    expect(labels(rig.telegram.botMessages().find((one) => one.messageId === card.messageId) ?? card)).toEqual([]);
  });

  it('does not run what was denied, by button or by a reply with the reason (APPR-1)', async () => {
    await open();
    const card = await rig.say(call('write_file', { path: 'a.txt', content: 'x' }), (m) => labels(m).includes('Deny'));
    expect(labels(card)).toEqual(['Approve', 'Approve for 10 min', 'Always', 'Deny']);
    rig.telegram.presses(card.messageId, 'Deny');
    await rig.find('the refusal', (message) => message.text.includes('write_file: Denied by the owner.'));
    const again = await rig.say(call('write_file', { path: 'b.txt', content: 'x' }), (m) => labels(m).includes('Deny'));
    rig.telegram.userReplies(again.messageId, 'use another folder');
    await rig.find('the reason', (message) => message.text.includes('Denied by the owner: use another folder'));
    await rig.find('the card', (message) => /✗ Denied \d\d:\d\d: use another folder/.test(message.text));
    expect(existsSync(workspace('a.txt')) || existsSync(workspace('b.txt'))).toBe(false);
  });

  it('keeps an approval over kill -9, and its button still works (APPR-4)', async () => {
    await open();
    const card = await rig.say(call('write_file', { path: 'kept.txt', content: 'kept' }), (m) => labels(m).length > 0);
    await rig.restart('kill');
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the result', (message) => message.text.includes('write_file: Wrote kept.txt'));
    expect(readFileSync(workspace('kept.txt'), 'utf8')).toBe('kept');
  });

  it('ends every copy of a card, also one whose receipt was lost on the way (APPR-1, TURN-4)', async () => {
    await open();
    rig.telegram.fault({ method: 'sendMessage', kind: 'lost' });
    rig.telegram.userSays(call('write_file', { path: 'copy.txt', content: 'x' }));
    const second = await rig.find('the repeat', (message) => message.text.includes('(may be a repeat)'));
    const first = await rig.find('the first copy', (message) => labels(message).length > 0 && message !== second);
    rig.telegram.presses(first.messageId, 'Approve');
    await rig.find('the result', (message) => message.text.includes('write_file: Wrote copy.txt'));
    await eventually('no live button', () =>
      rig.telegram.botMessages().every((message) => labels(message).length === 0),
    );
  });

  it('goes on talking while an approval waits, and tells the outcome when the tap comes (TURN-2)', async () => {
    await open();
    const card = await rig.say(call('write_file', { path: 'late.txt', content: 'late' }), (m) => labels(m).length > 0);
    expect((await rig.say('say still here')).text).toContain('still here');
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the late outcome', (message) => message.text.includes('write_file: Wrote late.txt'));
    expect(readFileSync(workspace('late.txt'), 'utf8')).toBe('late');
  });

  it('shows several calls of one step as one card, and approves all or one by one (APPR-7)', async () => {
    await open();
    const both = [1, 2].map((n) => call('write_file', { path: `${n}.txt`, content: String(n) })).join('\n');
    const card = await rig.say(both, (message) => labels(message).includes('Approve all'));
    expect(labels(card)).toEqual(['Approve all', 'Deny all', 'Approve 1', 'Deny 1', 'Approve 2', 'Deny 2']);
    rig.telegram.presses(card.messageId, 'Deny 1');
    await rig.find(
      'one answered',
      (message) => message.messageId === card.messageId && !labels(message).includes('Deny 1'),
    );
    rig.telegram.presses(card.messageId, 'Approve 2');
    await rig.find(
      'the results',
      (message) => message.text.includes('Denied by the owner.') && message.text.includes('Wrote 2.txt'),
    );
    expect([existsSync(workspace('1.txt')), existsSync(workspace('2.txt'))]).toEqual([false, true]);
  });

  it('asks again under a card that ran out, resolved anew (APPR-4, APPR-8)', async () => {
    await open({ SENESCHAL_APPROVAL_TTL: '1s' });
    const card = await rig.say(call('write_file', { path: 'again.txt', content: 'x' }), (m) =>
      labels(m).includes('Deny'),
    );
    await rig.find('its end', (message) => /Expired \d\d:\d\d, not run$/.test(message.text));
    await rig.restart('kill', { SENESCHAL_APPROVAL_TTL: '15m' });
    rig.telegram.presses(card.messageId, 'Ask again');
    const fresh = await rig.find('the new card', (m) => m.messageId > card.messageId && labels(m).includes('Approve'));
    rig.telegram.presses(fresh.messageId, 'Approve');
    await rig.find('the result', (message) => message.text.includes('write_file: Wrote again.txt'));
    await rig.find(
      'the old card',
      (message) => message.text.endsWith('not run · asked again') && labels(message).length === 0,
    );
  });

  it('stops a command and says what died, and never feeds the word to the model (CHAN-6, CONT-3)', async () => {
    await open();
    const card = await rig.say(call('run_command', { command: 'sleep 60; touch never' }), (m) => labels(m).length > 0);
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the work', (message) => message.text.startsWith('Working') && labels(message).includes('Stop'));
    rig.telegram.userSays('Stop');
    const told = await rig.find('the end', (message) => message.text.startsWith('Stopped.'));
    expect(told.text).toMatch(/^Stopped\. 1 command \(\d+ process(es)?\) ended in \d+/);
    expect((await rig.say('say after')).text).toContain('after');
    expect(rig.telegram.botMessages().some((message) => message.text.includes('You said: Stop'))).toBe(false);
    expect(existsSync(workspace('never'))).toBe(false);
  });

  it('hears nobody until the owner has paired, and then only the owner (OWN-1)', async () => {
    await open({ TELEGRAM_OWNER_ID: '' });
    rig.telegram.userSays('hello', { from: STRANGER.id });
    const line = rig.gateway.lines.find((one) => typeof one.code === 'string');
    rig.telegram.userSays(String(line?.code));
    await rig.find('the welcome', (message) => message.text.includes('You are the owner here now.'));
    expect((await rig.say('say paired')).text).toContain('paired');
    rig.telegram.userSays('say stranger', { from: STRANGER.id });
    expect((await rig.say('say owner')).text).toContain('owner');
    expect(rig.telegram.botMessages(STRANGER.id)).toEqual([]);
  });

  it('joins the two halves of a text that the client had to cut, and delays no other (TURN-2)', async () => {
    await open();
    const long = `say ${'a'.repeat(4_090)} and the end`;
    const reply = await rig.say(long, (message) => message.text.endsWith('and the end'));
    expect(isFinal(reply)).toBe(true);
    await eventually('one answer', () => rig.telegram.state.queue.length === 0);
    expect(rig.telegram.botMessages().filter((message) => message.text.includes('You said'))).toEqual([]);
  });

  it('answers the commands and lists what waits (CHAN-6, TURN-7)', async () => {
    await open();
    expect((await rig.say('/status')).text).toMatch(/^rehearsal · this conversation/);
    expect((await rig.say('/help')).text).toContain('/approvals');
    expect((await rig.say('/bogus')).text).toBe('I do not know /bogus. /help lists what there is.');
    expect((await rig.say('/etc is full')).text).toContain('You said: /etc is full');
    await rig.say(call('write_file', { path: 'a.txt', content: 'x' }), (m) => labels(m).includes('Always'));
    expect((await rig.say('/approvals')).text).toContain('Write: a.txt');
    expect((await rig.say('/new')).text).toContain('New conversation.');
    await rig.find('the cancelled card', (message) => message.text.includes('Cancelled by /new'));
    expect(rig.telegram.state.commands.map((command) => command.command)).toContain('stop');
  });
});

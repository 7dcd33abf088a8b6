import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GROUP_ID, STRANGER, type StoredMessage } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import { type ModelSubject, startModel } from '../support/model-view.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
const hasApprove = (message: StoredMessage): boolean => labels(message).some((label) => label.startsWith('Approve'));

describe('cards and what becomes of them, on the built product', () => {
  let rig: TelegramRig;
  let model: ModelSubject;
  const workspace = (name = '') => join(rig.home, 'workspace', name);
  const texts = (chatId?: number) => rig.telegram.botMessages(chatId).map((message) => message.text);
  const settled = (what: string) => rig.find(what, (message) => message.text.includes(what));

  beforeEach(async () => {
    model = await startModel('OpenAI');
    rig = await openTelegramRig(model.env);
  });

  afterEach(async () => {
    const broken = [...rig.telegram.violations, ...model.fake.violations];
    await rig.close();
    await model.fake.close();
    expect(broken).toEqual([]);
  });

  it('keeps many calls of one step on cards that hold together, each to be answered (APPR-7)', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `file-${index + 1}.txt`);
    model.fake.queue({
      calls: names.map((path) => ({ name: 'write_file', input: { path, content: 'content '.repeat(100) } })),
    });
    rig.telegram.userSays('write them');
    const cards = () => rig.telegram.botMessages().filter(hasApprove);
    await eventually('every file stands on a card', () =>
      names.every((name) => cards().some((card) => card.text.includes(`Write: ${name}`))),
    );
    expect(cards().some((card) => card.text.length > 4_096 || labels(card).length > 25)).toBe(false);
    for (const card of cards()) {
      const all = labels(card).includes('Approve all') ? 'Approve all' : 'Approve';
      rig.telegram.presses(card.messageId, all);
    }
    await eventually('all are written', () => names.every((name) => existsSync(workspace(name))));
    await settled('Wrote file-30.txt');
    await eventually('no button is left', () => rig.telegram.botMessages().every((card) => labels(card).length === 0));
    expect(texts().filter((text) => text.includes('Write: file-1.txt'))).toHaveLength(1);
  });

  it('forgets with /new what was said before, late outcomes too (CHAN-6)', async () => {
    const card = await rig.say(call('write_file', { path: 'old.txt', content: 'from before' }), hasApprove);
    const approve = card.buttons.flat()[0]?.callback_data ?? '';
    await rig.say('in between', (message) => message.text.endsWith('in between'));
    await rig.say('/new', (message) => message.text.startsWith('New conversation.'));
    await rig.find('the cancelled card', (message) => message.text.includes('Cancelled by /new'));
    await rig.say('fresh', (message) => message.text === 'echo: fresh');
    expect(model.seen()).toHaveLength(1);
    expect(JSON.stringify(model.seen())).not.toContain('from before');
    const late = rig.telegram.pressesData(card.messageId, approve);
    expect(await late.answered()).toMatch(/^Cancelled \d\d:\d\d, not run\.$/);
  });

  it('refuses what is no longer what was shown (APPR-3)', async () => {
    writeFileSync(workspace('a.txt'), 'one\n');
    const edit = { path: 'a.txt', old_text: 'one', new_text: 'two' };
    const card = await rig.say(call('edit_file', edit), hasApprove);
    writeFileSync(workspace('a.txt'), 'one\nand more\n');
    rig.telegram.presses(card.messageId, 'Approve');
    await settled('no longer what was shown');
    expect(readFileSync(workspace('a.txt'), 'utf8')).toBe('one\nand more\n');
  });

  it('grants for ten minutes or always exactly what the card says, over a restart, until it is revoked (APPR-1)', async () => {
    const write = (path: string, content: string) => call('write_file', { path, content });
    const card = await rig.say(write('g.txt', '1'), hasApprove);
    expect(card.text).toContain('Always means: write_file g.txt, in this conversation.');
    rig.telegram.presses(card.messageId, 'Always');
    await rig.find('the outcome', (message) => /✓ Approved \d\d:\d\d · always/.test(message.text));
    await settled('echo: Wrote g.txt');
    await rig.restart('kill');
    await rig.say(write('g.txt', '2'), (message) => message.text.startsWith('echo: Wrote'));
    expect(readFileSync(workspace('g.txt'), 'utf8')).toBe('2');
    const other = await rig.say(write('h.txt', '1'), hasApprove);
    rig.telegram.presses(other.messageId, 'Deny');
    await settled('Denied by the owner');
    const list = await rig.say('/approvals', (message) => labels(message).length > 0);
    expect(list.text).toContain('write_file g.txt');
    expect(await rig.telegram.presses(list.messageId, 'Revoke 1').answered()).toBe('Revoked.');
    const again = await rig.say(write('g.txt', '3'), hasApprove);
    expect(again.text).toContain('g.txt');
    expect(readFileSync(workspace('g.txt'), 'utf8')).toBe('2');
  });

  it('hears the owner alone in a group, and no stranger’s tap (OWN-1, OWN-2)', async () => {
    const group = { chatId: GROUP_ID };
    rig.telegram.userSays('@seneschal_test_bot hello', { ...group, from: STRANGER.id });
    rig.telegram.userSays(`@seneschal_test_bot ${call('write_file', { path: 's.txt', content: 's' })}`, group);
    let card: StoredMessage | undefined;
    await eventually('the card', () => {
      card = rig.telegram.botMessages(GROUP_ID).find(hasApprove);
      return card !== undefined;
    });
    const id = card?.messageId ?? 0;
    const press = rig.telegram.presses(id, 'Approve', { ...group, from: STRANGER.id });
    expect(await press.answered()).toBe('');
    rig.telegram.userReplies(id, 'deny this', { ...group, from: STRANGER.id });
    expect(existsSync(workspace('s.txt'))).toBe(false);
    rig.telegram.presses(id, 'Approve', group);
    await eventually('the file', () => existsSync(workspace('s.txt')));
    expect(texts(GROUP_ID).some((text) => text.includes('hello'))).toBe(false);
    expect(model.fake.requests.every(({ body }) => !JSON.stringify(body).includes('deny this'))).toBe(true);
  });

  it('answers in a new message when the owner has deleted the one that was growing (CHAN-5)', async () => {
    model.fake.queue({ text: 'word '.repeat(60).trim(), chunkSize: 5, delayMs: 40 });
    rig.telegram.userSays('go');
    const live = await rig.find('the stream', (message) => message.text.startsWith('word'));
    live.deleted = true;
    await rig.find('the whole reply', (message) => message.text === 'word '.repeat(60).trim());
  });

  it('goes on with a server that uses the same call id again and again, or none (MODEL-2)', async () => {
    for (const id of ['call_0', 'call_0', '']) {
      model.fake.queue({ calls: [{ name: 'list_files', input: { path: '.' }, id }] }, { text: `done with ${id}.` });
      await rig.say('look', (message) => message.text === `done with ${id}.`);
    }
    model.fake.queue(
      { calls: ['a', 'b'].map((path) => ({ name: 'read_file', input: { path }, id: 'call_0' })) },
      { text: 'Both.' },
    );
    await rig.say('look at both', (message) => message.text === 'Both.');
    const tail = model.seen().slice(-3);
    expect(tail[0]?.calls.map(({ id }) => id)).toEqual(
      tail.slice(1).flatMap(({ results }) => results.map(({ id }) => id)),
    );
    expect(new Set(tail[0]?.calls.map(({ id }) => id)).size).toBe(2);
  });

  it('answers every message in its order, and /stop all ends those that wait (TURN-2, CHAN-6)', async () => {
    for (const number of [1, 2, 3, 4, 5]) rig.telegram.userSays(`question ${number}`);
    await settled('echo: question 5');
    expect(texts()).toEqual([1, 2, 3, 4, 5].map((number) => `echo: question ${number}`));
    model.fake.queue({ text: 'word '.repeat(400), chunkSize: 5, delayMs: 50 });
    rig.telegram.userSays('talk');
    await settled('word word');
    rig.telegram.userSays('never answered 1');
    rig.telegram.userSays('never answered 2');
    rig.telegram.userSays('STOP all');
    const told = await rig.find('the end', (message) => message.text.startsWith('Stopped.'));
    expect(told.text).toBe('Stopped. The reply was cut off; 2 waiting items cancelled.');
    await rig.say('after', (message) => message.text.endsWith('after'));
    expect(texts().filter((text) => text.includes('never answered'))).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { code, paragraph, plain } from '../../src/core/richtext.js';
import { APPROVE as approve, closeTerminalRigs, openTerminalRig as rig, STOP as stop } from '../fakes/terminal/rig.js';

afterEach(async () => {
  expect(await closeTerminalRigs()).toEqual([]);
});

describe('what is typed', () => {
  it('a line is a message, a slash with a known name a command, any other slash a message (CHAN-4, CHAN-6)', async () => {
    const { keyboard, events, received } = await rig();
    keyboard.enters('hello there');
    await received(1);
    keyboard.enters('/stop job 2');
    await received(2);
    keyboard.enters('/etc/hosts is what?');
    await received(3);
    keyboard.enters('   ');
    keyboard.enters('/Start');
    await received(4);
    expect(
      events.map((event) => [
        event.kind,
        'text' in event ? event.text : 'name' in event ? [event.name, event.argument] : null,
      ]),
    ).toEqual([
      ['message.created', 'hello there'],
      ['command.invoked', ['stop', 'job 2']],
      ['message.created', '/etc/hosts is what?'],
      ['command.invoked', ['start', '']],
    ]);
    expect(events[0]).toMatchObject({
      channel: 'terminal',
      address: { channel: 'terminal', space: 'local', direct: true },
      sender: { userId: 'local' },
    });
    expect(new Set(events.map((event) => event.eventId)).size).toBe(4);
  });

  it('a line that ends in a backslash goes on in the next', async () => {
    const { keyboard, screen, events, received } = await rig();
    keyboard.enters('one\\');
    await screen.until(() => screen.typed() === '… ', 'the prompt of a text that goes on');
    keyboard.enters('two');
    await received(1);
    expect(events[0]).toMatchObject({ text: 'one\ntwo' });
    await screen.until(() => screen.typed() === '› ', 'the prompt');
  });

  it('lines that come in one burst are one message', async () => {
    const { keyboard, events, received } = await rig();
    keyboard.keys('def f():\r\r  return 1\r');
    await received(1);
    expect(events).toMatchObject([{ kind: 'message.created', text: 'def f():\n\n  return 1' }]);
  });

  it('commands that come in one burst are done one by one, so that an impatient stop stops (CHAN-6)', async () => {
    const { keyboard, events, received } = await rig();
    keyboard.keys('/stop\r/stop all\r');
    await received(2);
    expect(events).toMatchObject([
      { name: 'stop', argument: '' },
      { name: 'stop', argument: 'all' },
    ]);
  });

  it('a bracketed paste is one message and waits for Enter; nothing in it is pressed or run', async () => {
    const { keyboard, screen, adapter, address, events, received } = await rig();
    await adapter.send({ id: 'd1', address, content: { text: plain('Run: ls'), buttons: approve } });
    keyboard.pastes('1\n/stop\ntail\\\nend');
    await screen.until(() => screen.typed() === '… end', 'the last line of the paste');
    expect(events).toEqual([]);
    keyboard.enters('!');
    await received(1);
    expect(events).toMatchObject([{ kind: 'message.created', text: '1\n/stop\ntail\\\nend!' }]);
  });

  it('through a pipe every line is a message, and the last one needs no line end', async () => {
    const { keyboard, events, received, ended } = await rig({ interactive: false });
    keyboard.keys('one\ntwo\n/help\nlast');
    keyboard.ends();
    await received(4);
    await ended;
    expect(events).toMatchObject([{ text: 'one' }, { text: 'two' }, { name: 'help' }, { text: 'last' }]);
  });

  it('Ctrl-C and Ctrl-D are handed on, and health tells that the input has ended', async () => {
    const { keyboard, adapter, interrupted, ended } = await rig();
    expect(adapter.health()).toEqual({ ok: true });
    keyboard.keys('\u0003');
    await interrupted;
    expect(adapter.health()).toEqual({ ok: true });
    keyboard.keys('\u0004');
    await ended;
    expect(adapter.health().ok).toBe(false);
  });

  it('what the store refuses is said once, kept and handed in again in order under the same ids (CHAN-8)', async () => {
    const { keyboard, screen, refuse, events, attempts, received } = await rig();
    refuse(2);
    keyboard.enters('first');
    await screen.until((rows) => rows.some((row) => row.includes('could not be stored yet')), 'the trouble');
    keyboard.enters('second');
    await received(2, 6_000);
    expect(events).toMatchObject([{ text: 'first' }, { text: 'second' }]);
    expect(new Set(attempts.map((event) => event.eventId)).size).toBe(2);
    await screen.until((rows) => rows.some((row) => row.includes('Stored now.')), 'the recovery');
    expect(screen.all().filter((row) => row.includes('could not be stored'))).toHaveLength(1);
  });

  it('no key is kept in a history that the arrow keys bring back (PASTE-3)', async () => {
    const { keyboard, screen, received } = await rig();
    keyboard.enters('my key');
    await received(1);
    keyboard.keys('\u001B[A');
    keyboard.keys('x');
    await screen.until(() => screen.typed().endsWith('x'), 'the x');
    expect(screen.typed()).toBe('› x');
  });
});

describe('buttons', () => {
  it('are numbered choices, and a line that is just an open number presses (APPR-1, CHAN-4)', async () => {
    const { keyboard, screen, adapter, address, events, received, answer } = await rig();
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: [paragraph('Run: ', code('npm test'))], buttons: approve },
    });
    expect(screen.all()).toEqual(['◆ Run: npm test', '  [1] Approve  [2] Deny', '›']);
    answer({ accepted: true, notice: 'Approved.' });
    keyboard.enters('3');
    await received(1);
    keyboard.enters('1');
    await received(2);
    expect(events).toMatchObject([
      { kind: 'message.created', text: '3' },
      { kind: 'action.invoked', value: 'h-approve', messageId },
    ]);
    await screen.until((rows) => rows.includes('  Approved.'), 'the notice');
    await adapter.edit?.({ address, messageId }, { text: [...plain('Run: npm test'), paragraph('✓ Approved 14:02')] });
    expect(screen.all().slice(-3)).toEqual(['● Run: npm test', '  ✓ Approved 14:02', '›']);
    keyboard.enters('1');
    await screen.until((rows) => rows.some((row) => row.includes('no longer open')), 'what is said of a late press');
    expect(events).toHaveLength(2);
  });

  it('count on while older ones are open, so that a number means one button of one card', async () => {
    const { keyboard, screen, adapter, address, events, received } = await rig();
    const first = await adapter.send({ id: 'd1', address, content: { text: plain('A'), buttons: approve } });
    const second = await adapter.send({
      id: 'd2',
      address,
      content: { text: plain('B'), buttons: [[{ label: 'Approve', value: 'other' }]] },
    });
    expect(screen.all()).toContain('  [3] Approve');
    keyboard.enters('3');
    await received(1);
    keyboard.enters('2');
    await received(2);
    expect(events).toMatchObject([
      { value: 'other', messageId: second.messageId },
      { value: 'h-deny', messageId: first.messageId },
    ]);
  });

  it('a number that has just died is not given to another button', async () => {
    const { screen, adapter, address } = await rig();
    const live = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Working · 1 s'), buttons: stop },
      silent: true,
    });
    await adapter.edit?.({ address, messageId: live.messageId }, { text: plain('Done.') });
    await adapter.send({ id: 'd2', address, content: { text: plain('Run: rm a'), buttons: approve } });
    expect(screen.all()).toEqual(['● Done.', '◆ Run: rm a', '  [2] Approve  [3] Deny', '›']);
  });

  it('a card of before a restart gets its numbers again when it is brought up to date (APPR-4)', async () => {
    const { screen, adapter, address, keyboard, received, events } = await rig();
    await adapter.edit?.({ address, messageId: 'out-of-before' }, { text: plain('Run: ls'), buttons: approve });
    expect(screen.all()).toEqual(['◆ Run: ls', '  [1] Approve  [2] Deny', '›']);
    keyboard.enters('2');
    await received(1);
    expect(events).toMatchObject([{ kind: 'action.invoked', value: 'h-deny', messageId: 'out-of-before' }]);
  });
});

describe('what comes late', () => {
  const told = 'That choice is no longer open. Type 1 again to say it as a message.';

  it('the number of a question that is closed is no message; typed again it is (CHAN-4, APPR-4)', async () => {
    const { keyboard, screen, adapter, address, events, received } = await rig();
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Run: ls'), buttons: approve },
    });
    await adapter.edit?.({ address, messageId }, { text: plain('Run: ls\n\nExpired 14:17, not run') });
    keyboard.enters('1');
    await screen.until((rows) => rows.some((row) => row.includes(told)), 'the sentence');
    keyboard.enters('3');
    await received(1);
    keyboard.enters('1');
    await received(2);
    expect(events).toMatchObject([{ text: '3' }, { text: '1' }]);
  });

  it('presses what is open under that number by then, and soon forgets a button of work (CHAN-4)', async () => {
    const { keyboard, adapter, address, events, received, system } = await rig({ fakeClock: true });
    const work = { text: plain('Working'), buttons: stop };
    const enters = async (text: string, count: number) => {
      keyboard.enters(text);
      // A line is a text of its own once nothing has followed it for a moment.
      await new Promise((next) => setImmediate(next));
      system.advance(50);
      await received(count);
    };
    const { messageId } = await adapter.send({ id: 'd1', address, content: work, silent: true });
    await adapter.edit?.({ address, messageId }, { text: plain('One or two?') });
    system.advance(11_000);
    await enters('1', 1);
    await adapter.send({ id: 'd2', address, content: { text: plain('Run: ls'), buttons: approve } });
    await enters('1', 2);
    expect(events).toMatchObject([
      { kind: 'message.created', text: '1' },
      { kind: 'action.invoked', value: 'h-approve' },
    ]);
  });
});

describe('Ctrl-C', () => {
  it('stops the turn that runs and says so; once more it ends, with a word how to come back (CHAN-4, CHAN-6)', async () => {
    const { keyboard, screen, adapter, events, received, busy, interrupted } = await rig();
    busy(true);
    keyboard.keys('half a line\u0003');
    await received(1);
    expect(events).toMatchObject([{ kind: 'command.invoked', name: 'stop', argument: '' }]);
    await screen.until((rows) => rows.some((row) => row.includes('Stopping. Ctrl-C once more ends')), 'the sentence');
    expect(screen.typed()).toBe('› half a line');
    keyboard.keys('\u0003');
    await interrupted;
    await adapter.stop();
    expect(screen.all().join('\n')).toContain('Ended. What waits is kept: npm start');
    expect(events).toHaveLength(1);
  });

  it('takes back the line being typed where nothing runs, and ends at the next (CHAN-4)', async () => {
    const { keyboard, screen, events, interrupted } = await rig();
    keyboard.keys('half a line');
    await screen.until(() => screen.typed() === '› half a line', 'what is typed');
    keyboard.keys('\u0003');
    await screen.until(() => screen.typed().trim() === '›', 'an empty line');
    keyboard.keys('\u0003');
    await interrupted;
    expect(events).toEqual([]);
  });

  it('ends at once where nothing runs (CHAN-4)', async () => {
    const { keyboard, events, interrupted } = await rig();
    keyboard.keys('\u0003');
    await interrupted;
    expect(events).toEqual([]);
  });
});

it('a line by another part of the process stands whole, above what is being typed (START-6, CHAN-4)', async () => {
  const { keyboard, screen, prints } = await rig({ columns: 40 });
  keyboard.keys('half a line');
  await screen.until(() => screen.typed() === '› half a line', 'what is typed');
  const line = JSON.stringify({ level: 30, channels: ['terminal'], formUrl: 'https://127.0.0.1:8443', msg: 'ready' });
  prints(line);
  await screen.until((rows) => rows.join('').includes('"ready"'), 'the line');
  expect(screen.raw).toContain(`${line}\r\n`);
  expect(screen.typed()).toBe('› half a line');
  expect(
    screen
      .all()
      .filter((row) => row !== '')
      .join(''),
  ).toBe(`${line}› half a line`);
});

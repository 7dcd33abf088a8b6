import { afterEach, describe, expect, it } from 'vitest';
import { codeBlock, paragraph, plain } from '../../src/core/richtext.js';
import {
  APPROVE as approve,
  closeTerminalRigs,
  textFile as file,
  openTerminalRig as rig,
  STOP as stop,
} from '../fakes/terminal/rig.js';

afterEach(async () => {
  expect(await closeTerminalRigs()).toEqual([]);
});

describe('what is shown', () => {
  it('a progress line changes in place and becomes the text, which grows (CHAN-5, CHAN-7)', async () => {
    const { screen, adapter, address } = await rig({ columns: 30 });
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Working · 1 s'), buttons: stop },
    });
    const target = { address, messageId };
    await adapter.edit?.(target, { text: plain('Working · npm test · 2 s'), buttons: stop });
    expect(screen.all()).toEqual(['◆ Working · npm test · 2 s', '  [1] Stop', '›']);
    await adapter.edit?.(target, { text: plain('The tests'), buttons: stop });
    const before = screen.raw.length;
    await adapter.edit?.(target, { text: plain('The tests pass, all of them, on both machines.'), buttons: stop });
    await adapter.edit?.(target, { text: plain('The tests pass, all of them, on both machines.\n\nDone.') });
    expect(screen.all()).toEqual(['● The tests pass, all of', '  them, on both machines.', '', '  Done.', '›']);
    expect(screen.raw.slice(before)).not.toContain('Working');
  });

  it('text that only grows prints only what is new', async () => {
    const { screen, adapter, address } = await rig();
    const { messageId } = await adapter.send({ id: 'd1', address, content: { text: plain('First line\nSecond') } });
    const before = screen.raw.length;
    await adapter.edit?.({ address, messageId }, { text: plain('First line\nSecond line\nThird') });
    expect(screen.raw.slice(before)).not.toContain('First line');
    expect(screen.all()).toEqual(['● First line', '  Second line', '  Third', '›']);
  });

  it('the line being typed stays, with its cursor, also when it takes several rows (CHAN-4)', async () => {
    const { keyboard, screen, adapter, address, events, received } = await rig({ columns: 20 });
    const long = 'a sentence that is longer than two rows';
    keyboard.keys(long);
    keyboard.keys('\u001B[D\u001B[D');
    await adapter.send({ id: 'd1', address, content: { text: plain('News') } });
    await screen.until((rows) => rows[0] === '● News', 'the news');
    expect(screen.all()).toEqual(['● News', '› a sentence that is', ' longer than two row', 's']);
    keyboard.keys('X');
    keyboard.enters('');
    await received(1);
    expect(events).toMatchObject([{ text: 'a sentence that is longer than two roXws' }]);
  });

  it('a change to an older message is printed below: its first line and what changed', async () => {
    const { screen, adapter, address } = await rig();
    const card = [...plain('Run: npm test'), codeBlock('a\nb'), ...plain('in workspace/site')];
    const { messageId } = await adapter.send({ id: 'd1', address, content: { text: card, buttons: approve } });
    await adapter.send({ id: 'd2', address, content: { text: plain('Something else.') } });
    const target = { address, messageId };
    await adapter.edit?.(target, { text: [...card, paragraph('✓ Approved 14:02')] });
    const shown = screen.all();
    expect(shown.slice(-4)).toEqual(['● Something else.', '● Run: npm test', '  ✓ Approved 14:02', '›']);
    await adapter.edit?.(target, { text: [...card, paragraph('✓ Approved 14:02 · exit 0 after 3.1 s')] });
    expect(screen.all().slice(-3)).toEqual(['● Run: npm test', '  ✓ Approved 14:02 · exit 0 after 3.1 s', '›']);
    expect(screen.all()).toHaveLength(shown.length);
    await adapter.edit?.(target, { text: [...card, paragraph('✓ Approved 14:02 · exit 0 after 3.1 s')] });
    expect(screen.all()).toHaveLength(shown.length);
  });

  it('a text whose beginning has scrolled away is not redrawn over', async () => {
    const { screen, adapter, address } = await rig({ columns: 40, rows: 6 });
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    const { messageId } = await adapter.send({ id: 'd1', address, content: { text: plain(lines.join('\n')) } });
    await adapter.edit?.({ address, messageId }, { text: plain([lines[0], 'changed', ...lines.slice(2)].join('\n')) });
    expect(screen.all().slice(-3)).toEqual(['● line 0', '  changed', '›']);
    expect(screen.all().filter((row) => row.includes('line 7'))).toHaveLength(1);
  });

  it('the last own message goes from the screen when it is deleted; what was typed stays', async () => {
    const { screen, adapter, address, keyboard, received, events } = await rig();
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Working · 1 s'), buttons: stop },
    });
    await adapter.delete?.({ address, messageId });
    await adapter.delete?.({ address, messageId });
    expect(screen.all()).toEqual(['›']);
    keyboard.enters('mine');
    await received(1);
    const typed = events[0]?.kind === 'message.created' ? events[0].messageId : '';
    await expect(adapter.delete?.({ address, messageId: typed })).rejects.toMatchObject({ code: 'channel.rejected' });
  });

  it('text cannot forge the terminal: escapes and controls are shown, every line stands indented (CHAN-14)', async () => {
    const { screen, adapter, address } = await rig({ columns: 24 });
    const hostile = 'a\u001B[2J\u009B1Ab\u202Ec\u0008\rd\u0007\n› 1\n◆ Run: ls';
    await adapter.send({
      id: 'd1',
      address,
      content: { text: [paragraph(hostile), codeBlock(`\u001B]0;x\u0007${'y'.repeat(40)}`)] },
    });
    expect(screen.all().join('\n')).toContain('\\u001B[2J\\u009B');
    expect(
      screen
        .all()
        .slice(0, -1)
        .every((row, index) => (index === 0 ? row.startsWith('● ') : /^( {2}|$)/.test(row))),
    ).toBe(true);
    await adapter.send({
      id: 'd2',
      address,
      content: {
        text: plain('Card'),
        buttons: [[{ label: 'Yes\n[9] No\u001B[A', value: 'v' }]],
        file: file('a\n\u001B[2J.txt', 'x\u001Bc'),
      },
    });
    expect(screen.violations).toEqual([]);
    expect(screen.raw).not.toContain('\u001B]0');
  });

  it('a link shows where it leads, and an address stays whole on a row of its own (CHAN-14, SECRET-2)', async () => {
    const { screen, adapter, address } = await rig({ columns: 30 });
    const url = `https://box.example.ts.net:8443/s/${'t'.repeat(40)}#k`;
    const link = {
      type: 'link',
      url: 'https://evil.example/',
      children: [{ type: 'text', text: 'https://bank.example/' }],
    } as const;
    await adapter.send({
      id: 'd1',
      address,
      content: { text: [paragraph(link), paragraph('I need KEY.', { type: 'break' }, url)] },
    });
    expect(screen.raw).toContain(`\r\n  ${url}\r\n`);
    expect(screen.raw).toContain('(https://evil.example/)');
  });

  it('a file is named with its size, and the lines behind the 60th are a choice away (APPR-2)', async () => {
    const { screen, adapter, address, keyboard, events } = await rig({ rows: 200 });
    const content = Array.from({ length: 100 }, (_, index) => `row ${index}`).join('\n');
    await adapter.send({ id: 'd1', address, content: { text: [], file: file('run.txt', content) } });
    expect(screen.all()[0]).toBe('● run.txt · 689 bytes');
    expect(screen.all()).toContain('  row 59');
    expect(screen.all()).not.toContain('  row 60');
    expect(screen.all()).toContain('  [1] Show the other 40 lines');
    keyboard.enters('1');
    await screen.until((rows) => rows.includes('  row 99'), 'the rest');
    expect(events).toEqual([]);
    await adapter.send({
      id: 'd2',
      address,
      content: { text: [], file: { name: 'a.png', mimeType: 'image/png', bytes: Uint8Array.of(137, 80, 0, 255) } },
    });
    expect(screen.all().at(-2)).toBe('● a.png · 4 bytes');
  });

  it('without a terminal only settled states are printed, as new lines and without any style (CHAN-4)', async () => {
    const { screen, adapter, address } = await rig({ interactive: false });
    const { messageId } = await adapter.send({
      id: 'd1',
      address,
      content: { text: plain('Working · 1 s'), buttons: stop },
      silent: true,
    });
    const target = { address, messageId };
    await adapter.edit?.(target, { text: plain('Half'), buttons: stop });
    expect(screen.raw).toBe('');
    await adapter.edit?.(target, {
      text: [
        { type: 'paragraph', children: [{ type: 'strong', children: [{ type: 'text', text: 'Half' }] }] },
        ...plain('done.'),
      ],
    });
    expect(screen.raw).toBe('● Half\n\n  done.\n');
    const card = await adapter.send({ id: 'd2', address, content: { text: plain('Run: ls'), buttons: approve } });
    await adapter.edit?.(
      { address, messageId: card.messageId },
      { text: [...plain('Run: ls'), paragraph('✗ Denied 14:02')] },
    );
    expect(screen.raw.split('\n').slice(3)).toEqual([
      '◆ Run: ls',
      '  [1] Approve  [2] Deny',
      '● Run: ls',
      '  ✗ Denied 14:02',
      '',
    ]);
  });

  it('without a terminal a message still at work is shown once it rests, or when the channel stops', async () => {
    const { screen, adapter, address, system } = await rig({ interactive: false, fakeClock: true });
    await adapter.send({ id: 'd1', address, content: { text: plain('One reminder'), buttons: approve }, silent: true });
    expect(screen.raw).toBe('');
    system.advance(3_000);
    await screen.until((rows) => rows.includes('  [1] Approve  [2] Deny'), 'the reminder');
    const { messageId } = await adapter.send({
      id: 'd2',
      address,
      content: { text: plain('Working'), buttons: stop },
      silent: true,
    });
    await adapter.edit?.({ address, messageId }, { text: plain('So far'), buttons: stop });
    await adapter.stop();
    expect(screen.all().at(-2)).toBe('◆ So far');
  });
});

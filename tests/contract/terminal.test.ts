import { afterEach, describe, expect, it } from 'vitest';
import { plain } from '../../src/core/richtext.js';
import { closeTerminalRigs, textFile as file, openTerminalRig as rig } from '../fakes/terminal/rig.js';

import { describeAdapter } from './adapter-suite.js';
import { terminalHarness } from './terminal-harness.js';

describeAdapter(terminalHarness);

afterEach(async () => {
  expect(await closeTerminalRigs()).toEqual([]);
});

describe('the verbs', () => {
  it('the same delivery is printed once (TURN-4)', async () => {
    const { screen, adapter, address } = await rig();
    const delivery = { id: 'd1', address, content: { text: plain('Once') } };
    expect(await adapter.send(delivery)).toEqual(await adapter.send(delivery));
    expect(screen.all()).toEqual(['● Once', '›']);
  });

  it('another conversation, a text or file over the limit and a download are refused for good', async () => {
    const { adapter, address } = await rig();
    const elsewhere = { ...address, space: 'other' };
    await expect(adapter.send({ id: 'd1', address: elsewhere, content: { text: plain('x') } })).rejects.toMatchObject({
      code: 'channel.rejected',
    });
    await expect(
      adapter.send({ id: 'd2', address, content: { text: plain('x'.repeat(100_001)) } }),
    ).rejects.toMatchObject({ code: 'channel.rejected' });
    await expect(
      adapter.send({
        id: 'd3',
        address,
        content: { text: [], file: { ...file('big', ''), bytes: new Uint8Array(50 * 1024 * 1024 + 1) } },
      }),
    ).rejects.toMatchObject({ code: 'channel.too_large' });
    await expect(adapter.download({ fileId: 'f', name: 'n', kind: 'file' }, 1)).rejects.toMatchObject({
      code: 'channel.rejected',
    });
    await expect(adapter.openDirect('somebody')).rejects.toMatchObject({ code: 'channel.rejected' });
    expect(await adapter.openDirect('local')).toEqual(address);
    expect(adapter.split(plain('x'.repeat(150_000))).length).toBe(2);
  });

  it('a terminal that is gone ends the input and makes sends fail as not sent', async () => {
    const { screen, adapter, address, ended } = await rig();
    screen.breakOff();
    await expect(adapter.send({ id: 'd1', address, content: { text: plain('x') } })).rejects.toMatchObject({
      code: 'channel.unavailable',
    });
    await ended;
    expect(adapter.health().ok).toBe(false);
  });

  it('after stop nothing is sent, nothing is handed in, and the terminal is as it was', async () => {
    const { screen, keyboard, adapter, address, events } = await rig();
    keyboard.keys('half a li');
    await adapter.stop();
    await adapter.stop();
    keyboard.enters('ne');
    await expect(adapter.send({ id: 'd1', address, content: { text: plain('x') } })).rejects.toMatchObject({
      code: 'channel.unavailable',
    });
    expect(events).toEqual([]);
    expect(screen.raw).toContain('\u001B[?2004l');
    expect(adapter.health()).toEqual({ ok: false, reason: 'Stopped.' });
  });
});

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/gateway.js';
import type { Platform, Shown } from '../support/platform.js';
import { openDiscord } from '../support/platform-discord.js';
import { call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack } from '../support/platform-slack.js';
import { openTelegram } from '../support/platform-telegram.js';

/* An approval that nobody answers, on the built product: one silent reminder, its death, and asking again. */
let rig: PlatformRig;
let platform: Platform;

afterEach(async () => {
  const violations = [...platform.violations()];
  await rig.close();
  expect(violations).toEqual([]);
});

const REMINDER = /^Waits for you until \d\d:\d\d: Write: a\.txt$/;
const reminders = (): Shown[] => platform.messages().filter(({ text }) => REMINDER.test(text));
const asks = (message: Shown): boolean => message.labels.includes('Approve');
const write = call('write_file', { path: 'a.txt', content: 'a' });

describe.each([
  ['Telegram', openTelegram, true],
  ['Slack', openSlack, false],
  ['Discord', openDiscord, true],
] as const)('a card on %s', (_name, open, silent) => {
  it('is reminded of once before it dies, without a sound where there is one, until it is answered (APPR-8)', async () => {
    platform = await open();
    rig = await openRig([platform], { SENESCHAL_APPROVAL_TTL: '16s' });
    const card = await rig.say(platform, write, asks);
    await rig.receipt(card);
    const reminder = await rig.find(platform, 'the reminder', ({ text }) => REMINDER.test(text));
    expect([reminder.silent, reminder.labels]).toEqual([silent, []]);
    await rig.receipt(reminder);
    await platform.presses(card, 'Approve');
    await eventually('the reminder is gone', () => reminders().length === 0);
    await rig.find(platform, 'the result', (message) => message.text.includes('Wrote a.txt'));
  }, 60_000);
});

it('a reminder outlives kills and comes once; what died can be asked again, after a restart too (APPR-8, APPR-4)', async () => {
  platform = await openTelegram();
  rig = await openRig([platform], { SENESCHAL_APPROVAL_TTL: '20s' });
  const card = await rig.say(platform, write, asks);
  await rig.receipt(card);
  // It comes due while nobody is there.
  await rig.gateway.kill();
  await wait(11_000);
  await rig.restart('kill');
  const reminder = await rig.find(platform, 'the reminder', ({ text }) => REMINDER.test(text));
  await rig.receipt(reminder);
  await rig.restart('kill');
  await rig.find(platform, 'the end', (m) => m.id === card.id && /Expired \d\d:\d\d, not run/.test(m.text));
  await eventually('the reminder is gone', () => reminders().length === 0);

  const dead = await rig.find(platform, 'the card', (m) => m.id === card.id && m.labels.includes('Ask again'));
  await rig.restart('kill', { SENESCHAL_APPROVAL_TTL: '15m' });
  expect(await platform.presses(dead, 'Ask again')).toBe('Asking again.');
  const again = await rig.find(platform, 'the new card', (message) => message.id !== card.id && asks(message));
  await rig.find(platform, 'the old card', (m) => m.id === card.id && m.labels.length === 0);
  await rig.restart('kill', { SENESCHAL_APPROVAL_TTL: '15m' });
  await platform.presses(again, 'Approve');
  await rig.find(platform, 'the result', (message) => message.text.includes('Wrote a.txt'));
  expect(rig.file('a.txt')).toBe('a');
  const digests = rig.audit('approval.requested').map(({ approval }) => approval);
  expect(new Set(digests).size).toBe(2);
  expect(reminders()).toEqual([]);
}, 90_000);

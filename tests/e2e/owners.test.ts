import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { OWNER as SLACK_OWNER, STRANGER } from '../fakes/slack/index.js';
import { OWNER, STRANGER as TELEGRAM_STRANGER } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import type { Platform, Shown } from '../support/platform.js';
import { call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack, type SlackPlatform } from '../support/platform-slack.js';
import { openTelegram, type TelegramPlatform } from '../support/platform-telegram.js';
import { linkIn } from '../support/visit.js';

/** One owner over several channels and accounts, and what others in a shared channel can and cannot do. */
let rig: PlatformRig;
let platforms: Platform[] = [];

async function open<Opened extends Platform[]>(env: Record<string, string>, ...opened: Opened): Promise<Opened> {
  platforms = opened;
  rig = await openRig(opened, env);
  return opened;
}

afterEach(async () => {
  const violations = platforms.flatMap((platform) => [...platform.violations()]);
  await rig.close();
  expect(violations).toEqual([]);
});

const asks = (message: Shown): boolean => message.labels.includes('Approve');
const write = (path: string): string => call('write_file', { path, content: path });

describe('one owner over Slack and Telegram', () => {
  let slack: SlackPlatform;
  let telegram: TelegramPlatform;

  async function mirrored(): Promise<void> {
    [slack, telegram] = await open({}, await openSlack(), await openTelegram());
    await rig.say(telegram, 'say I am here too');
    const settings = await rig.say(slack, '/settings', (message) => message.text.includes('Approvals asked here'));
    expect(settings.text).toContain('Model: rehearsal');
    expect(settings.text).toContain('Approvals asked here are shown here only.');
    expect(settings.text).toContain('Home for alerts and notices: Telegram');
    await slack.presses(settings, 'Mirror to Telegram');
    await rig.find(slack, 'the change', (m) => m.id === settings.id && m.text.includes('also shown in Telegram'));
  }

  it('shows an approval in every chat that the owner named; the first tap wins, every copy tells (OWN-3, CHAN-16)', async () => {
    await mirrored();
    const asked = await rig.say(slack, write('one.txt'), asks);
    const copy = await rig.find(telegram, 'the copy', asks);
    expect(copy.text).toContain('Write: one.txt');
    expect(copy.text).toContain('Asked in Slack');
    await telegram.presses(copy, 'Approve');
    await rig.find(slack, 'the outcome there', (m) => m.id === asked.id && /✓ Approved .+ wrote 7 bytes/.test(m.text));
    await rig.find(telegram, 'the outcome here', (m) => m.id === copy.id && /✓ Approved .+ wrote 7 bytes/.test(m.text));
    await rig.find(slack, 'the reply', (message) => message.text.includes('write_file: Wrote one.txt'));
    expect(rig.file('one.txt')).toBe('one.txt');
    expect(telegram.messages().some((message) => message.text.includes('write_file: Wrote'))).toBe(false);
    expect(rig.audit('approval.approved').map((row) => row.by)).toEqual([`telegram:${OWNER.id}`]);
  });

  it('keeps what was set over a restart, /new and other threads; a late tap on the other copy is told so (OWN-3, APPR-3)', async () => {
    await mirrored();
    await rig.say(slack, '/new', (message) => message.text.startsWith('New conversation'));
    await rig.restart('kill');
    const root = slack.fake.people.mentions(write('two.txt'));
    const copy = await rig.find(telegram, 'the copy', asks);
    const asked = await rig.find(slack, 'the card', asks);
    expect(slack.fake.messages(asked.space, root.ts).some((message) => message.ts === asked.id)).toBe(true);
    const late = { ...copy };
    await slack.presses(asked, 'Deny');
    await rig.find(telegram, 'the refusal', (message) => message.id === copy.id && message.text.includes('✗ Denied'));
    const [button] = telegram.fake.calls.filter(({ params }) => JSON.stringify(params).includes('Asked in Slack'));
    const handle = /"callback_data\\?":\\?"([\w-]+)/.exec(JSON.stringify(button?.params))?.[1] ?? '';
    expect(await telegram.fake.pressesData(Number(late.id), handle).answered()).toMatch(/^Already denied/);
    expect(rig.file('two.txt')).toBeNull();
  });

  it('makes a chat the home of what nobody asked for, by a button (OWN-6, CHAN-16)', async () => {
    [slack, telegram] = await open({}, await openSlack(), await openTelegram());
    await rig.say(telegram, 'say hello');
    slack.fake.people.directMessage('/settings');
    const settings = await rig.find(slack, 'the settings', (message) => message.text.includes('Home for alerts'));
    expect(settings.text).toContain('Home for alerts and notices: Telegram');
    await slack.presses(settings, 'Make this chat my home');
    const now = await rig.find(slack, 'the change', (message) => message.text.includes('notices: this chat'));
    expect(now.labels).toEqual(['Mirror to Telegram']);
    await rig.restart('stop');
    const shown = await rig.say(telegram, '/settings', (message) => message.text.includes('notices: Slack'));
    expect(shown.labels).toContain('Make this chat my home');
  });
});

describe('several accounts', () => {
  it('have the same power; the audit names the one that tapped, a link goes to the one that asked (OWN-5)', async () => {
    const slack = await openSlack();
    await open({ SLACK_OWNER_ID: `${SLACK_OWNER},${STRANGER}` }, slack);
    const { fake } = slack;
    const card = await rig.say(slack, write('a.txt'), asks);
    await slack.presses(card, 'Approve', 'stranger');
    await rig.find(slack, 'the outcome', (message) => message.text.includes('Wrote a.txt'));
    expect(rig.audit('approval.approved').map((row) => row.by)).toEqual([`slack:${STRANGER}`]);
    fake.people.mentions(call('ask_secret', { name: 'DEMO_KEY', prompt: 'to greet.' }), { user: STRANGER });
    const theirs = fake.workspace.direct(STRANGER).id;
    await fake.until('the link', () => fake.replies(theirs).find((message) => linkIn(fake.text(message)) !== ''));
    expect(slack.messages().filter((message) => linkIn(message.text) !== '')).toEqual([]);
  });

  it('are added by a code that `pair` makes, after the sentence about their power (OWN-5)', async () => {
    const [telegram] = await open({}, await openTelegram());
    await rig.say(telegram, 'say hello');
    telegram.fake.userSays('say stranger', { from: TELEGRAM_STRANGER.id });
    const made = spawnSync(process.execPath, ['dist/src/main.js', 'pair'], {
      env: { PATH: process.env.PATH, SENESCHAL_HOME: rig.home },
      encoding: 'utf8',
    });
    expect(made.stdout.split('\n')[0]).toBe('An owner has full power over this box; there are no lesser roles.');
    telegram.fake.userSays(/Send (\S+) /.exec(made.stdout)?.[1] ?? '', { from: TELEGRAM_STRANGER.id });
    telegram.fake.userSays('say both', { from: TELEGRAM_STRANGER.id });
    await eventually('an answer', () => telegram.seenByStranger().some((message) => message.text.endsWith('both')));
    expect(telegram.seenByStranger()[0]?.text).toContain('This account has full power over this box.');
    expect(rig.audit('owner.paired')).toEqual([{ channel: 'telegram', user: String(TELEGRAM_STRANGER.id) }]);
    await rig.say(telegram, 'say still here');
  });
});

describe('the home conversation', () => {
  it('is followed by the next channel where it cannot be reached, marked (OWN-6)', async () => {
    const [telegram, slack] = await open({}, await openTelegram(), await openSlack());
    await rig.say(telegram, 'say hello');
    slack.fake.people.directMessage('say hello');
    await rig.find(slack, 'an answer', (message) => message.space === slack.direct);
    const blocked = { method: 'sendMessage', kind: 'status', status: 403, times: 50 } as const;
    telegram.fake.fault({ ...blocked, description: 'Forbidden: bot was blocked by the user' });
    await rig.restart('stop', { SENESCHAL_MODEL: '' });
    const notice = await rig.find(slack, 'what home should have got', (message) => linkIn(message.text) !== '');
    expect(notice.space).toBe(slack.direct);
    expect(notice.text.split('\n')[0]).toBe('Telegram could not be reached, so this comes here.');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebFake, type WebFake } from '../fakes/web.js';
import { eventually } from '../support/gateway.js';
import { type ModelSubject, startModel } from '../support/model-view.js';
import type { Platform, Shown } from '../support/platform.js';
import { openDiscord } from '../support/platform-discord.js';
import { call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack } from '../support/platform-slack.js';
import { openTelegram } from '../support/platform-telegram.js';

/* What was allowed in advance and what waits, as the owner sees and ends it, on the built product. */
let rig: PlatformRig;
let platform: Platform;
let model: ModelSubject;
let web: WebFake;

const asks = (message: Shown): boolean => message.labels.includes('Approve');
const write = (path: string, content: string): string => call('write_file', { path, content });
const wrote = (message: Shown): boolean => message.text.startsWith('echo: Wrote');
const allow = async (request: string): Promise<void> => {
  const card = await rig.say(platform, request, asks);
  await platform.presses(card, 'Always');
  await rig.find(
    platform,
    'the outcome',
    ({ id, text }) => id === card.id && /· always \(see \/approvals\) · /.test(text),
  );
};
const list = (): Promise<Shown> => {
  const known = new Set(platform.messages().map(({ id }) => id));
  platform.commands('approvals');
  return rig.find(
    platform,
    'the list',
    ({ id, text }) => !known.has(id) && /Standing|Waiting for your|Nothing/.test(text),
  );
};

async function open(opened: Platform): Promise<void> {
  platform = opened;
  const allowed = { SENESCHAL_NETWORK_ALLOW: `127.0.0.1:${web.port}` };
  rig = await openRig([opened], { ...model.env, ...allowed });
}

beforeEach(async () => {
  model = await startModel('OpenAI');
  web = await startWebFake(() => ({ body: '<p>Read me.</p>' }));
});

afterEach(async () => {
  const violations = [...platform.violations(), ...model.fake.violations];
  await rig.close();
  await model.fake.close();
  await web.close();
  expect(violations).toEqual([]);
});

describe.each([
  ['Telegram', openTelegram],
  ['Slack', openSlack],
  ['Discord', openDiscord],
] as const)('/approvals on %s', (_name, make) => {
  it('lists what waits and each permission with what is left of it; revoking counts at once and shows (APPR-5)', async () => {
    await open(await make());
    await allow(write('a.txt', '1'));
    await allow(write('b.txt', '1'));
    await rig.say(platform, write('a.txt', '2'), wrote);
    await rig.say(platform, write('waits.txt', '1'), asks);
    const shown = await list();
    // Slack's slash command is typed in the channel, all else in a thread of it.
    const place = platform.name === 'Slack' ? ' · elsewhere in Slack' : '';
    expect(shown.text.split('\n').filter((line) => line !== '')).toEqual([
      'Waiting for your tap: 1',
      expect.stringMatching(new RegExp(`^Write: waits\\.txt · until \\d\\d:\\d\\d${place}$`)),
      'Standing permissions: 2',
      `1. write_file a.txt · 90 days, 199 uses left${place}`,
      `2. write_file b.txt · 90 days, 200 uses left${place}`,
    ]);
    expect(shown.labels).toEqual(['Revoke 1', 'Revoke 2', 'Revoke all']);
    await rig.receipt(shown);
    await platform.presses(shown, 'Revoke 1');
    const after = await rig.find(platform, 'what is left', ({ id, labels }) => id === shown.id && labels.length === 1);
    expect(after.text).toContain('1. write_file b.txt');
    expect(after.text).not.toContain('write_file a.txt');
    await rig.say(platform, write('a.txt', '3'), (message) => asks(message) && message.text.includes('a.txt'));
    expect(rig.file('a.txt')).toBe('2');
    expect(rig.audit('grant.revoked')).toHaveLength(1);
  }, 60_000);
});

it('revokes all at once, whichever list they stand on, over a restart (APPR-5)', async () => {
  await open(await openTelegram());
  await allow(write('a.txt', '1'));
  await allow(write('b.txt', '1'));
  const first = await list();
  await rig.receipt(first);
  await rig.restart('kill');
  expect(await platform.presses(first, 'Revoke all')).toBe('Revoked.');
  await rig.find(platform, 'the list', ({ id, text }) => id === first.id && text.startsWith('Nothing waits for you'));
  for (const path of ['a.txt', 'b.txt']) {
    await rig.say(platform, write(path, '2'), (message) => asks(message) && message.text.includes(path));
  }
}, 60_000);

it('never covers what is sent out after untrusted reading, though it was always allowed (APPR-5, GUARD-4)', async () => {
  await open(await openTelegram());
  const url = `${web.url}/send`;
  const send = call('http_request', { method: 'POST', url, body: 'x' });
  const posts = () => web.requests.filter(({ method }) => method === 'POST').length;
  await allow(send);
  await eventually('it was sent', () => posts() === 1);
  // What a request brings back is untrusted itself: a conversation anew has read nothing.
  await rig.say(platform, '/new', ({ text }) => text.startsWith('New conversation.'));
  await rig.say(platform, send, ({ text }) => text.includes('200'));
  expect(posts()).toBe(2);
  await rig.say(platform, '/new', ({ text }) => text.startsWith('New conversation.'));
  await rig.say(platform, call('fetch_page', { url: `${web.url}/page` }), ({ text }) => text.includes('Read me'));
  const card = await rig.say(platform, send, asks);
  expect(card.text).toContain('(untrusted)');
  expect(posts()).toBe(2);
}, 60_000);

it('/status says what answers, what it costs, what runs and what waits, forms too (TURN-7)', async () => {
  await open(await openTelegram());
  const [costs, running, waiting] = (await rig.say(platform, '/status')).text.split('\n');
  expect(costs).toMatch(/^gpt-5 · this conversation 0 tokens, \$0\.00 · today \$0\.00 of \$5\.00$/);
  expect(running).toMatch(/^Running: nothing · \d+ MB in use$/);
  expect(waiting).toBe('Waiting for you: nothing');

  const card = await rig.say(platform, call('run_command', { command: 'sleep 60' }), asks);
  await platform.presses(card, 'Approve');
  await rig.find(platform, 'the work', ({ labels }) => labels.includes('Stop'));
  await rig.say(platform, '/secret STRIPE_KEY', ({ text }) => text.startsWith('The form for STRIPE_KEY'));
  const busy = (await rig.say(platform, '/status', ({ text }) => text.includes('this conversation'))).text.split('\n');
  expect(busy[0]).toMatch(/^gpt-5 · this conversation [\d]+k? tokens, \$\d+\.\d\d · today \$\d+\.\d\d of \$5\.00$/);
  expect(busy[1]).toMatch(/^Running: sleep 60, [\d.]+ m?s, \d+ MB of 512 MB$/);
  expect(busy[2]).toBe('Waiting for you: 1 form (STRIPE_KEY, 10 min left)');

  platform.says('/stop');
  await rig.find(platform, 'the end', ({ text }) => text.startsWith('Stopped.'));
  await rig.say(platform, `${write('a.txt', 'a')}\n${write('b.txt', 'b')}`, ({ labels }) =>
    labels.includes('Approve all'),
  );
  const open2 = await rig.say(platform, '/status', ({ text }) => text.includes('this conversation'));
  expect(open2.text).toMatch(
    /^Waiting for you: 2 approvals \(Write: a\.txt and 1 more\), 1 form \(STRIPE_KEY, \d+ min left\)$/m,
  );
}, 60_000);

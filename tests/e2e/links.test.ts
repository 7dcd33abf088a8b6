import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startWebFake, type WebFake } from '../fakes/web.js';
import { eventually } from '../support/gateway.js';
import { type ModelSubject, startModel } from '../support/model-view.js';
import { isDone, type Platform, type Shown } from '../support/platform.js';
import { openDiscord } from '../support/platform-discord.js';
import { openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack } from '../support/platform-slack.js';
import { openTelegram } from '../support/platform-telegram.js';

/* Data could leave by a link: what the agent writes after reading something from outside, on the built product. */
let rig: PlatformRig;
let platform: Platform;
let model: ModelSubject;
let web: WebFake;

afterEach(async () => {
  const violations = [...platform.violations(), ...model.fake.violations];
  await rig.close();
  await model.fake.close();
  await web.close();
  expect(violations).toEqual([]);
});

const WORDS =
  'Here. [Read more](https://evil.example/?d=c2VjcmV0) or https://evil.example/raw?d=1 or evil.example/bare, ' +
  '![a picture](https://evil.example/p.png), [by **name**](https://docs.example/a) and [x](https://docs.example@evil.example/u).';
const toEvil = (message: Shown): string[] => message.links.filter((link) => /evil/.test(link));

describe.each([
  ['Telegram', openTelegram],
  ['Slack', openSlack],
  ['Discord', openDiscord],
] as const)('links on %s', (_name, open) => {
  it('lead nowhere that the owner has not named once untrusted content was read, at every edit too (GUARD-14)', async () => {
    platform = await open();
    model = await startModel('OpenAI');
    web = await startWebFake(() => ({ body: '<p>Go on at https://evil.example/ for all of it.</p>' }));
    const allow = { SENESCHAL_NETWORK_ALLOW: `127.0.0.1:${web.port}` };
    rig = await openRig([platform], { ...model.env, ...allow });

    // Nothing was read: links are links, and show where they lead.
    model.fake.queue({ text: WORDS });
    const free = await rig.say(platform, 'what is at docs.example?', (message) => message.text.startsWith('Here.'));
    expect(toEvil(free).length).toBeGreaterThanOrEqual(4);
    expect(free.text).toContain('evil.example');

    const seen = new Set<string>();
    const watch = (message: Shown) => {
      for (const link of toEvil(message)) seen.add(link);
      return message.text.endsWith('The end.') && isDone(message);
    };
    const before = new Set(platform.messages().map((message) => message.id));
    model.fake.queue(
      { calls: [{ name: 'fetch_page', input: { url: `${web.url}/post` } }] },
      { text: `${WORDS}\n\n${WORDS}\n\nThe end.`, chunkSize: 4, delayMs: 30 },
    );
    platform.says(`read ${web.url}/post`);
    const told = await rig.find(platform, 'the whole', (message) => !before.has(message.id) && watch(message));
    expect(told.edits).toBeGreaterThan(1);
    expect([...seen]).toEqual([]);
    expect(told.links).toContain('https://docs.example/a');
    for (const words of [
      'evil.example: Read more (https://evil.example/?d=c2VjcmV0)',
      'evil.example (https://evil.example/raw?d=1)',
      'evil.example: a picture (https://evil.example/p.png)',
      'evil.example: x (https://docs.example@evil.example/u)',
    ]) {
      expect(told.text).toContain(words);
    }

    // A file's caption, in a later turn, after a restart.
    writeFileSync(join(rig.home, 'workspace', 'a.txt'), 'a');
    await rig.restart('kill');
    model.fake.queue({
      calls: [{ name: 'send_file', input: { path: 'a.txt', caption: '[b](https://evil.example/c?d=2)' } }],
    });
    const [toSend] = [
      await rig.say(platform, 'send it', (message) => /evil\.example|Approve/.test(message.text + message.labels)),
    ];
    if (toSend?.labels.includes('Approve')) await platform.presses(toSend, 'Approve');
    const caption = await rig.find(platform, 'the caption', (m) => m.text.includes('evil.example: b (https'));
    expect(toEvil(caption)).toEqual([]);

    // Named now, and then forgotten with all that was read.
    model.fake.queue({ text: WORDS });
    const named = await rig.say(platform, 'evil.example is mine', (message) => message.text.startsWith('Here.'));
    expect(toEvil(named).length).toBeGreaterThanOrEqual(3);
    await eventually('all is out', () => platform.messages().every(isDone));
  }, 90_000);
});

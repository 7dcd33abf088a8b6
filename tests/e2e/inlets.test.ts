import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OWNER, STRANGER } from '../fakes/slack/index.js';
import { filesUnder, search } from '../support/canary.js';
import { eventually } from '../support/gateway.js';
import type { Platform } from '../support/platform.js';
import { type DiscordPlatform, openDiscord } from '../support/platform-discord.js';
import { call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack, type SlackPlatform } from '../support/platform-slack.js';
import { openTelegram, type TelegramPlatform } from '../support/platform-telegram.js';

/*
 * Every way in which words of a person reach the product, each with a key of its own: none is stored, logged or said to
 * the model. That a way that is still to come cannot pass the guard by is held by the type of what the store takes.
 */

/** One key for each way in; put together at run time: no scanner should take the test for a leak. */
const LETTERS = 'QRSTVWXZbcdfghjkmnpqrstvwxz';
const keys: Record<string, string> = {};
function keyFor(inlet: string): string {
  const letter = LETTERS.charAt(Object.keys(keys).length);
  keys[inlet] = ['sk', 'ant', 'api03', `${letter}3k7`.repeat(24), 'AA'].join('-');
  return keys[inlet];
}

let rig: PlatformRig;
let telegram: TelegramPlatform;
let slack: SlackPlatform;
let discord: DiscordPlatform;

beforeEach(async () => {
  telegram = await openTelegram();
  slack = await openSlack();
  discord = await openDiscord();
  rig = await openRig([telegram, slack, discord], { SENESCHAL_LOG_LEVEL: 'debug' });
});

afterEach(async () => {
  const violations = [telegram, slack, discord].flatMap((platform) => [...platform.violations()]);
  await rig.close();
  expect(violations).toEqual([]);
});

/** How many markers stand in the payloads of what came in. */
function markers(): number {
  const database = new Database(join(rig.home, 'seneschal.sqlite'), { readonly: true });
  const rows = database.prepare<[], { payload: string }>('SELECT payload FROM events').all();
  const refs = database.prepare<[], { ref: string }>('SELECT ref FROM attachments').all();
  database.close();
  const stored = [...rows.map(({ payload }) => payload), ...refs.map(({ ref }) => ref)].join('\n');
  return stored.match(/\[secret removed/g)?.length ?? 0;
}

/** Has a key come in and waits until its marker is stored. */
async function comesIn(inlet: string, bring: (key: string) => unknown): Promise<void> {
  const before = markers();
  await bring(keyFor(inlet));
  await eventually(`a marker for: ${inlet}`, () => markers() > before, 15_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${rig.gateway.output.join('')}`);
  });
}

const cardOn = (platform: Platform, path: string) =>
  rig.say(platform, call('write_file', { path, content: path }), (message) => message.labels.includes('Deny'));
const text = (name: string, words: string) => ({ name, mimeType: 'text/plain', bytes: Buffer.from(words) });

describe('the guard at every way in', () => {
  it('a key is caught in text, caption, edit, quote, forward, file name, argument, form and in what others said (PASTE-1, PASTE-6)', {
    timeout: 120_000,
  }, async () => {
    const { fake } = telegram;
    await comesIn('a Telegram message', (key) => fake.userSays(`say ${key}`));
    await comesIn('a Telegram caption', (key) =>
      fake.userSends('document', text('a.txt', 'nothing'), { caption: `it is ${key}` }),
    );
    await comesIn('a Telegram edit', (key) => {
      const { messageId } = fake.userSays('say something');
      fake.userEdits(messageId, `say ${key}`);
    });
    await comesIn('a Telegram quote', (key) => {
      const { messageId } = fake.userSays('hello');
      fake.userReplies(messageId, 'say what of it', { quote: key });
    });
    await comesIn('a Telegram forward', (key) => fake.forwards(`use ${key}`));
    await comesIn('the name of a Telegram file', (key) => fake.userSends('document', text(`${key}.txt`, 'nothing')));
    await comesIn('a Telegram command', (key) => fake.userSays(`/secret ${key}`));

    await comesIn('a Slack mention', (key) => slack.fake.people.mentions(`say ${key}`));
    await comesIn('a Slack direct message', (key) => slack.fake.people.directMessage(`say ${key}`));
    await comesIn('a Slack edit', async (key) => {
      const { channel, ts, event } = slack.fake.people.directMessage('say something');
      await event;
      return slack.fake.people.edits(channel, ts, `say ${key}`);
    });
    await comesIn('a Slack command', (key) => slack.fake.people.slashCommand(`secret ${key}`));
    await comesIn('a Slack form', async (key) => {
      await slack.presses(await cardOn(slack, 'slack.txt'), 'Deny');
      await slack.fake.until('the form', () => slack.fake.modals(OWNER)[0]);
      return slack.fake.people.submitsModal(`because of ${key}`);
    });
    await comesIn('what another said in a Slack thread', (key) => {
      const { ts } = slack.fake.people.says(`take ${key}`, { user: STRANGER });
      slack.fake.people.mentions('say what of it', { thread: ts });
    });

    const { people, state } = discord.fake;
    await comesIn('a Discord /ask', (key) => discord.slash('ask', { message: `say ${key}` }));
    await comesIn('a Discord mention', (key) => people.mentions(discord.shared, `say ${key}`));
    await comesIn('a Discord direct message', (key) => people.directMessage(`say ${key}`));
    await comesIn('a Discord edit', (key) => people.edits(people.directMessage('say something').id, `say ${key}`));
    await comesIn('a Discord argument', (key) => discord.slash('secret', { name: key }));
    await comesIn('a Discord quote', (key) => {
      const { id } = people.says(discord.shared, `take ${key}`, { user: state.stranger });
      people.mentions(discord.shared, 'say what of it', { replyTo: id });
    });
    await comesIn('a Discord form', async (key) => {
      const card = await cardOn(discord, 'discord.txt');
      const opener = people.presses(card.id, 'Deny');
      await discord.fake.until('the form', () => opener.modal);
      people.submitsModal(opener, `because of ${key}`);
    });

    expect(Object.keys(keys).length).toBe(20);
    await eventually('the answers', () => rig.audit('paste.caught').length >= 15, 10_000);
    const said = [telegram, slack, discord].map(
      (platform) =>
        [
          platform.name,
          platform
            .messages()
            .map((message) => message.text)
            .join('\n'),
        ] as const,
    );
    await rig.gateway.stop();
    const places = [...filesUnder(rig.home), ...said, ['the log', rig.gateway.output.join('')] as const];
    expect(places.length).toBeGreaterThan(5);
    expect(search(places, keys)).toEqual([]);
  });
});

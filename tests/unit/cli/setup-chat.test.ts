import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { setup } from '../../../src/cli-setup.js';
import { openHome } from '../../../src/cli-setup-home.js';
import { discordInvite, SLACK_MANIFEST } from '../../../src/cli-setup-platforms.js';
import { type DiscordFake, startDiscordFake } from '../../fakes/discord/index.js';
import { type SlackFake, startSlackFake } from '../../fakes/slack/index.js';
import { startTelegramFake, type TelegramFake } from '../../fakes/telegram/index.js';
import { createRig, type Rig, scripted } from './rig.js';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

async function ownersOf(channel: string): Promise<readonly string[]> {
  const home = await openHome(rig.context);
  const owners = home.store.owners.list(channel);
  home.close();
  return owners;
}

describe('setup --telegram', () => {
  let telegram: TelegramFake;
  beforeEach(async () => {
    telegram = await startTelegramFake();
    rig.env.TELEGRAM_API_ROOT = telegram.url;
  });
  afterEach(() => telegram.stop());

  it('tests the token with getMe, keeps it as an entry of the product, and makes a pairing code', async () => {
    rig.input = telegram.token;
    await setup(rig.context, { telegram: true }, null);
    expect(rig.said[0]?.fields).toMatchObject({ saved: ['TELEGRAM_BOT_TOKEN'], owners: [], gateway: 'start' });
    expect(rig.said[0]?.fields.pairingCode).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    expect(rig.said[0]?.sentence).toMatch(/full power over this box; there are no lesser roles/);
    expect(rig.said[0]?.sentence).not.toContain(telegram.token);
    expect(await rig.entries()).toEqual({ TELEGRAM_BOT_TOKEN: telegram.token });
  });

  it('takes owner ids instead of a pairing code, and no names', async () => {
    rig.input = telegram.token;
    await setup(rig.context, { telegram: true, owner: ['4711'] }, null);
    expect(rig.said[0]?.fields).toMatchObject({ owners: ['4711'], pairingCode: null });
    expect(await ownersOf('telegram')).toEqual(['4711']);
    for (const name of ['@me', 'john']) {
      await expect(setup(rig.context, { telegram: true, owner: [name] }, null)).rejects.toMatchObject({
        code: 'tool.input',
      });
    }
  });

  it('refuses a token that Telegram does not know, and never shows it', async () => {
    rig.input = `1${telegram.token}`;
    const refusal = setup(rig.context, { telegram: true }, null);
    await expect(refusal).rejects.toMatchObject({ message: 'Telegram does not accept the token.' });
    await telegram.goesDown();
    const unreachable = setup(rig.context, { telegram: true }, null);
    await expect(unreachable).rejects.toMatchObject({
      message: 'Telegram cannot be reached (ECONNREFUSED). Nothing was kept.',
    });
    rig.input = 'no/../token with\u0000odd signs';
    await expect(setup(rig.context, { telegram: true }, null)).rejects.toThrow(/Telegram|token/);
    expect(await rig.entries()).toEqual({});
  });

  it('asks again for what is too short to be a token, also where it cannot be tested', async () => {
    await telegram.goesDown();
    const prompts = scripted([
      [/What do you want/, 'telegram'],
      [/Token from BotFather/, 'abc'],
      [/Enter it again/, true],
      [/Token from BotFather/, telegram.token],
      [/Keep it untested/, true],
      [/Your own id there/, ''],
      [/What do you want/, 'done'],
    ]);
    await setup(rig.context, {}, prompts);
    expect(prompts.seen.join('\n')).toContain('Token from BotFather: what was entered is no token, by its length.');
    expect(await rig.entries()).toEqual({ TELEGRAM_BOT_TOKEN: telegram.token });
  });

  it('asks for it in the wizard: what to do at BotFather, the token, the own id', async () => {
    const prompts = scripted([
      [/What do you want/, 'telegram'],
      [/Token from BotFather/, telegram.token],
      [/Your own id there/, '@somebody'],
      [/Your own id there/, '4711'],
      [/What do you want/, 'done'],
    ]);
    await setup(rig.context, {}, prompts);
    expect(prompts.seen.join('\n')).toContain('https://t.me/BotFather');
    expect(prompts.seen.join('\n')).toContain(
      '"@somebody" is no id of Telegram\'s: names and @handles can change hands.',
    );
    expect(prompts.seen.join('\n')).toContain('Saved TELEGRAM_BOT_TOKEN. It belongs to @');
    expect(await ownersOf('telegram')).toEqual(['4711']);
  });
});

describe('setup --slack', () => {
  let slack: SlackFake;
  beforeEach(async () => {
    slack = await startSlackFake();
    rig.env.SLACK_API_URL = slack.url;
  });
  afterEach(() => slack.stop());

  it('tests each token by its own call and knows them by their beginnings', async () => {
    rig.input = [slack.tokens.user, slack.tokens.app, slack.tokens.bot].join('\n');
    await setup(rig.context, { slack: true, owner: ['U1'] }, null);
    expect(await rig.entries()).toEqual({
      SLACK_BOT_TOKEN: slack.tokens.bot,
      SLACK_APP_TOKEN: slack.tokens.app,
      SLACK_USER_TOKEN: slack.tokens.user,
    });
    expect(slack.violations).toEqual([]);
  });

  it('says which token is missing or not accepted', async () => {
    rig.input = slack.tokens.bot;
    await expect(setup(rig.context, { slack: true }, null)).rejects.toThrow(/^SLACK_APP_TOKEN is missing/);
    rig.input = `${slack.tokens.bot}\n${slack.tokens.app}x`;
    await expect(setup(rig.context, { slack: true }, null)).rejects.toThrow(
      'Slack does not accept SLACK_APP_TOKEN: invalid_auth.',
    );
    expect(await rig.entries()).toEqual({});
  });

  it('prints the manifest that the adapter’s paper shows', () => {
    const paper = readFileSync('adapters/slack/README.md', 'utf8');
    const block = /```yaml\n([\s\S]*?)```/.exec(paper)?.[1] ?? '';
    expect(parse(SLACK_MANIFEST)).toEqual(parse(block));
  });
});

describe('setup --discord', () => {
  let discord: DiscordFake;
  beforeEach(async () => {
    discord = await startDiscordFake();
    rig.env.DISCORD_API_URL = discord.url;
  });
  afterEach(() => discord.close());

  it('tests the token and shows the link that invites the bot', async () => {
    rig.input = discord.token;
    await setup(rig.context, { discord: true, owner: ['99'] }, null);
    expect(rig.said[0]?.fields.notes).toEqual([discordInvite(discord.state.applicationId)]);
    rig.input = `${discord.token}x`;
    await expect(setup(rig.context, { discord: true }, null)).rejects.toThrow('Discord does not accept the token.');
  });

  it('invites with the permissions that the adapter’s paper explains', () => {
    expect(readFileSync('adapters/discord/README.md', 'utf8')).toContain(discordInvite('APPLICATION_ID'));
  });
});

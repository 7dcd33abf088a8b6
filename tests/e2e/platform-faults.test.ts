import { afterEach, describe, expect, it } from 'vitest';
import { isDone, type Platform } from '../support/platform.js';
import { type DiscordPlatform, openDiscord } from '../support/platform-discord.js';
import { call, openRig, type PlatformRig } from '../support/platform-rig.js';
import { openSlack, type SlackPlatform } from '../support/platform-slack.js';

/*
 * Slack and Discord in trouble, against the built product: nothing is lost, and nothing stands twice, because both
 * platforms have a means against it (Slack: our mark in a message's metadata; Discord: the nonce, and the one place of
 * an interaction's answer). Telegram has none, see faults.test.ts.
 */
type Trouble = 'rate limited' | 'server error' | 'broken before' | 'lost answer';
const TROUBLES: readonly Trouble[] = ['rate limited', 'server error', 'broken before', 'lost answer'];

interface Subject {
  readonly platform: Platform;
  /** The next call of this kind meets it. */
  fails(on: 'send' | 'edit', trouble: Trouble): void;
  dropsConnections(): void;
  /** The platform delivers what the owner does next twice. */
  deliversTwice(act: () => void): void;
}

function slackSubject(platform: SlackPlatform): Subject {
  const { fake } = platform;
  return {
    platform,
    fails(on, trouble) {
      const method = on === 'send' ? 'chat.postMessage' : 'chat.update';
      const faults = {
        'rate limited': { kind: 'rate_limited', retryAfterSeconds: 1 },
        'server error': { kind: 'status', status: 500 },
        'broken before': { kind: 'refused' },
        'lost answer': { kind: 'lost' },
      } as const;
      fake.fault(method, faults[trouble]);
    },
    dropsConnections: () => fake.socket.drop(),
    deliversTwice(act) {
      fake.socket.duplicateNext();
      act();
    },
  };
}

function discordSubject(platform: DiscordPlatform): Subject {
  const { fake } = platform;
  return {
    platform,
    fails(on, trouble) {
      const route = on === 'send' ? /^(POST \/channels\/\d+\/messages|PATCH \/webhooks)/ : /^PATCH /;
      const faults = {
        'rate limited': { route, kind: 'rate-limit', retryAfterMs: 1_000 },
        'server error': { route, kind: 'status', status: 502 },
        'broken before': { route, kind: 'drop' },
        'lost answer': { route, kind: 'lost' },
      } as const;
      fake.fail(faults[trouble]);
    },
    dropsConnections: () => fake.gateway.drop(),
    deliversTwice(act) {
      act();
      const last = [...fake.state.interactions.values()].at(-1);
      if (last) fake.people.repeats(last);
    },
  };
}

describe.each([
  ['Slack', async () => slackSubject(await openSlack())],
  ['Discord', async () => discordSubject(await openDiscord())],
] as const)('%s in trouble', (_name, open) => {
  let rig: PlatformRig;
  let subject: Subject;
  const start = async () => {
    subject = await open();
    rig = await openRig([subject.platform]);
  };
  const standing = (end: string) => subject.platform.messages().filter((message) => message.text.endsWith(end));

  afterEach(async () => {
    const violations = [...subject.platform.violations()];
    await rig.close();
    expect(violations).toEqual([]);
  });

  it('sends a reply once, whatever becomes of the call that sends it (TURN-4, CHAN-8)', async () => {
    await start();
    await rig.say(subject.platform, 'say before');
    for (const [index, trouble] of TROUBLES.entries()) {
      subject.fails('send', trouble);
      const reply = await rig.say(subject.platform, `say reply ${index}`, (message) =>
        message.text.endsWith(`reply ${index}`),
      );
      expect(reply.text).not.toContain('may be a repeat');
    }
    await rig.say(subject.platform, 'say after', (message) => message.text.endsWith('after'));
    for (const index of TROUBLES.keys()) expect(standing(`reply ${index}`)).toHaveLength(1);
  }, 60_000);

  it('finishes a streamed reply exactly though its changes fail and the socket breaks (CHAN-5, CHAN-8)', async () => {
    await start();
    await rig.say(subject.platform, 'say before');
    for (const trouble of TROUBLES) subject.fails('edit', trouble);
    subject.platform.says('stream 80');
    await rig.find(subject.platform, 'the beginning', (message) => message.text.includes('word') && !isDone(message));
    subject.dropsConnections();
    subject.fails('edit', 'lost answer');
    const words = Array.from({ length: 80 }, (_, index) => `word${index + 1}`).join(' ');
    await rig.find(subject.platform, 'the end', (m) => isDone(m) && m.text === `Rehearsal, no AI.\n\n${words}`, 30_000);
    expect(standing('word80')).toHaveLength(1);
  }, 60_000);

  it('hears what was said while the socket was broken, in order (CHAN-8)', async () => {
    await start();
    await rig.say(subject.platform, 'say before');
    subject.dropsConnections();
    for (const name of ['one', 'two', 'three']) subject.platform.says(`say ${name}`);
    await rig.find(subject.platform, 'the last', (message) => message.text.endsWith('three'), 30_000);
    const order = subject.platform.messages().flatMap(({ text }) => /(one|two|three)$/.exec(text)?.[1] ?? []);
    expect(order).toEqual(['one', 'two', 'three']);
  }, 60_000);

  it('takes once what is delivered twice: a message, a press (CHAN-8, APPR-3)', async () => {
    await start();
    await rig.say(subject.platform, 'say before');
    const { platform } = subject;
    subject.deliversTwice(() => platform.says(call('run_command', { command: 'echo x >> once.txt' })));
    const card = await rig.find(platform, 'the card', (message) => message.labels.includes('Approve'));
    let pressed: Promise<string> | undefined;
    subject.deliversTwice(() => {
      pressed = platform.presses(card, 'Approve');
    });
    await pressed;
    await rig.find(platform, 'the outcome', (message) => message.text.includes('exit 0'));
    await rig.say(platform, 'say after', (message) => message.text.endsWith('after'));
    expect(rig.file('once.txt')).toBe('x\n');
    expect(platform.messages().filter((message) => message.text.startsWith('Run: echo x'))).toHaveLength(1);
  }, 60_000);

  it('loses nothing to kill -9 in the middle of a send, and repeats nothing (TURN-4)', async () => {
    await start();
    await rig.say(subject.platform, 'say before');
    for (const name of ['one', 'two', 'three']) {
      subject.platform.says(`say ${name}`);
      // As soon as it stands there: most likely before its receipt is stored.
      await rig.find(subject.platform, name, (message) => message.text.endsWith(name));
      await rig.restart('kill');
    }
    await rig.say(subject.platform, 'say after', (message) => message.text.endsWith('after'));
    for (const name of ['one', 'two', 'three']) expect(standing(name)).toHaveLength(1);
  }, 90_000);
});

describe('Slack alone', () => {
  it('answers an event that it left unacknowledged when it comes again (CHAN-2, CHAN-8)', async () => {
    const slack = await openSlack({ ackDeadlineMs: 1_500 });
    const rig = await openRig([slack]);
    try {
      await rig.say(slack, 'say before');
      await slack.fake.people.again('redelivered');
      await slack.fake.people.again('as a new event');
      slack.fake.socket.deaf(true);
      slack.says('say in silence');
      slack.fake.socket.drop();
      slack.fake.socket.deaf(false);
      await rig.find(slack, 'the reply', (message) => message.text.endsWith('in silence'), 30_000);
      expect(slack.messages().filter((message) => message.text.endsWith('before'))).toHaveLength(1);
      expect(slack.violations()).toEqual([]);
    } finally {
      await rig.close();
    }
  }, 60_000);
});

describe('Discord alone', () => {
  it('answers though the acknowledgement’s own answer was lost (CHAN-3, CHAN-8)', async () => {
    const discord = await openDiscord();
    const rig = await openRig([discord]);
    try {
      discord.fake.fail({ route: /callback$/, kind: 'lost' });
      await rig.say(discord, 'say heard', (message) => message.text.endsWith('heard'));
      discord.fake.fail({ route: /callback$/, kind: 'drop' });
      await rig.say(discord, 'say again', (message) => message.text.endsWith('again'));
      expect(discord.messages().filter((message) => /heard|again$/.test(message.text))).toHaveLength(2);
    } finally {
      await rig.close();
    }
    // A repeated acknowledgement is refused by Discord (40060): the only sign that the first one had arrived.
    expect(discord.violations().filter((sentence) => sentence !== 'an interaction was answered twice')).toEqual([]);
  }, 60_000);
});

describe.each([
  [
    'Slack',
    async () => {
      const slack = await openSlack();
      return {
        platform: slack as Platform,
        writes: (text: string) => void slack.fake.people.directMessage(text),
        wroteMeanwhile: (text: string) => void slack.fake.people.saidEarlier(text),
        commands: (text: string) => void slack.fake.people.slashCommand(text, { channel: slack.direct }),
      };
    },
  ],
  [
    'Discord',
    async () => {
      const discord = await openDiscord();
      return {
        platform: discord as Platform,
        writes: (text: string) => void discord.fake.people.directMessage(text),
        wroteMeanwhile: (text: string) => void discord.fake.people.directMessage(text),
        commands: (text: string) => void discord.fake.people.slash('ask', { message: text }),
      };
    },
  ],
] as const)('%s while nobody listens', (_name, open) => {
  it('reads at start what the owner wrote directly, also after a slash command was the last thing heard (CHAN-8)', async () => {
    const { platform, writes, wroteMeanwhile, commands } = await open();
    const rig = await openRig([platform]);
    try {
      const answered = (text: string) => rig.find(platform, text, (message) => message.text.endsWith(text));
      writes('say first');
      await answered('first');
      commands('say by command');
      await answered('by command');
      await rig.gateway.kill();
      wroteMeanwhile('say one missed');
      wroteMeanwhile('say two missed');
      await rig.restart();
      await answered('two missed');
      const order = platform.messages().flatMap(({ text }) => /(first|one missed|two missed)$/.exec(text)?.[1] ?? []);
      expect(order).toEqual(['first', 'one missed', 'two missed']);
      expect(platform.violations()).toEqual([]);
    } finally {
      await rig.close();
    }
  }, 60_000);
});

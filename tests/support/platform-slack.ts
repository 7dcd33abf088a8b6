import {
  type EphemeralMessage,
  GENERAL,
  OWNER,
  type SlackFake,
  type SlackFakeOptions,
  STRANGER,
  type StoredMessage,
  startSlackFake,
} from '../fakes/slack/index.js';
import { pingsIn } from '../fakes/slack/rules.js';
import type { Platform, Shown } from './platform.js';

export interface SlackPlatform extends Platform {
  readonly fake: SlackFake;
  /** The owner's direct conversation with the agent. */
  readonly direct: string;
  /** The thread that the first thing said has opened. */
  thread(): string | undefined;
}

export async function openSlack(options: SlackFakeOptions = {}): Promise<SlackPlatform> {
  const fake = await startSlackFake({ redeliverAfterMs: [100, 500, 1_000], ...options });
  const direct = fake.workspace.direct(OWNER).id;
  let thread: string | undefined;
  const mentions = (text: string) => {
    const said = fake.people.mentions(text, thread === undefined ? {} : { thread });
    thread ??= said.ts;
    return said;
  };
  const shown = (message: StoredMessage | EphemeralMessage): Shown => ({
    id: message.ts,
    space: message.channel,
    text: fake.text(message),
    labels: fake.buttons(message),
    links: linksIn(message.blocks),
    // An app has no way to post without one.
    silent: false,
    edits: 'history' in message ? message.history.length : 0,
  });
  return {
    name: 'Slack',
    channel: 'slack',
    fake,
    direct,
    thread: () => thread,
    env: {
      SLACK_BOT_TOKEN: fake.tokens.bot,
      SLACK_APP_TOKEN: fake.tokens.app,
      SLACK_OWNER_ID: OWNER,
      SLACK_API_URL: fake.url,
    },
    says: (text) => void mentions(text),
    commands: (name, argument = '') => void fake.people.slashCommand(`${name} ${argument}`.trim()),
    stops: () => void mentions('stop'),
    pastes(text) {
      const { ts, channel } = mentions(text);
      return { stands: () => fake.workspace.find(channel, ts) !== undefined };
    },
    messages: () => [...fake.replies(GENERAL), ...fake.replies(direct), ...fake.ephemerals(OWNER)].map(shown),
    seenByStranger: () => [...fake.replies(GENERAL), ...fake.ephemerals(STRANGER)].map(shown),
    async presses(message, label, by = 'owner') {
      const user = by === 'owner' ? OWNER : STRANGER;
      const before = fake.ephemerals(user).length;
      const end = await fake.people.presses(message.id, label, user);
      if (!end.acknowledged) throw new Error(`Slack got no acknowledgement of ${label}`);
      const notice = await fake.until('a notice', () => fake.ephemerals(user)[before], 300).catch(() => null);
      return notice === null ? '' : fake.text(notice);
    },
    pasteAnswer: 'Slack does not let me delete your message. Please delete it yourself.',
    pings: () => fake.replies(GENERAL).flatMap(({ text, blocks }) => pingsIn(text, blocks)),
    violations: () => fake.violations,
    close: () => fake.stop(),
  };
}

function linksIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(linksIn);
  if (typeof node !== 'object' || node === null) return [];
  return 'type' in node && node.type === 'link' && 'url' in node
    ? [String(node.url)]
    : Object.values(node).flatMap(linksIn);
}

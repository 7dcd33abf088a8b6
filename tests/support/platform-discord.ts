import { type DiscordFake, type FakeInteraction, type FakeMessage, startDiscordFake } from '../fakes/discord/index.js';
import { readMarkdown } from '../fakes/discord/markdown.js';
import type { Platform, Shown } from './platform.js';

export interface DiscordPlatform extends Platform {
  readonly fake: DiscordFake;
  /** The server's channel, and the owner's direct conversation with the bot. */
  readonly shared: string;
  readonly direct: string;
  slash(name: string, values?: Record<string, string>): FakeInteraction;
}

export async function openDiscord(): Promise<DiscordPlatform> {
  const fake = await startDiscordFake();
  const { state, people } = fake;
  const shared = state.addChannel('general', { manageMessages: true }).id;
  const direct = state.directChannel(state.owner.id).id;
  const slash = (name: string, values: Record<string, string> = {}) =>
    people.slash(name, values, { channelId: shared });
  const seenBy = (userId: string, spaces: readonly string[]) =>
    spaces.flatMap((space) =>
      fake.seenBy(userId, space).filter(({ authorId, loading }) => authorId === state.bot.id && !loading),
    );
  return {
    name: 'Discord',
    channel: 'discord',
    fake,
    shared,
    direct,
    slash,
    env: { DISCORD_BOT_TOKEN: fake.token, DISCORD_OWNER_ID: state.owner.id, DISCORD_API_URL: fake.url },
    says: (text) => void slash('ask', { message: text }),
    commands(name, argument) {
      const option = state.commands.find((command) => command.name === name)?.options[0]?.name;
      slash(name, option === undefined || argument === undefined ? {} : { [option]: argument });
    },
    stops: () => void slash('stop'),
    pastes(text) {
      const message = people.mentions(shared, text);
      return { stands: () => !state.message(message.id).deleted };
    },
    messages: () => seenBy(state.owner.id, [shared, direct]).map(shown),
    seenByStranger: () => seenBy(state.stranger.id, [shared]).map(shown),
    async presses(message, label, by = 'owner') {
      const interaction = people.presses(message.id, label, state[by]);
      await fake.until(`an acknowledgement of ${label}`, () => interaction.answer);
      const notice = () => state.inChannel(interaction.channelId).find((one) => one.interactionId === interaction.id);
      const found = by === 'owner' ? null : await fake.until('a notice', notice, 2_000).catch(() => null);
      return found?.content ?? '';
    },
    pasteAnswer: 'I deleted your message: it held an Anthropic API key.',
    pings: () => fake.fromBot(shared).flatMap(({ content }) => readMarkdown(content).mentions),
    violations: () => state.violations,
    close: () => fake.close(),
  };
}

const shown = (message: FakeMessage): Shown => ({
  id: message.id,
  space: message.channelId,
  text: readMarkdown(message.content).text,
  links: readMarkdown(message.content).links,
  labels: message.components.flatMap((row) => row.components.map((button) => button.label)),
  silent: (message.flags & (1 << 12)) !== 0,
  edits: message.history.length - 1,
});

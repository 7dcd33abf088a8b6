import { createDiscordAdapter } from '../../adapters/discord/index.js';
import type { Address } from '../../src/core/channel.js';
import { Secret } from '../../src/core/secret.js';
import type { Fault } from '../fakes/discord/faults.js';
import { type DiscordFake, type FakeInteraction, type FakeMessage, startDiscordFake } from '../fakes/discord/index.js';
import { readMarkdown } from '../fakes/discord/markdown.js';
import type { ChannelHarness, ChannelRig, FakePlatform, Person, PlatformFault, SeenMessage } from './harness.js';

/** Discord for the contract suite: the owner's direct conversation with the bot. */
export const discordHarness: ChannelHarness = {
  name: 'discord',
  open: openRig,
  skips: {
    'durable before acknowledged': 'Discord takes no acknowledgement for a message; for interactions see below',
    repeat: 'a message of Discord has no event id beside its own id',
  },
};

async function openRig(): Promise<ChannelRig> {
  const discord = await startDiscordFake();
  const { owner, stranger } = discord.state;
  const direct: Address = { channel: 'discord', space: discord.state.directChannel(owner.id).id, direct: true };
  const wrong = ['wrong', 'token', 'y'.repeat(30)].join('.');
  return {
    tokens: [discord.token, wrong],
    owner: owner.id,
    stranger: stranger.id,
    direct,
    platform: platformOf(discord),
    createAdapter: (deps, options) =>
      createDiscordAdapter(
        {
          token: new Secret(options?.wrongToken === true ? wrong : discord.token),
          apiUrl: discord.url,
          ownerIds: () => [owner.id],
        },
        deps,
      ),
    close: () => discord.close(),
  };
}

function platformOf(discord: DiscordFake): FakePlatform {
  const { people, state, gateway } = discord;
  const user = (person: Person = 'owner') => (person === 'owner' ? state.owner : state.stranger);
  let last: FakeMessage | null = null;
  let redeliver = () => {};
  const said = (message: FakeMessage) => {
    last = message;
    redeliver = () => people.repeatsMessage(message);
    return { messageId: message.id };
  };
  const acted = (interaction: FakeInteraction) => {
    redeliver = () => people.repeats(interaction);
    return interaction;
  };
  const settled = (interaction: FakeInteraction) =>
    discord.until('an acknowledgement', () => interaction.answer).catch(() => null);
  return {
    says: async (content, by) => said(people.directMessage(content, { user: user(by) })),
    edits: async (messageId, content) => people.edits(messageId, content),
    async commands(name, argument) {
      const option = state.commands.find((command) => command.name === name)?.options[0]?.name;
      await settled(acted(people.slash(name, option === undefined || argument === '' ? {} : { [option]: argument })));
    },
    replies: async (replyTo, content) => void said(people.directMessage(content, { replyTo })),
    async forwards(content) {
      const elsewhere = state.addMessage({ channelId: state.addChannel('x').id, authorId: state.stranger.id, content });
      said(people.directMessage('', { forwardOf: elsewhere.id }));
    },
    reacts: async (messageId, reaction) => people.reacts(messageId, reaction),
    sendsFile: async ({ name, mimeType, bytes }) =>
      void said(people.directMessage('', { files: [{ name, type: mimeType, bytes }] })),
    async presses(messageId, label, by) {
      const interaction = acted(people.presses(messageId, label, user(by)));
      const answer = await settled(interaction);
      // A notice comes a moment later, when the card has not changed by then.
      const notice = () => state.inChannel(interaction.channelId).find((one) => one.interactionId === interaction.id);
      const shown = await discord.until('a notice', notice, 2_000).then(
        (message) => message.content,
        () => '',
      );
      return { acknowledged: answer !== null, text: readMarkdown(shown).text };
    },
    redelivers: async () => redeliver(),
    async repeats() {
      if (last !== null) people.repeatsMessage(last);
    },
    async sendsNonsense() {
      gateway.tell('MESSAGE_CREATE', { id: 'nonsense', author: 7, content: null });
      gateway.tell('TELEPATHY_CREATE', { id: state.nextId() });
    },
    dropsConnections: async () => gateway.drop(),
    goesDown: () => discord.goesDown(),
    comesBack: () => discord.comesBack(),
    fails(fault) {
      if (fault.on !== 'receive') discord.fail(faultOf(fault));
      else {
        gateway.refuseNextConnections = fault.times ?? 1;
        gateway.drop();
      }
    },
    messages: () => discord.fromBot().map(seen),
    acknowledged: () => true,
    typingSignals: () => state.directChannel(state.owner.id).typing,
    violations: () => state.violations,
  };
}

const ROUTES = {
  send: /^POST \/(?:channels\/\d+\/messages|webhooks\/\d+\/[^/]+)$/,
  edit: /^PATCH /,
  delete: /^DELETE /,
  typing: /\/typing$/,
  download: /^GET \/cdn\//,
} as const;

function faultOf({ on, kind, retryAfterMs, times }: PlatformFault): Fault {
  const route = ROUTES[on as keyof typeof ROUTES];
  const base = { route, ...(times === undefined ? {} : { times }) };
  switch (kind) {
    case 'rate_limited':
      return { ...base, kind: 'rate-limit', retryAfterMs: retryAfterMs ?? 2_000 };
    case 'server_error':
      return { ...base, kind: 'status', status: 503 };
    case 'rejected':
      return { ...base, kind: 'status', status: 403 };
    case 'lost_answer':
      return { ...base, kind: 'lost' };
  }
}

function seen(message: FakeMessage): SeenMessage {
  const reading = readMarkdown(message.content);
  const [file] = message.attachments;
  return {
    messageId: message.id,
    text: reading.text,
    buttons: message.components.map((row) => row.components.map((button) => button.label)),
    values: message.components.map((row) => row.components.map((button) => button.custom_id)),
    ...(file === undefined
      ? {}
      : { file: { name: file.filename, mimeType: file.content_type ?? '', bytes: file.bytes } }),
    pings: reading.mentions,
    links: reading.links,
    previews: (message.flags & 4) === 0,
    edits: message.history.length - 1,
  };
}

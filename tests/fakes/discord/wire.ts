import { type DiscordState, type FakeInteraction, type FakeMessage, FLAG } from './state.js';

/** State → the JSON that Discord's documentation describes. */
export function userJson(state: DiscordState, id: string) {
  const { username, bot } = state.user(id);
  return { id, username, discriminator: '0', global_name: null, avatar: null, ...(bot ? { bot: true } : {}) };
}

/** As the bot sees it over REST: text of others in a server is empty without the Message Content intent. */
export function messageJson(state: DiscordState, message: FakeMessage, origin: string): Record<string, unknown> {
  const channel = state.channel(message.channelId);
  const referenced = message.replyTo === null ? undefined : state.messages.get(message.replyTo);
  const forwarded = message.forwardOf === null ? undefined : state.message(message.forwardOf);
  const mentions = [...state.users.values()].filter(
    (user) => message.content.includes(`<@${user.id}>`) || referenced?.authorId === user.id,
  );
  const readable =
    channel.guildId === null ||
    state.messageContentIntent ||
    message.authorId === state.bot.id ||
    mentions.some((user) => user.id === state.bot.id);
  const attachments = (files: FakeMessage['attachments']) =>
    files.map((file) => ({
      id: file.id,
      filename: file.filename,
      size: file.bytes.byteLength,
      ...(file.content_type === undefined ? {} : { content_type: file.content_type }),
      url: `${origin}/cdn/attachments/${message.channelId}/${file.id}/${encodeURIComponent(file.filename)}?ex=1&hm=1`,
    }));
  return {
    id: message.id,
    channel_id: message.channelId,
    author: userJson(state, message.authorId),
    content: readable ? message.content : '',
    timestamp: new Date(message.at).toISOString(),
    edited_timestamp: message.editedAt === null ? null : new Date(message.editedAt).toISOString(),
    tts: false,
    mention_everyone: false,
    mentions: mentions.map((user) => userJson(state, user.id)),
    mention_roles: [],
    attachments: readable ? attachments(message.attachments) : [],
    embeds: [],
    ...(message.components.length > 0 ? { components: message.components } : {}),
    pinned: false,
    type: message.type,
    flags: message.flags | (message.loading ? FLAG.loading : 0),
    ...(message.replyTo === null
      ? {}
      : {
          message_reference: { type: 0, message_id: message.replyTo, channel_id: message.channelId },
          referenced_message:
            referenced === undefined || referenced.deleted ? null : messageJson(state, referenced, origin),
        }),
    ...(forwarded === undefined
      ? {}
      : {
          message_reference: { type: 1, message_id: forwarded.id, channel_id: forwarded.channelId },
          message_snapshots: [
            { message: { content: forwarded.content, attachments: attachments(forwarded.attachments), type: 0 } },
          ],
        }),
  };
}

/** As the gateway tells it. The nonce stands here and in the answer to the send, never in a message read later. */
export function messageEvent(state: DiscordState, message: FakeMessage, origin: string): Record<string, unknown> {
  const { guildId } = state.channel(message.channelId);
  return {
    ...messageJson(state, message, origin),
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(guildId === null ? {} : { guild_id: guildId, member: { roles: [] } }),
  };
}

export function interactionEvent(
  state: DiscordState,
  interaction: FakeInteraction,
  data: unknown,
  origin: string,
): Record<string, unknown> {
  const { guildId } = state.channel(interaction.channelId);
  const user = userJson(state, interaction.userId);
  const source = interaction.sourceId === null ? undefined : state.message(interaction.sourceId);
  return {
    id: interaction.id,
    application_id: state.applicationId,
    type: interaction.type,
    token: interaction.token,
    version: 1,
    channel_id: interaction.channelId,
    channel: { id: interaction.channelId, type: guildId === null ? 1 : 0 },
    context: guildId === null ? 1 : 0,
    ...(guildId === null ? { user } : { guild_id: guildId, member: { user, roles: [], permissions: '0' } }),
    ...(source === undefined ? {} : { message: messageJson(state, source, origin) }),
    data,
    locale: 'en-US',
    entitlements: [],
    attachment_size_limit: 10_485_760,
  };
}

import { z } from 'zod';
import type { Address, AttachmentRef } from '../../src/core/channel.js';
import type { Envelope, InboundEvent, MessageCreated, Quote } from '../../src/core/event.js';

/**
 * Gateway payload → what we understand of it. Pure. A kind that is not read here does not exist for the core, and a
 * payload that does not fit its schema is passed over (null) by the caller's log line.
 */
export const CHANNEL = 'discord';

export interface Self {
  readonly userId: string;
  readonly applicationId: string;
}

export interface Dispatch {
  readonly t: string;
  readonly s: number;
  readonly d: unknown;
}

export type Inbound =
  | { readonly kind: 'event'; readonly event: InboundEvent; readonly needsContext: boolean }
  /** A message of our own came back, with the key it was sent under. */
  | { readonly kind: 'own'; readonly messageId: string; readonly nonce: string | null }
  /** Discord does not say who wrote or deleted it. */
  | { readonly kind: 'deleted'; readonly messageId: string; readonly address: Address }
  | null;

const id = z.string().regex(/^\d{1,20}$/);
const user = z.object({
  id,
  username: z.string().optional(),
  global_name: z.string().nullish(),
  bot: z.boolean().optional(),
});
const attachment = z.object({
  id,
  filename: z.string(),
  size: z.number().optional(),
  content_type: z.string().nullish(),
});
const message = z.object({
  id,
  channel_id: id,
  guild_id: id.optional(),
  author: user,
  webhook_id: id.optional(),
  type: z.number().default(0),
  content: z.string().default(''),
  timestamp: z.string().default(''),
  edited_timestamp: z.string().nullish(),
  nonce: z.union([z.string(), z.number()]).nullish(),
  mentions: z.array(z.object({ id })).default([]),
  attachments: z.array(attachment).default([]),
  message_reference: z.object({ type: z.number().default(0), message_id: id.optional() }).nullish(),
  referenced_message: z.object({ id, author: user, content: z.string().default('') }).nullish(),
  message_snapshots: z
    .array(
      z.object({
        message: z.object({ content: z.string().default(''), attachments: z.array(attachment).default([]) }),
      }),
    )
    .default([]),
});
export type Message = z.infer<typeof message>;

/** A page of a channel's history, newest first; entries that do not fit are left out. */
export const messagePage = z.array(z.unknown()).transform((entries) =>
  entries.flatMap((entry) => {
    const parsed = message.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  }),
);

export const ready = z.object({ user: z.object({ id }), application: z.object({ id }), session_id: z.string() });

const deletion = z.object({ id, channel_id: id, guild_id: id.optional() });
const reaction = z.object({
  user_id: id,
  channel_id: id,
  message_id: id,
  guild_id: id.optional(),
  emoji: z.object({ id: id.nullish(), name: z.string().nullish() }),
});

/** Written by a person as an ordinary message or a reply; the other kinds are Discord's own announcements. */
const MESSAGE_KINDS = new Set([0, 19]);
const FORWARD = 1;

/** Throws ZodError for a payload that is not what its name says. */
export function readDispatch(dispatch: Dispatch, self: Self, now: number): Inbound {
  switch (dispatch.t) {
    case 'MESSAGE_CREATE':
      return readMessage(message.parse(dispatch.d), self, now);
    case 'MESSAGE_UPDATE':
      return readEdit(message.parse(dispatch.d), self, now);
    case 'MESSAGE_DELETE': {
      const gone = deletion.parse(dispatch.d);
      return { kind: 'deleted', messageId: gone.id, address: addressOf(gone.channel_id, gone.guild_id) };
    }
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
      return readReaction(dispatch, now);
    default:
      return null;
  }
}

export function addressOf(channelId: string, guildId: string | undefined): Address {
  return { channel: CHANNEL, space: channelId, direct: guildId === undefined };
}

export function readMessage(from: Message, self: Self, now: number): Inbound {
  if (from.author.id === self.userId) {
    return {
      kind: 'own',
      messageId: from.id,
      nonce: from.nonce === undefined || from.nonce === null ? null : `${from.nonce}`,
    };
  }
  if (from.webhook_id !== undefined || from.author.bot === true || !MESSAGE_KINDS.has(from.type)) return null;
  const shared = from.guild_id !== undefined;
  if (shared && !isAddressed(from, self)) return null;
  const forward = from.message_reference?.type === FORWARD ? from.message_snapshots[0]?.message : undefined;
  const quote = quoteOf(from, self);
  const created: MessageCreated = {
    kind: 'message.created',
    messageId: from.id,
    text: forward?.content ?? withoutMention(from.content, self),
    attachments: (forward?.attachments ?? from.attachments).map((file) => attachmentRef(file, from)),
    ...(quote === undefined ? {} : { quote }),
    ...(forward === undefined ? {} : { forwarded: true }),
  };
  return { kind: 'event', event: { ...envelopeOf(from, from.id, now), ...created }, needsContext: shared };
}

function readEdit(from: Message, self: Self, now: number): Inbound {
  // Discord also "updates" a message when it adds a preview; only an edit by its author has a time.
  if (from.author.id === self.userId || from.author.bot === true || typeof from.edited_timestamp !== 'string')
    return null;
  if (from.guild_id !== undefined && !isAddressed(from, self)) return null;
  const envelope = envelopeOf(from, `${from.id}:${from.edited_timestamp}`, now);
  const text = withoutMention(from.content, self);
  return {
    kind: 'event',
    event: {
      ...envelope,
      sentAt: timeOf(from.edited_timestamp, now),
      kind: 'message.edited',
      messageId: from.id,
      text,
    },
    needsContext: false,
  };
}

function readReaction(dispatch: Dispatch, now: number): Inbound {
  const from = reaction.parse(dispatch.d);
  const added = dispatch.t === 'MESSAGE_REACTION_ADD';
  const name = from.emoji.name ?? from.emoji.id ?? '';
  return {
    kind: 'event',
    event: {
      // A reaction has no id; the sequence number is the same when a resumed session plays it again.
      eventId: `${from.message_id}:${from.user_id}:${name}:${added ? 'added' : 'removed'}:${dispatch.s}`,
      channel: CHANNEL,
      address: addressOf(from.channel_id, from.guild_id),
      sender: { userId: from.user_id },
      sentAt: now,
      receivedAt: now,
      kind: added ? 'reaction.added' : 'reaction.removed',
      messageId: from.message_id,
      reaction: name,
    },
    needsContext: false,
  };
}

export function deletedEvent(messageId: string, address: Address, userId: string, now: number): InboundEvent {
  return {
    eventId: `${messageId}:deleted`,
    channel: CHANNEL,
    address,
    sender: { userId },
    sentAt: now,
    receivedAt: now,
    kind: 'message.deleted',
    messageId,
  };
}

/** By a mention, or by a reply to one of our messages whose ping was switched off. */
export function isAddressed(from: Message, self: Self): boolean {
  return (
    from.mentions.some((mention) => mention.id === self.userId) || from.referenced_message?.author.id === self.userId
  );
}

function envelopeOf(from: Message, eventId: string, now: number): Envelope {
  const name = from.author.global_name ?? from.author.username;
  return {
    eventId,
    channel: CHANNEL,
    address: addressOf(from.channel_id, from.guild_id),
    sender: { userId: from.author.id, ...(name === undefined ? {} : { name }) },
    sentAt: timeOf(from.timestamp, now),
    receivedAt: now,
  };
}

function timeOf(timestamp: string, now: number): number {
  const time = Date.parse(timestamp);
  return Number.isFinite(time) ? time : now;
}

function withoutMention(content: string, self: Self): string {
  const mention = new RegExp(`^\\s*<@!?${self.userId}>\\s*|\\s*<@!?${self.userId}>\\s*$`, 'g');
  return content.replace(mention, '');
}

function quoteOf(from: Message, self: Self): Quote | undefined {
  const reference = from.message_reference;
  if (reference === undefined || reference === null || reference.type === FORWARD) return undefined;
  const quoted = from.referenced_message;
  if (quoted !== undefined && quoted !== null) {
    const author = quoted.author.id === self.userId ? 'agent' : quoted.author.id;
    return { messageId: quoted.id, author, text: quoted.content };
  }
  return reference.message_id === undefined ? undefined : { messageId: reference.message_id, author: null, text: '' };
}

/** The id leads to the message again: Discord's file addresses expire, the message gives a fresh one. */
function attachmentRef(file: z.infer<typeof attachment>, from: Message): AttachmentRef {
  const mimeType = file.content_type ?? undefined;
  const kind = mimeType?.startsWith('image/') ? 'image' : mimeType?.startsWith('audio/') ? 'audio' : 'file';
  return {
    fileId: `${from.channel_id}/${from.id}/${file.id}`,
    name: file.filename,
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(file.size === undefined ? {} : { size: file.size }),
    kind,
  };
}

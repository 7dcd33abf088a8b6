import { z } from 'zod';
import type { Address, AttachmentRef } from '../../src/core/channel.js';
import type { Envelope, InboundEvent, Quote } from '../../src/core/event.js';

/**
 * Telegram's update → our events. Pure. What is not listed here (joins, pins, polls, channel posts, edits of service
 * messages) does not exist for the core. Throws ZodError for a known kind in a shape that Telegram does not document.
 */
export interface InboundContext {
  /** The name is empty where the server did not tell it. */
  readonly bot: { readonly id: number; readonly username: string };
  readonly receivedAt: number;
}

export interface ParsedUpdate {
  /** The update's kind, for the log. */
  readonly kind: string;
  readonly events: readonly InboundEvent[];
  /** A press that Telegram wants answered. */
  readonly callbackId?: string;
}

/** The kinds that are asked for: everything else stays at Telegram. */
export const ALLOWED_UPDATES = ['message', 'edited_message', 'callback_query', 'message_reaction'] as const;

const user = z.object({
  id: z.int(),
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  username: z.string().optional(),
});
/** A private chat has the person's own id; a group's is below 0. */
const chat = z
  .object({ id: z.int(), type: z.string().optional() })
  .transform(({ id, type }) => ({ id, type: type ?? (id > 0 ? 'private' : 'group') }));
const file = z.object({ file_id: z.string(), file_size: z.int().optional() });
const namedFile = file.extend({ file_name: z.string().optional(), mime_type: z.string().optional() });

const quotedMessage = z.object({
  message_id: z.int(),
  from: user.optional(),
  sender_chat: z.object({}).optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  forward_origin: z.object({}).optional(),
  via_bot: z.object({}).optional(),
});

const message = z.object({
  message_id: z.int(),
  from: user.optional(),
  sender_chat: z.object({}).optional(),
  chat,
  date: z.int().optional(),
  edit_date: z.int().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  reply_to_message: quotedMessage.optional(),
  external_reply: z.object({ message_id: z.int().optional() }).optional(),
  quote: z.object({ text: z.string() }).optional(),
  forward_origin: z.object({}).optional(),
  via_bot: z.object({}).optional(),
  photo: z.array(file.extend({ width: z.number(), height: z.number() })).optional(),
  document: namedFile.optional(),
  voice: namedFile.optional(),
  audio: namedFile.optional(),
  video: namedFile.optional(),
  video_note: namedFile.optional(),
  sticker: z.object({ emoji: z.string().optional() }).optional(),
});
type Message = z.infer<typeof message>;

const callbackQuery = z.object({
  id: z.string(),
  from: user,
  message: z.object({ message_id: z.int(), chat }).optional(),
  data: z.string().optional(),
});

const reactionType = z.object({
  type: z.string(),
  emoji: z.string().optional(),
  custom_emoji_id: z.string().optional(),
});
const messageReaction = z.object({
  chat,
  message_id: z.int(),
  user: user.optional(),
  date: z.int(),
  old_reaction: z.array(reactionType),
  new_reaction: z.array(reactionType),
});

const update = z.looseObject({
  update_id: z.int(),
  message: message.optional(),
  edited_message: message.optional(),
  callback_query: callbackQuery.optional(),
  message_reaction: messageReaction.optional(),
});

/** The update's number and kind, also where the rest is malformed. Null when even the number is missing. */
export function updateHead(raw: unknown): { readonly id: number; readonly kind: string } | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const id = 'update_id' in raw ? raw.update_id : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return null;
  const kind = Object.keys(raw).find((key) => key !== 'update_id') ?? 'empty';
  return { id, kind: /^[a-z_]{1,40}$/.test(kind) ? kind : 'unnamed' };
}

export function parseUpdate(raw: unknown, context: InboundContext): ParsedUpdate {
  const kind = updateHead(raw)?.kind ?? 'unnumbered';
  const parsed = update.parse(raw);
  const id = String(parsed.update_id);
  if (parsed.message) return { kind, events: newMessage(id, parsed.message, context) };
  if (parsed.edited_message) return { kind, events: editedMessage(id, parsed.edited_message, context) };
  if (parsed.message_reaction) return { kind, events: reactions(id, parsed.message_reaction, context) };
  if (parsed.callback_query) {
    const query = parsed.callback_query;
    return { kind, events: press(id, query, context), callbackId: query.id };
  }
  return { kind, events: [] };
}

function newMessage(eventId: string, raw: Message, context: InboundContext): InboundEvent[] {
  const envelope = messageEnvelope(eventId, raw, raw.date, context);
  if (!envelope) return [];
  const attachments = attachmentsOf(raw);
  const text = withoutMention(raw.text ?? raw.caption ?? raw.sticker?.emoji ?? '', context.bot.username);
  if (text === '' && attachments.length === 0) return [];
  // What an inline bot or somebody else wrote is not the sender's word, whoever passed it on.
  const forwarded = raw.forward_origin !== undefined || raw.via_bot !== undefined;
  const command = raw.text === undefined || forwarded ? null : commandOf(text, context.bot.username);
  if (command === 'other bot') return [];
  const messageId = String(raw.message_id);
  if (command) return [{ ...envelope, kind: 'command.invoked', ...command, messageId }];
  const quote = quoteOf(raw, context);
  return [
    {
      ...envelope,
      kind: 'message.created',
      messageId,
      text,
      attachments,
      ...(quote ? { quote } : {}),
      ...(forwarded ? { forwarded } : {}),
    },
  ];
}

function editedMessage(eventId: string, raw: Message, context: InboundContext): InboundEvent[] {
  const envelope = messageEnvelope(eventId, raw, raw.edit_date ?? raw.date, context);
  const text = raw.text ?? raw.caption;
  if (!envelope || text === undefined || raw.forward_origin || raw.via_bot) return [];
  const shown = withoutMention(text, context.bot.username);
  return [{ ...envelope, kind: 'message.edited', messageId: String(raw.message_id), text: shown }];
}

function press(eventId: string, raw: z.infer<typeof callbackQuery>, context: InboundContext): InboundEvent[] {
  if (!raw.message || raw.data === undefined) return [];
  const at = context.receivedAt;
  const envelope = { eventId, ...base(raw.message.chat, raw.from), sentAt: at, receivedAt: at };
  return [{ ...envelope, kind: 'action.invoked', value: raw.data, messageId: String(raw.message.message_id) }];
}

function reactions(eventId: string, raw: z.infer<typeof messageReaction>, context: InboundContext): InboundEvent[] {
  if (!raw.user) return [];
  const envelope = { ...base(raw.chat, raw.user), sentAt: raw.date * 1_000, receivedAt: context.receivedAt };
  const before = raw.old_reaction.map(reactionName);
  const after = raw.new_reaction.map(reactionName);
  const changes = [
    ...after.filter((name) => !before.includes(name)).map((name) => ['reaction.added', name] as const),
    ...before.filter((name) => !after.includes(name)).map((name) => ['reaction.removed', name] as const),
  ];
  const messageId = String(raw.message_id);
  return changes.map(([kind, reaction], index) => ({
    ...envelope,
    eventId: index === 0 ? eventId : `${eventId}.${index}`,
    kind,
    messageId,
    reaction,
  }));
}

function reactionName(raw: z.infer<typeof reactionType>): string {
  return raw.emoji ?? raw.custom_emoji_id ?? raw.type;
}

/** Null for what no account wrote: channel posts and messages in the name of a chat. */
function messageEnvelope(
  eventId: string,
  raw: Message,
  seconds: number | undefined,
  context: InboundContext,
): Envelope | null {
  if (!raw.from || raw.sender_chat) return null;
  const { receivedAt } = context;
  const sentAt = seconds === undefined ? receivedAt : seconds * 1_000;
  return { eventId, ...base(raw.chat, raw.from), sentAt, receivedAt };
}

function base(
  rawChat: z.infer<typeof chat>,
  from: z.infer<typeof user>,
): Pick<Envelope, 'channel' | 'address' | 'sender'> {
  const address: Address = { channel: 'telegram', space: String(rawChat.id), direct: rawChat.type === 'private' };
  const name = from.first_name ?? from.username;
  return { channel: 'telegram', address, sender: { userId: String(from.id), ...(name === undefined ? {} : { name }) } };
}

/** In a group the bot is addressed by its name; the name is not part of what is said. */
function withoutMention(text: string, username: string): string {
  if (username === '') return text;
  const mention = `@${username}`.toLowerCase();
  const start = text.trimStart();
  if (!start.toLowerCase().startsWith(mention)) return text;
  const rest = start.slice(mention.length);
  return /^\w/.test(rest) ? text : rest.replace(/^[\s,:]+/, '');
}

type Command = { readonly name: string; readonly argument: string };

function commandOf(text: string, username: string): Command | 'other bot' | null {
  const match = /^\/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+([\s\S]*))?$/.exec(text);
  if (!match) return null;
  const [, name = '', bot, argument = ''] = match;
  if (bot !== undefined && username !== '' && bot.toLowerCase() !== username.toLowerCase()) return 'other bot';
  // What every client sends when a chat with a bot is opened for the first time.
  const ours = name.toLowerCase() === 'start' ? 'help' : name.toLowerCase();
  return { name: ours, argument: argument.trim() };
}

function quoteOf(raw: Message, { bot }: InboundContext): Quote | null {
  const part = raw.quote?.text;
  const replied = raw.reply_to_message;
  if (replied) {
    const text = part ?? replied.text ?? replied.caption ?? '';
    // Passed-on words are nobody's own, also when the owner or the agent passed them on.
    const foreign = replied.forward_origin || replied.via_bot || replied.sender_chat || !replied.from;
    const author = foreign ? null : replied.from?.id === bot.id ? 'agent' : String(replied.from?.id);
    return { messageId: String(replied.message_id), author, text };
  }
  if (raw.external_reply && part !== undefined) {
    return { messageId: String(raw.external_reply.message_id ?? 0), author: null, text: part };
  }
  return null;
}

function attachmentsOf(raw: Message): AttachmentRef[] {
  const found: AttachmentRef[] = [];
  const largest = raw.photo?.reduce((best, one) => (one.width * one.height > best.width * best.height ? one : best));
  if (largest) found.push(reference(largest, 'photo.jpg', 'image/jpeg', 'image'));
  if (raw.document) {
    const mime = raw.document.mime_type;
    const kind = mime?.startsWith('image/') ? 'image' : mime?.startsWith('audio/') ? 'audio' : 'file';
    found.push(reference(raw.document, 'file', mime, kind));
  }
  if (raw.voice) found.push(reference(raw.voice, 'voice.ogg', 'audio/ogg', 'audio'));
  if (raw.audio) found.push(reference(raw.audio, 'audio.mp3', 'audio/mpeg', 'audio'));
  const video = raw.video ?? raw.video_note;
  if (video) found.push(reference(video, 'video.mp4', 'video/mp4', 'file'));
  return found;
}

function reference(
  raw: z.infer<typeof namedFile>,
  name: string,
  mimeType: string | undefined,
  kind: AttachmentRef['kind'],
): AttachmentRef {
  const type = raw.mime_type ?? mimeType;
  return {
    fileId: raw.file_id,
    name: raw.file_name ?? name,
    ...(type === undefined ? {} : { mimeType: type }),
    ...(raw.file_size === undefined ? {} : { size: raw.file_size }),
    kind,
  };
}

import { z } from 'zod';
import type { Address, AttachmentRef } from '../../src/core/channel.js';
import type { ActionInvoked, InboundEvent, MessageCreated, Quote } from '../../src/core/event.js';
import { plainText } from './text.js';

/**
 * A Slack payload to one of the core's events; pure. What the product has no use for is `ignored`, what does not have
 * Slack's documented shape is `malformed`: both are acknowledged and passed, so that nothing waits behind them.
 */
export type Reading =
  | { readonly kind: 'event'; readonly event: InboundEvent; readonly interaction?: Interaction }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly reason: string };

/** What an answer in place needs: modals open by the trigger within three seconds. */
export interface Interaction {
  readonly type: 'command' | 'press' | 'form';
  readonly triggerId: string;
}

export interface ReadingContext {
  readonly botUserId: string;
  readonly receivedAt: number;
  /** Names that `/seneschal` knows as commands; any other first word is plain text. */
  readonly commands: ReadonlySet<string>;
  /** Of the envelope it came in; stands in for an id that the payload leaves out. */
  readonly envelopeId?: string;
}

export const CHANNEL = 'slack';
export const PROMPT_CALLBACK = 'seneschal_prompt';
export const PROMPT_BLOCK = 'prompt';
export const PROMPT_INPUT = 'text';

const IGNORED: Reading = { kind: 'ignored' };

const fileSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
  url_private: z.string().nullish(),
  url_private_download: z.string().nullish(),
});

const shareSchema = z.object({
  is_share: z.boolean().optional(),
  is_msg_unfurl: z.boolean().optional(),
  author_id: z.string().optional(),
  text: z.string().optional(),
  ts: z.string().optional(),
});

export const messageSchema = z.object({
  ts: z.string(),
  subtype: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  thread_ts: z.string().optional(),
  edited: z.object({ user: z.string().optional() }).nullish(),
  files: z.array(z.unknown()).optional(),
  attachments: z.array(z.unknown()).optional(),
});

export type SlackMessage = z.infer<typeof messageSchema>;

const inChannel = { channel: z.string(), channel_type: z.string().optional() };

const callbackSchema = z.object({
  event_id: z.string(),
  event: z.looseObject({ type: z.string(), subtype: z.string().optional() }),
});

const changedSchema = z.object({ ...inChannel, message: messageSchema, previous_message: messageSchema.optional() });
const deletedSchema = z.object({
  ...inChannel,
  deleted_ts: z.string(),
  event_ts: z.string().optional(),
  previous_message: messageSchema.optional(),
});
const reactionSchema = z.object({
  user: z.string(),
  reaction: z.string(),
  event_ts: z.string(),
  item: z.object({ type: z.string(), channel: z.string().optional(), ts: z.string().optional() }),
});

const userSchema = z.object({ id: z.string(), username: z.string().optional(), name: z.string().optional() });

const slashSchema = z.object({
  command: z.string(),
  text: z.string().optional(),
  user_id: z.string(),
  user_name: z.string().optional(),
  channel_id: z.string(),
  trigger_id: z.string().optional(),
});

const pressSchema = z.object({
  user: userSchema,
  trigger_id: z.string().optional(),
  channel: z.object({ id: z.string() }).nullish(),
  container: z
    .object({ message_ts: z.string().optional(), channel_id: z.string().optional(), thread_ts: z.string().optional() })
    .nullish(),
  message: z.object({ ts: z.string().optional(), thread_ts: z.string().optional() }).nullish(),
  actions: z
    .array(
      z.object({
        type: z.string().default('button'),
        action_id: z.string().optional(),
        value: z.string().optional(),
        action_ts: z.string().optional(),
      }),
    )
    .min(1),
});

const formSchema = z.object({
  user: userSchema,
  trigger_id: z.string().optional(),
  view: z.object({
    id: z.string(),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))) }),
  }),
});

/** What a prompt's modal carries, so that the answer finds its way without any state here. */
const promptSchema = z.object({
  value: z.string(),
  messageId: z.string(),
  space: z.string(),
  thread: z.string().optional(),
  direct: z.boolean(),
});

export function promptMetadata(value: string, messageId: string, address: Address): string {
  const { space, thread, direct } = address;
  return JSON.stringify({ value, messageId, space, thread, direct } satisfies z.input<typeof promptSchema>);
}

export function readEnvelope(type: string, payload: unknown, context: ReadingContext): Reading {
  try {
    if (type === 'events_api') return readCallback(callbackSchema.parse(payload), context);
    if (type === 'slash_commands') return readSlash(slashSchema.parse(payload), context);
    if (type === 'interactive') return readInteraction(payload, context);
    return IGNORED;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return { kind: 'malformed', reason: `${type}: not JSON` };
    if (!(thrown instanceof z.ZodError)) throw thrown;
    // Paths only: values could hold what the paste guard has not seen yet.
    const paths = thrown.issues.map((issue) => issue.path.join('.') || '(root)');
    return { kind: 'malformed', reason: `${type}: ${[...new Set(paths)].join(', ')}` };
  }
}

function readCallback(callback: z.infer<typeof callbackSchema>, context: ReadingContext): Reading {
  const { event_id: eventId, event } = callback;
  switch (event.type) {
    case 'app_mention':
    case 'message': {
      if (event.subtype === 'message_changed') return readChange(eventId, changedSchema.parse(event), context);
      if (event.subtype === 'message_deleted') {
        const { deleted_ts, previous_message, ...place } = deletedSchema.parse(event);
        return gone(eventId, place, deleted_ts, previous_message, context);
      }
      const place = z.object(inChannel).parse(event);
      // In shared channels only mentions count; those come as `app_mention`.
      if (event.type === 'message' && !isDirect(place)) return IGNORED;
      const created = messageCreated(eventId, place.channel, messageSchema.parse(event), context, isDirect(place));
      return created === null ? IGNORED : { kind: 'event', event: created };
    }
    case 'reaction_added':
    case 'reaction_removed': {
      const { user, reaction, item, event_ts } = reactionSchema.parse(event);
      if (item.channel === undefined || item.ts === undefined || user === context.botUserId) return IGNORED;
      const address = { channel: CHANNEL, space: item.channel, direct: isDirect({ channel: item.channel }) };
      const kind = event.type === 'reaction_added' ? 'reaction.added' : 'reaction.removed';
      return {
        kind: 'event',
        event: { ...envelope(eventId, address, user, event_ts, context), kind, messageId: item.ts, reaction },
      };
    }
    default:
      return IGNORED;
  }
}

/** A person's message as an event, from a live event or from history; null for what apps and Slack itself wrote. */
export function messageCreated(
  eventId: string,
  space: string,
  message: SlackMessage,
  context: ReadingContext,
  direct: boolean,
): (InboundEvent & MessageCreated) | null {
  const accepted = [undefined, 'file_share', 'thread_broadcast', 'me_message'];
  if (!accepted.includes(message.subtype) || isOurs(message, context)) return null;
  if (message.user === undefined) return null;
  const quote = readQuote(message.attachments ?? [], context);
  const text = plainText(message.text ?? '', context.botUserId);
  // Shared without a word of one's own is passed on; with a comment it is quoted.
  const forwarded = quote !== null && quote.author !== 'agent' && text.trim() === '';
  return {
    ...envelope(eventId, addressOf(space, message, direct), message.user, message.ts, context),
    kind: 'message.created',
    messageId: message.ts,
    text: forwarded ? quote.text : text,
    attachments: readFiles(message.files ?? []),
    ...(forwarded ? { forwarded } : quote === null ? {} : { quote }),
  };
}

function readChange(eventId: string, change: z.infer<typeof changedSchema>, context: ReadingContext): Reading {
  const { message, previous_message: before } = change;
  if (message.subtype === 'tombstone') return gone(eventId, change, message.ts, before, context);
  // Slack also reports its own changes (a preview, a reply count) this way: only another text is an edit.
  if (isOurs(message, context) || message.user === undefined || message.text === before?.text) return IGNORED;
  const editor = message.edited?.user ?? message.user;
  return {
    kind: 'event',
    event: {
      ...envelope(eventId, addressOf(change.channel, message, isDirect(change)), editor, message.ts, context),
      kind: 'message.edited',
      messageId: message.ts,
      text: plainText(message.text ?? '', context.botUserId),
    },
  };
}

function gone(
  eventId: string,
  place: { channel: string; channel_type?: string | undefined },
  ts: string,
  before: SlackMessage | undefined,
  context: ReadingContext,
): Reading {
  if (before?.user === undefined || isOurs(before, context)) return IGNORED;
  const address = addressOf(place.channel, { ...before, ts }, isDirect(place));
  return {
    kind: 'event',
    event: { ...envelope(eventId, address, before.user, ts, context), kind: 'message.deleted', messageId: ts },
  };
}

function readSlash(slash: z.infer<typeof slashSchema>, context: ReadingContext): Reading {
  const [, word = '', rest = ''] = /^\s*\/?(\S*)\s*([\s\S]*?)\s*$/.exec(slash.text ?? '') ?? [];
  const name = word.toLowerCase() || 'help';
  const triggerId = slash.trigger_id ?? '';
  const base = {
    eventId: `command:${triggerId || context.envelopeId}`,
    channel: CHANNEL,
    // Whether a direct conversation is the agent's own one is for the adapter to find out.
    address: { channel: CHANNEL, space: slash.channel_id, direct: false },
    sender: { userId: slash.user_id, ...(slash.user_name === undefined ? {} : { name: slash.user_name }) },
    sentAt: context.receivedAt,
    receivedAt: context.receivedAt,
  };
  const interaction = { type: 'command', triggerId } as const;
  if (context.commands.has(name) || word === '') {
    return { kind: 'event', event: { ...base, kind: 'command.invoked', name, argument: plainText(rest) }, interaction };
  }
  const text = plainText(name === 'ask' ? rest : (slash.text ?? '').trim());
  const created = { kind: 'message.created', messageId: '', text, attachments: [] } as const;
  return { kind: 'event', event: { ...base, ...created }, interaction };
}

function readInteraction(payload: unknown, context: ReadingContext): Reading {
  const { type } = z.object({ type: z.string() }).parse(payload);
  if (type === 'block_actions') return readPress(pressSchema.parse(payload), context);
  if (type === 'view_submission') return readForm(formSchema.parse(payload), context);
  return IGNORED;
}

function readPress(press: z.infer<typeof pressSchema>, context: ReadingContext): Reading {
  const action = press.actions[0];
  const space = press.channel?.id ?? press.container?.channel_id;
  const ts = press.container?.message_ts ?? press.message?.ts;
  if (action?.type !== 'button' || action.value === undefined || space === undefined || ts === undefined)
    return IGNORED;
  const root = press.container?.thread_ts ?? press.message?.thread_ts;
  const address = place(space, root === ts ? undefined : root, isDirect({ channel: space }));
  const { action_ts: at, action_id: button } = action;
  const once = at ?? press.trigger_id ?? context.envelopeId;
  const event: InboundEvent & ActionInvoked = {
    ...envelope(`press:${space}:${ts}:${press.user.id}:${button}:${once}`, address, '', at ?? '', context),
    sender: readUser(press.user),
    kind: 'action.invoked',
    value: action.value,
    messageId: ts,
  };
  return { kind: 'event', event, interaction: { type: 'press', triggerId: press.trigger_id ?? '' } };
}

function readForm(form: z.infer<typeof formSchema>, context: ReadingContext): Reading {
  if (form.view.callback_id !== PROMPT_CALLBACK) return IGNORED;
  const carried = z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(promptSchema)
    .parse(form.view.private_metadata);
  const event: InboundEvent & ActionInvoked = {
    eventId: `form:${form.view.id}:${carried.messageId}`,
    channel: CHANNEL,
    address: place(carried.space, carried.thread, carried.direct),
    sender: readUser(form.user),
    sentAt: context.receivedAt,
    receivedAt: context.receivedAt,
    kind: 'action.invoked',
    value: carried.value,
    messageId: carried.messageId,
    text: form.view.state.values[PROMPT_BLOCK]?.[PROMPT_INPUT]?.value ?? '',
  };
  return { kind: 'event', event, interaction: { type: 'form', triggerId: form.trigger_id ?? '' } };
}

function readUser(user: z.infer<typeof userSchema>) {
  const name = user.username ?? user.name;
  return { userId: user.id, ...(name === undefined ? {} : { name }) };
}

function envelope(eventId: string, address: Address, userId: string, ts: string, context: ReadingContext) {
  const sentAt = ts === '' ? Number.NaN : Math.floor(Number(ts) * 1000);
  return {
    eventId,
    channel: CHANNEL,
    address,
    sender: { userId },
    sentAt: Number.isFinite(sentAt) ? sentAt : context.receivedAt,
    receivedAt: context.receivedAt,
  };
}

/** In a channel every message belongs to a thread, its own where it opens one; a direct conversation is one by itself. */
function addressOf(space: string, message: Pick<SlackMessage, 'ts' | 'thread_ts'>, direct: boolean): Address {
  const root = message.thread_ts ?? message.ts;
  return place(space, direct && root === message.ts ? undefined : root, direct);
}

function place(space: string, thread: string | undefined, direct: boolean): Address {
  return { channel: CHANNEL, space, ...(thread === undefined ? {} : { thread }), direct };
}

/** The app hears of no direct conversation but its own ones; their ids begin with D. */
function isDirect(where: { channel: string; channel_type?: string | undefined }): boolean {
  return where.channel_type === undefined ? where.channel.startsWith('D') : where.channel_type === 'im';
}

function isOurs(message: SlackMessage, context: ReadingContext): boolean {
  return Boolean(message.bot_id) || message.user === context.botUserId;
}

function readFiles(files: readonly unknown[]): AttachmentRef[] {
  return files.flatMap((entry): AttachmentRef[] => {
    const parsed = fileSchema.safeParse(entry);
    if (!parsed.success) return [];
    const file = parsed.data;
    const mimeType = file.mimetype ?? undefined;
    return [
      {
        fileId: file.url_private_download ?? file.url_private ?? file.id,
        name: file.name ?? file.id,
        ...(mimeType === undefined ? {} : { mimeType }),
        ...(typeof file.size === 'number' ? { size: file.size } : {}),
        kind: mimeType?.startsWith('image/') ? 'image' : mimeType?.startsWith('audio/') ? 'audio' : 'file',
      },
    ];
  });
}

/** A message that was shared into this one: Slack's form of quoting and passing on. */
function readQuote(attachments: readonly unknown[], context: ReadingContext): Quote | null {
  for (const entry of attachments) {
    const parsed = shareSchema.safeParse(entry);
    if (!parsed.success || !(parsed.data.is_share || parsed.data.is_msg_unfurl)) continue;
    const { ts, author_id: author, text } = parsed.data;
    return {
      messageId: ts ?? '',
      author: author === context.botUserId ? 'agent' : (author ?? null),
      text: plainText(text ?? ''),
    };
  }
  return null;
}

import { z } from 'zod';
import type { ActionInvoked, CommandInvoked, InboundEvent, MessageCreated } from '../../src/core/event.js';
import { addressOf, CHANNEL } from './inbound.js';
import { formatReplyRef, snowflakeTime } from './reply.js';

/** An INTERACTION_CREATE payload as an inbound event and what its acknowledgement may be. Pure. */
export interface Interaction {
  readonly id: string;
  readonly applicationId: string;
  readonly token: string;
  readonly event: InboundEvent;
  /** A slash command: its answer is a new message. What belongs to a message (a button, its form) updates that one. */
  readonly answersWithMessage: boolean;
  /** Whether the answer is for the invoker's eyes only. */
  readonly hidden: boolean;
  /** A form cannot open another form. */
  readonly mayPrompt: boolean;
}

const id = z.string().regex(/^\d{1,20}$/);
const user = z.object({ id, username: z.string().optional(), global_name: z.string().nullish() });
const interaction = z.object({
  id,
  application_id: id,
  type: z.number(),
  token: z.string(),
  channel_id: id.optional(),
  channel: z.object({ id }).nullish(),
  guild_id: id.optional(),
  context: z.number().nullish(),
  member: z.object({ user }).nullish(),
  user: user.nullish(),
  message: z.object({ id, flags: z.number().default(0) }).nullish(),
  data: z.unknown().optional(),
});
const commandData = z.object({
  name: z.string(),
  type: z.number().default(1),
  options: z
    .array(z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).optional() }))
    .default([]),
});
const componentData = z.object({ custom_id: z.string(), component_type: z.number().default(2) });
const modalData = z.object({ custom_id: z.string(), components: z.unknown().optional() });

const TYPE = { command: 2, component: 3, modal: 5 } as const;
const CHAT_INPUT = 1;
const BUTTON = 2;
const PRIVATE_CHANNEL = 2;
const EPHEMERAL = 1 << 6;

type Said = MessageCreated | CommandInvoked | ActionInvoked;

/** Null for kinds we never asked Discord for; throws ZodError for a malformed payload. */
export function readInteraction(payload: unknown, now: number): Interaction | null {
  const from = interaction.parse(payload);
  const sender = from.member?.user ?? from.user;
  const said = read(from);
  const space = from.channel_id ?? from.channel?.id;
  if (said === null || sender === undefined || sender === null || space === undefined) return null;
  const address = addressOf(space, from.guild_id);
  const direct = address.direct && from.context !== PRIVATE_CHANNEL;
  const answersWithMessage = from.type === TYPE.command;
  const hidden =
    !direct && (answersWithMessage ? said.kind !== 'message.created' : ((from.message?.flags ?? 0) & EPHEMERAL) !== 0);
  const name = sender.global_name ?? sender.username;
  const replyRef = formatReplyRef({
    kind: answersWithMessage ? 'slash' : 'component',
    applicationId: from.application_id,
    interactionId: from.id,
    space,
    userId: sender.id,
    hidden,
    receivedAt: now,
    token: from.token,
  });
  const event: InboundEvent = {
    eventId: from.id,
    channel: CHANNEL,
    address: { ...address, direct },
    sender: { userId: sender.id, ...(name === undefined ? {} : { name }) },
    sentAt: snowflakeTime(from.id),
    receivedAt: now,
    replyRef,
    ...said,
  };
  const mayPrompt = from.type !== TYPE.modal;
  return {
    id: from.id,
    applicationId: from.application_id,
    token: from.token,
    event,
    answersWithMessage,
    hidden,
    mayPrompt,
  };
}

function read(from: z.infer<typeof interaction>): Said | null {
  if (from.type === TYPE.command) {
    const data = commandData.parse(from.data);
    if (data.type !== CHAT_INPUT) return null;
    const argument = `${data.options[0]?.value ?? ''}`;
    if (data.name === 'ask') return { kind: 'message.created', messageId: '', text: argument, attachments: [] };
    return { kind: 'command.invoked', name: data.name.toLowerCase(), argument };
  }
  if (from.type === TYPE.component) {
    const data = componentData.parse(from.data);
    if (data.component_type !== BUTTON || from.message === undefined || from.message === null) return null;
    return { kind: 'action.invoked', value: data.custom_id, messageId: from.message.id };
  }
  if (from.type === TYPE.modal) {
    const data = modalData.parse(from.data);
    const text = typedText(data.components) ?? '';
    return { kind: 'action.invoked', value: data.custom_id, messageId: from.message?.id ?? from.id, text };
  }
  return null;
}

/** The first typed value, at whatever depth Discord's layout components put it. */
function typedText(node: unknown): string | null {
  if (Array.isArray(node)) {
    for (const item of node) {
      const found = typedText(item);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof node !== 'object' || node === null) return null;
  if ('value' in node && typeof node.value === 'string') return node.value;
  return typedText('components' in node ? node.components : 'component' in node ? node.component : null);
}

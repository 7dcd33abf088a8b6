import type { Address } from '../../src/core/channel.js';
import type { Envelope, InboundEvent } from '../../src/core/event.js';
import type { Press } from './choices.js';

/** What was typed → an inbound event. Pure. */
export const CHANNEL = 'terminal';
export const USER = 'local';
export const ADDRESS: Address = { channel: CHANNEL, space: 'local', direct: true };

export interface ReadingContext {
  /** Unique over restarts. */
  readonly id: string;
  readonly at: number;
  /** The names of commands; everything else with a slash is text. */
  readonly commands: ReadonlySet<string>;
  /** The open button whose number a text is. */
  readonly press: (text: string) => Press | null;
}

/** Null for a text that says nothing. */
export function readTyped(text: string, context: ReadingContext): InboundEvent | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const { id, at } = context;
  const envelope = envelopeOf(id, at);
  const press = context.press(trimmed);
  if (press !== null) return { ...envelope, kind: 'action.invoked', ...press };
  const messageId = inboundId(id);
  const command = readCommand(trimmed, context.commands);
  if (command !== null) return { ...envelope, kind: 'command.invoked', ...command, messageId };
  return { ...envelope, kind: 'message.created', messageId, text, attachments: [] };
}

const envelopeOf = (id: string, at: number): Envelope => ({
  eventId: id,
  channel: CHANNEL,
  address: ADDRESS,
  sender: { userId: USER },
  sentAt: at,
  receivedAt: at,
});

/** Ctrl-C while something is at work: as if `/stop` had been typed. */
export const stopCommand = (id: string, at: number): InboundEvent => ({
  ...envelopeOf(id, at),
  kind: 'command.invoked',
  name: 'stop',
  argument: '',
  messageId: inboundId(id),
});

function readCommand(
  text: string,
  commands: ReadonlySet<string>,
): { readonly name: string; readonly argument: string } | null {
  const match = /^\/(?<name>[a-z]{1,32})(?:\s+(?<argument>[\s\S]*))?$/i.exec(text.trim());
  const name = match?.groups?.name?.toLowerCase();
  if (name === undefined || !commands.has(name)) return null;
  return { name, argument: match?.groups?.argument?.trim() ?? '' };
}

/** Lines that arrived at once are one message, unless each of them is something to be done by itself. */
export function divideBurst(lines: readonly string[], commands: ReadonlySet<string>): string[] {
  const alone = (text: string) =>
    readCommand(text, commands) !== null || /^\s*\/?stop(\s+all|\s+job\s+#?\d{1,9})?\s*$/i.test(text);
  return lines.every(alone) ? [...lines] : [lines.join('\n')];
}

/** Message ids tell by themselves who wrote the message, also after a restart. */
const inboundId = (id: string): string => `in-${id}`;
export const outboundId = (id: string): string => `out-${id}`;
export const isInbound = (messageId: string): boolean => messageId.startsWith('in-');

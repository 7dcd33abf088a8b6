import type { Address, AttachmentRef, ChannelId, UserId } from './address.js';

/**
 * What a platform can tell us, in one form. An adapter maps every payload it understands to one of these and passes
 * over everything else (a kind that is not listed here does not exist for the core).
 */
export type InboundEvent = Envelope &
  (MessageCreated | MessageEdited | MessageDeleted | CommandInvoked | ActionInvoked | ReactionChanged);

declare const guarded: unique symbol;
/**
 * An event whose words have passed the paste guard, and the only kind that the store takes: what comes in by any inlet
 * passes there or does not compile. The paste desk makes it, the store gives it back.
 */
export type GuardedEvent<Event extends InboundEvent = InboundEvent> = Event & { readonly [guarded]: true };

export interface Envelope {
  /** The platform's own id of this event: the key by which a redelivery is recognised. */
  readonly eventId: string;
  readonly channel: ChannelId;
  readonly address: Address;
  readonly sender: Sender;
  /** By the platform's clock, milliseconds since the epoch. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Opaque to the core; handed back as `Delivery.replyRef` with every answer to this event. */
  readonly replyRef?: string;
}

export interface Sender {
  readonly userId: UserId;
  /** For display only, never for a decision. */
  readonly name?: string;
}

export interface MessageCreated {
  readonly kind: 'message.created';
  /** Empty where it was typed as a command, so that no message of the chat shows it. */
  readonly messageId: string;
  readonly text: string;
  readonly attachments: readonly AttachmentRef[];
  readonly quote?: Quote;
  /** True for a message that was written by somebody else and passed on. */
  readonly forwarded?: boolean;
  /** What others said in this thread since the agent was last addressed, oldest first. */
  readonly context?: readonly ContextMessage[];
}

/** The message that the owner replied to. */
export interface Quote {
  readonly messageId: string;
  /** The agent itself, or the account that wrote it; null when the platform does not say. */
  readonly author: 'agent' | UserId | null;
  readonly text: string;
}

export interface ContextMessage {
  readonly author: UserId;
  readonly text: string;
}

export interface MessageEdited {
  readonly kind: 'message.edited';
  readonly messageId: string;
  readonly text: string;
}

export interface MessageDeleted {
  readonly kind: 'message.deleted';
  readonly messageId: string;
}

export interface CommandInvoked {
  readonly kind: 'command.invoked';
  /** Without the slash, lower case. */
  readonly name: string;
  readonly argument: string;
  /** The message that held it, where there is one. */
  readonly messageId?: string;
}

export interface ActionInvoked {
  readonly kind: 'action.invoked';
  /** The pressed button's value. */
  readonly value: string;
  readonly messageId: string;
  /** What the presser typed into a prompt form. */
  readonly text?: string;
}

export interface ReactionChanged {
  readonly kind: 'reaction.added' | 'reaction.removed';
  readonly messageId: string;
  readonly reaction: string;
}

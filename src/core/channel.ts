/**
 * The contract between the gateway and a chat platform. `docs/writing-an-adapter.md` explains it, the suite in
 * tests/contract checks it. No platform type may appear here: what differs between platforms is capability data.
 */
import type { Address, AttachmentRef, ChannelId, UserId } from './address.js';
import type { InboundEvent } from './event.js';
import type { Logger } from './log.js';
import type { RichText } from './richtext.js';
import type { System } from './system.js';

export type { Address, AttachmentRef, ChannelId, UserId } from './address.js';

export interface ChannelCapabilities {
  /** Whether the agent may delete messages that the owner wrote. */
  readonly deletesOwnerMessages: { readonly direct: boolean; readonly shared: boolean };
  /** Whether sent messages can be changed, and the shortest pause between two changes of one message. */
  readonly edits: { readonly minIntervalMs: number } | null;
  /** Whether a message can be shown to one person only in a shared space. */
  readonly ephemeral: boolean;
  /** Whether a reply to one of our messages can be recognised as an answer to it. */
  readonly quotes: boolean;
  readonly typing: boolean;
  /** Whether a press can be answered with a form for a line of text (`InboundOutcome.prompt`). */
  readonly prompts: boolean;
  /** Whether what was sent stays and its buttons can still be pressed when this process has started anew. */
  readonly keepsMessages: boolean;
  /** Whether `findSent` can tell if an earlier send arrived. */
  readonly findsSent: boolean;
  /** UTF-16 units of visible text in one message. */
  readonly maxTextLength: number;
  /** Bytes of one file, outwards and inwards. */
  readonly maxUploadBytes: number;
  readonly maxDownloadBytes: number;
}

export interface ChannelHealth {
  readonly ok: boolean;
  /** One sentence, present when not ok. */
  readonly reason?: string;
}

/** One message to send. `id` stays the same when a send whose answer was lost is tried again. */
export interface Delivery {
  readonly id: string;
  readonly address: Address;
  readonly content: OutboundContent;
  /** The owner's message this answers, shown as a quote where the platform can. */
  readonly replyTo?: string;
  /** The adapter's own opaque reference from the event that caused this (for example an interaction token). */
  readonly replyRef?: string;
  /** Show it to this person only; adapters without `ephemeral` are never asked. */
  readonly ephemeralTo?: UserId;
  /** No sound or notification, where the platform can do that. */
  readonly silent?: boolean;
}

export interface OutboundContent {
  readonly text: RichText;
  /**
   * Rows of buttons; an empty or missing list removes those that an edited message had. There is no other way to ask an
   * owner: where the platform has no buttons, the adapter numbers them and takes a typed number for a press.
   */
  readonly buttons?: readonly (readonly Button[])[];
  readonly file?: OutboundFile;
}

export interface OutboundFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

export interface Button {
  readonly label: string;
  /** An opaque random handle of at most 64 bytes; its meaning lives in the store. */
  readonly value: string;
  readonly style?: 'primary' | 'danger';
}

export interface Receipt {
  readonly messageId: string;
}

export interface MessageRef {
  readonly address: Address;
  readonly messageId: string;
  /** As in `Delivery.replyRef`, for platforms that can change a message only through it. */
  readonly replyRef?: string;
}

/**
 * What became of an event. The adapter may acknowledge to the platform only after it has this.
 * `accepted: false`: the sender is nobody; the adapter gives the platform its emptiest acknowledgement.
 */
export interface InboundOutcome {
  readonly accepted: boolean;
  /** A short line for a platform that can answer a press in place (a toast). */
  readonly notice?: string;
  /** Ask the presser for a line of text where the platform has such a form; it comes back as `action.invoked` with `text`. */
  readonly prompt?: { readonly value: string; readonly title: string; readonly label: string };
}

/**
 * Resolves once the event is durable or refused for good. Rejects only when it could not be stored: then the adapter
 * must not acknowledge, and hands the same event in again later. Call it in the order of arrival; do not wait for
 * one event before handing in the next of the same batch (a long text may be held for its second half).
 */
export type InboundSink = (event: InboundEvent) => Promise<InboundOutcome>;

/**
 * Errors of the verbs are `SeneschalError` with one of: `channel.rejected` (they said no; final),
 * `channel.rate_limited` (with retryAfterMs; not sent), `channel.unavailable` (not sent; try again),
 * `channel.unknown` (may have been sent), `channel.unauthorized` (the token is not accepted),
 * `channel.too_large`. A token never appears in a message or cause.
 */
export interface ChannelAdapter {
  readonly channel: ChannelId;
  readonly capabilities: ChannelCapabilities;
  /** Resolves when connected; reconnects by itself afterwards. Rejects when the platform refuses the token. */
  start(sink: InboundSink): Promise<void>;
  /** Idempotent. No sink call begins after it resolves. */
  stop(): Promise<void>;
  health(): ChannelHealth;
  /** Pure: the parts of a text that each fit one message of this platform. */
  split(text: RichText): RichText[];
  send(delivery: Delivery): Promise<Receipt>;
  /** The direct conversation with a user, opened where the platform demands it. */
  openDirect(user: UserId): Promise<Address>;
  /** Throws `channel.too_large` as soon as more than `maxBytes` would come. */
  download(ref: AttachmentRef, maxBytes: number): Promise<Uint8Array>;
  /** Present exactly when `capabilities.edits`. "Not modified" is success. */
  edit?(target: MessageRef, content: OutboundContent): Promise<void>;
  /** Present when the platform lets the agent delete anything. Already gone is success. */
  delete?(target: MessageRef): Promise<void>;
  /** Present exactly when `capabilities.typing`. Has its own budget: never delays a send. */
  setTyping?(address: Address): Promise<void>;
  /** Present exactly when `capabilities.findsSent`: the receipt of an earlier send with this id, null if none arrived. */
  findSent?(delivery: Delivery): Promise<Receipt | null>;
}

/** The commands that every adapter registers in its platform's own menu, where it has one. */
export interface CommandSpec {
  readonly name: string;
  readonly description: string;
  /** The name and description of its one optional text argument. */
  readonly argument?: { readonly name: string; readonly description: string; readonly required: boolean };
}

/** What the composition root gives every adapter besides its own options. */
export interface AdapterDeps {
  readonly system: System;
  readonly log: Logger;
  readonly commands: readonly CommandSpec[];
  /** Short product sentences that an adapter itself must say. */
  readonly phrases: { readonly notAvailable: string; readonly thinking: string };
}

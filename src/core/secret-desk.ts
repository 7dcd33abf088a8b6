import type { ConversationId } from './conversation.js';

/** What a tool asks the owner to enter. */
export interface SecretAsk {
  readonly callId: string;
  readonly conversation: ConversationId;
  readonly name: string;
  readonly purpose: string;
  readonly hosts: readonly string[];
  readonly multiline: boolean;
  /** Several values on one page, each an entry of its own; empty for one value under `name`. */
  readonly fields: readonly string[];
  /** Untrusted sources the turn has read. */
  readonly untrusted: readonly string[];
}

/** Opens a form and tells the owner; the call's result comes when it is answered. The gateway implements it. */
export interface SecretDesk {
  ask(ask: SecretAsk): Promise<void>;
  /** Names and hosts of the owner's entries, never a value. */
  list(): readonly { readonly name: string; readonly hosts: readonly string[]; readonly state: string }[];
}

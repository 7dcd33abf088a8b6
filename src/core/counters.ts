import type { ConversationId } from './conversation.js';

/** How many outbound requests tools have begun (GUARD-2). Rows: a restart forgets none. */
export interface Counters {
  /** Counts one request, now. Must be called within the transaction that marks its call as started. */
  addRequest(conversation: ConversationId): void;
  requests(conversation: ConversationId): RequestCounts;
}

export interface RequestCounts {
  /** In this conversation since its last `/new`. */
  readonly conversation: number;
  /** In the last 60 minutes, all conversations together. */
  readonly hour: number;
  /** In the last 24 hours, all conversations together. */
  readonly day: number;
}

import type { Address } from './channel.js';

/** A conversation is one direct chat, one channel, or one thread of a channel. */
export type ConversationId = string;

/** Stable over restarts; parts are escaped so that no two addresses share an id. */
export function conversationId(address: Address): ConversationId {
  const parts = [address.channel, address.space, ...(address.thread === undefined ? [] : [address.thread])];
  return parts.map((part) => part.replace(/[%:]/g, encodeURIComponent)).join(':');
}

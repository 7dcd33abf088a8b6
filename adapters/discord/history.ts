import { Routes } from 'discord.js';
import type { UserId } from '../../src/core/channel.js';
import type { ContextMessage, InboundEvent } from '../../src/core/event.js';
import type { System } from '../../src/core/system.js';
import { isAddressed, type Message, messagePage, readMessage, type Self } from './inbound.js';
import { spaceOf } from './outbound.js';
import { isSnowflake } from './reply.js';
import type { Api } from './rest.js';

/** Reading what Discord keeps: direct messages we were not told of, and what was said before a mention. */
const PAGE = 100;
const CONTEXT_MESSAGES = 30;
/** A mention waits this long for its context, then goes without. */
const CONTEXT_WITHIN_MS = 2_000;

export interface MissedQuery {
  readonly space: string;
  /** Everything after this id is wanted. */
  readonly last: string;
  readonly owner: UserId;
  readonly self: Self;
}

/** The owner's direct messages after the last known one, oldest first, with the ids the gateway would have given. */
export async function missedMessages(api: Api, query: MissedQuery, now: number): Promise<InboundEvent[]> {
  const events: InboundEvent[] = [];
  // The gateway derives ids of its own from a message's (`ID/…`); Discord knows the first part.
  let after = query.last.split('/')[0] ?? '';
  while (isSnowflake(after)) {
    const options = { query: { after, limit: String(PAGE) } };
    const page = messagePage.parse(await api.get(Routes.channelMessages(spaceOf(query.space)), options));
    const oldestFirst = page.toSorted(byId);
    for (const message of oldestFirst) {
      const read = message.author.id === query.owner ? readMessage(message, query.self, now) : null;
      if (read?.kind === 'event') events.push(read.event);
    }
    const newest = oldestFirst.at(-1);
    if (newest === undefined || page.length < PAGE) break;
    after = newest.id;
  }
  return events;
}

/** What was said since this person last addressed the agent or it spoke, oldest first; empty when it cannot be read. */
export async function contextBefore(
  api: Api,
  at: { readonly space: string; readonly messageId: string; readonly userId: UserId; readonly self: Self },
  system: System,
): Promise<readonly ContextMessage[]> {
  const patience = new AbortController();
  const timer = system.setTimer(CONTEXT_WITHIN_MS, () => patience.abort());
  try {
    const query = { before: at.messageId, limit: String(CONTEXT_MESSAGES) };
    const route = Routes.channelMessages(spaceOf(at.space));
    const page = messagePage.parse(await api.get(route, { query, signal: patience.signal })).toSorted(byId);
    const spoken = page.findLastIndex(
      ({ author, ...rest }) =>
        author.id === at.self.userId || (author.id === at.userId && isAddressed({ author, ...rest }, at.self)),
    );
    return page
      .slice(spoken + 1)
      .filter((message) => message.content !== '')
      .map((message) => ({ author: message.author.id, text: message.content }));
  } catch {
    return [];
  } finally {
    timer.cancel();
  }
}

/** Ids grow with time and are too long for a number. */
function byId(a: Message, b: Message): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
}

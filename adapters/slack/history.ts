import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Delivery, Receipt } from '../../src/core/channel.js';
import type { ContextMessage, InboundEvent } from '../../src/core/event.js';
import { messageCreated, messageSchema, type ReadingContext, type SlackMessage } from './inbound.js';
import { plainText } from './text.js';

/** What Slack still knows: missed direct messages, what others said in a thread, and our own sends by their mark. */

/** Marks what we send, so that a send whose answer was lost can be found again (TURN-4). */
export const DELIVERY_EVENT = 'seneschal_delivery';

const markedSchema = z.object({
  ts: z.string(),
  metadata: z.object({ event_type: z.literal(DELIVERY_EVENT), event_payload: z.object({ id: z.string() }) }),
});

const PAGE = 200;
const MAX_PAGES = 10;
const MAX_CONTEXT = 50;
const MAX_CONTEXT_CHARS = 16_000;

type Page = { messages?: unknown[] | undefined; response_metadata?: { next_cursor?: string | undefined } | undefined };

async function* pages(read: (cursor: { cursor?: string }) => Promise<Page>): AsyncGenerator<unknown[]> {
  let cursor = '';
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const page = await read(cursor === '' ? {} : { cursor });
    yield page.messages ?? [];
    cursor = page.response_metadata?.next_cursor ?? '';
    if (cursor === '') return;
  }
}

/** The direct messages after `since`, oldest first. Replies inside threads are not part of a channel's history. */
export async function missedMessages(
  client: webApi.WebClient,
  space: string,
  since: string,
  context: ReadingContext,
): Promise<InboundEvent[]> {
  const events: InboundEvent[] = [];
  const read = (cursor: object) =>
    client.conversations.history({ channel: space, oldest: since, limit: PAGE, ...cursor });
  for await (const messages of pages(read)) {
    for (const entry of messages) {
      const message = messageSchema.safeParse(entry);
      if (!message.success || message.data.ts === since) continue;
      const event = messageCreated(`history:${space}:${message.data.ts}`, space, message.data, context, true);
      if (event !== null) events.unshift(event);
    }
  }
  return events;
}

/** What was said in a thread since this person last addressed the agent there, or the agent last spoke. */
export async function threadContext(
  client: webApi.WebClient,
  event: { space: string; thread: string; messageId: string; userId: string },
  botUserId: string,
): Promise<ContextMessage[]> {
  let said: ContextMessage[] = [];
  const read = (cursor: object) =>
    client.conversations.replies({
      channel: event.space,
      ts: event.thread,
      latest: event.messageId,
      limit: PAGE,
      ...cursor,
    });
  for await (const messages of pages(read)) {
    for (const entry of messages) {
      const parsed = messageSchema.safeParse(entry);
      if (!parsed.success || parsed.data.ts === event.messageId) continue;
      const message = parsed.data;
      const text = plainText(message.text ?? '', botUserId);
      if (addressesAgent(message, event.userId, botUserId)) said = [];
      else if (text !== '') said.push({ author: message.user ?? message.bot_id ?? 'unknown', text });
    }
  }
  return newest(said);
}

function addressesAgent(message: SlackMessage, userId: string, botUserId: string): boolean {
  if (message.user === botUserId) return true;
  return message.user === userId && (message.text ?? '').includes(`<@${botUserId}`);
}

function newest(said: readonly ContextMessage[]): ContextMessage[] {
  let left = MAX_CONTEXT_CHARS;
  const kept: ContextMessage[] = [];
  for (const message of said.slice(-MAX_CONTEXT).reverse()) {
    left -= message.text.length;
    if (left < 0) break;
    kept.unshift(message);
  }
  return kept;
}

/** Our message with this delivery's mark; null when none is there. */
export async function findDelivery(client: webApi.WebClient, delivery: Delivery): Promise<Receipt | null> {
  const { space, thread } = delivery.address;
  const common = { channel: space, include_all_metadata: true, limit: PAGE };
  const read = (cursor: object): Promise<Page> =>
    thread === undefined
      ? client.conversations.history({ ...common, ...cursor })
      : client.conversations.replies({ ...common, ts: thread, ...cursor });
  for await (const messages of pages(read)) {
    for (const entry of messages) {
      const marked = markedSchema.safeParse(entry);
      if (marked.success && marked.data.metadata.event_payload.id === delivery.id) return { messageId: marked.data.ts };
    }
  }
  return null;
}

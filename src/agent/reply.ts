import type { Button } from '../core/channel.js';
import { type Inline, paragraph, type RichText, text } from '../core/richtext.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';

/** What a platform needs to know about the message that is answered. */
export interface ReplyTarget {
  readonly replyRef?: string;
}

/**
 * The rows of a reply. A turn has at most one live message: the line that shows its work, which becomes the text. All
 * functions must be called inside the transaction of the step they belong to.
 */
export function createReplies(store: Store) {
  /** Model text of one answer: it takes the live message's place, or is a message of its own. */
  function say(turn: Turn, markdown: string, target: ReplyTarget): void {
    place(turn, { markdown, ...target });
  }

  /** A sentence by the product that ends a turn, with what can be done about it. */
  function fail(turn: Turn, sentence: string, target: ReplyTarget): void {
    const retry: Button = { label: 'Try again', value: store.buttons.add('turn', turn.id, 'retry') };
    place(turn, { text: [paragraph(sentence)], buttons: [[retry]], ...target });
  }

  /** A sentence by the product in the place of the live message. */
  function close(turn: Turn, content: RichText, target: ReplyTarget): void {
    place(turn, { text: content, ...target });
  }

  /** Takes the live message away: something else (a card) now shows where the turn stands. */
  function clearLive(turn: Turn): void {
    const live = liveOf(turn);
    if (!live) return;
    if (!store.deliveries.withdraw(live.id)) {
      store.deliveries.add({ address: live.address, kind: 'delete', content: {}, targetDelivery: live.id });
    }
    store.turns.setLive(turn.id, null);
  }

  function place(turn: Turn, content: DeliveryContent): void {
    const live = liveOf(turn);
    const address = store.conversations.get(turn.conversationId)?.address;
    if (!address) return;
    store.turns.setLive(turn.id, null);
    if (live && store.deliveries.hasLaterSend(live)) {
      // Something stands below the live message by now: an answer above it would go unread.
      if (!store.deliveries.withdraw(live.id)) {
        store.deliveries.add({ address, kind: 'delete', content: {}, targetDelivery: live.id });
      }
      store.deliveries.add({ address, content, turnId: turn.id });
    } else if (live && !store.deliveries.withdraw(live.id)) {
      store.deliveries.add({ address, kind: 'edit', targetDelivery: live.id, content, turnId: turn.id });
    } else {
      store.deliveries.add({ address, content, turnId: turn.id });
    }
  }

  function liveOf(turn: Turn) {
    const id = store.turns.get(turn.id)?.liveDelivery ?? null;
    return id === null ? null : store.deliveries.get(id);
  }

  return { say, fail, close, clearLive };
}

/** Lines of plain product text as one paragraph. */
export function lines(...values: readonly string[]): RichText {
  return [
    paragraph(
      ...values.flatMap((value, index): Inline[] => (index === 0 ? [text(value)] : [{ type: 'break' }, text(value)])),
    ),
  ];
}

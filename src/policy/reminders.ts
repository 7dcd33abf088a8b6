import { type Block, paragraph } from '../core/richtext.js';
import type { System } from '../core/system.js';
import { clockTime } from '../core/time.js';
import type { Store } from '../store/store.js';
import { shortTitle } from './title.js';

/**
 * One silent message before an approval dies (APPR-8): when a third of its life is left, at least a minute where half
 * of it is that long. It is a row as soon as it is due, so it comes once, also over a crash; it goes when the card ends.
 */
const LEAST_MS = 60_000;
/** A card that lives no longer is answered at once or not at all. */
const TOO_SHORT_MS = 5_000;

export function createReminders(store: Store, system: System, options: { readonly timeZone: string }) {
  function message(cardId: string): { text: Block[]; replyTo?: string; replyRef?: string } | null {
    const pending = store.approvals.ofCard(cardId).filter(({ state }) => state === 'pending');
    const [first, ...more] = pending;
    if (!first || first.expiresAt <= system.now()) return null;
    const until = clockTime(first.expiresAt, options.timeZone);
    const card = store.deliveries.ofCard(cardId)[0];
    const replyRef = card?.content.replyRef;
    const others = more.length === 0 ? '' : ` and ${more.length} more on its card`;
    return {
      text: [paragraph(`Waits for you until ${until}: `, ...shortTitle(first.action.card.title), others)],
      ...(card?.messageId ? { replyTo: card.messageId } : {}),
      ...(replyRef === undefined ? {} : { replyRef }),
    };
  }

  return {
    /** Must be called in the transaction that stores the card. */
    plan(cardId: string, expiresAt: number): void {
      const life = expiresAt - system.now();
      if (life < TOO_SHORT_MS) return;
      store.reminders.plan(cardId, expiresAt - Math.floor(Math.min(Math.max(life / 3, LEAST_MS), life / 2)));
    },

    /** Sends what is due, in the caller's transaction. */
    sendDue(): void {
      for (const cardId of store.reminders.due(system.now())) {
        const content = message(cardId);
        const conversation = store.approvals.card(cardId)?.conversationId;
        const address = conversation === undefined ? undefined : store.conversations.get(conversation)?.address;
        if (!content || !address) {
          store.reminders.end(cardId);
          continue;
        }
        const id = store.deliveries.add({ address, content: { ...content, silent: true } });
        store.reminders.sent(cardId, id);
      }
    },

    /** The card has ended or changed: once nothing on it waits, its reminder goes. */
    settle(cardId: string): void {
      if (store.approvals.ofCard(cardId).some(({ state }) => state === 'pending')) return;
      const id = store.reminders.end(cardId);
      const sent = id === null ? null : store.deliveries.get(id);
      if (!sent || store.deliveries.withdraw(sent.id)) return;
      const { replyRef } = sent.content;
      const content = replyRef === undefined ? {} : { replyRef };
      store.deliveries.add({ address: sent.address, kind: 'delete', targetDelivery: sent.id, content });
    },

    nextAt: store.reminders.nextAt,
  };
}

import type { Connection } from './database.js';

/** The one reminder of a card that waits: due at a time, sent as a delivery, over with the card. */
export function createReminders(db: Connection) {
  const plan = db.prepare('UPDATE cards SET remind_at = ? WHERE id = ?');
  const next = db.prepare<[], { at: number | null }>(
    'SELECT min(remind_at) AS at FROM cards WHERE remind_at IS NOT NULL',
  );
  const due = db.prepare<[number], { id: string }>('SELECT id FROM cards WHERE remind_at <= ? ORDER BY remind_at');
  const sent = db.prepare('UPDATE cards SET remind_at = NULL, reminder = ? WHERE id = ?');
  const select = db.prepare<[string], { reminder: string | null }>('SELECT reminder FROM cards WHERE id = ?');

  return {
    plan: (cardId: string, at: number): void => void plan.run(at, cardId),
    nextAt: (): number | null => next.get()?.at ?? null,
    due: (at: number): string[] => due.all(at).map(({ id }) => id),
    sent: (cardId: string, deliveryId: string): void => void sent.run(deliveryId, cardId),
    /** No more of it; the delivery that has reminded, null when none has. */
    end(cardId: string): string | null {
      const deliveryId = select.get(cardId)?.reminder ?? null;
      sent.run(null, cardId);
      return deliveryId;
    },
  };
}

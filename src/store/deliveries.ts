import type { Address, Button, UserId } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import type { RichText } from '../core/richtext.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

/**
 * Outgoing work, row before effect: `queued` → `sending` (committed before the platform is called) → `sent`. A row
 * found `sending` at a start, or whose answer was lost, is `unknown`. One lane per conversation, in order.
 */
export type DeliveryState = 'queued' | 'sending' | 'unknown' | 'sent' | 'failed' | 'superseded';

const OPEN: readonly DeliveryState[] = ['queued', 'sending', 'unknown'];

export interface DeliveryContent {
  /** Text by the model, still Markdown; it is parsed and divided when the row is taken. */
  readonly markdown?: string;
  /** Text by the product, already in its final form. */
  readonly text?: RichText;
  readonly buttons?: readonly (readonly Button[])[];
  readonly file?: DeliveryFile;
  /** A one-time link, sealed (base64): it stands as a paragraph of its own after the first when it is sent. */
  readonly sealedLink?: string;
  readonly replyTo?: string;
  readonly replyRef?: string;
  readonly ephemeralTo?: UserId;
  readonly silent?: boolean;
  /** Nobody asked for it just now: it may go to another chat of the owner. */
  readonly unprompted?: boolean;
  /** Where it goes, for one person's eyes, when its place refuses it. */
  readonly otherwise?: { readonly address: Address; readonly ephemeralTo: UserId; readonly replyRef?: string };
  /** A line above the text, which says why it does not stand where it belongs. */
  readonly preface?: string;
}

export type DeliveryFile = { readonly name: string } & (
  | { readonly text: string }
  /** The hash of what was scanned: another content is not sent. */
  | { readonly workspacePath: string; readonly sha256: string }
);

export interface DeliveryRow {
  readonly id: string;
  readonly position: number;
  readonly lane: string;
  readonly address: Address;
  readonly kind: 'send' | 'edit' | 'delete';
  readonly content: DeliveryContent;
  /**
   * For an edit or delete: our own earlier delivery, or a message of the platform's. A delete with both is about the
   * message; refused, its own text replaces that of the delivery.
   */
  readonly targetDelivery: string | null;
  readonly targetMessage: string | null;
  readonly cardId: string | null;
  readonly turnId: string | null;
  readonly state: DeliveryState;
  readonly messageId: string | null;
  readonly attempts: number;
  readonly notBefore: number;
}

export interface NewDelivery {
  /** Made when left out; given where an earlier row must name it. */
  readonly id?: string;
  readonly address: Address;
  readonly kind?: DeliveryRow['kind'];
  readonly content: DeliveryContent;
  readonly targetDelivery?: string;
  readonly targetMessage?: string;
  readonly cardId?: string;
  readonly turnId?: string;
}

export function createDeliveries(db: Connection, system: System) {
  const insert = db.prepare(
    `INSERT INTO deliveries (id, position, lane, address, kind, content, target_delivery, target_message, card_id, turn_id, state, created_at)
     VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM deliveries), ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
  );
  const supersede = db.prepare(
    "UPDATE deliveries SET state = 'superseded' WHERE kind = 'edit' AND state = 'queued' AND target_delivery = ?",
  );
  const select = db.prepare<[string], Row>('SELECT * FROM deliveries WHERE id = ?');
  const next = db.prepare<[string], Row>(
    "SELECT * FROM deliveries WHERE lane = ? AND state IN ('queued', 'sending', 'unknown') ORDER BY position LIMIT 1",
  );
  const lanes = db.prepare<[], { lane: string }>(
    "SELECT DISTINCT lane FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')",
  );
  const ofCard = db.prepare<[string], Row>(
    "SELECT * FROM deliveries WHERE card_id = ? AND kind = 'send' ORDER BY position",
  );
  const byMessage = db.prepare<[string, string], Row>(
    "SELECT * FROM deliveries WHERE lane = ? AND message_id = ? AND kind = 'send' LIMIT 1",
  );
  const claim = db.prepare("UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = ?");
  const sent = db.prepare(
    // A link is needed until it has gone out, and then nowhere on this box any more.
    `UPDATE deliveries SET state = 'sent', message_id = ?, sent_at = ?, error = NULL,
     content = json_remove(content, '$.sealedLink') WHERE id = ?`,
  );
  const retry = db.prepare('UPDATE deliveries SET state = ?, not_before = ?, error = ? WHERE id = ?');
  const fail = db.prepare(
    "UPDATE deliveries SET state = 'failed', error = ?, content = json_remove(content, '$.sealedLink') WHERE id = ?",
  );
  const withLink = db.prepare<[], { id: string; link: string; state: DeliveryState }>(
    `SELECT id, state, json_extract(content, '$.sealedLink') AS link FROM deliveries
     WHERE json_extract(content, '$.sealedLink') IS NOT NULL`,
  );
  const setLink = db.prepare("UPDATE deliveries SET content = json_set(content, '$.sealedLink', ?) WHERE id = ?");
  const dropLink = db.prepare("UPDATE deliveries SET content = json_remove(content, '$.sealedLink') WHERE id = ?");
  const replace = db.prepare("UPDATE deliveries SET state = 'superseded' WHERE id = ? AND state = 'queued'");
  const interrupted = db.prepare("UPDATE deliveries SET state = 'unknown' WHERE state = 'sending'");
  const setContent = db.prepare('UPDATE deliveries SET content = ? WHERE id = ?');
  const move = db.prepare(
    `UPDATE deliveries SET lane = ?, address = ?, content = ?, state = 'queued', not_before = 0,
     position = (SELECT max(position) + 1 FROM deliveries) WHERE id = ?`,
  );
  const makeRoom = db.prepare('UPDATE deliveries SET position = position + ? WHERE position > ?');
  const place = db.prepare('UPDATE deliveries SET position = ? WHERE id = ?');
  const laterSend = db.prepare<[string, number], { found: number }>(
    "SELECT 1 AS found FROM deliveries WHERE lane = ? AND kind = 'send' AND position > ? AND state <> 'superseded' LIMIT 1",
  );
  const openCount = db.prepare<[], { n: number }>(
    "SELECT count(*) AS n FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')",
  );

  const add = (delivery: NewDelivery): string => {
    const id = delivery.id ?? system.id();
    // The newest edit of a message is the only one that matters.
    if (delivery.kind === 'edit' && delivery.targetDelivery) supersede.run(delivery.targetDelivery);
    insert.run(
      id,
      conversationId(delivery.address),
      JSON.stringify(delivery.address),
      delivery.kind ?? 'send',
      JSON.stringify(delivery.content),
      delivery.targetDelivery ?? null,
      delivery.targetMessage ?? null,
      delivery.cardId ?? null,
      delivery.turnId ?? null,
      system.now(),
    );
    return id;
  };

  const get = (id: string): DeliveryRow | null => {
    const row = select.get(id);
    return row ? fromRow(row) : null;
  };

  return {
    add,
    get,
    next(lane: string): DeliveryRow | null {
      const row = next.get(lane);
      return row ? fromRow(row) : null;
    },
    setContent: (id: string, content: DeliveryContent): void => void setContent.run(JSON.stringify(content), id),
    /** To another place, under the same id. Its changes follow it there. */
    move: (id: string, address: Address, content: DeliveryContent): void =>
      void move.run(conversationId(address), JSON.stringify(address), JSON.stringify(content), id),
    openLanes: (): string[] => lanes.all().map((row) => row.lane),
    openCount: (): number => openCount.get()?.n ?? 0,
    ofCard: (cardId: string): DeliveryRow[] => ofCard.all(cardId).map(fromRow),
    /** Our own message that a reply or a press is about. */
    byMessage(lane: string, messageId: string): DeliveryRow | null {
      const row = byMessage.get(lane, messageId);
      return row ? fromRow(row) : null;
    },
    /** A copy of a card whose receipt was lost, known now by the press on it. */
    adopt(copy: { readonly address: Address; readonly messageId: string; readonly cardId: string }): void {
      const id = add({ address: copy.address, content: {}, cardId: copy.cardId });
      sent.run(copy.messageId, system.now(), id);
    },
    hasLaterSend: (row: DeliveryRow): boolean => laterSend.get(row.lane, row.position) !== undefined,
    claim: (id: string): void => void claim.run(id),
    markSent: (id: string, messageId: string | null): void => void sent.run(messageId, system.now(), id),
    /** `queued`: certainly not sent. `unknown`: it may have been. */
    retryLater: (id: string, state: 'queued' | 'unknown', notBefore: number, error: string): void =>
      void retry.run(state, notBefore, error, id),
    fail: (id: string, error: string): void => void fail.run(error, id),
    /** Takes a row back that nobody has begun to send; false when it is too late. */
    withdraw: (id: string): boolean => replace.run(id).changes === 1,
    /** For a new vault key: links of what still has to go out are sealed anew, all others are dropped. */
    resealLinks(again: (id: string, sealed: Uint8Array) => Uint8Array): void {
      for (const { id, link, state } of withLink.all()) {
        if (!OPEN.includes(state)) dropLink.run(id);
        else setLink.run(Buffer.from(again(id, Buffer.from(link, 'base64'))).toString('base64'), id);
      }
    },
    /** At a start: what was being sent when the process ended may have arrived. */
    markInterrupted: (): void => void interrupted.run(),

    /** Divides one queued row into several messages that follow each other directly. */
    divide(row: DeliveryRow, parts: readonly DeliveryContent[]): void {
      const [first, ...rest] = parts;
      if (!first) return;
      setContent.run(JSON.stringify(first), row.id);
      makeRoom.run(rest.length, row.position);
      for (const [index, content] of rest.entries()) {
        const id = add({ address: row.address, content, ...(row.turnId === null ? {} : { turnId: row.turnId }) });
        place.run(row.position + 1 + index, id);
      }
    },
  };
}

interface Row {
  id: string;
  position: number;
  lane: string;
  address: string;
  kind: DeliveryRow['kind'];
  content: string;
  target_delivery: string | null;
  target_message: string | null;
  card_id: string | null;
  turn_id: string | null;
  state: DeliveryState;
  message_id: string | null;
  attempts: number;
  not_before: number;
}

const fromRow = (row: Row): DeliveryRow => ({
  id: row.id,
  position: row.position,
  lane: row.lane,
  address: JSON.parse(row.address) as Address,
  kind: row.kind,
  content: JSON.parse(row.content) as DeliveryContent,
  targetDelivery: row.target_delivery,
  targetMessage: row.target_message,
  cardId: row.card_id,
  turnId: row.turn_id,
  state: row.state,
  messageId: row.message_id,
  attempts: row.attempts,
  notBefore: row.not_before,
});

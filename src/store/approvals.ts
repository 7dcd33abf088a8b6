import type { ApprovalState } from '../core/approval.js';
import type { ConversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Connection } from './database.js';

/** One question about one call, bound to a digest of what will happen. */
export interface Approval {
  readonly id: string;
  readonly cardId: string;
  readonly callId: string;
  readonly state: ApprovalState;
  readonly digest: string;
  readonly action: ResolvedAction;
  readonly expiresAt: number;
  readonly decidedAt: number | null;
  /** `channel:user` of the account that tapped. */
  readonly decidedBy: string | null;
  /** A reason for a refusal, or the rule that was granted. */
  readonly note: string | null;
}

/** One message with buttons; several copies of it may stand in several chats. */
export interface Card {
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly turnId: string;
  /** `approval`: may this run? `recovery`: this had begun before a crash; run it again? */
  readonly kind: 'approval' | 'recovery';
}

export function createApprovals(db: Connection, system: System) {
  const insertCard = db.prepare(
    'INSERT INTO cards (id, conversation_id, turn_id, kind, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  const selectCard = db.prepare<[string], CardRow>('SELECT * FROM cards WHERE id = ?');
  const insert = db.prepare(
    `INSERT INTO approvals (id, card_id, call_id, position, state, digest, action, expires_at)
     VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)`,
  );
  const select = db.prepare<[string], Row>('SELECT * FROM approvals WHERE id = ?');
  const ofCard = db.prepare<[string], Row>('SELECT * FROM approvals WHERE card_id = ? ORDER BY position');
  const ofCall = db.prepare<[string], Row>('SELECT * FROM approvals WHERE call_id = ? ORDER BY id DESC LIMIT 1');
  const decide = db.prepare(
    "UPDATE approvals SET state = ?, decided_at = ?, decided_by = ?, note = ? WHERE id = ? AND state = 'pending'",
  );
  const explain = db.prepare("UPDATE approvals SET note = ? WHERE id = ? AND state = 'rejected' AND note IS NULL");
  const use = db.prepare("UPDATE approvals SET state = 'used' WHERE id = ? AND state = 'approved'");
  const cancelApproved = db.prepare(
    "UPDATE approvals SET state = 'cancelled', decided_at = ?, note = ? WHERE id = ? AND state IN ('pending', 'approved')",
  );
  const askAgain = db.prepare(
    "UPDATE approvals SET note = 'asked again' WHERE id = ? AND state = 'expired' AND note IS NULL",
  );
  const pending = db.prepare<[string], Row>(
    `SELECT approvals.* FROM approvals JOIN cards ON cards.id = card_id
     WHERE approvals.state = 'pending' AND cards.conversation_id = ? ORDER BY approvals.rowid`,
  );
  const allPending = db.prepare<[], Row>("SELECT * FROM approvals WHERE state = 'pending' ORDER BY rowid");
  const nextExpiry = db.prepare<[], { at: number | null }>(
    "SELECT min(expires_at) AS at FROM approvals WHERE state = 'pending'",
  );
  const dueBy = db.prepare<[number], Row>("SELECT * FROM approvals WHERE state = 'pending' AND expires_at <= ?");

  const get = (id: string): Approval | null => {
    const row = select.get(id);
    return row ? fromRow(row) : null;
  };

  return {
    addCard(card: Pick<Card, 'conversationId' | 'turnId' | 'kind'>): string {
      const id = system.id();
      insertCard.run(id, card.conversationId, card.turnId, card.kind, system.now());
      return id;
    },
    card(id: string): Card | null {
      const row = selectCard.get(id);
      return row ? { id: row.id, conversationId: row.conversation_id, turnId: row.turn_id, kind: row.kind } : null;
    },
    add(approval: Pick<Approval, 'cardId' | 'callId' | 'digest' | 'action' | 'expiresAt'>, position: number): string {
      const id = system.id();
      const { cardId, callId, digest, action, expiresAt } = approval;
      insert.run(id, cardId, callId, position, digest, JSON.stringify(action), expiresAt);
      return id;
    },
    get,
    ofCard: (cardId: string): Approval[] => ofCard.all(cardId).map(fromRow),
    /** The newest approval of a call. */
    ofCall(callId: string): Approval | null {
      const row = ofCall.get(callId);
      return row ? fromRow(row) : null;
    },
    /** Ends a pending approval; false when it was no longer pending: the first decision stands. */
    decide(
      id: string,
      state: 'approved' | 'rejected' | 'expired' | 'cancelled',
      by: string | null,
      note: string | null,
    ) {
      return decide.run(state, system.now(), by, note, id).changes === 1;
    },
    /** Gives a refusal its reason afterwards; false when it has one or was no refusal. */
    explain: (id: string, note: string): boolean => explain.run(note, id).changes === 1,
    /** True for the first time only. */
    markAskedAgain: (id: string): boolean => askAgain.run(id).changes === 1,
    /** Single use: true exactly once after an approval. */
    use: (id: string): boolean => use.run(id).changes === 1,
    /** Ends an approval that has not been used yet, approved or not. */
    cancel: (id: string, note: string): boolean => cancelApproved.run(system.now(), note, id).changes === 1,
    pending: (conversation: ConversationId): Approval[] => pending.all(conversation).map(fromRow),
    allPending: (): Approval[] => allPending.all().map(fromRow),
    nextExpiry: (): number | null => nextExpiry.get()?.at ?? null,
    dueBy: (at: number): Approval[] => dueBy.all(at).map(fromRow),
  };
}

interface CardRow {
  id: string;
  conversation_id: string;
  turn_id: string;
  kind: Card['kind'];
}

interface Row {
  id: string;
  card_id: string;
  call_id: string;
  state: ApprovalState;
  digest: string;
  action: string;
  expires_at: number;
  decided_at: number | null;
  decided_by: string | null;
  note: string | null;
}

const fromRow = (row: Row): Approval => ({
  id: row.id,
  cardId: row.card_id,
  callId: row.call_id,
  state: row.state,
  digest: row.digest,
  action: JSON.parse(row.action) as ResolvedAction,
  expiresAt: row.expires_at,
  decidedAt: row.decided_at,
  decidedBy: row.decided_by,
  note: row.note,
});

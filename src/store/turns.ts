import type { ConversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import { joinTaint, type Taint } from '../core/trust.js';
import type { Connection } from './database.js';

export type TurnState = 'queued' | 'running' | 'parked' | 'done' | 'failed' | 'cancelled';

/** One owner message to one final reply; or, as `outcome`, what became of calls whose turn had gone on without them. */
export interface Turn {
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly kind: 'message' | 'outcome';
  readonly eventSeq: number | null;
  readonly callIds: readonly string[];
  readonly state: TurnState;
  /** Number of the model answer that is being worked on; 0 before the first. */
  readonly step: number;
  /** Whether its first message stands in the history. */
  readonly opened: boolean;
  readonly taint: Taint;
  /** The delivery that shows the work and becomes the reply. */
  readonly liveDelivery: string | null;
  readonly startedAt: number | null;
}

export function createTurns(db: Connection, system: System) {
  const insert = db.prepare(
    `INSERT INTO turns (id, position, conversation_id, kind, event_seq, call_ids, state, created_at)
     VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM turns), ?, ?, ?, ?, 'queued', ?)`,
  );
  const select = db.prepare<[string], Row>('SELECT * FROM turns WHERE id = ?');
  const ofEvent = db.prepare<[number], Row>('SELECT * FROM turns WHERE event_seq = ? ORDER BY position DESC LIMIT 1');
  const open = db.prepare<[string], Row>(
    "SELECT * FROM turns WHERE conversation_id = ? AND state IN ('running', 'parked', 'queued') ORDER BY position",
  );
  const openConversations = db.prepare<[], { conversation_id: string }>(
    "SELECT DISTINCT conversation_id FROM turns WHERE state IN ('running', 'parked', 'queued')",
  );
  const later = db.prepare<[string, string], { found: number }>(
    'SELECT 1 AS found FROM turns WHERE conversation_id = ? AND started_at IS NOT NULL AND position > (SELECT position FROM turns WHERE id = ?) LIMIT 1',
  );
  const lastStarted = db.prepare<[string], Row>(
    "SELECT * FROM turns WHERE conversation_id = ? AND kind = 'message' AND started_at IS NOT NULL ORDER BY position DESC LIMIT 1",
  );
  const start = db.prepare("UPDATE turns SET state = 'running', started_at = coalesce(started_at, ?) WHERE id = ?");
  const setState = db.prepare('UPDATE turns SET state = ?, ended_at = ? WHERE id = ?');
  const setStep = db.prepare('UPDATE turns SET step = ? WHERE id = ?');
  const setOpened = db.prepare('UPDATE turns SET opened = 1 WHERE id = ?');
  const setLive = db.prepare('UPDATE turns SET live_delivery = ? WHERE id = ?');
  const setTaint = db.prepare('UPDATE turns SET taint = ? WHERE id = ?');

  const get = (id: string): Turn | null => {
    const row = select.get(id);
    return row ? fromRow(row) : null;
  };

  return {
    get,

    add(turn: Pick<Turn, 'conversationId' | 'kind' | 'eventSeq'> & { callIds?: readonly string[] }): string {
      const id = system.id();
      const calls = JSON.stringify(turn.callIds ?? []);
      insert.run(id, turn.conversationId, turn.kind, turn.eventSeq, calls, system.now());
      return id;
    },

    ofEvent(seq: number): Turn | null {
      const row = ofEvent.get(seq);
      return row ? fromRow(row) : null;
    },

    /** Not yet ended, oldest first. */
    open: (conversation: ConversationId): Turn[] => open.all(conversation).map(fromRow),
    openConversations: (): ConversationId[] => openConversations.all().map((row) => row.conversation_id),
    hasLater: (turn: Turn): boolean => later.get(turn.conversationId, turn.id) !== undefined,
    lastStarted(conversation: ConversationId): Turn | null {
      const row = lastStarted.get(conversation);
      return row ? fromRow(row) : null;
    },

    start: (id: string): void => void start.run(system.now(), id),
    park: (id: string): void => void setState.run('parked', null, id),
    requeue: (id: string): void => void setState.run('queued', null, id),
    end: (id: string, state: 'done' | 'failed' | 'cancelled'): void => void setState.run(state, system.now(), id),
    setStep: (id: string, step: number): void => void setStep.run(step, id),
    markOpened: (id: string): void => void setOpened.run(id),
    setLive: (id: string, delivery: string | null): void => void setLive.run(delivery, id),
    addTaint(id: string, taint: Taint): void {
      const turn = get(id);
      if (turn) setTaint.run(JSON.stringify(joinTaint(turn.taint, taint)), id);
    },
  };
}

interface Row {
  id: string;
  conversation_id: string;
  kind: Turn['kind'];
  event_seq: number | null;
  call_ids: string;
  state: TurnState;
  step: number;
  opened: number;
  taint: string;
  live_delivery: string | null;
  started_at: number | null;
}

function fromRow(row: Row): Turn {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    kind: row.kind,
    eventSeq: row.event_seq,
    callIds: JSON.parse(row.call_ids) as string[],
    state: row.state,
    step: row.step,
    opened: row.opened === 1,
    taint: JSON.parse(row.taint) as Taint,
    liveDelivery: row.live_delivery,
    startedAt: row.started_at,
  };
}

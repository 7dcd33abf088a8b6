import type { ConversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Connection } from './database.js';

/**
 * `proposed` by the model → `waiting` for the owner or `ready` → `started` → `done`. `uncertain`: it had started before
 * a crash, cannot safely be repeated, and the owner is asked.
 */
export type CallState = 'proposed' | 'waiting' | 'ready' | 'started' | 'uncertain' | 'done';

export interface Call {
  readonly id: string;
  readonly turnId: string;
  readonly conversationId: ConversationId;
  readonly step: number;
  readonly tool: string;
  /** As the model gave it, not yet validated. */
  readonly input: unknown;
  readonly state: CallState;
  /** The model was told that it waits; its outcome comes as a turn of its own. */
  readonly closed: boolean;
  /** What was resolved when it last started, and its digest. */
  readonly action: ResolvedAction | null;
  readonly digest: string | null;
  readonly attempts: number;
  readonly result: string | null;
  readonly isError: boolean;
  readonly summary: string | null;
  readonly startedAt: number | null;
}

export function createCalls(db: Connection, system: System) {
  const insert = db.prepare(
    `INSERT INTO calls (id, turn_id, conversation_id, step, position, tool, input, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'proposed')`,
  );
  const select = db.prepare<[string], Row>('SELECT * FROM calls WHERE id = ?');
  const ofStep = db.prepare<[string, number], Row>(
    'SELECT * FROM calls WHERE turn_id = ? AND step = ? ORDER BY position',
  );
  const begun = db.prepare<[string], Row>(
    'SELECT * FROM calls WHERE turn_id = ? AND started_at IS NOT NULL ORDER BY step, position',
  );
  const sinceOwner = db.prepare<[string, string], Row>(
    `SELECT calls.* FROM calls JOIN turns ON turns.id = calls.turn_id WHERE calls.conversation_id = ? AND turns.position >=
     (SELECT coalesce(max(position), 0) FROM turns WHERE conversation_id = ? AND kind = 'message' AND started_at IS NOT NULL)
     ORDER BY turns.position, calls.step, calls.position`,
  );
  const open = db.prepare<[string], Row>(
    "SELECT * FROM calls WHERE conversation_id = ? AND state <> 'done' ORDER BY id",
  );
  const count = db.prepare<[string], { n: number }>('SELECT count(*) AS n FROM calls WHERE turn_id = ?');
  const setState = db.prepare('UPDATE calls SET state = ? WHERE id = ?');
  const start = db.prepare(
    "UPDATE calls SET state = 'started', action = ?, digest = ?, attempts = attempts + 1, started_at = ? WHERE id = ?",
  );
  const finish = db.prepare(
    "UPDATE calls SET state = 'done', result = ?, is_error = ?, summary = ?, ended_at = ? WHERE id = ? AND state <> 'done'",
  );
  const amend = db.prepare("UPDATE calls SET result = ? WHERE id = ? AND state = 'done'");
  const close = db.prepare("UPDATE calls SET closed = 1 WHERE turn_id = ? AND step = ? AND state <> 'done'");

  const untold = db.prepare<[string], Row>(
    "SELECT * FROM calls WHERE conversation_id = ? AND closed = 1 AND told = 0 AND state = 'done' ORDER BY id",
  );
  const tell = db.prepare('UPDATE calls SET told = 1 WHERE id = ?');

  return {
    add(call: Pick<Call, 'id' | 'turnId' | 'conversationId' | 'step' | 'tool' | 'input'>, position: number): void {
      const input = JSON.stringify(call.input ?? null);
      insert.run(call.id, call.turnId, call.conversationId, call.step, position, call.tool, input);
    },
    get(id: string): Call | null {
      const row = select.get(id);
      return row ? fromRow(row) : null;
    },
    ofStep: (turnId: string, step: number): Call[] => ofStep.all(turnId, step).map(fromRow),
    /** Those of a turn that have begun to have an effect. */
    begun: (turnId: string): Call[] => begun.all(turnId).map(fromRow),
    /** Those proposed after the newest message of the owner that is worked on, in order. */
    sinceOwner: (conversation: ConversationId): Call[] => sinceOwner.all(conversation, conversation).map(fromRow),
    open: (conversation: ConversationId): Call[] => open.all(conversation).map(fromRow),
    countOfTurn: (turnId: string): number => count.get(turnId)?.n ?? 0,
    setState: (id: string, state: CallState): void => void setState.run(state, id),
    start: (id: string, action: ResolvedAction, digest: string): void =>
      void start.run(JSON.stringify(action), digest, system.now(), id),
    /** The first result stays: a late second one changes nothing. */
    finish(id: string, result: { text: string; isError: boolean; summary: string }): void {
      finish.run(result.text, result.isError ? 1 : 0, result.summary, system.now(), id);
    },
    /** For a result that the model has not been told yet. */
    amend: (id: string, text: string): void => void amend.run(text, id),
    /** Ended after the model was told that they wait, and it does not know yet how. */
    untold: (conversation: ConversationId): Call[] => untold.all(conversation).map(fromRow),
    markTold: (id: string): void => void tell.run(id),
    close: (turnId: string, step: number): void => void close.run(turnId, step),
  };
}

interface Row {
  id: string;
  turn_id: string;
  conversation_id: string;
  step: number;
  tool: string;
  input: string;
  state: CallState;
  closed: number;
  action: string | null;
  digest: string | null;
  attempts: number;
  result: string | null;
  is_error: number | null;
  summary: string | null;
  started_at: number | null;
}

function fromRow(row: Row): Call {
  return {
    id: row.id,
    turnId: row.turn_id,
    conversationId: row.conversation_id,
    step: row.step,
    tool: row.tool,
    input: JSON.parse(row.input) as unknown,
    state: row.state,
    closed: row.closed === 1,
    action: row.action === null ? null : (JSON.parse(row.action) as ResolvedAction),
    digest: row.digest,
    attempts: row.attempts,
    result: row.result,
    isError: row.is_error === 1,
    summary: row.summary,
    startedAt: row.started_at,
  };
}

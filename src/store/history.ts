import type { ConversationId } from '../core/conversation.js';
import type { ModelMessage } from '../core/message.js';
import type { ModelUsage } from '../core/model.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

export interface Spend {
  readonly tokens: number;
  /** US dollars of requests whose price is known. */
  readonly usd: number;
  /** Requests whose price is not known. */
  readonly unpriced: number;
}

/** What the model has been told and has said (append-only), and every request to it with its cost. */
export function createHistory(db: Connection, system: System) {
  const insert = db.prepare('INSERT INTO messages (conversation_id, turn_id, content, created_at) VALUES (?, ?, ?, ?)');
  const list = db.prepare<[string, number], { content: string }>(
    'SELECT content FROM messages WHERE conversation_id = ? AND seq > ? ORDER BY seq',
  );
  const last = db.prepare<[string], { content: string }>(
    'SELECT content FROM messages WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1',
  );
  const begin = db.prepare(
    `INSERT INTO model_requests (turn_id, conversation_id, step, model, estimate_usd, started_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const finish = db.prepare(
    `UPDATE model_requests SET ended_at = ?, outcome = ?, input_tokens = ?, cache_read_tokens = ?,
     cache_write_tokens = ?, output_tokens = ?, cost_usd = ? WHERE id = ?`,
  );
  const unanswered = db.prepare<[string, number], { n: number }>(
    'SELECT count(*) AS n FROM model_requests WHERE turn_id = ? AND step = ? AND ended_at IS NULL',
  );
  const forget = db.prepare(
    "UPDATE model_requests SET ended_at = started_at, outcome = 'abandoned' WHERE turn_id = ? AND ended_at IS NULL",
  );
  const SPEND = `SELECT
    coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens + output_tokens), 0) AS tokens,
    coalesce(sum(coalesce(cost_usd, estimate_usd)), 0) AS usd,
    sum(coalesce(cost_usd, estimate_usd) IS NULL) AS unpriced FROM model_requests`;
  const spendOf = db.prepare<[string], Spend>(`${SPEND} WHERE conversation_id = ?`);
  const spendSince = db.prepare<[number], Spend>(`${SPEND} WHERE started_at >= ?`);

  return {
    append(conversation: ConversationId, turnId: string, ...messages: ModelMessage[]): void {
      for (const message of messages) insert.run(conversation, turnId, JSON.stringify(message), system.now());
    },
    list: (conversation: ConversationId, from: number): ModelMessage[] =>
      list.all(conversation, from).map((row) => JSON.parse(row.content) as ModelMessage),

    last(conversation: ConversationId): ModelMessage | null {
      const row = last.get(conversation);
      return row ? (JSON.parse(row.content) as ModelMessage) : null;
    },

    /** Written before the request goes out, so that its cost is counted even if nothing comes back. */
    begin(request: {
      turnId: string;
      conversationId: ConversationId;
      step: number;
      model: string;
      estimateUsd: number | null;
    }): number {
      const { turnId, conversationId, step, model, estimateUsd } = request;
      return Number(begin.run(turnId, conversationId, step, model, estimateUsd, system.now()).lastInsertRowid);
    },
    finish(id: number, outcome: string, usage: ModelUsage): void {
      const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, costUsd } = usage;
      finish.run(system.now(), outcome, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, costUsd, id);
    },
    /** How often this step's request was begun without an end. */
    unanswered: (turnId: string, step: number): number => unanswered.get(turnId, step)?.n ?? 0,
    forgetUnanswered: (turnId: string): void => void forget.run(turnId),

    spendOfConversation: (id: ConversationId): Spend => spendOf.get(id) as Spend,
    spendSince: (at: number): Spend => spendSince.get(at) as Spend,
  };
}

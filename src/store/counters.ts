import type { ConversationId } from '../core/conversation.js';
import type { Counters } from '../core/counters.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A row for each request. Those of a day ago are dropped once their conversation has begun afresh. */
export function createCounters(db: Connection, system: System): Counters {
  const insert = db.prepare(
    'INSERT INTO requests (conversation_id, history_from, at) SELECT id, history_from, ? FROM conversations WHERE id = ?',
  );
  const prune = db.prepare(
    'DELETE FROM requests WHERE at <= ? AND history_from <> (SELECT history_from FROM conversations WHERE id = requests.conversation_id)',
  );
  const ofConversation = db.prepare<[string], { n: number }>(
    'SELECT count(*) AS n FROM requests AS r JOIN conversations AS c ON c.id = r.conversation_id AND c.history_from = r.history_from WHERE c.id = ?',
  );
  const since = db.prepare<[number], { n: number }>('SELECT count(*) AS n FROM requests WHERE at > ?');

  return {
    addRequest(conversation: ConversationId): void {
      prune.run(system.now() - DAY_MS);
      insert.run(system.now(), conversation);
    },
    requests(conversation) {
      const now = system.now();
      return {
        conversation: ofConversation.get(conversation)?.n ?? 0,
        hour: since.get(now - HOUR_MS)?.n ?? 0,
        day: since.get(now - DAY_MS)?.n ?? 0,
      };
    },
  };
}

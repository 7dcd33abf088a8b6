import type { ConversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

/** A standing yes for exactly this tool with exactly this pattern in this conversation, for a time and a number of uses. */
export interface Grant {
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly tool: string;
  readonly pattern: string;
  readonly expiresAt: number;
  readonly usesLeft: number;
}

export function createGrants(db: Connection, system: System) {
  const insert = db.prepare(
    'INSERT INTO grants (id, conversation_id, tool, pattern, created_at, expires_at, uses_left) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const LIVE = 'revoked_at IS NULL AND uses_left > 0 AND expires_at > ?';
  const find = db.prepare<[string, string, string, number], Row>(
    `SELECT * FROM grants WHERE conversation_id = ? AND tool = ? AND pattern = ? AND ${LIVE} LIMIT 1`,
  );
  const list = db.prepare<[number], Row>(`SELECT * FROM grants WHERE ${LIVE} ORDER BY created_at`);
  const use = db.prepare(`UPDATE grants SET uses_left = uses_left - 1 WHERE id = ? AND ${LIVE}`);
  const revoke = db.prepare('UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');

  return {
    add(grant: Pick<Grant, 'conversationId' | 'tool' | 'pattern' | 'expiresAt' | 'usesLeft'>): string {
      const id = system.id();
      const { conversationId, tool, pattern, expiresAt, usesLeft } = grant;
      insert.run(id, conversationId, tool, pattern, system.now(), expiresAt, usesLeft);
      return id;
    },
    find(conversation: ConversationId, tool: string, pattern: string): Grant | null {
      const row = find.get(conversation, tool, pattern, system.now());
      return row ? fromRow(row) : null;
    },
    list: (): Grant[] => list.all(system.now()).map(fromRow),
    /** Counts one use; false when the grant has ended meanwhile. */
    use: (id: string): boolean => use.run(id, system.now()).changes === 1,
    revoke: (id: string): boolean => revoke.run(system.now(), id).changes === 1,
  };
}

interface Row {
  id: string;
  conversation_id: string;
  tool: string;
  pattern: string;
  expires_at: number;
  uses_left: number;
}

const fromRow = (row: Row): Grant => ({
  id: row.id,
  conversationId: row.conversation_id,
  tool: row.tool,
  pattern: row.pattern,
  expiresAt: row.expires_at,
  usesLeft: row.uses_left,
});

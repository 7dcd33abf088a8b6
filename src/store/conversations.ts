import type { Address } from '../core/channel.js';
import { type ConversationId, conversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import { joinTaint, NO_TAINT, type Taint } from '../core/trust.js';
import type { Connection } from './database.js';

export interface Conversation {
  readonly id: ConversationId;
  readonly channel: string;
  readonly address: Address;
  /** Messages up to this sequence number are history that `/new` has closed. */
  readonly historyFrom: number;
  readonly taint: Taint;
}

export function createConversations(db: Connection, system: System) {
  const insert = db.prepare(
    'INSERT INTO conversations (id, channel, address, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const select = db.prepare<[string], Row>('SELECT * FROM conversations WHERE id = ?');
  const selectAll = db.prepare<[], Row>('SELECT * FROM conversations ORDER BY created_at');
  const ofSpace = db.prepare<[string, string], Row>(
    "SELECT * FROM conversations WHERE channel = ? AND json_extract(address, '$.space') = ? ORDER BY created_at",
  );
  const reset = db.prepare(
    'UPDATE conversations SET taint = ?, history_from = coalesce((SELECT max(seq) FROM messages WHERE conversation_id = conversations.id), 0) WHERE id = ?',
  );
  const updateTaint = db.prepare('UPDATE conversations SET taint = ? WHERE id = ?');

  const get = (id: ConversationId): Conversation | null => {
    const row = select.get(id);
    return row ? fromRow(row) : null;
  };

  return {
    get,

    all: (): Conversation[] => selectAll.all().map(fromRow),

    /** Those of a chat or channel: itself and its threads. */
    ofSpace: ({ channel, space }: Address): Conversation[] => ofSpace.all(channel, space).map(fromRow),

    /** The conversation of an address, made when first seen. */
    ensure(address: Address): Conversation {
      const id = conversationId(address);
      insert.run(id, address.channel, JSON.stringify(address), system.now());
      return get(id) as Conversation;
    },

    addTaint(id: ConversationId, taint: Taint): void {
      const current = get(id);
      if (current) updateTaint.run(JSON.stringify(joinTaint(current.taint, taint)), id);
    },

    /** `/new`: what was said so far is no longer shown to the model, and its taint goes with it. */
    startAfresh(id: ConversationId): void {
      reset.run(JSON.stringify(NO_TAINT), id);
    },
  };
}

interface Row {
  id: string;
  channel: string;
  address: string;
  history_from: number;
  taint: string;
}

function fromRow(row: Row): Conversation {
  return {
    id: row.id,
    channel: row.channel,
    address: JSON.parse(row.address) as Address,
    historyFrom: row.history_from,
    taint: JSON.parse(row.taint) as Taint,
  };
}

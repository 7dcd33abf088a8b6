import type { AttachmentRef } from '../core/channel.js';
import type { ConversationId } from '../core/conversation.js';
import type { GuardedEvent, InboundEvent } from '../core/event.js';
import type { UserPart } from '../core/message.js';
import type { Connection } from './database.js';

export interface StoredEvent {
  readonly seq: number;
  readonly conversationId: ConversationId;
  readonly event: GuardedEvent;
}

export interface StoredAttachment {
  readonly id: number;
  readonly ref: AttachmentRef;
  /** What the model gets of it; null until it was downloaded and stored. */
  readonly parts: readonly UserPart[] | null;
}

/** Everything that was accepted from a platform, once. */
export function createEvents(db: Connection) {
  const insert = db.prepare(
    `INSERT INTO events (channel, event_id, message_key, kind, conversation_id, payload, received_at, handled_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const byId = db.prepare<[string, string], { seq: number }>(
    'SELECT seq FROM events WHERE channel = ? AND event_id = ?',
  );
  const byMessage = db.prepare<[string], Row>('SELECT * FROM events WHERE message_key = ?');
  const bySeq = db.prepare<[number], Row>('SELECT * FROM events WHERE seq = ?');
  const unhandled = db.prepare<[], Row>('SELECT * FROM events WHERE handled_at IS NULL ORDER BY seq');
  const handle = db.prepare('UPDATE events SET handled_at = ? WHERE seq = ?');
  const updatePayload = db.prepare('UPDATE events SET payload = ? WHERE seq = ?');
  const insertAttachment = db.prepare('INSERT INTO attachments (event_seq, ref) VALUES (?, ?)');
  const selectAttachments = db.prepare<[number], { id: number; ref: string; parts: string | null }>(
    'SELECT id, ref, parts FROM attachments WHERE event_seq = ? ORDER BY id',
  );
  const updateParts = db.prepare('UPDATE attachments SET parts = ? WHERE id = ?');
  const last = db.prepare<[string], { message_key: string }>(
    'SELECT message_key FROM events WHERE conversation_id = ? AND message_key IS NOT NULL ORDER BY seq DESC LIMIT 1',
  );

  const holding = db.prepare<[string, string], Row>(
    `SELECT * FROM events WHERE conversation_id = ? AND kind IN ('message.created', 'message.edited')
     AND instr(lower(payload), ?) > 0`,
  );
  const newest = db.prepare<[string], Row>('SELECT * FROM events WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1');

  return {
    isKnown(event: InboundEvent): boolean {
      const key = keyOf(event);
      return byId.get(event.channel, event.eventId) !== undefined || (key !== null && byMessage.get(key) !== undefined);
    },

    /** Returns the sequence number, or null when this event or this message was stored before. */
    add(event: GuardedEvent, conversation: ConversationId, handledAt: number | null): number | null {
      const { channel, eventId, kind, receivedAt } = event;
      const result = insert.run(
        channel,
        eventId,
        keyOf(event),
        kind,
        conversation,
        JSON.stringify(event),
        receivedAt,
        handledAt,
      );
      if (result.changes === 0) return null;
      const seq = Number(result.lastInsertRowid);
      if (event.kind === 'message.created') {
        for (const ref of event.attachments) insertAttachment.run(seq, JSON.stringify(ref));
      }
      return seq;
    },

    get(seq: number): StoredEvent | null {
      const row = bySeq.get(seq);
      return row ? fromRow(row) : null;
    },

    findMessage(event: Pick<InboundEvent, 'channel' | 'address'>, messageId: string): StoredEvent | null {
      const row = byMessage.get(messageKey(event, messageId));
      return row ? fromRow(row) : null;
    },

    unhandled: (): StoredEvent[] => unhandled.all().map(fromRow),
    markHandled: (seq: number, at: number): void => void handle.run(at, seq),
    replace: (seq: number, event: GuardedEvent): void => void updatePayload.run(JSON.stringify(event), seq),

    attachments: (seq: number): StoredAttachment[] =>
      selectAttachments.all(seq).map((row) => ({
        id: row.id,
        ref: JSON.parse(row.ref) as AttachmentRef,
        parts: row.parts === null ? null : (JSON.parse(row.parts) as UserPart[]),
      })),
    setParts: (id: number, parts: readonly UserPart[]): void => void updateParts.run(JSON.stringify(parts), id),

    /** What was last heard in a conversation, from whichever account of the owner's. */
    newest(conversation: ConversationId): GuardedEvent | null {
      const row = newest.get(conversation);
      return row ? fromRow(row).event : null;
    },
    /** Whether the owner's own words in a conversation name a host, `www.` left aside. */
    ownerNames(conversation: ConversationId, host: string): boolean {
      const bare = host.replace(/^www\./, '');
      return holding.all(conversation, bare).some((row) => {
        const { event } = fromRow(row);
        if (event.kind === 'message.created') return !event.forwarded && namesHost(event.text, bare);
        return event.kind === 'message.edited' && namesHost(event.text, bare);
      });
    },
    /** The platform's id of the last message known in a conversation: history is read on from there. */
    lastMessageId(conversation: ConversationId): string | null {
      const row = last.get(conversation);
      return row ? ((JSON.parse(row.message_key) as string[])[2] ?? null) : null;
    },
  };
}

/** As a word of its own: neither the end of a longer name, nor its beginning, nor the domain of a mail address. */
function namesHost(words: string, host: string): boolean {
  const name = host.replace(/[^\p{L}\p{N}]/gu, String.raw`\$&`);
  const alone = new RegExp(String.raw`(?<![\p{L}\p{N}_.@-])${name}(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`, 'iu');
  return alone.test(words.replace(/\bwww\./gi, ''));
}

interface Row {
  seq: number;
  conversation_id: string;
  payload: string;
}

const fromRow = (row: Row): StoredEvent => ({
  seq: row.seq,
  conversationId: row.conversation_id,
  event: JSON.parse(row.payload) as GuardedEvent,
});

/** Only what brings a new message has a key: an edit or a press names a message that is known. */
function keyOf(event: InboundEvent): string | null {
  const isNew = event.kind === 'message.created' || event.kind === 'command.invoked';
  return isNew && event.messageId ? messageKey(event, event.messageId) : null;
}

/** One message of one chat, whatever update it arrives in. */
function messageKey(event: Pick<InboundEvent, 'channel' | 'address'>, messageId: string): string {
  return JSON.stringify([event.channel, event.address.space, messageId]);
}

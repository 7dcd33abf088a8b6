/** When a card that still waits is reminded of, and the message that did it; what was said in one conversation. */
export const reminders = `
ALTER TABLE cards ADD COLUMN remind_at INTEGER;
ALTER TABLE cards ADD COLUMN reminder TEXT;
CREATE INDEX cards_to_remind ON cards (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX events_of_conversation ON events (conversation_id, seq);
`;

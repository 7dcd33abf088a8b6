/** Outbound requests by tools, for the caps on them. */
export const requests = `
CREATE TABLE requests (
  id INTEGER PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  history_from INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX requests_by_time ON requests (at);
CREATE INDEX requests_of_conversation ON requests (conversation_id, history_from);
`;

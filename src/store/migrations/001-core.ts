/** The durable core: what came in, what is being done about it, what goes out. */
export const core = `
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  history_from INTEGER NOT NULL DEFAULT 0,
  taint TEXT NOT NULL DEFAULT '{"untrusted":[],"private":[]}',
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  event_id TEXT NOT NULL,
  message_key TEXT UNIQUE,
  kind TEXT NOT NULL,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  handled_at INTEGER,
  UNIQUE (channel, event_id)
) STRICT;
CREATE INDEX events_unhandled ON events (seq) WHERE handled_at IS NULL;

CREATE TABLE attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_seq INTEGER NOT NULL REFERENCES events (seq),
  ref TEXT NOT NULL,
  parts TEXT
) STRICT;
CREATE INDEX attachments_of_event ON attachments (event_seq);

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  kind TEXT NOT NULL CHECK (kind IN ('message', 'outcome')),
  event_seq INTEGER REFERENCES events (seq),
  call_ids TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'parked', 'done', 'failed', 'cancelled')),
  step INTEGER NOT NULL DEFAULT 0,
  opened INTEGER NOT NULL DEFAULT 0,
  taint TEXT NOT NULL DEFAULT '{"untrusted":[],"private":[]}',
  live_delivery TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE INDEX turns_open ON turns (conversation_id, position) WHERE state IN ('queued', 'running', 'parked');

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  turn_id TEXT NOT NULL REFERENCES turns (id),
  content TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_conversation ON messages (conversation_id, seq);

CREATE TABLE model_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  turn_id TEXT NOT NULL REFERENCES turns (id),
  conversation_id TEXT NOT NULL,
  step INTEGER NOT NULL,
  model TEXT NOT NULL,
  estimate_usd REAL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cost_usd REAL
) STRICT;
CREATE INDEX model_requests_of_turn ON model_requests (turn_id, step);
CREATE INDEX model_requests_by_time ON model_requests (started_at);

CREATE TABLE calls (
  id TEXT PRIMARY KEY,
  turn_id TEXT NOT NULL REFERENCES turns (id),
  conversation_id TEXT NOT NULL,
  step INTEGER NOT NULL,
  position INTEGER NOT NULL,
  tool TEXT NOT NULL,
  input TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'waiting', 'ready', 'started', 'uncertain', 'done')),
  closed INTEGER NOT NULL DEFAULT 0,
  told INTEGER NOT NULL DEFAULT 0,
  action TEXT,
  digest TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  result TEXT,
  is_error INTEGER,
  summary TEXT,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE INDEX calls_of_turn ON calls (turn_id, step, position);

CREATE TABLE cards (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id),
  turn_id TEXT NOT NULL REFERENCES turns (id),
  kind TEXT NOT NULL CHECK (kind IN ('approval', 'recovery')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  card_id TEXT NOT NULL REFERENCES cards (id),
  call_id TEXT NOT NULL REFERENCES calls (id),
  position INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'expired', 'cancelled', 'used')),
  digest TEXT NOT NULL,
  action TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  note TEXT
) STRICT;
CREATE INDEX approvals_of_card ON approvals (card_id, position);
CREATE INDEX approvals_of_call ON approvals (call_id);
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';

CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  tool TEXT NOT NULL,
  pattern TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  uses_left INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE buttons (
  handle TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  choice TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  lane TEXT NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('send', 'edit', 'delete')),
  content TEXT NOT NULL,
  target_delivery TEXT,
  target_message TEXT,
  card_id TEXT,
  turn_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'sent', 'failed', 'superseded')),
  message_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX deliveries_open ON deliveries (lane, position) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX deliveries_of_card ON deliveries (card_id);
CREATE INDEX deliveries_by_message ON deliveries (lane, message_id);

CREATE TABLE processes (
  call_id TEXT PRIMARY KEY,
  pgid INTEGER NOT NULL,
  start_time TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

CREATE TABLE artifacts (
  id TEXT PRIMARY KEY,
  call_id TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE owners (
  channel TEXT NOT NULL,
  user_id TEXT NOT NULL,
  paired_at INTEGER NOT NULL,
  PRIMARY KEY (channel, user_id)
) STRICT;

CREATE TABLE outsiders (
  channel TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (channel, user_id, hour)
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
`;

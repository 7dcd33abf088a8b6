/** Secrets at rest, what became of them, and the forms that wait for one. */
export const vault = `
CREATE TABLE vault (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  header BLOB NOT NULL,
  manifest BLOB NOT NULL
) STRICT;

CREATE TABLE vault_entries (
  kind TEXT NOT NULL CHECK (kind IN ('owner', 'product')),
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  envelope BLOB,
  hosts TEXT NOT NULL,
  frozen INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE secret_requests (
  token_hash TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  request TEXT NOT NULL,
  sealed_private_key BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'saved', 'cancelled', 'expired')),
  expires_at INTEGER NOT NULL,
  answered_at INTEGER,
  call_id TEXT,
  delivery_id TEXT
) STRICT;
CREATE INDEX secret_requests_pending ON secret_requests (expires_at) WHERE state = 'pending';
CREATE INDEX secret_requests_of_call ON secret_requests (call_id);

CREATE TABLE secret_uses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  tool TEXT NOT NULL,
  host TEXT,
  call_id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX secret_uses_by_name ON secret_uses (name, at);
`;

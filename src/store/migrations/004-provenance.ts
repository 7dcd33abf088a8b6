/**
 * What was made from outside content (GUARD-4, GUARD-11). Of an artifact from before it is not known any more where it
 * came from, so it counts as from outside.
 */
export const provenance = `
ALTER TABLE artifacts ADD COLUMN sources TEXT NOT NULL DEFAULT '["an earlier result"]';

CREATE TABLE made_paths (
  path TEXT PRIMARY KEY,
  sources TEXT NOT NULL,
  call_id TEXT,
  identity TEXT
) STRICT;
CREATE INDEX made_paths_by_identity ON made_paths (identity);

CREATE TABLE made_by_commands (
  call_id TEXT PRIMARY KEY,
  sources TEXT NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_of_conversation ON calls (conversation_id);
`;

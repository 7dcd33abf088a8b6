import type { ArtifactRows } from '../core/artifact.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

export function createArtifactRows(db: Connection, system: System): ArtifactRows {
  const insert = db.prepare(
    `INSERT INTO artifacts (id, call_id, text, sources, created_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET text = excluded.text, sources = excluded.sources`,
  );
  const select = db.prepare<[string], { text: string; sources: string }>(
    'SELECT text, sources FROM artifacts WHERE id = ?',
  );
  return {
    put: ({ id, callId, text, sources }) => void insert.run(id, callId, text, JSON.stringify(sources), system.now()),
    get(id) {
      const row = select.get(id);
      return row ? { text: row.text, sources: JSON.parse(row.sources) as string[] } : null;
    },
  };
}

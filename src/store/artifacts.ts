import type { ArtifactRows } from '../core/artifact.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

export function createArtifactRows(db: Connection, system: System): ArtifactRows {
  const insert = db.prepare(
    'INSERT INTO artifacts (id, call_id, text, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text',
  );
  const select = db.prepare<[string], { text: string }>('SELECT text FROM artifacts WHERE id = ?');
  return {
    put: ({ id, callId, text }) => void insert.run(id, callId, text, system.now()),
    get: (id) => select.get(id)?.text ?? null,
  };
}

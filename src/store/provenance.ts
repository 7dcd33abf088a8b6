import type { FileIdentity, Provenance } from '../core/provenance.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

/** A file's change time is coarser than the clock, and behind it. */
const SLACK_MS = 100;

/**
 * What was made from outside content: the files that tools wrote, and the commands whose files are known by their change
 * time. A row is there before the effect; what is not known for sure counts as made from it.
 */
export function createProvenanceRows(db: Connection, system: System) {
  const select = db.prepare<[string], { sources: string }>('SELECT sources FROM made_paths WHERE path = ?');
  const matching = db.prepare<{ path: string; identity: string }, { sources: string }>(
    "SELECT sources FROM made_paths WHERE path = $path OR identity = $identity OR (path >= $path || '/' AND path < $path || '0')",
  );
  const mark = db.prepare(
    `INSERT INTO made_paths (path, sources, call_id) VALUES (?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET sources = excluded.sources, call_id = excluded.call_id`,
  );
  const identify = db.prepare('UPDATE made_paths SET identity = ? WHERE path = ?');
  const clear = db.prepare<{ path: string; call: string }>(
    `DELETE FROM made_paths WHERE path = $path AND call_id IS NOT $call AND NOT EXISTS (
       SELECT 1 FROM calls AS other, calls AS mine WHERE other.id = made_paths.call_id AND mine.id = $call
       AND (other.ended_at IS NULL OR other.ended_at >= mine.started_at))`,
  );
  const markCommand = db.prepare(
    'INSERT INTO made_by_commands (call_id, sources, started_at) VALUES (?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET sources = excluded.sources',
  );
  const commandsAt = db.prepare<{ at: number; slack: number }, { sources: string }>(
    `SELECT m.sources FROM made_by_commands AS m JOIN calls AS c ON c.id = m.call_id
     LEFT JOIN processes AS p ON p.call_id = m.call_id
     WHERE m.started_at - $slack <= $at AND (c.ended_at IS NULL OR (p.call_id IS NOT NULL AND p.ended_at IS NULL)
       OR $at <= max(c.ended_at, coalesce(p.ended_at, 0)) + $slack)`,
  );
  const known = db.prepare<[], { found: number }>(
    'SELECT EXISTS (SELECT 1 FROM made_paths) OR EXISTS (SELECT 1 FROM made_by_commands) AS found',
  );
  const sourcesIn = (rows: readonly { readonly sources: string }[]): string[] => [
    ...new Set(rows.flatMap(({ sources }) => JSON.parse(sources) as string[])),
  ];

  return {
    of: (path: string, { changedAt, identity }: FileIdentity) =>
      sourcesIn([...matching.all({ path, identity }), ...commandsAt.all({ at: changedAt, slack: SLACK_MS })]),
    any: (): boolean => known.get()?.found === 1,
    /** A file is about to hold what was made from these sources, besides what is known of it already. */
    markPath(path: string, sources: readonly string[], callId: string | null): void {
      mark.run(path, JSON.stringify(sourcesIn([...select.all(path), { sources: JSON.stringify(sources) }])), callId);
    },
    /** What stands there now is known again under another name. */
    identify: (path: string, { identity }: FileIdentity): void => void identify.run(identity, path),
    /** A call that marked nothing has replaced the whole file; what another one wrote meanwhile stays marked. */
    clearPath: (path: string, callId: string): void => void clear.run({ path, call: callId }),
    /** A command is about to begin: what changes while it goes on may have been made from these sources. */
    markCommand: (callId: string, sources: readonly string[]): void =>
      void markCommand.run(callId, JSON.stringify(sources), system.now()),
  } satisfies Provenance & Record<string, unknown>;
}

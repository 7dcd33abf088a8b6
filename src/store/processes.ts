import type { ProcessRecord, ProcessRows } from '../core/process.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

export function createProcessRows(db: Connection, system: System): ProcessRows {
  const insert = db.prepare(
    `INSERT INTO processes (call_id, pgid, start_time, boot_id, started_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (call_id) DO UPDATE SET pgid = excluded.pgid, start_time = excluded.start_time,
     boot_id = excluded.boot_id, started_at = excluded.started_at, ended_at = NULL`,
  );
  const end = db.prepare('UPDATE processes SET ended_at = ? WHERE call_id = ?');
  const open = db.prepare<[], { call_id: string; pgid: number; start_time: string; boot_id: string }>(
    'SELECT call_id, pgid, start_time, boot_id FROM processes WHERE ended_at IS NULL',
  );
  return {
    started: (record) => void insert.run(record.callId, record.pgid, record.startTime, record.bootId, system.now()),
    ended: (callId) => void end.run(system.now(), callId),
    open: (): ProcessRecord[] =>
      open.all().map((row) => ({
        callId: row.call_id,
        pgid: row.pgid,
        startTime: row.start_time,
        bootId: row.boot_id,
      })),
  };
}

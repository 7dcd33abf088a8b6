import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/approval.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly data: string;
  readonly previous: string;
  readonly hash: string;
}

/** A hash chain: each row's hash covers its content and the hash before it, so that a change or a gap shows. */
export function createAudit(db: Connection, system: System) {
  const insert = db.prepare('INSERT INTO audit (seq, at, kind, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?)');
  const last = db.prepare<[], AuditRow>('SELECT * FROM audit ORDER BY seq DESC LIMIT 1');
  const list = db.prepare<[number], AuditRow>('SELECT * FROM audit ORDER BY seq DESC LIMIT ?');
  const all = db.prepare<[], AuditRow>('SELECT * FROM audit ORDER BY seq');

  return {
    /** `data` holds names, ids and outcomes; never a value, never the text of a message. */
    add(kind: string, data: Readonly<Record<string, string | number | boolean | null>>): void {
      const before = last.get();
      const row = {
        seq: (before?.seq ?? 0) + 1,
        at: system.now(),
        kind,
        data: canonicalJson({ ...data }),
        previous: before?.hash ?? '',
      };
      insert.run(row.seq, row.at, row.kind, row.data, row.previous, chainHash(row));
    },
    list: (limit: number): AuditRow[] => list.all(limit),
    /** The first row that does not fit the chain; null when all do. */
    verify(): AuditRow | null {
      let previous = '';
      let seq = 0;
      for (const row of all.iterate()) {
        seq += 1;
        if (row.seq !== seq || row.previous !== previous || row.hash !== chainHash(row)) return row;
        previous = row.hash;
      }
      return null;
    },
  };
}

function chainHash(row: Omit<AuditRow, 'hash'>): string {
  return createHash('sha256')
    .update(canonicalJson([row.seq, row.at, row.kind, row.data, row.previous]))
    .digest('hex');
}

import type { EntryKind, EntryRow, VaultRows, VaultState } from '../core/vault.js';
import type { Connection } from './database.js';

export function createVaultRows(db: Connection): VaultRows {
  const state = db.prepare<[], VaultState>('SELECT header, manifest FROM vault WHERE id = 1');
  const setState = db.prepare(
    `INSERT INTO vault (id, header, manifest) VALUES (1, ?, ?)
     ON CONFLICT (id) DO UPDATE SET header = excluded.header, manifest = excluded.manifest`,
  );
  const all = db.prepare<[], Row>('SELECT * FROM vault_entries ORDER BY kind, name');
  const find = db.prepare<[string, string], Row>('SELECT * FROM vault_entries WHERE kind = ? AND name = ?');
  const save = db.prepare(
    `INSERT INTO vault_entries (kind, name, version, envelope, hosts, frozen, created_at, updated_at, last_used_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version, envelope = excluded.envelope,
     hosts = excluded.hosts, frozen = excluded.frozen, created_at = excluded.created_at,
     updated_at = excluded.updated_at, last_used_at = excluded.last_used_at`,
  );
  const remove = db.prepare('DELETE FROM vault_entries WHERE kind = ? AND name = ?');
  const touch = db.prepare('UPDATE vault_entries SET last_used_at = ? WHERE kind = ? AND name = ?');

  return {
    transaction: (run) => db.transaction(run).immediate(),
    state: () => state.get() ?? null,
    setState: ({ header, manifest }) => void setState.run(header, manifest),
    all: () => all.all().map(fromRow),
    find(kind, name) {
      const row = find.get(kind, name);
      return row ? fromRow(row) : null;
    },
    save(row) {
      const { kind, name, version, envelope, hosts, frozen, createdAt, updatedAt, lastUsedAt } = row;
      save.run(kind, name, version, envelope, JSON.stringify(hosts), frozen ? 1 : 0, createdAt, updatedAt, lastUsedAt);
    },
    remove: (kind, name) => void remove.run(kind, name),
    touch: (kind, name, usedAt) => void touch.run(usedAt, kind, name),
    scrub() {
      // Within an outer transaction the log cannot be emptied; the next call outside one does it.
      if (!db.inTransaction) db.pragma('wal_checkpoint(TRUNCATE)');
    },
  };
}

interface Row {
  kind: EntryKind;
  name: string;
  version: number;
  envelope: Uint8Array | null;
  hosts: string;
  frozen: number;
  created_at: number;
  updated_at: number;
  last_used_at: number | null;
}

const fromRow = (row: Row): EntryRow => ({
  kind: row.kind,
  name: row.name,
  version: row.version,
  envelope: row.envelope,
  hosts: JSON.parse(row.hosts) as string[],
  frozen: row.frozen === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  lastUsedAt: row.last_used_at,
});

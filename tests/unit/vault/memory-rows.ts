import type { EntryRow, VaultRows, VaultState } from '../../../src/core/vault.js';

export interface MemoryRows extends VaultRows {
  /** Everything, to look at, tamper with and put back. */
  image: { state: VaultState | null; rows: Map<string, EntryRow> };
  scrubs: number;
  /** Throws out of the next write, as a full disk would. */
  failNextWrite: boolean;
}

/** The store's contract in memory: transactions roll back. */
export function memoryRows(): MemoryRows {
  const key = (kind: string, name: string) => `${kind}/${name}`;
  const rows: MemoryRows = {
    image: { state: null, rows: new Map() },
    scrubs: 0,
    failNextWrite: false,
    transaction(run) {
      const before = copyImage(rows.image);
      try {
        return run();
      } catch (thrown) {
        rows.image = before;
        throw thrown;
      }
    },
    state: () => rows.image.state,
    setState(state) {
      if (rows.failNextWrite) {
        rows.failNextWrite = false;
        throw new Error('disk full');
      }
      rows.image.state = state;
    },
    all: () => [...rows.image.rows.values()].sort((a, b) => (key(a.kind, a.name) < key(b.kind, b.name) ? -1 : 1)),
    find: (kind, name) => rows.image.rows.get(key(kind, name)) ?? null,
    save: (row) => void rows.image.rows.set(key(row.kind, row.name), row),
    remove: (kind, name) => void rows.image.rows.delete(key(kind, name)),
    touch(kind, name, usedAt) {
      const row = rows.find(kind, name);
      if (row) rows.save({ ...row, lastUsedAt: usedAt });
    },
    scrub() {
      rows.scrubs += 1;
    },
  };
  return rows;
}

export function copyImage(image: MemoryRows['image']): MemoryRows['image'] {
  return { state: image.state, rows: new Map(image.rows) };
}

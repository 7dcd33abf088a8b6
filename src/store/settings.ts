import type { Connection } from './database.js';

export type Settings = ReturnType<typeof createSettings>;

/** Small facts that outlive a restart: the home conversation, what was told already. */
export function createSettings(db: Connection) {
  const select = db.prepare<[string], { value: string }>('SELECT value FROM settings WHERE name = ?');
  const upsert = db.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    get: (name: string): string | null => select.get(name)?.value ?? null,
    set: (name: string, value: string): void => void upsert.run(name, value),
  };
}

import { randomHandle, type System } from '../core/system.js';
import type { Connection } from './database.js';

/** What a pressed button means. The platform only ever sees the random handle. */
export interface ButtonMeaning {
  readonly kind: ButtonKind;
  /** Id of the approval, card, turn, call or grant it is about. */
  readonly target: string;
  readonly choice: string;
}

export type ButtonKind = 'approval' | 'card' | 'turn' | 'recovery' | 'grant' | 'secret' | 'paste' | 'burn' | 'setting';

export function createButtons(db: Connection, system: System) {
  const insert = db.prepare('INSERT INTO buttons (handle, kind, target, choice, created_at) VALUES (?, ?, ?, ?, ?)');
  const select = db.prepare<[string], ButtonMeaning>('SELECT kind, target, choice FROM buttons WHERE handle = ?');

  return {
    /** Makes a handle for one meaning. */
    add(kind: ButtonKind, target: string, choice: string): string {
      const handle = randomHandle(system);
      insert.run(handle, kind, target, choice, system.now());
      return handle;
    },
    find: (handle: string): ButtonMeaning | null => select.get(handle) ?? null,
  };
}

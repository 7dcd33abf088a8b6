import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SeneschalError } from '../core/errors.js';

/** Held for the life of a gateway; the kernel frees it at any kind of end, kill -9 included. */
export interface HomeLock {
  release(): void;
}

/** `BEGIN EXCLUSIVE` on HOME/lock.sqlite. Throws `home.locked` when another process holds it. */
export function lockHome(home: string): HomeLock {
  let connection: Database.Database | undefined;
  try {
    connection = new Database(join(home, 'lock.sqlite'), { timeout: 0 });
    connection.pragma('journal_mode = DELETE');
    connection.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    connection?.close();
    if ((cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) {
      throw new SeneschalError('home.locked', `Another Seneschal is already running on ${home}.`, {
        hint: 'Stop it first, or set SENESCHAL_HOME to another folder.',
        cause,
      });
    }
    throw new SeneschalError('home.unusable', `${home} cannot be used: ${(cause as Error).message}.`, {
      hint: 'The folder must belong to this user and be writable.',
      cause,
    });
  }
  const held = connection;
  return { release: () => held.close() };
}

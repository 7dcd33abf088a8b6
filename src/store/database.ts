import Database from 'better-sqlite3';
import { SeneschalError } from '../core/errors.js';
import { MIGRATIONS } from './migrations/index.js';

export type Connection = Database.Database;

/**
 * Opens the one database file. `synchronous=FULL` in WAL mode: a committed transaction survives a power cut;
 * `secure_delete`: removed rows leave no bytes behind. Throws `store.newer` for a file of a later version, which is
 * never touched, and `home.unusable` where it cannot be opened.
 */
export function openDatabase(path: string): Connection {
  let connection: Connection;
  try {
    connection = new Database(path);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('secure_delete = ON');
    connection.pragma('foreign_keys = ON');
    connection.pragma('busy_timeout = 5000');
  } catch (cause) {
    throw new SeneschalError('home.unusable', `The database ${path} cannot be opened: ${(cause as Error).message}.`, {
      hint: 'Check that the folder exists, belongs to this user and is writable.',
      cause,
    });
  }
  try {
    migrate(connection);
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
  return connection;
}

/** Applies what is missing in one transaction: all or nothing. */
function migrate(connection: Connection, migrations: readonly string[] = MIGRATIONS): void {
  connection
    .transaction(() => {
      // Read within: of two first commands at once the second finds everything done.
      const version = connection.pragma('user_version', { simple: true }) as number;
      if (version > migrations.length) throw newer(version, migrations.length);
      for (const sql of migrations.slice(version)) connection.exec(sql);
      if (version < migrations.length) connection.pragma(`user_version = ${migrations.length}`);
    })
    .exclusive();
}

function newer(version: number, known: number): SeneschalError {
  return new SeneschalError(
    'store.newer',
    `The database is of version ${version}, this program knows ${known}. Nothing was changed.`,
    { hint: 'Install the newer program again.' },
  );
}

/** SQLite's own errors in our words; everything else passes through. */
export function storeError(thrown: unknown): unknown {
  if (!(thrown instanceof Database.SqliteError)) return thrown;
  if (thrown.code.startsWith('SQLITE_FULL') || thrown.code.startsWith('SQLITE_IOERR')) {
    return new SeneschalError('store.full', 'The disk is full or cannot be written.', {
      retryable: true,
      hint: 'Free some space; nothing that was confirmed is lost and work goes on by itself.',
      cause: thrown,
    });
  }
  return new SeneschalError('store.failed', `The database refused: ${thrown.code}.`, {
    retryable: thrown.code.startsWith('SQLITE_BUSY'),
    cause: thrown,
  });
}

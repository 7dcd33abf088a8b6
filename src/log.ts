import { format } from 'node:util';
import pino from 'pino';
import type { Logger } from './core/log.js';

export interface LogOptions {
  readonly level: string;
  /** A file descriptor, a path, or what writes a line that ends with its line end. */
  readonly destination: number | string | { write(line: string): void };
  /** Masks every known secret, in nested values and error causes too. */
  readonly mask: (value: unknown) => unknown;
}

/** JSON lines. What is logged passes the mask first; an error shows its code, message and causes, never a token. */
export function createLog(options: LogOptions): Logger {
  const { destination } = options;
  const log = pino(
    { level: options.level, base: null },
    typeof destination === 'object' ? destination : pino.destination({ dest: destination, sync: true, mkdir: true }),
  );
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (log.isLevelEnabled(level)) log[level](options.mask(plain(fields)) as object, String(options.mask(message)));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

const PRINTED = { debug: 'debug', trace: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const;

/**
 * What a library prints, and what Node warns of, goes to the log: there it is masked like everything else, and it does
 * not land in the midst of what somebody types at the terminal.
 */
export function logWhatIsPrinted(
  log: Logger,
  console: Pick<Console, keyof typeof PRINTED>,
  process: Pick<NodeJS.EventEmitter, 'on' | 'removeAllListeners'>,
): void {
  for (const [method, level] of Object.entries(PRINTED) as [keyof typeof PRINTED, keyof Logger][]) {
    console[method] = (...said: unknown[]) => log[level]({}, format(...said));
  }
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }: Error) => log.warn({ warning: name }, message));
}

/** Errors become plain fields: a stack belongs to debugging, not to an owner's log. */
function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? errorFields(value) : value]),
  );
}

function errorFields(error: Error, depth = 0): object {
  const { code } = error as { code?: unknown };
  const cause = error.cause instanceof Error && depth < 4 ? { cause: errorFields(error.cause, depth + 1) } : {};
  return { message: error.message, ...(typeof code === 'string' ? { code } : {}), ...cause };
}

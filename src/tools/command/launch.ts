import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { SeneschalError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';

/**
 * Starts a command held: its process exists and can be recorded, but it runs nothing before `release`. It waits on an
 * inherited socket (descriptor 3) over which secret values come too, and which is closed before the command begins.
 */
export interface Launched {
  readonly pid: number;
  /** Standard output and error in the order they were written: one real pipe, so that /dev/stderr works as well. */
  readonly output: Socket;
  /** Resolves when the held process waits; rejects with `tool.failed` when it ended before. */
  readonly ready: Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  release(secrets: ReadonlyMap<string, Secret>): void;
}

/**
 * Each line is a name and its value, every byte as an octal escape; a line with a dot lets go. All of it is builtins:
 * no value is ever an argument of a program. End of file before the dot means that the gateway has died.
 */
const HOLD = `
if [ -n "$BASH_VERSION" ]; then
  for fd in /proc/self/fd/*; do
    fd=\${fd##*/}; case $fd in [0-4]) ;; *) eval "exec $fd>&-" ;; esac
  done
fi
printf R >&3
go=
while IFS=' ' read -r name value <&3; do
  if [ "$name" = . ]; then go=1; break; fi
  value=$(printf '%bx' "$value"); export "$name=\${value%x}"
done
[ "$go" ] || exit 125
unset go name value fd
exec 3>&-
exec "$@"
`;

/** Bare processes have no kernel tie to the gateway: a watcher in their group ends all when descriptor 4 closes. */
const WATCH = `
( trap '' TERM INT HUP QUIT; exec 3>&- >/dev/null 2>&1; read -r _ <&4; kill -9 0 ) &
exec 4>&-
`;

export interface LaunchOptions {
  readonly shell: readonly string[];
  /** The command itself with its limits in front. */
  readonly command: readonly string[];
  /** Wraps an argv into the sandbox; null for a bare process. */
  readonly wrap: ((argv: readonly string[]) => string[]) | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
}

export async function launch(options: LaunchOptions): Promise<Launched> {
  const { shell, wrap } = options;
  const held = [...shell, wrap === null ? WATCH + HOLD : HOLD, 'seneschal', ...options.command];
  const [program = '', ...args] = wrap === null ? held : wrap(held);
  const pipe = await openPipe(options.environment);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: options.folder,
      env: { ...options.environment },
      // A session and a group of its own: a stop ends all of it, a terminal's keys none.
      detached: true,
      stdio: ['ignore', pipe.write, pipe.write, 'pipe', ...(wrap === null ? (['pipe'] as const) : [])],
    });
  } finally {
    closeSync(pipe.write);
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const control = child.stdio[3] as Duplex | null | undefined;
  const watch = child.stdio[4] as Duplex | null | undefined;
  if (child.pid === undefined || !control) {
    pipe.read.destroy();
    throw new SeneschalError('tool.failed', 'The command could not be started.', { hint: `${program} did not start.` });
  }
  // The other end may be gone at any moment: its exit tells, a broken pipe adds nothing.
  control.on('error', () => undefined);
  watch?.on('error', () => undefined);
  watch?.resume();
  const ready = new Promise<void>((resolve, reject) => {
    control.once('data', () => resolve());
    exited.then(() => reject(new SeneschalError('tool.failed', 'The command could not be started.')));
  });
  return {
    pid: child.pid,
    output: pipe.read,
    ready,
    exited,
    release: (secrets) => {
      for (const [name, secret] of secrets) control.write(`${name} ${octal(secret.reveal())}\n`);
      control.end('.\n');
    },
  };
}

/** A pipe of the kernel's, by way of a name that is gone at once: Node's own are sockets, which /dev/stdout cannot open. */
async function openPipe(environment: Readonly<Record<string, string>>): Promise<{ read: Socket; write: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seneschal-'));
  try {
    const name = path.join(folder, 'pipe');
    await promisify(execFile)('mkfifo', ['-m', '600', name], { env: { PATH: environment.PATH } });
    const read = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    return {
      read: new Socket({ fd: read, readable: true, writable: false }),
      write: openSync(name, constants.O_WRONLY),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function octal(value: string): string {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.includes(0))
    throw new SeneschalError('tool.refused', 'A secret that holds a NUL byte cannot be a variable.');
  return Array.from(bytes, (byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}

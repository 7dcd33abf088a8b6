import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { searchPath } from './environment.js';
import { findProgram, type LayoutOptions, probeSandbox, type Sandbox, sandboxLayout } from './sandbox.js';

/** What this box can do to hold a command, found out once at the start; `doctor` shows `notes`. */
export interface Containment {
  /** argv that runs one shell text, without the text. Empty where this box has no shell: then no command starts. */
  readonly shell: readonly string[];
  /** Null where commands run as bare processes. */
  readonly sandbox: Sandbox | null;
  /** What holds the product's keys, for commands that no sandbox keeps from it. */
  readonly keyFolders: readonly string[];
  limits(budget: CommandBudget): string[];
  /** One sentence each, empty when everything holds. */
  readonly notes: readonly string[];
}

export interface CommandBudget {
  readonly memoryBytes: number;
  readonly timeoutMs: number;
}

/** Of one command, all its processes together. */
export const MAX_PROCESSES = 512;
const MAX_FILE_BYTES = 2 * 1024 * 1024 * 1024;

export interface ContainmentOptions extends LayoutOptions {
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** False runs everything bare: for tests and for owners of boxes where bubblewrap misbehaves. */
  readonly useSandbox?: boolean;
}

export async function probeContainment(options: ContainmentOptions): Promise<Containment> {
  const folders = searchPath(options.hostEnvironment.PATH, options.workspace);
  const bash = findProgram('bash', folders);
  const sh = findProgram('sh', folders);
  const shell = bash === null ? (sh === null ? [] : [sh, '-c']) : [bash, '--noprofile', '--norc', '-c'];
  const notes: string[] = [];
  if (shell.length === 0) notes.push('No command can run: there is no shell on this box.');
  const layout = sandboxLayout(options);
  const probed =
    options.useSandbox === false ? { sandbox: null, reason: 'switched off' } : await probeSandbox(layout, folders);
  if (probed.sandbox === null) notes.push(`Commands are not sandboxed: ${probed.reason}.`);
  const prlimit = findProgram('prlimit', folders);
  if (prlimit === null) notes.push('Commands have no limits of their own: prlimit is not installed.');
  const counts = prlimit !== null && probed.sandbox !== null && (await countsProcesses(probed.sandbox, prlimit));
  if (!counts || process.getuid?.() === 0) {
    notes.push(
      `The kernel does not limit the processes of a command here; a look every 0.5 s ends it over ${MAX_PROCESSES}.`,
    );
  }
  return {
    shell,
    sandbox: probed.sandbox,
    keyFolders: [options.home, ...options.secrets],
    notes,
    limits: ({ memoryBytes, timeoutMs }) => {
      if (prlimit === null) return [];
      // The watch over resident memory speaks first and clearly; the kernel's limit is for what outruns it.
      const cpuSeconds = Math.ceil(timeoutMs / 1000) * availableParallelism();
      return [
        prlimit,
        `--data=${memoryBytes * 2}`,
        `--cpu=${cpuSeconds}`,
        `--fsize=${MAX_FILE_BYTES}`,
        ...(counts ? [`--nproc=${MAX_PROCESSES}`] : []),
        '--core=0',
        '--',
      ];
    },
  };
}

/**
 * Older kernels count all processes of the user, not those of the sandbox: a limit would then hit other programs'
 * share. A limit far below what any session runs tells which it is.
 */
async function countsProcesses(sandbox: Sandbox, prlimit: string): Promise<boolean> {
  const [program = '', ...args] = sandbox.wrap([prlimit, '--nproc=8', '--', '/bin/sh', '-c', '(:); (:)'], {
    network: false,
  });
  return promisify(execFile)(program, args, { timeout: 5_000, env: {} }).then(
    () => true,
    () => false,
  );
}

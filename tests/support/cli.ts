import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the built command line on a home folder of the test's. */
export interface CliRun {
  readonly child: ChildProcess;
  readonly ended: Promise<CliEnd>;
}

export function startCli(
  home: string,
  argv: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): CliRun {
  const child = spawn(process.execPath, [resolve('dist/src/main.js'), ...argv], {
    env: { PATH: process.env.PATH, SENESCHAL_HOME: home, ...options.env },
    cwd: home,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      out[name] += chunk;
    });
  }
  child.stdin?.on('error', () => undefined).end(options.input ?? '');
  return { child, ended: new Promise((done) => child.once('close', (code) => done({ code, ...out }))) };
}

export const cli = (...given: Parameters<typeof startCli>): Promise<CliEnd> => startCli(...given).ended;

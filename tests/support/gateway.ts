import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The built product as a process of its own, started as a person would, on a home folder of the test's. */
export interface GatewayOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The folder it is started in; the home folder unless told. */
  readonly cwd?: string;
  /** Wait for the `ready` line; true unless told. */
  readonly untilReady?: boolean;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const MAIN = resolve('dist/src/main.js');

export class Gateway {
  readonly lines: LogLine[] = [];
  readonly output: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(options: GatewayOptions) {
    this.#process = spawn(process.execPath, [MAIN, 'start'], {
      env: { PATH: process.env.PATH, SENESCHAL_HOME: options.home, SENESCHAL_PORT: '0', ...options.env },
      cwd: options.cwd ?? options.home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output.push(chunk);
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) this.lines.push(JSON.parse(line) as LogLine);
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.output.push(chunk));
    this.#ended = new Promise((done) => this.#process.once('exit', (code, signal) => done({ code, signal })));
  }

  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    if (options.untilReady !== false) await gateway.until('ready', () => gateway.ready !== undefined);
    return gateway;
  }

  get ready(): LogLine | undefined {
    return this.lines.find((line) => line.msg === 'ready');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async until(what: string, holds: () => boolean, timeoutMs = 40_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!holds()) {
      if (!this.running) throw new Error(`the gateway ended before: ${what}\n${this.output.join('')}`);
      if (Date.now() > end) throw new Error(`timed out: ${what}\n${this.output.join('')}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** SIGKILL, and gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM; how it ended and how long that took. */
  async stop(): Promise<{ code: number | null; ms: number }> {
    const begin = Date.now();
    this.#process.kill('SIGTERM');
    const { code } = await this.#ended;
    return { code, ms: Date.now() - begin };
  }

  async ended(): Promise<number | null> {
    return (await this.#ended).code;
  }
}

/** A home folder that goes away with the test. */
export function temporaryHome(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'seneschal-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Processes of a home's commands: they carry the mark of their call, and their HOME is its workspace. */
export function commandProcesses(home: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/environ`)) return false;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      return (
        environment.includes(`HOME=${home}/workspace`) && environment.some((one) => one.startsWith('SENESCHAL_CALL='))
      );
    } catch {
      return false;
    }
  });
}

/** Waits until something holds; for what no process or fake announces. */
export async function eventually(what: string, holds: () => boolean, timeoutMs = 40_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`timed out: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

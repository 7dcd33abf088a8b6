import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProcessRecord, ProcessRows } from '../../src/core/process.js';
import { createSystem } from '../../src/system.js';
import { type Containment, probeContainment } from '../../src/tools/command/containment.js';
import { commandEnvironment } from '../../src/tools/command/environment.js';
import { type CommandRunner, createCommandRunner } from '../../src/tools/command/processes.js';

export interface CommandBox {
  readonly home: string;
  readonly workspace: string;
  readonly containment: Containment;
  readonly runner: CommandRunner;
  readonly rows: ProcessRows & { readonly all: ProcessRecord[] };
  /** Runs one command to its end. */
  run(
    command: string,
    options?: { readonly timeoutMs?: number; readonly network?: boolean },
  ): ReturnType<typeof runOne>;
  remove(): void;
}

/** A home folder with a key in it, its workspace, and a real command runner, sandboxed or bare. */
export async function commandBox(options: {
  readonly sandbox: boolean;
  readonly memoryMb?: number;
  readonly parent?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** In place of the shell that was found. */
  readonly shell?: readonly string[];
}): Promise<CommandBox> {
  const parent = options.parent ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const home = realpathSync(mkdtempSync(path.join(parent, 'command-box-')));
  const workspace = path.join(home, 'workspace');
  mkdirSync(workspace);
  writeFileSync(path.join(home, '.env'), 'VAULT=the-vault-key\n');
  const hostEnvironment = { ...process.env, ...options.environment };
  const found = await probeContainment({
    workspace,
    home,
    userHome: process.env.HOME ?? '/root',
    secrets: [],
    execPath: process.execPath,
    hostEnvironment,
    useSandbox: options.sandbox,
  });
  const containment = options.shell === undefined ? found : { ...found, shell: options.shell };
  const rows = memoryRows();
  const runner = createCommandRunner({
    system: createSystem(),
    rows,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    containment,
    environment: commandEnvironment(hostEnvironment, workspace),
    workspace,
    memoryBytes: (options.memoryMb ?? 512) * 1024 * 1024,
  });
  return {
    home,
    workspace,
    containment,
    runner,
    rows,
    run: (command, how = {}) => runOne(runner, command, how),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

export function memoryRows(): ProcessRows & { readonly all: ProcessRecord[] } {
  const open = new Map<string, ProcessRecord>();
  const all: ProcessRecord[] = [];
  return {
    all,
    started: (record) => {
      all.push(record);
      open.set(record.callId, record);
    },
    ended: (callId) => void open.delete(callId),
    open: () => [...open.values()],
  };
}

async function runOne(
  runner: CommandRunner,
  command: string,
  how: { readonly timeoutMs?: number; readonly network?: boolean },
) {
  const running = await runner.start({
    callId: createSystem().id(),
    conversation: 'c',
    title: command.slice(0, 40),
    command,
    secrets: new Map(),
    network: how.network ?? false,
    timeoutMs: how.timeoutMs ?? 20_000,
  });
  return running.end;
}

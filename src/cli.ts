import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { Command, CommanderError } from 'commander';
import { startApp } from './app.js';
import type { Config } from './config.js';
import { asSeneschalError } from './core/errors.js';
import { createPairingCode } from './gateway/owners.js';
import { createLog } from './log.js';
import { openStore } from './store/store.js';
import { createSystem } from './system.js';

/** The command line. Each command returns its exit code: 0 done, 1 failed, 2 the input was not usable. */
export interface CliOptions {
  readonly argv: readonly string[];
  readonly config: () => Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: ReadStream | (NodeJS.ReadStream & { fd: 0 });
  readonly output: Writable & { isTTY?: boolean };
  readonly errors: Writable;
}

export async function runCli(options: CliOptions): Promise<number> {
  let code = 0;
  const program = new Command('seneschal')
    .description("One person's AI agent on one person's box.")
    .version('0.1.0')
    .option('--json', 'answer in JSON')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => options.output.write(text),
      writeErr: (text) => options.errors.write(text),
    });
  program
    .command('start', { isDefault: true })
    .description('run the gateway')
    .action(async () => {
      code = await start(options);
    });
  program
    .command('pair')
    .description('make a code: the account that sends it to the bot has full power over this box, as every owner has')
    .option('--json', 'answer in JSON')
    .action((flags: { json?: boolean }) => {
      code = pair(options, flags.json ?? program.opts<{ json?: boolean }>().json ?? false);
    });
  try {
    await program.parseAsync([...options.argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? 0 : 2;
  }
  return code;
}

async function start(options: CliOptions): Promise<number> {
  const config = options.config();
  const interactive = options.input.isTTY === true && options.output.isTTY === true;
  const system = createSystem();
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  const app = await startApp({
    config,
    system,
    // A person at a terminal talks with the agent there; the log goes to a file, only `ready` is shown.
    createLog: (mask) => {
      const file = { level: config.SENESCHAL_LOG_LEVEL ?? 'info', destination: join(config.home, 'gateway.log'), mask };
      const shown = createLog({ level: config.SENESCHAL_LOG_LEVEL ?? 'info', destination: 1, mask });
      if (!interactive) return shown;
      const log = createLog(file);
      return { ...log, info: (fields, message) => (message === 'ready' ? shown : log).info(fields, message) };
    },
    hostEnvironment: options.environment,
    terminal: interactive ? { input: options.input, output: options.output } : null,
    onTerminalEnd: () => end(),
  });
  await ended;
  await app.stop();
  // Nothing may keep a stopped gateway alive: sockets of platforms that do not close, a model that does not end.
  process.exit(0);
}

function pair(options: CliOptions, json: boolean): number {
  const config = options.config();
  const system = createSystem();
  const store = openStore(join(config.home, 'seneschal.sqlite'), system);
  try {
    const code = createPairingCode(store, system);
    const text = `An owner has full power over this box; there are no lesser roles.\nSend ${code} to the bot in a direct message within 10 minutes.`;
    options.output.write(`${json ? JSON.stringify({ code, minutes: 10 }) : text}\n`);
    return 0;
  } catch (thrown) {
    options.errors.write(`${asSeneschalError(thrown).message}\n`);
    return 1;
  } finally {
    store.close();
  }
}

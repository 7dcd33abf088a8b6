import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { Command, CommanderError } from 'commander';
import type { CliContext, CliOptions, Flags } from './cli-context.js';
import { secretFiles } from './config.js';
import { asSeneschalError, SeneschalError } from './core/errors.js';
import { sleep } from './core/system.js';
import { createSystem } from './system.js';

/** The command line. Exit codes: 0 done, 1 failed, 2 the input or the configuration was not usable. */
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
  const wantsJson = () => program.opts<Flags>().json === true;
  const context: CliContext = {
    ...options,
    say(fields, sentence, json) {
      options.output.write(`${json === true || wantsJson() ? JSON.stringify(fields) : sentence}\n`);
    },
    readSecret: (prompt) => readSecret(options, prompt),
    confirm: (question) => confirm(options, question),
    run:
      (action) =>
      async (...given) => {
        // Commander hands in the arguments, then the flags, then the command.
        const values = given.slice(0, -2) as Parameters<typeof action> extends [unknown, ...infer Rest] ? Rest : never;
        try {
          await action(given.at(-2) as Flags, ...values);
        } catch (thrown) {
          const error = asSeneschalError(thrown);
          const sentence = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
          const json = wantsJson() || (given.at(-2) as Flags).json === true;
          options.errors.write(`${json ? JSON.stringify({ error: error.code, message: sentence }) : sentence}\n`);
          code = ['config.invalid', 'vault.input', 'tool.input'].includes(error.code) ? 2 : 1;
        }
      },
  };
  program
    .command('start', { isDefault: true })
    .description('run the gateway')
    .action(context.run(() => start(options)));
  program
    .command('pair')
    .description('make a code for a new owner: an owner has full power over this box, there are no lesser roles')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags) => pair(context, flags)));
  const word = options.argv.find((one) => !one.startsWith('-'));
  // A start and `check` need none of the rest, so they do not wait for it to load, nor carry it about.
  const starts = word === 'start' || options.argv.length === 0;
  if (!starts) (await import('./cli-check.js')).addCheckCommands(program, context);
  if (!starts && word !== 'check') {
    (await import('./cli-setup.js')).addSetupCommand(program, context);
    (await import('./cli-vault.js')).addVaultCommands(program, context);
  }
  if (word !== undefined && word !== 'help' && !program.commands.some((command) => command.name() === word)) {
    options.errors.write(`There is no command ${word.slice(0, 40)}. seneschal --help lists them.\n`);
    return 2;
  }
  try {
    await program.parseAsync([...options.argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? 0 : 2;
  }
  return code;
}

/** Within the 10 s that a supervisor waits; what is left then is a row that the next start goes on from. */
const STOP_MS = 9_000;

async function start(options: CliOptions): Promise<void> {
  const system = createSystem();
  const config = options.config();
  const { takeHome } = await import('./take-home.js');
  const [home, { startApp }, { createLog, logWhatIsPrinted }] = await Promise.all([
    takeHome(config, system),
    import('./app.js'),
    import('./log.js'),
  ]);
  const interactive = options.input.isTTY === true && options.output.isTTY === true;
  const level = config.SENESCHAL_LOG_LEVEL ?? 'info';
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  // One JSON line on standard output. Where a person is typing there it must not land in the midst of what is typed.
  let print: ((line: string) => void) | null = null;
  const destination = { write: (line: string) => print?.(line.trimEnd()) };
  const app = await startApp({
    config,
    system,
    home,
    announce: (fields, message) =>
      createLog({ level: 'info', destination: print ? destination : 1, mask: (value) => value }).info(fields, message),
    // A person at a terminal talks with the agent there, so the log goes to a file.
    createLog(mask) {
      const log = createLog({ level, destination: interactive ? join(config.home, 'gateway.log') : 1, mask });
      logWhatIsPrinted(log, console, process);
      return log;
    },
    hostEnvironment: options.environment,
    secretFiles: secretFiles(options.environment),
    terminal: interactive
      ? {
          input: options.input,
          output: options.output,
          onOpen: (opened) => {
            print = opened;
          },
        }
      : null,
    onTerminalEnd: () => end(),
  });
  await ended;
  // Nothing may keep a stopped gateway alive: a platform that never answers a send, a socket that does not close.
  await Promise.race([app.stop(), sleep(system, STOP_MS)]);
  process.exit(0);
}

async function pair(context: CliContext, flags: Flags): Promise<void> {
  const [{ createPairingCode }, { openHomeStore }] = await Promise.all([
    import('./gateway/owners.js'),
    import('./options.js'),
  ]);
  const system = createSystem();
  const store = openHomeStore(context.config(), system);
  try {
    const code = createPairingCode(store, system);
    const sentence =
      'An owner has full power over this box; there are no lesser roles.\n' +
      `Send ${code} to the bot in a direct message within 10 minutes.`;
    context.say({ code, minutes: 10 }, sentence, flags.json);
  } finally {
    store.close();
  }
}

async function readSecret(options: CliOptions, prompt: string): Promise<string> {
  if (!options.input.isTTY) return (await readAll(options.input)).replace(/\r?\n$/, '');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Only then is the echo off: whoever is asked before that is overheard.
  const reader = createInterface({ input: options.input, output: silent, terminal: true });
  options.errors.write(prompt);
  try {
    return await reader.question('');
  } finally {
    reader.close();
    options.errors.write('\n');
  }
}

async function confirm(options: CliOptions, question: string): Promise<boolean> {
  if (!options.input.isTTY) {
    throw new SeneschalError('config.invalid', 'This asks for a confirmation: add --yes where nobody can answer.');
  }
  const reader = createInterface({ input: options.input, output: options.errors });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}

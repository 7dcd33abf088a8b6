#!/usr/bin/env -S node --max-semi-space-size=1 --v8-pool-size=1
// Both keep the process small: what a young heap and idle helper threads of V8 hold is a fifth of it.
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';

// Whoever knows that a value is asked for types ahead; while the rest is being loaded nothing must show it.
const [, , ...words] = process.argv;
if (words[0] === 'vault' && words[1] === 'set' && process.stdin.isTTY) process.stdin.setRawMode(true);
const { runCli } = await import('./cli.js');
const { loadConfig } = await import('./config.js');
const { asSeneschalError } = await import('./core/errors.js');

/** argv and environment → configuration → the command line. The one reader of process.env. */
type Environment = Readonly<Record<string, string | undefined>>;

function readDotEnv(path: string): Environment {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

/**
 * The environment, then HOME/.env, then ./.env where it is outside the workspace, this user's own and not writable by
 * others: a file that a command or a stranger could have written must not configure us.
 */
function environment(): Environment {
  const here = resolve('.env');
  const alone = joined({}, here);
  const trusted = isTrusted(here);
  // Run in the home folder it is HOME/.env, which is read below.
  const isHomes = realpathOf(here) === realpathOf(`${places(alone).home}/.env`);
  if (!trusted && !isHomes && existsSync(here))
    sayOnce(`${here} is not read: others can write it, or it is not yours. Run chmod 600 on it.`);
  const local = trusted ? readDotEnv(here) : {};
  const both = joined(local, here);
  // Where the workspace is must not be for a file in it to say, so the answer without that file counts as well.
  const inside = [alone, both].some((env) => realpathOf(here).startsWith(`${realpathOf(places(env).workspace)}/`));
  return inside ? alone : both;
}

const said = new Set<string>();
function sayOnce(line: string): void {
  if (!said.has(line)) process.stderr.write(`${line}\n`);
  said.add(line);
}

/** What a local file says, HOME/.env over it, the environment over both. */
function joined(local: Environment, here: string): Environment {
  const outer = withoutEmpty(process.env);
  const { home } = places({ ...local, ...outer });
  // The vault's key in HOME/.env is the vault's own business: there it can be rotated.
  const { SENESCHAL_VAULT_KEY: _key, SENESCHAL_VAULT_KEY_NEXT: _next, ...kept } = readDotEnv(`${home}/.env`);
  // Run in the home folder, both are one file: what is left out of it must not come in again.
  const isHomes = realpathOf(here) === realpathOf(`${home}/.env`);
  return { ...(isHomes ? {} : local), ...kept, ...outer };
}

const PLACES = ['SENESCHAL_HOME', 'SENESCHAL_WORKSPACE'].flatMap((name) => [name, `${name}_FILE`]);

/** Where home and workspace are by this environment, whatever else stands in it. */
const places = (env: Environment) =>
  loadConfig({ env: Object.fromEntries(PLACES.map((name) => [name, env[name]])), readFile });

const realpathOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

function isTrusted(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isFile() === true && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
}

const withoutEmpty = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));

const readFile = (path: string): string => readFileSync(path, 'utf8');

try {
  process.umask(0o077);
  process.exitCode = await runCli({
    argv: process.argv.slice(2),
    config: () => loadConfig({ env: environment(), readFile }),
    environment: process.env,
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
  });
} catch (thrown) {
  const error = asSeneschalError(thrown);
  process.stderr.write(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`);
  process.exitCode = error.code === 'config.invalid' ? 2 : 1;
}

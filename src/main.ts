#!/usr/bin/env -S node --max-semi-space-size=1
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { runCli } from './cli.js';
import { loadConfig } from './config.js';
import { asSeneschalError } from './core/errors.js';

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
  const local = isTrusted(here) ? readDotEnv(here) : {};
  const outer: Environment = { ...local, ...withoutEmpty(process.env) };
  const { home } = loadConfig({ env: pick(outer, ['SENESCHAL_HOME', 'SENESCHAL_HOME_FILE']), readFile });
  const { workspace } = loadConfig({ env: pick(outer, ['SENESCHAL_HOME', 'SENESCHAL_WORKSPACE']), readFile });
  // Run in the home folder, both are one file: what is left out of it below must not come in again.
  const isHomes = realpathOf(here) === realpathOf(`${home}/.env`);
  const inside = isHomes || here.startsWith(`${workspace}/`);
  // The vault's key in HOME/.env is the vault's own business: there it can be rotated.
  const { SENESCHAL_VAULT_KEY: _key, SENESCHAL_VAULT_KEY_NEXT: _next, ...kept } = readDotEnv(`${home}/.env`);
  return { ...(inside ? {} : local), ...kept, ...withoutEmpty(process.env) };
}

const realpathOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

function isTrusted(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isFile() === true && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
}

const withoutEmpty = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));

const pick = (env: Environment, names: readonly string[]): Environment =>
  Object.fromEntries(names.map((name) => [name, env[name]]));

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

import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from './config.js';
import { asSeneschalError, SeneschalError } from './core/errors.js';
import type { System } from './core/system.js';
import { NO_RULES, type OwnerRules } from './guards/rules.js';
import type { RequestCaps } from './policy/caps.js';
import { openStore, type Store } from './store/store.js';
import type { WebOptions } from './web/web.js';

/** Makes the home folder, or the workspace, readable by this user alone. Throws `home.unusable`. */
export function prepareFolder(config: Config, which: 'home' | 'workspace'): void {
  const folder = config[which];
  try {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { message } = asSeneschalError(cause);
    const [what, variable] =
      which === 'home' ? ['home folder', 'SENESCHAL_HOME'] : ['workspace', 'SENESCHAL_WORKSPACE'];
    throw new SeneschalError('home.unusable', `The ${what} ${folder} cannot be used: ${message}.`, {
      hint: `Set ${variable} to a folder that this user can write.`,
      cause,
    });
  }
}

export const databaseOf = (home: string): string => join(home, 'seneschal.sqlite');

/** The database in the home folder, both made where they are missing: any command may be the first. */
export function openHomeStore(config: Config, system: System): Store {
  prepareFolder(config, 'home');
  return openStore(databaseOf(config.home), system);
}

/** One by one: where a parent takes no new folder and says that it is missing (/proc), Node's own recursion never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Said once, by whichever command made it (VAULT-7). */
export const madeKeyNote = (keyFile: string): string =>
  `A vault key was made and stands in ${keyFile}. Keep a copy in a password manager, apart from backups.`;

/** Owner ids by configuration; at the terminal sits whoever started the process. */
export function configuredOwners(config: Config): Map<string, readonly string[]> {
  return new Map([
    ['telegram', config.TELEGRAM_OWNER_ID ?? []],
    ['slack', config.SLACK_OWNER_ID ?? []],
    ['discord', config.DISCORD_OWNER_ID ?? []],
    ['terminal', ['local']],
  ]);
}

/** How many requests tools may send before each further one asks (GUARD-2). */
export function requestCaps(config: Config): RequestCaps {
  return {
    conversation: config.SENESCHAL_HTTP_CAP_CONVERSATION ?? 100,
    hour: config.SENESCHAL_HTTP_CAP_HOUR ?? 200,
    day: config.SENESCHAL_HTTP_CAP_DAY ?? 2_000,
  };
}

export function webOptions(config: Config): WebOptions {
  const { SENESCHAL_TLS_CERT: certificate, SENESCHAL_TLS_KEY: key, SENESCHAL_PUBLIC_URL: publicUrl } = config;
  return {
    bind: config.SENESCHAL_BIND ?? '127.0.0.1',
    port: config.SENESCHAL_PORT ?? 8443,
    allowPublic: config.SENESCHAL_ALLOW_PUBLIC_BIND ?? false,
    trustedProxies: config.SENESCHAL_TRUSTED_PROXIES ?? [],
    timeZone: config.timeZone,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(certificate === undefined || key === undefined ? {} : { tls: { certificate, key } }),
  };
}

/** HOME/rules.yaml, checked at the start (GUARD-13). Throws `config.invalid` with the line. */
export async function readRules(path: string): Promise<OwnerRules> {
  if (!existsSync(path)) return NO_RULES;
  const { loadRules } = await import('./guards/rules-file.js');
  return loadRules(readFileSync(path, 'utf8'));
}

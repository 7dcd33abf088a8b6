import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import type { Config } from './config.js';
import { asSeneschalError, SeneschalError } from './core/errors.js';
import { loadRules, type OwnerRules } from './guards/rules.js';
import type { RequestCaps } from './policy/caps.js';
import type { WebOptions } from './web/web.js';

/** The home folder, readable by this user alone. Throws `home.unusable`. */
export function prepareHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if (!statSync(home).isDirectory()) throw new Error('it is not a folder');
  } catch (cause) {
    const { message } = asSeneschalError(cause);
    throw new SeneschalError('home.unusable', `The home folder ${home} cannot be used: ${message}.`, {
      hint: 'Set SENESCHAL_HOME to a folder that this user can write.',
      cause,
    });
  }
}

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
export function readRules(path: string): OwnerRules {
  return loadRules(existsSync(path) ? readFileSync(path, 'utf8') : '');
}

import { request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import type { Config } from './config.js';
import { asSeneschalError } from './core/errors.js';
import type { Logger } from './core/log.js';
import { type System, within } from './core/system.js';
import { createModelSetup, type ModelSetup } from './model-setup.js';
import { createModels, type Models } from './models.js';
import { openHomeStore } from './options.js';
import { lockHome } from './store/lock.js';
import type { Store } from './store/store.js';
import { createSystem } from './system.js';
import { openVault } from './vault/open.js';
import type { Vault } from './vault/vault.js';

/** What setup works on: the home folder, beside a running gateway or without one. */
export interface SetupHome {
  readonly config: Config;
  readonly system: System;
  readonly store: Store;
  readonly vault: Vault;
  readonly models: Models;
  readonly setup: ModelSetup;
  /** Present where the vault's key was made just now. */
  readonly madeKey: boolean;
  isRunning(): boolean;
  close(): void;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const HEALTH_MS = 5_000;

/** Makes the home folder and the vault where there is none yet: setup may come before the first start. */
export async function openHome(context: CliContext): Promise<SetupHome> {
  const config = context.config();
  const system = createSystem();
  const store = openHomeStore(config, system);
  try {
    const environmentKey = config.SENESCHAL_VAULT_KEY;
    const keyFile = join(config.home, '.env');
    const opened = await openVault({
      rows: store.vault,
      system,
      keyFile,
      settles: false,
      ...(environmentKey ? { environmentKey } : {}),
    });
    const { vault, madeKey } = opened;
    const shared = { config, system, log: SILENT, vault, settings: store.settings };
    const models = createModels(shared);
    return {
      config,
      system,
      store,
      vault,
      models,
      setup: createModelSetup({ ...shared, models }),
      madeKey,
      isRunning: () => isLocked(config.home),
      close: () => store.close(),
    };
  } catch (thrown) {
    store.close();
    throw thrown;
  }
}

function isLocked(home: string): boolean {
  try {
    lockHome(home).release();
    return false;
  } catch (thrown) {
    if (asSeneschalError(thrown).code === 'home.locked') return true;
    throw thrown;
  }
}

export type HealthAnswer =
  | { readonly kind: 'seneschal'; readonly channels: readonly string[] }
  | { readonly kind: 'other'; readonly status: number }
  | { readonly kind: 'untrusted'; readonly code: string }
  | { readonly kind: 'nothing'; readonly code: string };

const Health = z.looseObject({ status: z.enum(['ok', 'down']), channels: z.array(z.string()).optional() });

/**
 * One HTTPS request to `/health`. `trust`: `any` for this box's own loopback, else as a browser would judge, with the
 * product's CA added where one is given. Nothing secret is sent.
 */
export async function askHealth(system: System, base: string, trust: 'any' | { ca?: string }): Promise<HealthAnswer> {
  const tls = trust === 'any' ? { rejectUnauthorized: false } : trust.ca === undefined ? {} : { ca: trust.ca };
  try {
    return await within(system, HEALTH_MS, (signal) => get(new URL('/health', base), { ...tls, agent: false, signal }));
  } catch (thrown) {
    const { code = 'no answer' } = thrown as { code?: string };
    return /CERT|SELF_SIGNED|ALTNAME|ISSUER|SSL/.test(code) ? { kind: 'untrusted', code } : { kind: 'nothing', code };
  }
}

function get(url: URL, options: object): Promise<HealthAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body = (body + part).slice(0, 10_000);
      });
      response.on('error', reject);
      response.on('end', () => {
        const health = Health.safeParse(parsed(body));
        if (health.success) resolve({ kind: 'seneschal', channels: health.data.channels ?? [] });
        else resolve({ kind: 'other', status: response.statusCode ?? 0 });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

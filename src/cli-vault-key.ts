import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliContext, Flags } from './cli-context.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import type { System } from './core/system.js';
import { resealRows } from './gateway/reseal.js';
import { openHomeStore, prepareFolder } from './options.js';
import { lockHome } from './store/lock.js';
import type { Store } from './store/store.js';
import { createSystem } from './system.js';
import { newVaultKey } from './vault/keyfile.js';
import { type OpenedVault, openVault } from './vault/open.js';
import { rotateVault } from './vault/rotate.js';

/** Shorter keys can be guessed in spite of the 600,000 rounds. */
const KEY_LENGTH_MIN = 20;

/** `seneschal vault rotate|key`: the one key that all others lie under. */
export function addVaultKeyCommands(vault: Command, context: CliContext): void {
  vault
    .command('rotate')
    .description('seal everything under a new vault key; the gateway must be stopped')
    .option('--key-file <file>', 'take the new key from this file; asked for where the key comes from the environment')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags) => rotate(context, flags)));
  vault
    .command('key')
    .description('show the vault key, to keep it in a password manager apart from backups')
    .option('--yes', 'show it without asking')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags) => showKey(context, flags)));
}

interface Opened extends OpenedVault {
  readonly store: Store;
  readonly system: System;
  readonly keyFile: string;
}

async function withOpened<T>(context: CliContext, settles: boolean, work: (opened: Opened) => T): Promise<Awaited<T>> {
  const config = context.config();
  const system = createSystem();
  const store = openHomeStore(config, system);
  try {
    const { SENESCHAL_VAULT_KEY: environmentKey } = config;
    const keyFile = join(config.home, '.env');
    const given = environmentKey ? { environmentKey } : {};
    const opened = await openVault({ rows: store.vault, system, keyFile, settles, ...given });
    return await work({ ...opened, store, system, keyFile });
  } finally {
    store.close();
  }
}

async function rotate(context: CliContext, flags: Flags): Promise<void> {
  const config = context.config();
  const isOurs = config.SENESCHAL_VAULT_KEY === undefined;
  prepareFolder(config, 'home');
  const lock = lockHome(config.home);
  try {
    await withOpened(context, true, async ({ vault, key, store, system, keyFile }) => {
      const next = flags.keyFile !== undefined || !isOurs ? await givenKey(context, flags) : newVaultKey(system);
      if (next.reveal() === key.reveal()) throw unusable('The new vault key is the one in use.');
      await rotateVault({
        vault,
        next,
        system,
        keyFile: isOurs ? keyFile : null,
        alone: (change) => store.transaction(change),
        reseal: (again) => {
          resealRows(store, again);
          store.audit.add('vault.rotated', { keyFrom: isOurs ? 'file' : 'environment' });
        },
      });
      const entries = vault.owner.list().length + vault.product.list().length;
      context.say(
        { rotated: true, entries, set: isOurs ? null : whereToSet(context) },
        told(context, entries, isOurs),
        flags.json,
      );
    });
  } finally {
    lock.release();
  }
}

function told(context: CliContext, entries: number, isOurs: boolean): string {
  const next = isOurs
    ? 'The new key is in use. Keep a copy in a password manager: seneschal vault key shows it.'
    : `Now set ${whereToSet(context)} to the new key: the next start needs it.`;
  return `Sealed ${entries} ${entries === 1 ? 'entry' : 'entries'} anew. ${next}\nBackups made until now need the old key.`;
}

/** The variable, or the file that the operator's environment names. */
function whereToSet(context: CliContext): string {
  const file = context.environment.SENESCHAL_VAULT_KEY_FILE;
  return file === undefined || file === '' ? 'SENESCHAL_VAULT_KEY' : `the file ${file}`;
}

async function givenKey(context: CliContext, flags: Flags): Promise<Secret> {
  const text = flags.keyFile === undefined ? await typedKey(context) : read(flags.keyFile);
  if (text.length < KEY_LENGTH_MIN || /[\r\n]/.test(text)) {
    throw unusable(
      `A vault key is one line of at least ${KEY_LENGTH_MIN} characters. openssl rand -base64 32 makes one.`,
    );
  }
  return new Secret(text);
}

/** Asked for twice at a terminal: a slip would cost every value. */
async function typedKey(context: CliContext): Promise<string> {
  const first = (await context.readSecret('New vault key (not shown): ')).trim();
  if (context.input.isTTY !== true) return first;
  if ((await context.readSecret('Once more: ')).trim() !== first)
    throw unusable('The two differ. Nothing was changed.');
  return first;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new SeneschalError('vault.input', `${path} cannot be read.`, { cause });
  }
}

async function showKey(context: CliContext, flags: Flags): Promise<void> {
  if (!flags.yes && !(await context.confirm('The vault key opens every secret of this box. Show it here?'))) {
    context.say({ shown: false }, 'Not shown.', flags.json);
    return;
  }
  await withOpened(context, false, ({ key, store }) => {
    store.transaction(() => store.audit.add('vault.key-shown', {}));
    context.say({ key: key.reveal() }, key.reveal(), flags.json);
  });
}

const unusable = (message: string): SeneschalError => new SeneschalError('vault.input', message);

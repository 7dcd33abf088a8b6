import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { noteReset } from './after-reset.js';
import { CERTIFICATE_ENTRY } from './certificates.js';
import type { CliContext, Flags } from './cli-context.js';
import { addDecoyCommands } from './cli-vault-decoy.js';
import { addVaultKeyCommands } from './cli-vault-key.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import type { System } from './core/system.js';
import { databaseOf, madeKeyNote, openHomeStore, prepareFolder } from './options.js';
import { burnedVariable, createProductKeys, isProductKey } from './product-keys.js';
import { lockHome } from './store/lock.js';
import { createSystem } from './system.js';
import { createKey, dropNextKey, readKeyFile } from './vault/keyfile.js';
import { openVault, resetVault } from './vault/open.js';
import { isEntryName, notEntryName, parseHosts } from './vault/rules.js';
import type { Vault } from './vault/vault.js';

/** `seneschal vault set|list|rm|reset|rotate|key`. A value comes from a hidden prompt or standard input, never from argv. */
export function addVaultCommands(program: Command, context: CliContext): void {
  const vault = program.command('vault').description('the encrypted secrets of this box');
  vault
    .command('set')
    .description('store a value, read from a hidden prompt or from standard input')
    .argument('<name>', 'capitals, digits and _, such as STRIPE_KEY')
    .option('--host <host...>', 'where tools may send it: host or host:port')
    .option('--confirm-short', 'accept a value under 6 characters')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags, name = '') => set(context, name, flags)));
  vault
    .command('list')
    .description('names, hosts and times; never a value')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags) => list(context, flags)));
  vault
    .command('rm')
    .description('remove an entry for good')
    .argument('<name>')
    .option('--own', "also what Seneschal keeps for itself, such as its certificate's key")
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags, name = '') => remove(context, name, flags)));
  vault
    .command('reset')
    .description('for a lost vault key: keeps names and hosts, gives up every value, makes a new key')
    .option('--yes', 'do it without asking')
    .option('--json', 'answer in JSON')
    .action(context.run(async (flags) => reset(context, flags)));
  addVaultKeyCommands(vault, context);
  addDecoyCommands(vault, context, withVault);
}

async function withVault<T>(context: CliContext, work: (open: Vault, system: System) => T): Promise<T> {
  const config = context.config();
  const system = createSystem();
  const store = openHomeStore(config, system);
  try {
    const environmentKey = config.SENESCHAL_VAULT_KEY;
    const keyFile = join(config.home, '.env');
    const { vault, madeKey } = await openVault({
      rows: store.vault,
      system,
      keyFile,
      settles: false,
      ...(environmentKey ? { environmentKey } : {}),
    });
    if (madeKey) context.errors.write(`${madeKeyNote(keyFile)}\n`);
    return work(vault, system);
  } finally {
    store.close();
  }
}

async function set(context: CliContext, name: string, flags: Flags): Promise<void> {
  const parsed = parseHosts((flags.host ?? []).join('\n'));
  // Before the value is asked for: nobody should paste a key for nothing.
  if (!isEntryName(name)) throw new SeneschalError('vault.input', notEntryName(name));
  if ('bad' in parsed) throw new SeneschalError('vault.input', `"${parsed.bad}" is no host. Write host or host:port.`);
  const value = new Secret(await context.readSecret(`Value of ${name} (not shown): `));
  await withVault(context, (vault) => {
    const shortConfirmed = flags.confirmShort ?? false;
    // Under the name of a key of our own a person means that key, unless it is said where tools may send it.
    const isOwn = flags.host === undefined && isProductKey(name);
    const before = vault.owner.has(name) ? vault.owner.hosts(name) : [];
    const hosts = isOwn ? [] : flags.host === undefined ? before : parsed.hosts;
    (isOwn ? vault.product : vault.owner).put({ name, value, hosts, shortConfirmed });
    const where = isOwn
      ? 'Seneschal itself uses it, no tool does; with --host it is one for tools.'
      : hosts.length === 0
        ? 'No hosts yet: each use asks.'
        : `For ${hosts.join(', ')} only.`;
    const kind = isOwn ? 'product' : 'owner';
    const sentence = `Saved ${name}. ${where}${overrideNote(context, vault, name)}`;
    context.say({ saved: name, kind, hosts }, sentence, flags.json);
  });
}

async function list(context: CliContext, flags: Flags): Promise<void> {
  const { home } = context.config();
  // A look makes nothing: not a home folder where there was none, and no key.
  if (!existsSync(databaseOf(home))) {
    const sentence = `There is no vault in ${home} yet. A start makes it, and \`seneschal vault set\`.`;
    context.say({ entries: [] }, sentence, flags.json);
    return;
  }
  await withVault(context, (vault) => {
    const keys = createProductKeys({ config: context.config(), vault });
    const kinds = [
      { kind: 'owner', entries: vault.owner.list() },
      { kind: 'product', entries: vault.product.list() },
    ];
    const rows = kinds.flatMap(({ kind, entries }) =>
      entries.map((entry) => ({
        kind,
        ...entry,
        // The end of a file of keys and certificates tells nobody anything.
        tail: kind === 'product' && entry.name === CERTIFICATE_ENTRY ? '' : entry.tail,
        overriddenByEnvironment: keys.overrides(entry.name),
        burnedInEnvironment: keys.isBurned(entry.name),
      })),
    );
    const lines = rows.map((row) => {
      const burned = row.kind === 'product' ? burnedVariable(row.name) : null;
      const product =
        row.name === CERTIFICATE_ENTRY
          ? 'kept by Seneschal itself: the certificate and key of its links'
          : burned === null
            ? 'used by Seneschal itself'
            : `burned value of the variable ${burned}, never used`;
      const hosts = row.kind === 'product' ? product : row.hosts.join(', ') || 'no hosts yet';
      const over = row.overriddenByEnvironment
        ? ' (the environment overrides it)'
        : row.burnedInEnvironment
          ? ' (the value in the environment was burned and is not used)'
          : '';
      return `${row.name}${row.tail === '' ? '' : ` ${row.tail}`} · ${hosts}${row.state === 'ready' ? '' : ` · ${row.state}`}${over}`;
    });
    context.say({ entries: rows }, lines.length === 0 ? 'The vault is empty.' : lines.join('\n'), flags.json);
  });
}

async function remove(context: CliContext, name: string, flags: Flags): Promise<void> {
  await withVault(context, (vault) => {
    const isOwn = !vault.owner.has(name) && vault.product.list().some((entry) => entry.name === name);
    if (isOwn && !isProductKey(name) && flags.own !== true) {
      throw new SeneschalError('vault.input', `${name} is kept by Seneschal for itself. ${lossOf(name)}`, {
        hint: 'Add --own to remove it nevertheless.',
      });
    }
    if (!vault.owner.remove(name) && !vault.product.remove(name)) {
      throw new SeneschalError('vault.missing', `There is no entry ${name} in the vault.`);
    }
    const stays = !isOwn && vault.product.has(name) ? ` Seneschal's own ${name} stays.` : '';
    const what = isOwn ? 'Seneschal no longer has it.' : 'It can no longer be used.';
    const sentence = `Removed ${name}. ${what}${stays}${overrideNote(context, vault, name)}`;
    context.say({ removed: name, kind: isOwn ? 'product' : 'owner' }, sentence, flags.json);
  });
}

/** What goes with an entry that nobody has entered. */
function lossOf(name: string): string {
  const variable = burnedVariable(name);
  if (variable !== null) return `Without it the burned value of the variable ${variable} would be used again.`;
  return name === CERTIFICATE_ENTRY ? 'Without it each phone that trusts this box must be told anew.' : '';
}

async function reset(context: CliContext, flags: Flags): Promise<void> {
  const config = context.config();
  if (config.SENESCHAL_VAULT_KEY) {
    throw new SeneschalError(
      'vault.key',
      'The vault key comes from the environment. Unset SENESCHAL_VAULT_KEY there first.',
    );
  }
  if (!flags.yes && !(await context.confirm('Every value in the vault is given up. Go on?'))) {
    context.say({ reset: false }, 'Nothing was changed.', flags.json);
    return;
  }
  prepareFolder(config, 'home');
  const lock = lockHome(config.home);
  const system = createSystem();
  const store = openHomeStore(config, system);
  try {
    const keyFile = join(config.home, '.env');
    dropNextKey(keyFile, system);
    const key = readKeyFile(keyFile).key ?? createKey(keyFile, system);
    const emptied = await resetVault(store.vault, key, system);
    store.transaction(() => {
      store.secretRequests.giveUpAll();
      noteReset(store.settings);
      store.audit.add('vault.reset', { entries: emptied.length });
    });
    const names = emptied.map((row) => row.name).filter((name) => name !== CERTIFICATE_ENTRY);
    context.say(
      { reset: true, names },
      `The vault is empty. The next start sends a form for each of these: ${names.join(', ') || 'none'}.`,
      flags.json,
    );
  } finally {
    store.close();
    lock.release();
  }
}

const overrideNote = (context: CliContext, vault: Vault, name: string): string =>
  createProductKeys({ config: context.config(), vault }).overrides(name)
    ? ` The environment variable ${name} overrides it.`
    : '';

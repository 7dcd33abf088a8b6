import type { Command } from 'commander';
import type { CliContext, Flags } from './cli-context.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import type { System } from './core/system.js';
import { makeDecoy } from './vault/decoys.js';
import type { Vault } from './vault/vault.js';

type WithVault = (context: CliContext, work: (vault: Vault, system: System) => void) => Promise<void>;

/** `seneschal vault decoy add|list|rm`: planted entries that nothing uses (SECRET-8). */
export function addDecoyCommands(vault: Command, context: CliContext, withVault: WithVault): void {
  const decoy = vault
    .command('decoy')
    .description('planted entries that nothing uses: whoever reaches for one stops the turn, and you are told');
  decoy
    .command('add')
    .description('plant one; without a name one that tempts is chosen')
    .argument('[name]', 'capitals, digits and _')
    .option('--json', 'answer in JSON')
    .action(
      context.run((flags, name) =>
        withVault(context, (open, system) => add(context, flags, name ?? null, open, system)),
      ),
    );
  decoy
    .command('list')
    .description('names of the planted entries')
    .option('--json', 'answer in JSON')
    .action(
      context.run((flags) =>
        withVault(context, ({ owner }) => {
          const names = owner.list().flatMap(({ name }) => (owner.isDecoy(name) ? [name] : []));
          context.say({ decoys: names }, names.length === 0 ? 'There is no decoy.' : names.join('\n'), flags.json);
        }),
      ),
    );
  decoy
    .command('rm')
    .description('take one away; real entries are left alone')
    .argument('<name>')
    .option('--json', 'answer in JSON')
    .action(
      context.run((flags, name = '') =>
        withVault(context, ({ owner }) => {
          if (!owner.isDecoy(name)) throw new SeneschalError('vault.missing', `There is no decoy ${name}.`);
          owner.remove(name);
          context.say({ removed: name }, `Removed the decoy ${name}.`, flags.json);
        }),
      ),
    );
}

function add(context: CliContext, flags: Flags, wanted: string | null, { owner }: Vault, system: System): void {
  if (wanted !== null && owner.has(wanted) && !owner.isDecoy(wanted)) {
    throw new SeneschalError('vault.input', `${wanted} is a real entry; a decoy needs a name of its own.`);
  }
  const decoy = makeDecoy(system, wanted, (name) => owner.has(name));
  if (decoy === null) throw new SeneschalError('vault.input', 'Every name that I know is planted already: give one.');
  owner.plant({ name: decoy.name, value: new Secret(decoy.value), hosts: decoy.hosts });
  context.say({ planted: decoy.name }, `Planted ${decoy.name}. Nothing uses it; who tries stops the turn.`, flags.json);
}

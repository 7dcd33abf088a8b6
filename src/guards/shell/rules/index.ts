import { CLOUDS } from '../catalogue/clouds.js';
import { CLUSTERS } from '../catalogue/clusters.js';
import type { CommandClass } from '../catalogue/entry.js';
import { SYSTEM } from '../catalogue/system.js';
import type { Invocation } from '../machine.js';
import { commandPattern, matchesCommand } from '../pattern.js';
import { databases } from './databases.js';
import { disks } from './disks.js';
import { git } from './git.js';
import { network } from './network.js';
import type { Objection } from './objection.js';
import { permissions } from './permissions.js';
import { processes } from './processes.js';
import { overwriting, wiping } from './wipe.js';

/** Every class of the catalogue. */
export const COMMAND_CLASSES: readonly CommandClass[] = [...CLOUDS, ...CLUSTERS, ...SYSTEM];

/** Looks at one program about to run and says all there is to say. */
export function createRules(): (call: Invocation) => readonly Objection[] {
  const byProgram = new Map<
    string,
    { readonly pattern: ReturnType<typeof commandPattern>; readonly objection: Objection }[]
  >();
  const globs: { readonly pattern: ReturnType<typeof commandPattern>; readonly objection: Objection }[] = [];
  for (const { rule, effect, reason, commands } of COMMAND_CLASSES) {
    for (const text of commands) {
      const entry = { pattern: commandPattern(text), objection: { rule, effect, reason } };
      for (const program of entry.pattern.programs) {
        if (program.includes('*')) globs.push(entry);
        else byProgram.set(program, [...(byProgram.get(program) ?? []), entry]);
      }
    }
  }
  const checks = [wiping, overwriting, disks, git, databases, network, permissions, processes];
  return (call) => {
    const named = [...(byProgram.get(call.name) ?? []), ...globs]
      .filter(({ pattern }) => matchesCommand(pattern, call.name, call.args))
      .map(({ objection }) => objection);
    return [...checks.flatMap((check) => check(call)), ...named];
  };
}

import { hostObjection, type OwnerRules, pathObjection } from '../rules.js';
import type { Invocation } from './machine.js';
import { isUnknown } from './marks.js';
import { commandPattern, matchesCommand } from './pattern.js';
import { resolvePath } from './roots.js';
import type { Objection } from './rules/objection.js';

/** The owner's own rules, on one program about to run. */
export function ownerObjections(rules: OwnerRules, call: Invocation): Objection[] {
  const found: Objection[] = rules.commands
    .filter(({ command }) => matchesCommand(commandPattern(command), call.name, call.args))
    .map(({ name, effect, reason }) => ({ rule: `owner.${name}`, effect, reason }));
  const words = [...call.args, ...call.reads, ...call.writes.map(({ path }) => path)];
  for (const word of words) {
    if (isUnknown(word) || word.length > 2_048) continue;
    const value = word.replace(/^(?:--?[\w-]+=|@)/, '');
    const objection = pathObjection(rules, resolvePath(value, call.folder)) ?? hostObjection(rules, hostOf(value));
    if (objection !== null)
      found.push({ rule: `owner.${objection.name}`, effect: objection.effect, reason: objection.reason });
  }
  return found;
}

/** The host that a word names: a URL, `user@host:path`, `host:port` or the host itself. */
function hostOf(word: string): string {
  const match = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^@/\s]{1,256}@)?(\[[^\]]{1,64}\]|[\w.-]{1,253})(?:[:/].*)?$/is.exec(
    word,
  );
  return match?.[1] ?? '';
}

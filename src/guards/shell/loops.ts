import type { AndOr, CommandNode, CompoundList, Pipeline } from 'unbash';

const WAITS = /^(sleep|usleep|wait|read|inotifywait)$/;

/** `while true`, `while :`, `while [ 1 ]`, `while ((1))`, `until false`. */
export function isEndless(kind: 'while' | 'until', clause: CompoundList): boolean {
  const [only, ...others] = clause.commands;
  if (only === undefined || others.length > 0) return false;
  const { command } = only;
  if (command.type === 'ArithmeticCommand') return /^\s*[1-9]\d*\s*$/.test(command.body);
  if (command.type !== 'Command') return false;
  if (kind === 'until') return command.name?.value === 'false';
  const words = [command.name?.value, ...command.suffix.map((part) => ('value' in part ? part.value : ''))];
  return /^(true|:|\[ 1 \]|yes)$/.test(words.join(' '));
}

/** A loop body that starts something in the background each time and never waits: without end, it fills the box. */
export function startsWithoutEnd(body: CompoundList): boolean {
  const starts = body.commands.some(
    ({ background, command }) =>
      background === true ||
      ((command.type === 'Subshell' || command.type === 'BraceGroup') && startsWithoutEnd(command.body)),
  );
  const waits = body.commands.some(
    ({ command, background }) =>
      background !== true && command.type === 'Command' && WAITS.test(command.name?.value ?? ''),
  );
  return starts && !waits;
}

/** `true` and `:`: what stands behind their `&&` runs. */
export function succeeds(node: CommandNode | Pipeline | AndOr): boolean {
  return node.type === 'Command' && /^(true|:)$/.test(node.name?.value ?? '') && node.redirects.length === 0;
}

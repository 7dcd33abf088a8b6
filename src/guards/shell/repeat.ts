import type { Execution } from './execution.js';
import { filters } from './find.js';
import { Input, type Invocation } from './machine.js';
import { ANY, ONE, unknownFrom } from './marks.js';
import { outputOf } from './output.js';
import { ShellState } from './state.js';

/** Programs that run a command once for each item: `xargs`, `parallel`, `find -exec`. */
export function each(execution: Execution, inner: readonly string[], items: readonly string[]): void {
  const { machine, state, io } = execution;
  const texts = inner.length === 0 || (inner.length === 1 && /\s/.test(inner[0] ?? ''));
  const joined = texts ? null : inner;
  if (joined === null) {
    machine.text([...inner, ...items].join(' '), new ShellState(state), new Input(null), execution.words);
  } else {
    const placed = joined.some((word) => word.includes('{}'));
    const words = placed ? joined.map((word) => word.replaceAll('{}', items.join(' '))) : [...joined, ...items];
    machine.execute(words.length === 0 ? ['echo'] : words, new ShellState(state), new Input(null), io);
  }
}

const XARGS_VALUES = /^-[aEIJLnPsdR]$|^--(arg-file|delimiter|max-args|max-lines|max-procs|max-chars|replace)$/;

export function xargs(execution: Execution, args: readonly string[]): string {
  const { input, machine, state } = execution;
  let at = 0;
  let mark = '';
  let separator = /[\s\0]+/;
  let text = input.text ?? ANY;
  for (; at < args.length && (args[at] ?? '').startsWith('-'); at++) {
    const one = args[at] ?? '';
    const attached = /^(?:-[IJ](.+)|--replace=(.+))$/.exec(one);
    if (attached !== null) mark = attached[1] ?? attached[2] ?? '';
    else if (/^-[IJ]$/.test(one)) mark = args[++at] ?? '';
    else if (/^-i/.test(one)) mark = one.slice(2) || '{}';
    else if (
      /^(-0|--null|-d.*|--delimiter.*)$/.test(one) ||
      (/^-\w+$/.test(one) && one.includes('0') && !/\d\d|[nLPs]\d/.test(one))
    ) {
      separator = /^(-d|--d)/.test(one) ? /[\n\0]/ : /\0/;
      if (one === '-d' || one === '--delimiter') at++;
    } else if (one === '-a' || one === '--arg-file') text = machine.file(args[++at] ?? '', state);
    else if (XARGS_VALUES.test(one)) at++;
  }
  const inner = args.slice(at);
  const items = text
    .split(separator)
    .filter((item) => item !== '')
    .slice(0, 256);
  if (mark !== '') {
    const whole = text
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, 64);
    for (const line of whole)
      each(
        execution,
        inner.map((word) => word.replaceAll(mark, line)),
        [],
      );
  } else each(execution, inner, items);
  return inner.length === 0 || /^(echo|cat)$/.test(inner[0] ?? '') ? text : unknownFrom(text);
}

export function found(execution: Execution, call: Invocation): string {
  const { machine, state } = execution;
  if (call.name === 'find') {
    const plan = filters(call.args);
    for (const words of plan.commands) {
      for (const root of plan.roots) {
        const one = plan.name === null ? `${ONE}${ANY}` : `${ONE}${ANY}/${plan.name}`;
        const target = plan.narrow ? `${root.replace(/\/+$/, '')}/${one}` : root;
        const filled = words.map((word) => word.replaceAll('{}', target));
        machine.execute(filled, new ShellState(state), new Input(null));
      }
    }
  } else {
    const at = call.args.findIndex((arg) => /^(-[xX]|--exec(-batch)?)$/.test(arg));
    if (at >= 0) each(execution, call.args.slice(at + 1), call.args.includes('/') ? ['/'] : [ANY]);
  }
  return outputOf({ name: call.name, args: call.args, stdin: null, file: () => ANY });
}

import { Input, type Machine } from './machine.js';
import { ANY, isUnknown, START, unknownFrom } from './marks.js';
import { printf } from './output.js';
import { resolvePath } from './roots.js';
import type { ShellState } from './state.js';

interface Call {
  readonly words: readonly string[];
  readonly args: readonly string[];
  readonly state: ShellState;
  readonly input: Input;
  readonly machine: Machine;
}

type Builtin = (call: Call) => string;

/** What the shell does itself to its own state; the output, or null for a name that is no builtin. */
export function builtin(name: string, call: Call): string | null {
  const run = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  return run === undefined ? null : run(call);
}

const declare: Builtin = ({ args, state, machine }) => {
  for (const arg of args) {
    const match = /^([A-Za-z_]\w*)\+?=(.*)$/s.exec(arg);
    if (match !== null) state.set(match[1] ?? '', [match[2] ?? '']);
  }
  if (args.includes('-n'))
    machine.note('ask', 'unclear.reference', 'gives a variable a second name', ['declare', ...args]);
  return args.length === 0 || args.includes('-p') ? unknownFrom() : '';
};

const goTo: Builtin = ({ args, state }) => {
  const target = args.find((arg) => !/^-[LPe@n]+$/.test(arg) && arg !== '--');
  if (target === '-') state.folder = ANY;
  else state.folder = target === undefined ? '/home/owner' : resolvePath(target, state.folder);
  state.set('PWD', [state.folder]);
  return '';
};

const evaluate: Builtin = ({ words, args, state, input, machine }) => {
  const text = (args[0] === '--' ? args.slice(1) : args).join(' ');
  const output = machine.text(text, state, input, words);
  if (isUnknown(text)) state.forget();
  return output;
};

const source: Builtin = ({ words, args, state, input, machine }) => {
  const [path, ...rest] = args;
  if (path === undefined) return '';
  const text = path === '/dev/stdin' || path === '-' ? (input.text ?? '') : machine.file(path, state);
  // A file that is there already is as known as any program is.
  if (/^[\uE000\uE002]+$/.test(text) && !path.startsWith('/dev/')) {
    state.forget();
    return ANY;
  }
  const before = state.args;
  if (rest.length > 0) state.args = rest;
  const output = machine.text(text, state, input, words);
  state.args = before;
  return output;
};

const read: Builtin = ({ args, state, input }) => {
  const names: string[] = [];
  let array = false;
  for (let at = 0; at < args.length; at++) {
    const one = args[at] ?? '';
    if (/^-\w*[adinNptu]$/.test(one)) {
      array ||= one.endsWith('a');
      if (array && one.endsWith('a')) names.push(args[++at] ?? '');
      else at++;
    } else if (!one.startsWith('-')) names.push(one);
  }
  const line = input.text === null ? ANY : (input.line() ?? '');
  if (array) {
    state.set(
      names[0] ?? 'REPLY',
      line.split(/\s+/).filter((word) => word !== ''),
    );
    return '';
  }
  const separators = state.get('IFS')[0] ?? '';
  const values = names.length > 1 ? splitAt(line.trim(), separators) : [line];
  for (const [index, name] of (names.length === 0 ? ['REPLY'] : names).entries()) {
    const value =
      index === names.length - 1 && names.length > 1 ? values.slice(index).join(' ') : (values[index] ?? '');
    state.set(name, [isUnknown(line) && names.length > 1 ? unknownFrom(line) : value]);
  }
  return '';
};

/** Fields between any of these characters; blanks in a row count as one. */
function splitAt(line: string, separators: string): string[] {
  const fields = [''];
  for (const one of line) {
    if (!separators.includes(one)) fields[fields.length - 1] += one;
    else if (fields.at(-1) !== '' || !/\s/.test(one)) fields.push('');
  }
  return fields;
}

const setArguments: Builtin = ({ args, state }) => {
  const at = args.indexOf('--');
  if (at >= 0) state.args = args.slice(at + 1);
  else if (args.length > 0 && !/^[-+]/.test(args[0] ?? '')) state.args = args;
  return args.length === 0 ? unknownFrom() : '';
};

const leave: Builtin = ({ state }) => {
  state.ended = true;
  return '';
};

const BUILTINS: Readonly<Record<string, Builtin>> = {
  cd: goTo,
  pushd: goTo,
  chdir: goTo,
  popd: ({ state }) => {
    state.folder = START;
    return '';
  },
  export: declare,
  declare,
  typeset: declare,
  local: declare,
  readonly: declare,
  eval: evaluate,
  source,
  '.': source,
  read,
  mapfile: ({ args, state, input }) => readLines(args, state, input),
  readarray: ({ args, state, input }) => readLines(args, state, input),
  set: setArguments,
  shift: ({ args, state }) => {
    state.args = state.args.slice(Number(args[0] ?? '1') || 1);
    return '';
  },
  unset: ({ args, state }) => {
    for (const name of args) state.variables.delete(name);
    return '';
  },
  exit: leave,
  trap: ({ words, args, state, machine }) => {
    const [text] = args.filter((arg) => arg !== '--');
    if (text !== undefined && args.length > 1 && text !== '-' && !/^-[lp]$/.test(text)) {
      machine.text(
        text,
        new (state.constructor as new (from: ShellState) => ShellState)(state),
        new Input(null),
        words,
      );
    }
    return '';
  },
  alias: ({ args, state }) => {
    for (const arg of args) {
      const at = arg.indexOf('=');
      if (at > 0) state.aliases.set(arg.slice(0, at), arg.slice(at + 1));
    }
    return '';
  },
  unalias: ({ args, state }) => {
    for (const name of args) state.aliases.delete(name);
    return '';
  },
};

function readLines(args: readonly string[], state: ShellState, input: Input): string {
  const name = args.filter((arg) => !arg.startsWith('-')).at(-1) ?? 'MAPFILE';
  const text = input.text ?? ANY;
  input.text = '';
  state.set(name, isUnknown(text) ? [unknownFrom(text)] : text.replace(/\n$/, '').split('\n').slice(0, 1_000));
  return '';
}

/** `printf -v name …` assigns instead of printing. True when it did. */
export function printfAssigns(args: readonly string[], state: ShellState): boolean {
  if (args[0] !== '-v' || args[1] === undefined) return false;
  state.set(args[1], [printf(args.slice(2))]);
  return true;
}

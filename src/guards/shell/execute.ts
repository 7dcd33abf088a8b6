import { builtin, printfAssigns } from './builtins.js';
import { judgeCode } from './code.js';
import { filters } from './find.js';
import { Input, type Invocation, type InvocationIo, type Machine, programName } from './machine.js';
import { ANY, couldBe, isGlob, isUnknown, KEY, NET, ONE, unknownFrom } from './marks.js';
import { outputOf, savesToFile } from './output.js';
import { DATA_PROGRAMS, NET_SOURCES, SHELLS } from './programs.js';
import { codeStart, shellStart } from './shells.js';
import { ShellState } from './state.js';
import { unwrap } from './wrappers.js';

export interface Execution {
  readonly words: readonly string[];
  readonly state: ShellState;
  readonly input: Input;
  readonly io: InvocationIo;
  readonly machine: Machine;
  rules(invocation: Invocation): void;
  met(words: readonly string[]): void;
  /** Enters what has this identity, once. */
  call(key: unknown, name: string, body: () => string): string;
  functionBody(name: string): { readonly key: unknown; readonly run: () => string } | null;
}

/** Programs that a pattern or an unknown word in the command's place could turn out to be. */
const WORST = ['rm', 'dd', 'mkfs', 'shred', 'wipefs', 'find', 'chmod', 'chown', 'mv', 'git', 'sh', 'bash', 'curl'];

/** Runs one simple command on paper: shows it to the rules, then follows whatever it would run itself. */
export function execute(execution: Execution): string {
  const { state, input, io, machine } = execution;
  const [first, ...args] = execution.words;
  if (first === undefined) {
    if (io.writes.length > 0 || io.reads.length > 0) execution.rules(invocation(execution, [':']));
    return '';
  }
  if (isUnknown(first) || isGlob(first)) return unclearProgram(execution, first, args);
  const alias = io.external ? undefined : state.aliases.get(first);
  if (alias !== undefined) {
    const rest = args.map((word) => ` '${word.replaceAll("'", "'\\''")}'`).join('');
    return execution.call(`alias ${first}`, first, () => machine.text(alias + rest, state, input, execution.words));
  }
  const body = io.external ? null : execution.functionBody(first);
  if (body !== null) return callFunction(execution, first, args, body);
  if (/\s/.test(first.trim()) && /\s-|\s\//.test(first)) {
    // A whole command in one word runs nothing in a shell, but does in the hands of a careless writer.
    machine.note('ask', 'unclear.quoting', 'has a whole command in one word', execution.words);
  }
  const call = invocation(execution, execution.words);
  execution.met(execution.words);
  execution.rules(call);
  if (call.name === 'printf' && printfAssigns(args, state)) return '';
  const own = builtin(first, { words: execution.words, args, state, input, machine });
  if (own !== null) return own;
  return program(execution, call);
}

function invocation(execution: Execution, words: readonly string[]): Invocation {
  const { state, input, io } = execution;
  return {
    words,
    name: programName(words[0] ?? ''),
    args: words.slice(1),
    stdin: input.text,
    writes: io.writes,
    reads: io.reads,
    missing: io.missing,
    assigned: io.assigned,
    folder: state.folder,
    branch: state.branch,
  };
}

function unclearProgram(execution: Execution, first: string, args: readonly string[]): string {
  const { machine, state, input } = execution;
  if (first.includes(NET)) machine.note('deny', 'net.pipe', 'runs what the network sends', execution.words);
  execution.met(execution.words);
  const glob = !isUnknown(first);
  machine.note('ask', 'unclear.program', 'runs a program that cannot be known beforehand', execution.words);
  const base = first.slice(first.lastIndexOf('/') + 1);
  const candidates = glob && /[a-z]/i.test(first) ? WORST.filter((one) => couldBe(base, one)) : [];
  for (const name of candidates) {
    machine.execute([name, ...args], new ShellState(state), input, execution.io);
  }
  if (!glob) execution.rules(invocation(execution, execution.words));
  return unknownFrom(first, args);
}

function callFunction(
  execution: Execution,
  name: string,
  args: readonly string[],
  body: { key: unknown; run(): string },
): string {
  const { state } = execution;
  return execution.call(body.key, name, () => {
    const before = state.args;
    state.args = args;
    const output = body.run();
    state.args = before;
    // `return` ends the function; an `exit` in it is taken for one, which only means that more is looked at.
    state.ended = false;
    return output;
  });
}

function program(execution: Execution, call: Invocation): string {
  const { machine, state, input, words } = execution;
  const { name, args } = call;
  const child = () => new ShellState(state);
  if (SHELLS.has(name)) return shell(execution, args);
  const code = codeStart(name, args);
  if (code !== null) {
    for (const text of code.codes) judgeCode(text, code.language, machine, words, child);
    if (code.input && input.text !== null && input.text !== '') {
      fed(execution, input.text, (text) => judgeCode(text, code.language, machine, words, child));
    }
    if (code.file !== null)
      ranFile(execution, code.file, (text) => judgeCode(text, code.language, machine, words, child));
    return /urlopen|urllib|requests\.|http\.get|fetch\(|LWP|Net::HTTP|open-uri|file_get_contents/.test(
      code.codes.join('\n'),
    )
      ? ANY + NET
      : unknownFrom(input.text ?? '');
  }
  if (name === 'xargs') return xargs(execution, args);
  if (name === 'parallel' && args.includes(':::')) {
    const at = args.indexOf(':::');
    const inner = unwrap(name, args.slice(0, at))?.words[0] ?? [];
    for (const item of args.slice(at + 1).slice(0, 64)) each(execution, inner, [item]);
    return ANY;
  }
  if (name === 'find' || name === 'fd' || name === 'fdfind') return found(execution, call);
  if ((name === 'at' || name === 'batch' || name === 'crontab') && input.text !== null) {
    const text = name === 'crontab' ? input.text.replace(/^(\s*(\S+\s+){5}|@\w+\s+)/gm, '') : input.text;
    return machine.text(text, child(), new Input(null), words);
  }
  const inner = unwrap(name, args);
  if (inner !== null && !(name === 'env' && inner.words.length === 0 && inner.texts.length === 0)) {
    const state = child();
    for (const pair of inner.assigned) {
      const at = pair.indexOf('=');
      state.set(pair.slice(0, at), [pair.slice(at + 1)]);
    }
    if (inner.remote) machine.note('ask', 'remote', 'runs a command elsewhere', words);
    const asks = name === 'command' && /^-[vV]/.test(args[0] ?? '');
    const outputs = asks
      ? []
      : inner.words.map((one) => machine.execute(one, state, input, { ...execution.io, external: true }));
    const outputTexts = inner.texts.map((text) => machine.text(text, state, input, words));
    if (outputs.length + outputTexts.length === 0) texts(execution, call);
    if (inner.remote && outputs.length + outputTexts.length === 0 && name === 'ssh' && input.text !== null) {
      machine.text(input.text, state, new Input(null), words);
    }
    if (asks) return `/usr/bin/${args[1] ?? ''}\n`;
    return inner.remote ? unknownFrom(outputs) : [...outputs, ...outputTexts].join('');
  }
  texts(execution, call);
  const local = state.files.get(words[0]?.replace(/^\.\//, '') ?? '');
  if (local !== undefined && (words[0] ?? '').includes('/')) {
    ranFile(execution, words[0] ?? '', (text) => runFile(execution, text, args));
    return ANY;
  }
  keepFile(call, state);
  return outputOf({ name, args, stdin: input.text, file: (path) => machine.file(path, state) });
}

function shell(execution: Execution, args: readonly string[]): string {
  const { machine, state, input, words } = execution;
  const start = shellStart(args);
  const child = new ShellState(state);
  switch (start.kind) {
    case 'none':
      return '';
    case 'text':
      child.args = start.args;
      child.zero = start.zero;
      return machine.text(start.text, child, input, words);
    case 'file':
      ranFile(execution, start.path, (text) => runFile(execution, text, start.args));
      return ANY;
    case 'input': {
      if (input.text === null || input.text === '') return ANY;
      child.args = start.args;
      let output = '';
      fed(execution, input.text, (text) => {
        output = machine.text(text, child, new Input(null), words);
      });
      return output;
    }
  }
}

/** Text that is run because it comes in on standard input. */
function fed(execution: Execution, text: string, run: (text: string) => void): void {
  const { machine, words } = execution;
  if (text.includes(NET)) machine.note('deny', 'net.pipe', 'runs what the network sends', words);
  else if (isUnknown(text)) machine.note('ask', 'unclear.text', 'runs a text that cannot be seen beforehand', words);
  run(text);
}

/** A script file: seen when this very text wrote it. */
function ranFile(execution: Execution, path: string, run: (text: string) => void): void {
  const { machine, state, words } = execution;
  const text = machine.file(path, state);
  if (path.startsWith('/dev/fd/')) fed(execution, text, run);
  else if (text.includes(NET)) machine.note('ask', 'net.downloaded', 'runs a file that was just downloaded', words);
  else if (text !== ANY && text !== ANY + KEY) run(text);
}

function runFile(execution: Execution, text: string, args: readonly string[]): void {
  const { state, machine, input, words } = execution;
  const child = new ShellState(state);
  child.args = args;
  child.zero = words[0] ?? 'sh';
  execution.call(`file ${text}`, words[0] ?? '', () => machine.text(text, child, input, words));
}

/** curl and wget into a file: what is there then came from the network. */
function keepFile(call: Invocation, state: ShellState): void {
  const { name, args } = call;
  if (NET_SOURCES.has(name) && savesToFile(name, args)) {
    const at = args.findIndex((arg) => /^(-[A-Za-z]*[oO]|--output|--output-document)$/.test(arg));
    const named = args
      .map((arg) => /^(?:--output(?:-document)?=|-[oO])(.+)$/.exec(arg)?.[1])
      .find((one) => one !== undefined);
    const url = args.find((arg) => /^https?:|^[\w.-]+\/\S/.test(arg)) ?? '';
    const remote = url.split('?')[0]?.split('/').at(-1) ?? '';
    const path =
      named ??
      (at >= 0 && !/^-[A-Za-z]*O$/.test(args[at] ?? '')
        ? args[at + 1]
        : name === 'wget' && at >= 0
          ? args[at + 1]
          : remote);
    if (path !== undefined && path !== '') state.files.set(path.replace(/^\.\//, ''), ANY + NET);
  }
  if (name === 'tee')
    for (const arg of args) if (!arg.startsWith('-')) state.files.set(arg.replace(/^\.\//, ''), call.stdin ?? '');
  if ((name === 'cp' || name === 'mv' || name === 'ln') && args.length >= 2) {
    const [from, to] = args.filter((arg) => !arg.startsWith('-'));
    const text = state.files.get(from?.replace(/^\.\//, '') ?? '');
    if (text !== undefined && to !== undefined) state.files.set(to.replace(/^\.\//, ''), text);
  }
  if (name === 'git') {
    const rest = args.filter((arg) => !arg.startsWith('-'));
    if ((rest[0] === 'checkout' || rest[0] === 'switch') && rest[1] !== undefined) state.branch = rest[1];
    const aliasAt = args.findIndex((arg) => /^alias\.\w+$/.test(arg));
    if (rest[0] === 'config' && aliasAt >= 0)
      state.gitAliases.set((args[aliasAt] ?? '').slice(6), args[aliasAt + 1] ?? '');
  }
}

function each(execution: Execution, inner: readonly string[], items: readonly string[]): void {
  const { machine, state, io } = execution;
  const joined = inner.length === 1 && /\s/.test(inner[0] ?? '') ? null : inner;
  if (joined === null) {
    machine.text([...inner, ...items].join(' '), new ShellState(state), new Input(null), execution.words);
  } else {
    const placed = joined.some((word) => word.includes('{}'));
    const words = placed ? joined.map((word) => word.replaceAll('{}', items.join(' '))) : [...joined, ...items];
    machine.execute(words.length === 0 ? ['echo'] : words, new ShellState(state), new Input(null), io);
  }
}

const XARGS_VALUES = /^-[aEIJLnPsdR]$|^--(arg-file|delimiter|max-args|max-lines|max-procs|max-chars|replace)$/;

function xargs(execution: Execution, args: readonly string[]): string {
  const { input } = execution;
  let at = 0;
  let mark = '';
  for (; at < args.length && (args[at] ?? '').startsWith('-'); at++) {
    const one = args[at] ?? '';
    const attached = /^(?:-[IJ](.+)|--replace=(.+))$/.exec(one);
    if (attached !== null) mark = attached[1] ?? attached[2] ?? '';
    else if (/^-[IJ]$/.test(one)) mark = args[++at] ?? '';
    else if (/^-i/.test(one)) mark = one.slice(2) || '{}';
    else if (XARGS_VALUES.test(one)) at++;
  }
  const inner = args.slice(at);
  const text = input.text ?? ANY;
  const items = text
    .split(/[\s\0]+/)
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

function found(execution: Execution, call: Invocation): string {
  const { machine, state } = execution;
  if (call.name === 'find') {
    const plan = filters(call.args);
    for (const words of plan.commands) {
      for (const root of plan.roots) {
        const target = plan.narrow ? `${root.replace(/\/+$/, '')}/${ONE}${ANY}` : root;
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

const MAX_SUFFIXES = 6;

/**
 * A program nobody has described here may run its arguments: what would be forbidden if it did is asked about. Options
 * of known programs that are shell texts are followed as such.
 */
function texts(execution: Execution, call: Invocation): void {
  const { machine, state, words } = execution;
  const { name, args } = call;
  const child = () => new ShellState(state);
  for (const [index, arg] of args.entries()) {
    if (name === 'git') {
      const alias = /^alias\.(\w+)=(.*)$/s.exec(arg);
      if (alias !== null && args[index - 1] === '-c') {
        const value = alias[2] ?? '';
        if (value.startsWith('!')) machine.text(value.slice(1), child(), new Input(null), words);
        else machine.execute(['git', ...value.split(/\s+/), ...args.slice(index + 2)], child(), new Input(null));
      } else if (/^core\.(pager|editor|sshcommand|fsmonitor|hookspath)=/i.test(arg)) {
        machine.text(arg.slice(arg.indexOf('=') + 1), child(), new Input(null), words);
      } else if (
        args[index - 1] === '--exec' ||
        args[index - 1] === 'foreach' ||
        (args[index - 1] === '-x' && args.includes('rebase'))
      ) {
        machine.text(arg, child(), new Input(null), words);
      }
    }
    const action =
      /^--(?:to-command|checkpoint-action=exec|use-compress-program|rsh|rsync-path|info-script)=(.*)$/s.exec(arg);
    if (action !== null) machine.text(action[1] ?? '', child(), new Input(null), words);
    if (/^(vi|vim|nvim|ex|view|gdb|emacs|less|more|ed)$/.test(name) && /^[:+]*!/.test(arg)) {
      machine.text(arg.replace(/^[:+]*!/, ''), child(), new Input(null), words);
    }
    const option =
      /^-oProxyCommand=(.*)$/is.exec(arg) ?? (args[index - 1] === '-o' ? /^ProxyCommand=(.*)$/is.exec(arg) : null);
    if (option !== null) machine.text(option[1] ?? '', child(), new Input(null), words);
  }
  if (name === 'git') {
    const sub = args.findIndex((arg) => state.gitAliases.has(arg));
    const value = sub >= 0 ? state.gitAliases.get(args[sub] ?? '') : undefined;
    if (value?.startsWith('!')) machine.text(value.slice(1), child(), new Input(null), words);
    else if (value !== undefined && args[0] !== 'config') {
      machine.execute(['git', ...value.split(/\s+/), ...args.slice(sub + 1)], child(), new Input(null));
    }
  }
  if (/^g?awk$|^mawk$|^nawk$/.test(name)) for (const arg of args) judgeCode(arg, 'awk', machine, words, child);
  if (DATA_PROGRAMS.has(name)) return;
  suspects(execution, call);
}

function suspects(execution: Execution, call: Invocation): void {
  const { machine } = execution;
  const known = new Set(WORST.concat('mkfs.ext4', 'poweroff', 'terraform', 'sudo'));
  for (const [index, arg] of call.args.slice(0, MAX_SUFFIXES).entries()) {
    const effect = machine.doubt(() => {
      if (/\s/.test(arg)) machine.text(arg, new ShellState(execution.state), new Input(null), call.words);
      else if (known.has(programName(arg))) {
        machine.execute(call.args.slice(index), new ShellState(execution.state), new Input(null));
      }
    });
    if (effect === 'deny')
      machine.note('ask', 'unclear.argument', 'holds a forbidden command that it may run', call.words);
  }
}

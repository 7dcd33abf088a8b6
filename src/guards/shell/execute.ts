import { innerTexts } from './arguments.js';
import { builtin, printfAssigns } from './builtins.js';
import { judgeCode, printedBy } from './code.js';
import { type Execution, WORST } from './execution.js';
import { keepFile } from './kept.js';
import { Input, type Invocation, programName } from './machine.js';
import { ANY, couldBe, isGlob, isUnknown, KEY, NET, unknownFrom } from './marks.js';
import { outputOf } from './output.js';
import { SHELLS } from './programs.js';
import { each, found, xargs } from './repeat.js';
import { codeStart, shellStart } from './shells.js';
import { ShellState } from './state.js';
import { unwrap } from './wrappers.js';

/** Variables whose value programs run. */
const RUN_LATER =
  /^(GIT_(PAGER|EDITOR|SSH_COMMAND|EXTERNAL_DIFF|SEQUENCE_EDITOR|ASKPASS|PROXY_COMMAND)|PAGER|MANPAGER|EDITOR|VISUAL|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|BROWSER|RSYNC_RSH|SUDO_ASKPASS|SSH_ASKPASS)$/;

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
    shadowed(execution);
    const rest = args.map((word) => ` '${word.replaceAll("'", "'\\''")}'`).join('');
    return execution.call(`alias ${first}`, first, () => machine.text(alias + rest, state, input, execution.words));
  }
  const body = io.external ? null : execution.functionBody(first);
  if (body !== null) {
    shadowed(execution);
    return callFunction(execution, first, args, body);
  }
  if (/\s/.test(first.trim()) && /\s-|\s\//.test(first)) {
    // A whole command in one word runs nothing in a shell, but does in the hands of a careless writer.
    machine.note('ask', 'unclear.quoting', 'has a whole command in one word', execution.words);
  }
  for (const name of io.assigned) {
    if (RUN_LATER.test(name))
      machine.text(state.get(name)[0] ?? '', new ShellState(state), new Input(null), execution.words);
  }
  const call = invocation(execution, execution.words);
  execution.met(execution.words);
  execution.rules(call);
  if (call.name === 'printf' && printfAssigns(args, state)) return '';
  const own = builtin(first, { words: execution.words, args, state, input, machine });
  if (own !== null) return own;
  return program(execution, call);
}

/** An alias is not always expanded and a function may be unset: the program of that name is judged as well. */
function shadowed(execution: Execution): void {
  const { words, state, input, io, machine } = execution;
  const call = invocation(execution, words);
  const runs =
    SHELLS.has(call.name) || codeStart(call.name, call.args) !== null || unwrap(call.name, call.args) !== null;
  if (runs || /^(eval|xargs|find|parallel)$/.test(call.name)) {
    machine.execute(words, new ShellState(state), new Input(input.text), { ...io, external: true });
  } else execution.rules(call);
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
    return printedBy(code.codes.join('\n'), input.text ?? '');
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
    const text = name === 'crontab' ? input.text.replace(/^[ \t]*(?:@\w+[ \t]+|(?:\S+[ \t]+){5})/gm, '') : input.text;
    machine.note('ask', 'schedule.change', 'makes something run later, again and again', words);
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
    if (outputs.length + outputTexts.length === 0) innerTexts(execution, call);
    if (inner.remote && outputs.length + outputTexts.length === 0 && name === 'ssh' && input.text !== null) {
      machine.text(input.text, state, new Input(null), words);
    }
    if (asks) return `/usr/bin/${args[1] ?? ''}\n`;
    return inner.remote ? unknownFrom(outputs) : [...outputs, ...outputTexts].join('');
  }
  innerTexts(execution, call);
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

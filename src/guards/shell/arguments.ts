import { judgeCode } from './code.js';
import { type Execution, WORST } from './execution.js';
import { Input, type Invocation, programName } from './machine.js';
import { DATA_PROGRAMS } from './programs.js';
import { ShellState } from './state.js';

const MAX_SUFFIXES = 6;

/**
 * A program nobody has described here may run its arguments: what would be forbidden if it did is asked about. Options
 * of known programs that are shell texts are followed as such.
 */
export function innerTexts(execution: Execution, call: Invocation): void {
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
  const follow = (text: string) => machine.text(text, child(), new Input(null), words);
  if (name === 'sed') {
    for (const arg of args) {
      const runs = /(?:^|;)\s*(?:\d+|\$|\/[^/]*\/)?\s*e\s+(.+)$/.exec(arg);
      if (runs !== null) follow(runs[1] ?? '');
      if (/^(?:\d+|\$)?s([/|#,:@!]).*\1.*\1\w*e\w*$/.test(arg))
        machine.note('ask', 'unclear.text', 'runs a text that cannot be seen beforehand', words);
    }
  }
  if (/^(ed|ex|vi|vim|nvim)$/.test(name))
    for (const [, text = ''] of (call.stdin ?? '').matchAll(/^[:\d,$%]*!(.+)$/gm)) follow(text);
  if (name === 'make' || name === 'gmake') {
    const file = args.find((_, index) => /^(-f|--file|--makefile)$/.test(args[index - 1] ?? ''));
    const makefile =
      file === '-' || file === '/dev/stdin' ? (call.stdin ?? '') : machine.file(file ?? 'Makefile', state);
    for (const [, text = ''] of makefile.matchAll(/^\t[@+-]*(.+)$/gm)) follow(text);
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

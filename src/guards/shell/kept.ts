import type { Invocation } from './machine.js';
import { ANY, NET } from './marks.js';
import { savesToFile } from './output.js';
import { NET_SOURCES } from './programs.js';
import type { ShellState } from './state.js';

/** curl and wget into a file: what is there then came from the network. */
export function keepFile(call: Invocation, state: ShellState): void {
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
  if (name === 'dd') {
    const path = args.find((arg) => arg.startsWith('of='))?.slice(3);
    if (path !== undefined) state.files.set(path.replace(/^\.\//, ''), call.stdin ?? ANY);
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

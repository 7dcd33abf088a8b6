import type { HereDocBody, Redirection, SyntaxNode, Word } from 'unbash';
import { Input, type Write } from './machine.js';
import { ANY, KEY, NET } from './marks.js';
import { holdsSecrets } from './programs.js';
import type { ShellState } from './state.js';

/** Where a command reads from and writes to. */
export interface Stdio {
  readonly stdin: Input;
  readonly writes: readonly Write[];
  readonly reads: readonly string[];
  /** The file that standard output goes to; null for on to the reader, empty for nowhere that matters here. */
  readonly out: string | null;
}

interface Sources {
  text(word: Word | HereDocBody): string;
  file(path: string): string;
}

export function openRedirects(redirects: readonly Redirection[], input: Input, sources: Sources): Stdio {
  let stdin = input;
  let out: string | null = null;
  const writes: Write[] = [];
  const reads: string[] = [];
  for (const redirect of redirects) {
    if (redirect.type === 'HereDoc') {
      stdin = new Input(sources.text(redirect.body));
      continue;
    }
    if (redirect.target === undefined) continue;
    const target = sources.text(redirect.target);
    if (redirect.type === 'HereString') {
      stdin = new Input(`${target}\n`);
      continue;
    }
    const { operator } = redirect;
    const descriptor = redirect.descriptor?.type === 'FileDescriptor' ? redirect.descriptor.value : null;
    if (operator.endsWith('&') && /^(\d+-?|-)$/.test(target)) {
      // `2>&1` changes nothing here; `>&2` takes the output away from the next in the pipe.
      if (operator === '>&' && (descriptor ?? 1) === 1 && target !== '1') out ??= '';
      if (operator === '<&' && (descriptor ?? 0) === 0 && target !== '0') stdin = new Input(ANY);
    } else if (operator.startsWith('<')) {
      reads.push(target);
      if ((descriptor ?? 0) === 0) stdin = new Input(sources.file(target));
      if (operator === '<>') writes.push({ path: target, append: true });
    } else {
      writes.push({ path: target, append: operator.endsWith('>>') });
      if (descriptor === null || descriptor === 1) out = target;
    }
  }
  return { stdin, writes, reads, out };
}

/** Remembers what went into a file; what is left goes on to the reader. */
export function keepOutput(io: Stdio, state: ShellState, output: string): string {
  if (io.out === null) return output;
  const write = io.writes.find(({ path }) => path === io.out);
  if (write !== undefined) {
    const path = write.path.replace(/^\.\//, '');
    state.files.set(path, write.append ? (state.files.get(path) ?? '') + output : output);
  }
  return '';
}

export const isRedirection = (part: SyntaxNode): part is Redirection =>
  part.type === 'Redirect' || part.type === 'HereString' || part.type === 'HereDoc';

/** What reading a file gives: known when the text itself wrote it. */
export function fileText(path: string, state: ShellState): string {
  if (path.startsWith('/dev/tcp/') || path.startsWith('/dev/udp/')) return ANY + NET;
  return state.files.get(path.replace(/^\.\//, '')) ?? (holdsSecrets(path) ? ANY + KEY : ANY);
}

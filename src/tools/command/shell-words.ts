import { parse } from 'unbash';

/** One simple command of a shell text: its name and arguments with quotes undone. */
export type SimpleCommand = readonly string[];

/**
 * Every simple command in a shell text, inside substitutions, functions, here-documents and `sh -c` texts too; null
 * when the text cannot be parsed, or nests deeper than anyone writes.
 */
export function simpleCommands(source: string, depth = 0): SimpleCommand[] | null {
  if (depth > 5) return null;
  const script = parse(source);
  if ((script.errors?.length ?? 0) > 0) return null;
  const found: SimpleCommand[] = [];
  // The parts of a word are lazy getters: the serialised tree has them all.
  collect(JSON.parse(JSON.stringify(script)), found);
  const inner: SimpleCommand[] = [];
  for (const command of found) {
    const text = shellText(command);
    if (text === null) continue;
    const nested = simpleCommands(text, depth + 1);
    if (nested === null) return null;
    inner.push(...nested);
  }
  return [...found, ...inner];
}

const WRAPPERS =
  /^(sudo|doas|env|command|builtin|exec|nohup|nice|ionice|time|timeout|xargs|stdbuf|setsid|chrt|taskset|flock|watch|unbuffer|strace)$/;
const SHELLS = /^(sh|bash|dash|ash|zsh|ksh)$/;

/** The command behind `sudo`, `env A=b`, `timeout 5`, `xargs -n 1` …: the first word that is a program of its own. */
export function unwrapped(command: SimpleCommand): SimpleCommand {
  let rest = command;
  while (rest.length > 0 && WRAPPERS.test(programName(rest))) {
    rest = rest.slice(1);
    while (rest.length > 0 && /^-|^[A-Za-z_]\w*=|^\d+(\.\d+)?[smhd]?$/.test(rest[0] ?? '')) rest = rest.slice(1);
  }
  return rest;
}

/** The last part of the path that names the program. */
export function programName(command: SimpleCommand): string {
  return (command[0] ?? '').split('/').at(-1) ?? '';
}

function shellText(command: SimpleCommand): string | null {
  const inner = unwrapped(command);
  if (programName(inner) === 'eval') return inner.slice(1).join(' ');
  if (!SHELLS.test(programName(inner))) return null;
  const at = inner.findIndex((word, index) => index > 0 && /^-[a-z]*c[a-z]*$/.test(word));
  return at < 0 ? null : (inner[at + 1] ?? null);
}

function collect(node: unknown, found: SimpleCommand[]): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, found);
  } else if (typeof node === 'object' && node !== null) {
    if ('type' in node && node.type === 'Command' && 'name' in node) {
      const suffix = 'suffix' in node && Array.isArray(node.suffix) ? node.suffix : [];
      found.push([node.name, ...suffix].flatMap(wordValue));
    }
    for (const value of Object.values(node)) collect(value, found);
  }
}

function wordValue(node: unknown): string[] {
  if (typeof node !== 'object' || node === null || !('type' in node)) return [];
  if (node.type === 'Assignment' && 'text' in node) return [String(node.text)];
  return node.type === 'Word' && 'value' in node ? [String(node.value)] : [];
}

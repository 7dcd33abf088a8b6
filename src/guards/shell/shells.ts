import { INTERPRETERS, interpreterOf } from './programs.js';

/** How a shell was started: with a text, a file, or reading its input. */
export type ShellStart =
  | { readonly kind: 'text'; readonly text: string; readonly zero: string; readonly args: readonly string[] }
  | { readonly kind: 'file'; readonly path: string; readonly args: readonly string[] }
  | { readonly kind: 'input'; readonly args: readonly string[] }
  | { readonly kind: 'none' };

const SHELL_VALUES = new Set(['-o', '+o', '-O', '+O', '--rcfile', '--init-file']);

export function shellStart(args: readonly string[]): ShellStart {
  let at = 0;
  let takesText = false;
  let readsInput = false;
  for (; at < args.length; at++) {
    const one = args[at] ?? '';
    if (one === '--' || one === '-') {
      at++;
      break;
    }
    if (one === '--version' || one === '--help') return { kind: 'none' };
    if (SHELL_VALUES.has(one)) {
      at++;
      continue;
    }
    if (/^[-+][A-Za-z]+$/.test(one)) {
      takesText ||= one.startsWith('-') && one.includes('c');
      readsInput ||= one.startsWith('-') && one.includes('s');
      if (/o$/.test(one)) at++;
    } else if (one === '--command') takesText = true;
    else if (!/^--[a-z]/.test(one)) break;
  }
  const rest = args.slice(at);
  if (takesText && rest[0] === '--') rest.shift();
  const [first, ...others] = rest;
  if (takesText) {
    return first === undefined
      ? { kind: 'none' }
      : { kind: 'text', text: first, zero: others[0] ?? 'sh', args: others.slice(1) };
  }
  if (readsInput || first === undefined || first === '-' || first === '/dev/stdin')
    return { kind: 'input', args: rest };
  return { kind: 'file', path: first, args: others };
}

/** The code an interpreter was given on its command line; the file it reads; or its input (`null` for both). */
export interface CodeStart {
  readonly language: string;
  readonly codes: readonly string[];
  readonly file: string | null;
  readonly input: boolean;
}

export function codeStart(name: string, args: readonly string[]): CodeStart | null {
  const language = interpreterOf(name);
  if (language === null) return null;
  const options = INTERPRETERS[language] ?? [];
  const codes: string[] = [];
  let file: string | null = null;
  for (let at = 0; at < args.length; at++) {
    const one = args[at] ?? '';
    if (one === '-m' && /^py/.test(language)) return { language, codes, file: 'module', input: false };
    if (language === 'deno' && (one === 'eval' || one === 'run')) {
      if (one === 'eval') codes.push(args.slice(at + 1).find((arg) => !arg.startsWith('-')) ?? '');
      else file = args.slice(at + 1).find((arg) => !arg.startsWith('-')) ?? null;
      break;
    }
    if (isCodeOption(one, options)) {
      codes.push(args[++at] ?? '');
      continue;
    }
    const attached = options.find(
      (option) => option.length === 2 && one.startsWith(option) && one.length > 2 && !one.startsWith('--'),
    );
    if (attached !== undefined && /\W/.test(one.slice(2))) codes.push(one.slice(2));
    else if (one.includes('=') && options.includes(one.slice(0, one.indexOf('='))))
      codes.push(one.slice(one.indexOf('=') + 1));
    else if (one.startsWith('-') && one.length > 1) {
      if (/^--version|^-[vV]+$|^--help$/.test(one)) return { language, codes, file: 'version', input: false };
    } else {
      file = one;
      break;
    }
  }
  if (language === 'pwsh' || language === 'powershell') {
    if (codes.length > 0) return { language, codes: [args.join(' ')], file: null, input: false };
  }
  const reads = codes.length === 0 && (file === null || file === '-' || file === '/dev/stdin');
  return { language, codes, file: reads ? null : codes.length > 0 ? null : file, input: reads };
}

/** `-e`, and clusters that end in it: `-ne`, `-lane`. */
const isCodeOption = (word: string, options: readonly string[]): boolean =>
  options.includes(word) ||
  (/^-[A-Za-z]{2,6}$/.test(word) && options.some((option) => option.length === 2 && word.endsWith(option.slice(1))));

import { ansiC, deleteCharacters, fromBase32, fromBase64, fromHex, translate } from './decode.js';
import { filters } from './find.js';
import { ANY, isUnknown, KEY, NET, ONE, STAR, START, unknownFrom } from './marks.js';
import { holdsSecrets, NET_SOURCES } from './programs.js';

const MAX_OUTPUT = 1 << 18;

interface Source {
  readonly name: string;
  readonly args: readonly string[];
  readonly stdin: string | null;
  file(path: string): string;
}

/** What a program will print, as far as that follows from its arguments and input alone. */
export function outputOf(source: Source): string {
  const text = produce(source);
  if (text.length > MAX_OUTPUT) return unknownFrom(text);
  // Nobody knows how it ends; what follows in the same output begins a line.
  return /^[\uE000-\uE002]+$/.test(text) ? `${text}\n` : text;
}

function produce(source: Source): string {
  const { name, args } = source;
  const printer = Object.hasOwn(PRINTERS, name) ? PRINTERS[name] : undefined;
  if (printer !== undefined) return printer(args, source);
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter !== undefined) {
    const text = inputText(source, filter.files ?? false).replaceAll(START, '/home/owner/workspace');
    const changed = text === '' ? '' : filter.change(text, args);
    return changed ?? unknownFrom(text);
  }
  // Packed and unpacked in one pipe: what goes in comes out.
  if (PACKERS.test(name) && source.stdin !== null && args.every((arg) => arg.startsWith('-'))) return source.stdin;
  if (SETTINGS.some(([program, words]) => program.test(name) && words.test(args[0] ?? ''))) return '';
  if (NET_SOURCES.has(name)) return savesToFile(name, args) ? '' : ANY + NET;
  if (DOWNLOADS.some(([program, word]) => program === name && args.includes(word))) return ANY + NET;
  return unknownFrom(source.stdin ?? '', args, args.some(holdsSecrets) ? KEY : '');
}

/** Other ways to print what was fetched. */
const DOWNLOADS: readonly (readonly [program: string, word: string])[] = [
  ['gh', 'api'],
  ['gh', 'gist'],
  ['openssl', 's_client'],
  ['aws', 's3'],
  ['gsutil', 'cat'],
  ['rclone', 'cat'],
  ['svn', 'cat'],
  ['npm', 'view'],
];

/** Whether curl or wget puts what it fetched into a file. */
export function savesToFile(name: string, args: readonly string[]): boolean {
  if (name === 'curl')
    return args.some((arg) => /^(-[A-Za-z]*[oO]|--output|--remote-name)/.test(arg)) && !toStdout(args);
  if (name === 'wget' || name === 'wget2') return !toStdout(args);
  return name === 'axel' || name === 'aria2c';
}

const toStdout = (args: readonly string[]): boolean =>
  args.some(
    (arg, index) =>
      /^(-[A-Za-z]*[oO]\s*(-|\/dev\/stdout)|--output(-document)?=(-|\/dev\/stdout))$/.test(arg) ||
      (/^(-[A-Za-z]*[oO]|--output(-document)?)$/.test(arg) &&
        /^(-|\/dev\/(stdout|fd\/1))$/.test(args[index + 1] ?? '')),
  );

const PACKERS = /^(gzip|gunzip|zcat|bzip2|bunzip2|bzcat|xz|unxz|xzcat|zstd|unzstd)$/;

/** Shell settings that well-known tools print to be evaluated. */
const SETTINGS: readonly (readonly [program: RegExp, words: RegExp])[] = [
  [/^(ssh-agent|keychain|dircolors|lesspipe)$/, /^/],
  [/^(direnv|starship|zoxide|atuin|mise|rtx|thefuck)$/, /^(hook|init|activate|--alias|env)\b/],
  [/^(pyenv|rbenv|nodenv|goenv|jenv|fnm|opam|brew|conda|micromamba|volta)$/, /^(init|env|shellenv|hook|shell\.\w+)\b/],
  [
    /^(kubectl|helm|gh|docker|npm|pip|rustup|minikube|fzf|poetry|uv)$/,
    /^(completions?|generate-shell-completion|--(bash|zsh|fish)|docker-env)\b/,
  ],
];

type Printer = (args: readonly string[], source: Source) => string;

const PRINTERS: Readonly<Record<string, Printer>> = {
  echo: (args) => echo(args),
  printf: (args) => printf(args),
  cat: (_, source) => inputText(source, true),
  bat: (_, source) => inputText(source, true),
  tac: (_, source) => lines(inputText(source, true)).reverse().join('\n'),
  tee: (_, source) => source.stdin ?? '',
  pwd: () => `${START}\n`,
  mktemp: () => `/tmp/${ANY}\n`,
  whoami: () => 'owner\n',
  yes: (args) => `${args.length === 0 ? 'y' : args.join(' ')}\n${ANY}`,
  seq: (args) => (args.length === 1 && /^\d{1,3}$/.test(args[0] ?? '') ? numbers(Number(args[0])) : ANY),
  which: (args) => programPath(args),
  type: (args) => (args.some((arg) => /^-\w*[pP]/.test(arg)) ? programPath(args) : ANY),
  dirname: (args) => `${parentOf(args.at(-1) ?? '')}\n`,
  basename: (args) => `${(args[0] ?? '').replace(/\/+$/, '').split('/').at(-1) ?? ''}\n`,
  realpath: (args) => `${args.at(-1) ?? ''}\n`,
  readlink: (args) => `${args.at(-1) ?? ''}\n`,
  env: (args) => (args.length === 0 ? ANY + KEY : ANY),
  pidof: (args) => processOf(args),
  pgrep: (args) => processOf(args),
  printenv: (args) => (args.length === 0 ? ANY + KEY : ANY),
  history: () => ANY + KEY,
  ls: (args) => listing(args.filter((arg) => !arg.startsWith('-'))),
  find: (args) => found(args),
  xxd: (args, source) =>
    args.some((arg) => /^-\w*r/.test(arg))
      ? (fromHex(inputText(source, true)) ?? unknownFrom(source.stdin ?? ''))
      : unknownFrom(inputText(source, true)),
  base64: (args, source) => coded(args, source, fromBase64, (text) => Buffer.from(text).toString('base64')),
  base32: (args, source) => coded(args, source, fromBase32, null),
  basenc: (args, source) =>
    coded(
      args,
      source,
      args.includes('--base32') ? fromBase32 : args.includes('--base16') ? fromHex : fromBase64,
      null,
    ),
  openssl: (args, source) =>
    args.includes('s_client')
      ? ANY + NET
      : args.some((arg) => arg === 'base64' || arg === '-base64' || arg === '-a') && args.includes('-d')
        ? (fromBase64(source.stdin ?? '') ?? unknownFrom(source.stdin ?? ''))
        : unknownFrom(source.stdin ?? ''),
};

interface Filter {
  /** Reads the files it is given. */
  readonly files?: boolean;
  readonly change: (text: string, args: readonly string[]) => string | null;
}

const FILTERS: Readonly<Record<string, Filter>> = {
  rev: {
    files: true,
    change: (text) =>
      lines(text)
        .map((line) => [...line].reverse().join(''))
        .join('\n'),
  },
  tr: { change: (text, args) => (isUnknown(text) ? null : transliterated(text, args)) },
  sed: { change: (text, args) => (isUnknown(text) ? null : substituted(text, args)) },
  cut: { change: (text, args) => (isUnknown(text) ? null : cut(text, args)) },
  awk: { change: (text, args) => awkPrint(text, args) },
  head: { files: true, change: (text) => text },
  tail: { files: true, change: (text) => text },
  sort: { files: true, change: (text) => text },
  uniq: { change: (text) => text },
  grep: { change: (text) => text },
  sponge: { change: (text) => text },
  pv: { change: (text) => text },
  xargs: { change: (text, args) => (args.length === 0 ? text : null) },
};

function inputText(source: Source, files: boolean): string {
  const names = files ? source.args.filter((arg) => arg === '-' || !arg.startsWith('-')) : [];
  if (names.length === 0) return source.stdin ?? '';
  return names
    .map((name) => (name === '-' || name === '/dev/stdin' ? (source.stdin ?? '') : source.file(name)))
    .join('');
}

const lines = (text: string): string[] => text.replace(/\n$/, '').split('\n');
const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');

function echo(args: readonly string[]): string {
  let at = 0;
  let flags = '';
  while (/^-[neE]+$/.test(args[at] ?? '')) flags += args[at++];
  const text = args.slice(at).join(' ');
  return (flags.includes('e') ? ansiC(text) : text) + (flags.includes('n') ? '' : '\n');
}

export function printf(args: readonly string[]): string {
  const [format, ...values] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined) return '';
  const pieces: string[] = [];
  let at = 0;
  do {
    const before = at;
    pieces.push(
      ansiC(format).replace(/%(?:%|[-+ 0#]*\d*(?:\.\d+)?([sbqdiouxXc]))/g, (whole, kind: string | undefined) => {
        if (kind === undefined) return '%';
        const value = values[at++] ?? '';
        return formatted(whole, kind, value);
      }),
    );
    if (at === before) break;
  } while (at < values.length && pieces.length < 4_096);
  return pieces.join('');
}

function formatted(spec: string, kind: string, value: string): string {
  if (kind === 's' || kind === 'q') return value;
  if (kind === 'b') return ansiC(value);
  if (kind === 'c') return value.slice(0, 1);
  if (isUnknown(value)) return ANY;
  const number = /^['"]/.test(value) ? (value.codePointAt(1) ?? 0) : Number(value || '0');
  if (!Number.isInteger(number)) return '0';
  const digits = kind === 'o' ? number.toString(8) : /x/i.test(kind) ? number.toString(16) : String(number);
  const width = Number(/[1-9]\d*/.exec(spec)?.[0] ?? '0');
  return digits.padStart(Math.min(width, 64), spec.startsWith('%0') ? '0' : ' ');
}

function coded(
  args: readonly string[],
  source: Source,
  decode: (text: string) => string | null,
  encode: ((text: string) => string) | null,
): string {
  const text = inputText(source, true);
  if (isUnknown(text)) return unknownFrom(text);
  const decoding = args.some((arg) => /^-\w*[dD]|^--d/.test(arg));
  return (decoding ? decode(text) : (encode?.(text) ?? null)) ?? unknownFrom(text);
}

function transliterated(text: string, args: readonly string[]): string | null {
  const [from, to] = args.filter((arg) => !/^-[a-zA-Z]/.test(arg));
  if (from === undefined) return null;
  if (args.some((arg) => /^-\w*d/.test(arg))) return deleteCharacters(text, from);
  return to === undefined ? text : translate(text, from, to);
}

/** `s/a/b/` with literal text; other scripts leave the text unknown. */
function substituted(text: string, args: readonly string[]): string | null {
  let result = text;
  for (const script of args.filter((arg) => !/^-/.test(arg)).flatMap((arg) => arg.split(';'))) {
    const match = /^\s*s([/|#,:@!])([^\\[\]*.^$]*?)\1([^\\&]*?)\1([gI]*)\s*$/.exec(script);
    if (match === null || match[2] === '') return null;
    const [, , from = '', to = '', flags = ''] = match;
    result = flags.includes('g')
      ? result.replaceAll(from, () => to)
      : lines(result)
          .map((line) => line.replace(from, () => to))
          .join('\n');
  }
  return result;
}

function cut(text: string, args: readonly string[]): string | null {
  const joined = args.join(' ');
  const characters = /-[cb] ?(\d*)(-?)(\d*)(?= |$)/.exec(joined);
  const field = /-f ?(\d+)(-?)(?= |$)/.exec(joined);
  if (characters !== null) {
    const from = Number(characters[1] || '1') - 1;
    const to = characters[2] === '' ? from + 1 : characters[3] === '' ? undefined : Number(characters[3]);
    return `${lines(text)
      .map((line) => line.slice(from, to))
      .join('\n')}\n`;
  }
  if (field === null) return null;
  const delimiter = /-d ?(\S)/.exec(joined)?.[1] ?? (/-d\s/.test(joined) ? ' ' : '\t');
  const at = Number(field[1]) - 1;
  return `${lines(text)
    .map((line) =>
      field[2] === '-' ? line.split(delimiter).slice(at).join(delimiter) : (line.split(delimiter)[at] ?? ''),
    )
    .join('\n')}\n`;
}

function awkPrint(text: string, args: readonly string[]): string | null {
  const script = args.find((arg) => !arg.startsWith('-')) ?? '';
  const field = /^\s*\{\s*print\s*\$(\d+)\s*;?\s*\}\s*$/.exec(script);
  if (field === null || args.includes('-F')) return null;
  return `${lines(text)
    .map((line) => (field[1] === '0' ? line : (line.trim().split(/\s+/)[Number(field[1]) - 1] ?? '')))
    .join('\n')}\n`;
}

function programPath(args: readonly string[]): string {
  return `${args
    .filter((arg) => !arg.startsWith('-'))
    .map((arg) => (arg.startsWith('/') ? arg : `/usr/bin/${arg}`))
    .join('\n')}\n`;
}

function parentOf(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  const at = trimmed.lastIndexOf('/');
  return at > 0 ? trimmed.slice(0, at) : at === 0 || path.startsWith('/') ? '/' : '.';
}

function listing(folders: readonly string[]): string {
  const names = folders.length === 0 ? ['.'] : folders;
  return names.map((name) => (name.includes(STAR) ? name : `${name.replace(/\/+$/, '')}/${STAR}`)).join('\n');
}

function found(args: readonly string[]): string {
  const end = args.includes('-print0') ? '\0' : '\n';
  const roots = filters(args).roots;
  const narrow = filters(args).narrow;
  return roots
    .map((root) =>
      narrow ? `${root.replace(/\/+$/, '')}/${ONE}${ANY}` : `${root}${end}${root.replace(/\/+$/, '')}/${STAR}`,
    )
    .join(end);
}

/** A stand-in for a process's number, so that ending it can be judged by its name. */
const processOf = (args: readonly string[]): string => `process-of-${args.at(-1) ?? ''}\n`;

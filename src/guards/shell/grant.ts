import { type AndOr, type Command, type Pipeline, parse, type Word, type WordPart } from 'unbash';
import { interpreterOf, SHELLS } from './programs.js';
import { unwrap } from './wrappers.js';

const MAX_PATTERN = 300;

/**
 * They run what they are given, or what a file or a server gives them: a yes to their words is a yes to anything. Build
 * and test programs are not here: what they run is the owner's own project.
 */
const RUNNERS =
  /^(npx|pnpx|bunx|uvx|pipx|eval|exec|source|\.|trap|alias|unalias|set|export|declare|typeset|local|readonly|unset|enable|shopt|hash|bind|complete|command|builtin|coproc|xargs|parallel|fd|fdfind|g?awk|[mn]awk|ssh|scp|sftp|rsync|at|batch|crontab|vi|vim|nvim|ex|view|ed|emacs|nano|less|more|man|gdb|lldb|expect|tclsh|screen|tmux|su|sudo|login|entr|nodemon|git-\w+|m4|bc|dc|jshell|irb|ghci|iex|ipython\d?|jupyter|sqlite3|psql|mysql|mariadb|mongosh?|redis-cli|docker|podman|nerdctl|kubectl|oc|helm|ansible(-\w+)?|terraform|tofu|pulumi|aws|gcloud|az|seneschal)$/;
/** Of programs that are fine otherwise. */
const RUNNING_WORDS: Readonly<Record<string, RegExp>> = {
  git: /^(-c|--exec-path.*|--config-env.*|--upload-pack.*|--receive-pack.*|config|bisect|filter-branch|filter-repo|difftool|mergetool|--exec.*|-x|foreach|--ext-diff|--open-files-in-pager.*|-O.*|daemon|instaweb|credential.*|hook)$/,
  tar: /^(--to-command.*|--checkpoint-action.*|-I.*|--use-compress-program.*|--rsh-command.*|-F.*|--info-script.*|--new-volume-script.*)$/,
  npm: /^(exec|x|create|init|explore|config|set|--node-options.*|--script-shell.*)$/,
  pnpm: /^(exec|dlx|create|config)$/,
  yarn: /^(exec|dlx|create|config|node)$/,
  bun: /^(x|create|-e|--eval|repl)$/,
  go: /^(-exec|-toolexec|generate|tool|env)(=.*)?$/,
  cargo: /^(install|--config.*)$/,
  sed: /^(-f|--file.*|.*e|.*[;{}].*)$/,
  sort: /^--compress-program.*$/,
  zip: /^(-TT|--unzip-command.*)$/,
  find: /^-(exec|execdir|ok|okdir|delete|fprint\w*|fls)$/,
  curl: /^(-\w*K|--config.*)$/,
  wget: /^(--use-askpass.*|-e|--execute.*|--config.*)$/,
};

/**
 * The exact words that a standing grant for this command covers, as a pattern to show: a single plain command, or a list
 * of such joined by `&&`, `||` or `;`. Null where anything in it depends on more than its words (APPR-1).
 * The caller must have judged the command and found no objection.
 */
export function grantPattern(command: string): string | null {
  if (command.length > MAX_PATTERN || /[^\P{C}\n]/u.test(command)) return null;
  const script = parse(command);
  if ((script.errors?.length ?? 0) > 0 || script.commands.length === 0) return null;
  const statements: string[] = [];
  for (const { command: node, background } of script.commands) {
    const text = background === true ? null : listPattern(node);
    if (text === null) return null;
    statements.push(text);
  }
  const pattern = statements.join('; ');
  return pattern.length > MAX_PATTERN ? null : pattern;
}

function listPattern(node: Pipeline | AndOr | Command | { readonly type: string }): string | null {
  if (isCommand(node)) return commandPattern(node);
  if (!isList(node)) return null;
  const texts = node.commands.map((part) => (isCommand(part) ? commandPattern(part) : null));
  if (texts.includes(null)) return null;
  return texts.map((text, index) => (index === 0 ? text : ` ${node.operators[index - 1]} ${text}`)).join('');
}

const isCommand = (node: { readonly type: string }): node is Command => node.type === 'Command';
const isList = (node: { readonly type: string }): node is AndOr => node.type === 'AndOr';

function commandPattern(node: Command): string | null {
  if (node.prefix.length > 0 || node.name === undefined) return null;
  const words: string[] = [];
  for (const part of [node.name, ...node.suffix]) {
    const text = part.type === 'Word' ? fixedText(part) : null;
    if (text === null) return null;
    words.push(text);
  }
  const [program = '', ...args] = words;
  return isPlainProgram(program, args) ? words.map(quoted).join(' ') : null;
}

function isPlainProgram(program: string, args: readonly string[]): boolean {
  if (!/^[A-Za-z0-9[][\w.+-]*$/.test(program)) return false;
  const name = program.toLowerCase();
  if (SHELLS.has(name) || interpreterOf(name) !== null || RUNNERS.test(name) || unwrap(name, args) !== null)
    return false;
  const running = Object.hasOwn(RUNNING_WORDS, name) ? RUNNING_WORDS[name] : undefined;
  return running === undefined || !args.some((arg) => running.test(arg));
}

/** The text of a word that is the same every time: no expansion, no pattern, no `~`. */
function fixedText(word: Word): string | null {
  if (/^~/.test(word.text) || /[{}]/.test(word.text) || word.text.includes('$')) return null;
  return (word.parts ?? []).every(isFixed) ? word.value : null;
}

function isFixed(part: WordPart): boolean {
  if (part.type === 'DoubleQuoted') return part.parts.every((inner) => inner.type === 'Literal');
  return part.type === 'Literal' || part.type === 'SingleQuoted';
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

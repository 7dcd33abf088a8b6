import { couldBe, isLiteral } from './marks.js';

/**
 * A command written as words: `aws s3 rb|rm --force`. The first is the program; words with a dash are options that must
 * be there, in any place, `!--x` must not; other words must follow in this order, with anything between them. `|`
 * separates alternatives and `*` is a glob inside a word.
 */
export interface CommandPattern {
  readonly programs: readonly string[];
  readonly words: readonly (readonly string[])[];
  readonly options: readonly (readonly string[])[];
  readonly never: readonly (readonly string[])[];
}

export function commandPattern(text: string): CommandPattern {
  const [program = '', ...rest] = text.trim().split(/\s+/);
  const alternatives = (word: string) => word.split('|');
  return {
    programs: alternatives(program),
    words: rest.filter((word) => !/^!?-/.test(word)).map(alternatives),
    options: rest.filter((word) => word.startsWith('-')).map(alternatives),
    never: rest.filter((word) => word.startsWith('!-')).map((word) => alternatives(word.slice(1))),
  };
}

export function matchesCommand(pattern: CommandPattern, name: string, args: readonly string[]): boolean {
  if (!pattern.programs.some((program) => wordMatches(program, name))) return false;
  if (args.includes('--help')) return false;
  if (!pattern.options.every((options) => options.some((option) => hasOption(args, option)))) return false;
  if (pattern.never.some((options) => options.some((option) => hasOption(args, option)))) return false;
  let at = 0;
  for (const alternatives of pattern.words) {
    const found = args.findIndex(
      (arg, index) => index >= at && !isOption(arg) && alternatives.some((word) => wordMatches(word, arg)),
    );
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}

const isOption = (word: string): boolean => word.startsWith('-') && word.length > 1;

/** `--force`, `--force=true`; a one-letter option in a cluster too: `-f` in `-uf`. */
function hasOption(args: readonly string[], option: string): boolean {
  return args.some(
    (arg) =>
      arg === option ||
      (arg.startsWith(`${option}=`) && !/=(false|no|0)$/.test(arg)) ||
      (option.length === 2 && /^-[A-Za-z]{2,8}$/.test(arg) && arg.includes(option.slice(1))),
  );
}

/** Small letters and capitals are one; `*` stands for any characters. A word that is not known matches no literal. */
function wordMatches(pattern: string, word: string): boolean {
  if (!pattern.includes('*')) return pattern.toLowerCase() === word.toLowerCase();
  if (!isLiteral(word)) return pattern === '*';
  return couldBe(pattern.toLowerCase().replaceAll('*', '\uE000'), word.toLowerCase());
}

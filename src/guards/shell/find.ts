/** What a `find` looks at and does, read from its arguments. */
export interface FindPlan {
  readonly roots: readonly string[];
  /** True when tests leave out most of what is there. */
  readonly narrow: boolean;
  /** The one name it looks for. */
  readonly name: string | null;
  readonly deletes: boolean;
  /** The commands of `-exec`, `-execdir`, `-ok`, `-okdir`, with `{}` as written. */
  readonly commands: readonly (readonly string[])[];
}

const NARROWING =
  /^-(i?name|i?path|i?wholename|i?regex|[acm]time|[acm]min|newer\w*|size|empty|user|group|perm|inum|links|samefile|i?lname|nouser|nogroup)$/;

export function filters(args: readonly string[]): FindPlan {
  let at = 0;
  while (/^-([HLP]|O\d?|D)$/.test(args[at] ?? '')) at += args[at] === '-D' ? 2 : 1;
  const roots: string[] = [];
  while (at < args.length && !/^[-(!]/.test(args[at] ?? '')) roots.push(args[at++] ?? '');
  const commands: string[][] = [];
  let narrow = false;
  let deletes = false;
  let negated = false;
  let name: string | null = null;
  for (; at < args.length; at++) {
    const one = args[at] ?? '';
    if (/^-(exec|execdir|ok|okdir)$/.test(one)) {
      const rest = args.slice(at + 1);
      const end = rest.findIndex((word, index) => word === ';' || (word === '+' && rest[index - 1] === '{}'));
      const words = end < 0 ? rest : rest.slice(0, end);
      commands.push(words);
      at += words.length + 1;
    } else if (one === '-delete') deletes = true;
    else if (NARROWING.test(one)) {
      const value = args[at + 1] ?? '';
      if (!negated && one === '-name' && !/[*?[]/.test(value)) name = value;
      if (!negated && !/^(\*|\.\*|\.\/\*|\/\*)$/.test(value)) narrow = true;
      if (one !== '-empty') at++;
    }
    negated = one === '!' || one === '-not' || (negated && one === '(');
  }
  return { roots: roots.length === 0 ? ['.'] : roots, narrow, name, deletes, commands };
}

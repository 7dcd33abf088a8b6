import { SeneschalError } from '../../core/errors.js';

/**
 * `*` and `?` within a name, `**` over any number of folders, `[a-z]` `[!a]`, `{a,b}`. No regular expression is built:
 * the cost is at most the product of the lengths, whatever the pattern.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  if (pattern.length > 200) throw new SeneschalError('tool.input', 'The glob is over 200 characters.');
  const alternatives = expandBraces(pattern).map((alternative) => alternative.split('/').map(tokens));
  return (path) => {
    const names = path.split('/').map((name) => [...name]);
    return alternatives.some((segments) => matchSegments(segments, names));
  };
}

type Token = { readonly kind: 'star' } | { readonly kind: 'one'; readonly matches: (character: string) => boolean };

const MAX_ALTERNATIVES = 64;

function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const queue = [pattern];
  while (queue.length > 0) {
    if (done.length + queue.length > MAX_ALTERNATIVES) {
      throw new SeneschalError('tool.input', `The glob has more than ${MAX_ALTERNATIVES} alternatives.`);
    }
    const current = queue.pop() as string;
    const group = /\{([^{}]*)\}/.exec(current);
    if (group === null || !group[1]?.includes(',')) {
      done.push(current);
      continue;
    }
    const head = current.slice(0, group.index);
    const tail = current.slice(group.index + group[0].length);
    queue.push(...group[1].split(',').map((choice) => head + choice + tail));
  }
  return done;
}

/** A segment `**` is told by being two stars and nothing else. */
function tokens(segment: string): Token[] {
  const characters = [...segment];
  const result: Token[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] as string;
    const close = character === '[' ? characters.indexOf(']', index + 2) : -1;
    if (character === '*') result.push({ kind: 'star' });
    else if (character === '?') result.push({ kind: 'one', matches: () => true });
    else if (close !== -1) {
      result.push({ kind: 'one', matches: characterClass(characters.slice(index + 1, close)) });
      index = close;
    } else result.push({ kind: 'one', matches: (other) => other === character });
  }
  return result;
}

function characterClass(members: readonly string[]): (character: string) => boolean {
  const negated = members[0] === '!' || members[0] === '^';
  const ranges: [string, string][] = [];
  for (let index = negated ? 1 : 0; index < members.length; index += 1) {
    const from = members[index] as string;
    const to = members[index + 1] === '-' ? members[index + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) index += 2;
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}

function matchSegments(segments: readonly Token[][], names: readonly string[][]): boolean {
  return wildcardMatch(segments, names, isGlobstar, (segment, name) =>
    wildcardMatch(
      segment,
      name,
      (token) => token.kind === 'star',
      (token, character) => token.kind === 'one' && token.matches(character),
    ),
  );
}

function isGlobstar(segment: readonly Token[]): boolean {
  return segment.length === 2 && segment.every((token) => token.kind === 'star');
}

/** One wildcard algorithm for names in a path and characters in a name: on a mismatch the last star takes one more. */
function wildcardMatch<P, T>(
  pattern: readonly P[],
  text: readonly T[],
  isStar: (item: P) => boolean,
  matches: (item: P, value: T) => boolean,
): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const item = pattern[p];
    if (p < pattern.length && isStar(item as P)) {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && matches(item as P, text[t] as T)) {
      p += 1;
      t += 1;
    } else if (star !== -1) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else return false;
  }
  return pattern.slice(p).every(isStar);
}

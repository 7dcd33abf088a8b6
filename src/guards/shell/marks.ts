/**
 * What a shell word will be is often known only in part. A text here is a string in which a few private-use characters
 * stand for what cannot be known before it runs. `cleanSource` takes them out of what comes from outside, so they are
 * never a writer's own.
 */

/** Any text, the empty one too. */
export const ANY = '\uE000';
/** Any text, and it came from the network. */
export const NET = '\uE001';
/** Any text, and it holds credentials. */
export const KEY = '\uE002';
/** A glob's `*`: any characters but `/`. */
export const STAR = '\uE003';
/** A glob's `?` or `[…]`: one character. */
export const ONE = '\uE004';
/** The folder in which the command starts. */
export const START = '\uE005';

const MARKS = /[\uE000-\uE00F]/g;
const UNKNOWN = /[\uE000-\uE002]/;
const GLOBS = /[\uE003\uE004]/;

export const cleanSource = (source: string): string => source.replace(MARKS, '\uFFFD');
export const isUnknown = (text: string): boolean => UNKNOWN.test(text);
export const isGlob = (text: string): boolean => GLOBS.test(text);
export const isLiteral = (text: string): boolean => !UNKNOWN.test(text) && !GLOBS.test(text);

/** What remains to be said of a text when its content is lost: unknown, and where it came from. */
export function unknownFrom(...sources: readonly (string | readonly string[])[]): string {
  let text = ANY;
  for (const mark of [NET, KEY])
    if (
      sources.some((source) =>
        typeof source === 'string' ? source.includes(mark) : source.some((one) => one.includes(mark)),
      )
    )
      text += mark;
  return text;
}

/** For people: `…` for what is unknown. */
export function shown(text: string): string {
  return text
    .replace(/[\uE000-\uE002]+/g, '…')
    .replaceAll(STAR, '*')
    .replaceAll(ONE, '?')
    .replaceAll(START, '.');
}

/** Whether a text with marks could be this literal. Time is bounded by the product of two short lengths. */
export function couldBe(pattern: string, literal: string): boolean {
  if (isLiteral(pattern)) return pattern === literal;
  if (pattern.length > 256) return true;
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < literal.length) {
    const mark = pattern[at];
    if (mark !== undefined && (mark === literal[position] || mark === ONE)) {
      at++;
      position++;
    } else if (mark !== undefined && (mark === STAR || UNKNOWN.test(mark))) {
      star = at++;
      resume = position;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.length && (pattern[at] === STAR || UNKNOWN.test(pattern[at] ?? ''))) at++;
  return at === pattern.length;
}

/** An unquoted value is a pattern again: `x='/*'; rm $x`. */
export const globbed = (value: string): string =>
  /[*?[]/.test(value)
    ? value
        .replace(/\[[^\]/]{1,64}\]/g, ONE)
        .replaceAll('*', STAR)
        .replaceAll('?', ONE)
    : value;

import type { View } from '../normalise.js';
import type { Check, Match, PrefixShape, SecretKind } from './kind.js';
import { characterSet } from './runs.js';
import {
  isBase58Check,
  isBasicCredential,
  isJwt,
  isPlaceholder,
  looksDrawn,
  looksLikeRest,
  looksRandom,
} from './shape.js';

/** A kind with its compiled expression: matched where one of its beginnings ends. */
export interface PrefixMatcher {
  readonly kind: SecretKind;
  readonly start: string;
  readonly rest: RegExp;
  readonly whole: RegExp;
  readonly check: Check | undefined;
  readonly near: readonly string[] | undefined;
}

export function prefixMatcher(kind: SecretKind, shape: PrefixShape, start: string): PrefixMatcher {
  return {
    kind,
    start,
    rest: new RegExp(shape.rest, 'y'),
    whole: new RegExp(`^(?:${shape.rest})$`),
    check: shape.check,
    near: shape.near,
  };
}

const WORD = characterSet(/[A-Za-z0-9]/);
const isWord = (text: string, at: number): boolean => WORD[text.charCodeAt(at)] === 1;
const UNDERSCORE = 0x5f;
const DASH = 0x2d;
const CONTEXT_REACH = 160;

/** The secret that begins at `end - start.length`, or null. `end` is where the beginning ends in the view. */
export function matchPrefix(view: View, matcher: PrefixMatcher, end: number): Match | null {
  const { text } = view;
  const begin = end - matcher.start.length;
  if (!freeBefore(view, begin, matcher.start) || !text.startsWith(matcher.start, begin)) return null;
  matcher.rest.lastIndex = end;
  const found = matcher.rest.exec(text);
  if (found === null) return null;
  let stop = end + found[0].length;
  if (view.gaps !== null) stop = acrossGaps(view, matcher, begin, end, stop);
  else stop = trimmed(matcher, text, end, stop);
  if (stop <= end && found[0].length > 0) return null;
  if (!freeAfter(view, stop)) return null;
  const value = text.slice(begin, stop);
  if (!passes(matcher, value, end - begin) || !nearby(view, matcher.near, begin, stop)) return null;
  return { start: begin, end: stop, kind: matcher.kind, value, certainty: 'pattern' };
}

/** A key does not end in a dot, dash or underscore that belongs to the sentence or its mark-up around it. */
function trimmed(matcher: PrefixMatcher, text: string, end: number, stop: number): number {
  let short = stop;
  while (short > end && /[._~-]/.test(text.charAt(short - 1)) && short > stop - 4) short -= 1;
  return short < stop && matcher.whole.test(text.slice(end, short)) ? short : stop;
}

/**
 * In a view whose line breaks, quotes and bars are gone, a match may run on into the next word. It ends at the first
 * gap where it is whole and what follows does not look like more of it.
 */
function acrossGaps(view: View, matcher: PrefixMatcher, begin: number, end: number, stop: number): number {
  const gaps = view.gaps as Uint8Array;
  let tried = 0;
  for (let at = Math.max(end, begin + 1); at < stop && tried < 12; at += 1) {
    if (gaps[at] !== 1) continue;
    tried += 1;
    if (!matcher.whole.test(view.text.slice(end, at))) continue;
    let next = at + 1;
    while (next < view.text.length && next < at + 80 && gaps[next] !== 1 && /[\w+/=.:-]/.test(view.text.charAt(next)))
      next += 1;
    if (!looksLikeRest(view.text.slice(at, next))) return at;
  }
  return stop;
}

function freeBefore({ text, gaps }: View, begin: number, start: string): boolean {
  if (!isWord(start, 0) || gaps?.[begin] === 1) return true;
  for (let at = begin - 1; at >= Math.max(0, begin - 3); at -= 1) {
    if (isWord(text, at)) return false;
    const before = text.charCodeAt(at);
    if (before !== UNDERSCORE && before !== DASH) return true;
  }
  return true;
}

function freeAfter({ text, gaps }: View, stop: number): boolean {
  return gaps?.[stop] === 1 || !isWord(text, stop) || !isWord(text, stop - 1);
}

function passes(matcher: PrefixMatcher, value: string, prefix: number): boolean {
  if (matcher.check !== 'url-password' && isPlaceholder(value)) return false;
  switch (matcher.check) {
    case undefined:
    case 'unlabelled':
      return true;
    case 'random':
      return matcher.kind.id === 'bearer-token' ? looksRandom(value.slice(prefix)) : looksDrawn(value.slice(prefix));
    case 'jwt':
      return isJwt(value);
    case 'base58':
      return isBase58Check(value);
    case 'basic':
      return isBasicCredential(value.slice(prefix));
    case 'url-password':
      return hasRealPassword(value);
  }
}

const STAND_IN =
  /^(?:\$|<|\{|\[|\*|%[({])|^(?:pass(?:word)?|pwd|secret|user(?:name)?|xxx+|postgres|root|guest|admin|mysql|redis|test|foo|bar|token|mypassword)$/i;

/** `scheme://user:password@…` whose password is no variable, no stand-in and no plain word at an example's host. */
function hasRealPassword(url: string): boolean {
  const [, password = '', host = ''] = /^[^:]+:\/\/[^:@/]*:(.*)@([^/?#]*)/.exec(url) ?? [];
  if (password.length < 3 || isPlaceholder(password) || STAND_IN.test(password)) return false;
  return !(
    /(?:^|\.)(?:example\.(?:com|org|net)|example|invalid|test)(?::\d+)?$/i.test(host) &&
    /^(?:[a-z]{1,8}|\d{1,6})$/i.test(password)
  );
}

function nearby(view: View, near: readonly string[] | undefined, begin: number, stop: number): boolean {
  if (near === undefined) return true;
  const around = view.text.slice(Math.max(0, begin - CONTEXT_REACH), stop + 60).toLowerCase();
  return near.some((word) => around.includes(word));
}

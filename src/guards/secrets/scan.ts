import { originalSpan, type View } from '../normalise.js';
import { matchCards, matchCommands, matchKeyBlocks, matchPutty } from './blocks.js';
import { backwards, encodedTexts, joined, rotated, unmasked } from './encoded.js';
import type { Match } from './kind.js';
import type { Lexicon } from './lexicon.js';
import { matchTokens } from './nearby.js';
import { matchPhrase, type PhraseKinds, type Promised } from './phrases.js';
import { matchPrefix } from './prefixed.js';
import { matchSeedPhrases } from './seeds.js';

/**
 * One view of a text searched for everything. Every step passes over the text once and looks a bounded distance
 * around what it finds, so the cost is linear whatever the text.
 */
function scanView(lexicon: Lexicon, kinds: PhraseKinds, view: View): Match[] {
  const found: Match[] = [];
  const names = { ends: [] as number[], ids: [] as number[] };
  const credentials = { ends: [] as number[], ids: [] as number[] };
  const seeds: number[] = [];
  const phrases: { readonly promised: Promised; readonly begin: number; readonly end: number }[] = [];
  const taken = { start: -1, end: -1 };

  lexicon.words.run(view.text, (word, end) => {
    const meaning = lexicon.meanings[word];
    if (meaning === undefined) return;
    const begin = end - meaning.length;
    const covered = begin > taken.start && begin < taken.end;
    for (const matcher of covered ? [] : meaning.prefixes) {
      const match = matchPrefix(view, matcher, end);
      if (match === null) continue;
      found.push(match);
      if (match.end > taken.end) Object.assign(taken, { start: match.start, end: match.end });
    }
    if (meaning.near >= 0 && !/[a-z]/i.test(view.text.charAt(begin - 1))) {
      names.ends.push(end);
      names.ids.push(meaning.near);
    }
    if (meaning.credential) credentials.ends.push(end);
    if (meaning.seed) seeds.push(end);
    const { promised } = meaning;
    if (promised === null) return;
    const last = phrases[phrases.length - 1];
    // `secret` in `client_secret`, `pass` in `password`: the longer word speaks.
    if (last !== undefined && begin <= last.begin && end >= last.end) phrases.pop();
    else if (last !== undefined && begin >= last.begin && end <= last.end) return;
    phrases.push({ promised, begin, end });
  });

  let read = -1;
  for (const [index, phrase] of phrases.entries()) {
    const next = phrases[index + 1];
    // `user: password: …`: what follows is the next name, not this one's value.
    const named = next !== undefined && next.begin - phrase.end <= 3 && ':= '.includes(view.text.charAt(next.end));
    if (phrase.begin < read || named) continue;
    const match = matchPhrase(view, kinds, phrase.promised, phrase.begin, phrase.end);
    if (match === null) continue;
    found.push(match);
    read = match.end;
  }
  found.push(...matchTokens(view, lexicon.tokens, lexicon.near, names, credentials));
  found.push(...matchKeyBlocks(view, lexicon.kindOf), ...matchPutty(view, lexicon.kindOf));
  found.push(...matchCards(view, lexicon.kindOf), ...matchCommands(view, lexicon.kindOf));
  found.push(...matchSeedPhrases(view, lexicon.kindOf('seed-phrase'), seeds));
  return found;
}

const NEEDS_ITS_PLACE = new Set([
  'url-password',
  'database-url',
  'bearer-token',
  'basic-credential',
  'otpauth-uri',
  'unknown-key',
]);

/** Only what its own form gives away: for views in which the words around have lost their order. */
function scanForms(lexicon: Lexicon, view: View): Match[] {
  const found: Match[] = [];
  const taken = { start: -1, end: -1 };
  lexicon.words.run(view.text, (word, end) => {
    const meaning = lexicon.meanings[word];
    if (meaning === undefined || meaning.prefixes.length === 0) return;
    const begin = end - meaning.length;
    if (begin > taken.start && begin < taken.end) return;
    for (const matcher of meaning.prefixes) {
      const match = NEEDS_ITS_PLACE.has(matcher.kind.id) ? null : matchPrefix(view, matcher, end);
      if (match === null) continue;
      found.push(match);
      if (match.end > taken.end) Object.assign(taken, { start: match.start, end: match.end });
    }
  });
  const nothing = { ends: [], ids: [] };
  const tokens = lexicon.tokens.filter(({ kind }) => !NEEDS_ITS_PLACE.has(kind.id));
  found.push(...matchTokens(view, tokens, [], nothing, nothing));
  return found;
}

const DEPTH = 2;

/** Every secret in the text as the view shows it, and in what it hides; spans are of the original. */
export function scanAll(lexicon: Lexicon, kinds: PhraseKinds, view: View, decoded: View, depth = 0): Match[] {
  const map = (on: View, match: Match): Match => ({ ...match, ...originalSpan(on, match.start, match.end) });
  const plain = scanView(lexicon, kinds, view).map((match) => map(view, match));
  const found = [...plain];
  const add = (matches: readonly Match[], on: View) => {
    for (const match of matches) found.push(map(on, match));
  };
  if (decoded !== view) add(scanView(lexicon, kinds, decoded), decoded);
  const latin = unmasked(decoded);
  if (latin !== decoded) add(scanForms(lexicon, latin), latin);
  const whole = joined(latin);
  if (whole !== latin) {
    for (const match of scanForms(lexicon, whole)) {
      const broken = map(whole, match);
      if (broken.end - broken.start > match.end - match.start && !plain.some((known) => isWhole(known, broken, view)))
        found.push(broken);
    }
  }
  if (depth < DEPTH) {
    for (const place of whole === latin ? [latin] : [latin, whole]) {
      for (const inner of encodedTexts(place)) {
        const text: View = { text: inner.text, starts: null, ends: null, gaps: null };
        const span = originalSpan(place, inner.start, inner.end);
        for (const match of scanAll(lexicon, kinds, text, text, depth + 1)) found.push({ ...match, ...span });
      }
    }
  }
  if (depth === 0) {
    const flipped = backwards(decoded);
    add(scanForms(lexicon, flipped), flipped);
    const turned = rotated(decoded);
    add(scanForms(lexicon, turned), turned);
  }
  return found;
}

const FULL_LINE = /^[ \t>]*(?:\r?\n[ \t>]*){1,2}[\w+/=.-]{4,}[ \t]*(?:\r?\n|$)/;
const JOINT =
  /^(?:["'`]\s{0,4}[+.,]?\s{0,20}["'`]|\\\s{0,2}\n\s{0,20}|["'`]?\s{0,2}\+\s{0,20}["'`]|\|\|\s?\|\||\*\*|(?:\\r)?\\n(?=[\w+/=.-]{8,200}(?:["'\\]|$))|<!--[^<>]{0,20}-->|(?:<\/?[a-z]{1,10}>){1,2}|\p{Extended_Pictographic}\ufe0f?)[\w+/=-]{4}/u;

/** A key that was already found in one piece is not read on, except over a full line's end or a string's joint. */
function isWhole(known: Match, broken: Match, view: View): boolean {
  if (known.certainty !== 'pattern' || known.start >= broken.end || known.end <= broken.start) return false;
  if (broken.start !== known.start) return true;
  const after = view.starts === null ? view.text.slice(known.end, known.end + 300) : '';
  return !(/^[\w-]/.test(after) || JOINT.test(after) || (known.value.length >= 20 && FULL_LINE.test(after)));
}

import type { View } from '../normalise.js';
import type { Match, SecretKind } from './kind.js';

/**
 * Wallet seed phrases by their structure: 12, 15, 18, 21 or 24 lower-case words of three to eight letters and nothing
 * else. Without the standard's word list their checksum cannot be computed, so a phrase that nobody announces must
 * be a paragraph of its own and free of the grammar that every sentence has.
 */
const LENGTHS = new Set([12, 15, 18, 21, 24]);
const RUN =
  /(?<![\p{L}\d'-])[a-z]{3,8}(?![\p{L}\d'])(?:(?:[ \t]{1,3}|[ \t]{0,2},[ \t]{0,2}|[ \t]{0,3}\r?\n[ \t]{0,3}|-)(?:\d{1,2}[.):]?\s{1,2})?[a-z]{3,8}(?![\p{L}\d']))*/gu;
const GRAMMAR =
  /^(?:the|and|for|with|from|was|are|has|had|his|her|him|she|its|our|your|their|them|they|were|been|would|could|should|than|how|did|does|may|might|must|got|get|let|not|but|who|why|too|went|which|while|really|going|when|where|into|some|these|those|because|even|ever|every|here|him|just|made|many|most|much|need|said|same|then|there|want|what|will|yes|can|all|any|did|don|isn)$/;
const INFLECTED = /(?:[^s]s|ing|ed|ly)$/;

export function matchSeedPhrases(view: View, kind: SecretKind, announced: readonly number[]): Match[] {
  const { text } = view;
  const found: Match[] = [];
  RUN.lastIndex = 0;
  for (let match = RUN.exec(text); match !== null; match = RUN.exec(text)) {
    if (match[0].length < 48) continue;
    const named = announced.some((place) => place <= match.index + match[0].length && place >= match.index - 80);
    const phrase = phraseIn(match[0], named);
    if (phrase === null) continue;
    const end = match.index + phrase.length;
    const words = phrase.match(/[a-z]+/g) ?? [];
    if (!(named ? isPhrase(words, 4) : isPhrase(words, 1) && !isList(words) && standsAlone(text, match.index, end)))
      continue;
    found.push({ start: match.index, end, kind, value: words.join(' '), certainty: named ? 'context' : 'pattern' });
  }
  return found;
}

/** The run itself or, where it is announced, its longest beginning that has a phrase's length. */
function phraseIn(run: string, named: boolean): string | null {
  const words = [...run.matchAll(/[a-z]+/g)];
  if (LENGTHS.has(words.length)) return run;
  if (!named) return null;
  const length = [24, 21, 18, 15, 12].find((count) => count <= words.length);
  const last = length === undefined ? undefined : words[length - 1];
  return last === undefined ? null : run.slice(0, last.index + last[0].length);
}

/** The standard's words differ in their first four letters; few of them look inflected and few are grammar. */
function isPhrase(words: readonly string[], tolerance: number): boolean {
  const grammar = words.filter((word) => GRAMMAR.test(word)).length;
  const inflected = words.filter((word) => INFLECTED.test(word)).length;
  return grammar < tolerance && inflected <= tolerance && new Set(words).size >= words.length - 2;
}

/** Sorted, or with a beginning in common: an index or a list of commands. */
function isList(words: readonly string[]): boolean {
  const sorted = words.every((word, index) => index === 0 || (words[index - 1] as string) <= word);
  return sorted || new Set(words.map((word) => word.slice(0, 4))).size < words.length - 1;
}

function standsAlone(text: string, start: number, end: number): boolean {
  return (
    /(?:^|[\n:"'`(])\s{0,3}$/.test(text.slice(Math.max(0, start - 4), start)) &&
    /^\s{0,3}(?:$|["'`)\n])/.test(text.slice(end, end + 4))
  );
}

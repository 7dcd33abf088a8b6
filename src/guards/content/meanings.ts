import { type Automaton, createAutomaton } from '../automaton.js';
import { once } from '../once.js';
import { foldText } from './fold.js';
import { ENGLISH } from './lexicon/english.js';
import { LANGUAGES } from './lexicon/languages.js';
import { SCRIPTS } from './lexicon/scripts.js';

/** A word or phrase of a known meaning, found in a folded text. */
export interface Meaning {
  readonly means: number;
  readonly start: number;
  readonly end: number;
}

export interface Meanings {
  /** All meanings in the order in which they end. `text` is folded and holds no line ends. */
  find(text: string): Meaning[];
  readonly names: readonly string[];
}

interface Entry {
  readonly word: string;
  readonly means: number;
  /** Word borders it needs: both, at its start only, or none. */
  readonly borders: 'both' | 'start' | 'none';
}

/** Builds the tables; takes some milliseconds, so it is done once. */
export function createMeanings(): Meanings {
  const names = Object.keys(ENGLISH);
  const latin = [ENGLISH, LANGUAGES].flatMap((table) => entries(table, names));
  const latinWords = createAutomaton(latin.map(({ word }) => word));
  // Most texts are in Latin letters.
  const others = once(() => {
    const words = entries(SCRIPTS, names).map((entry): Entry => ({ ...entry, borders: 'none' }));
    return { words, automaton: createAutomaton(words.map(({ word }) => word)) };
  });
  const filler = names.indexOf('filler');
  const isFiller = (means: number) => means === filler;
  return {
    names,
    find(text) {
      const found = hits(text, latin, latinWords, isFiller);
      if (!OTHER_SCRIPT.test(text)) return found;
      const { words, automaton } = others();
      return merged(found, hits(text, words, automaton, isFiller));
    },
  };
}

const OTHER_SCRIPT = /[\u0370-\u1fff\u3040-\ud7ff]/;

function merged(one: readonly Meaning[], other: readonly Meaning[]): Meaning[] {
  const all: Meaning[] = [];
  let next = 0;
  for (const meaning of one) {
    for (; next < other.length && (other[next] as Meaning).end < meaning.end; next += 1)
      all.push(other[next] as Meaning);
    all.push(meaning);
  }
  return [...all, ...other.slice(next)];
}

function entries(table: Readonly<Record<string, string>>, names: readonly string[]): Entry[] {
  return Object.entries(table).flatMap(([name, words]) =>
    words.split('|').flatMap((written) => {
      const word = asFolded(written.replace(/\*$/, ''));
      const needs = name === 'dest' ? 'none' : 'both';
      return word === ''
        ? []
        : [{ word, means: names.indexOf(name), borders: written.endsWith('*') ? 'start' : needs } as const];
    }),
  );
}

/** ASCII words are written folded. */
const asFolded = (word: string): string => (/^[\x20-\x7e]*$/.test(word) ? word : foldText(word).text);

function hits(
  text: string,
  words: readonly Entry[],
  automaton: Automaton,
  isFiller: (means: number) => boolean,
): Meaning[] {
  const found: (Meaning & { readonly runsOn: boolean })[] = [];
  /** Where words end that run on into the next: a next known word may begin there. */
  const seams = new Set<number>();
  automaton.run(text, (index, end) => {
    const { word, means, borders } = words[index] as Entry;
    const start = end - word.length;
    if (borders === 'none') {
      found.push({ means, start, end, runsOn: false });
      return;
    }
    const seam = seams.has(start);
    if (isFiller(means) ? !seam : isWord(text.charCodeAt(start - 1)) && !(seam && word.length > 2)) return;
    const runsOn = borders === 'both' && isWord(text.charCodeAt(end)) && isWord(text.charCodeAt(end - 1));
    if (runsOn && word.length < 3 && !isFiller(means)) return;
    if (runsOn) seams.add(end);
    found.push({ means, start, end, runsOn });
  });
  return seams.size === 0 ? found : whole(found);
}

/** Words written together count as words only where a chain of them ends at a word's end. */
function whole(found: readonly (Meaning & { readonly runsOn: boolean })[]): Meaning[] {
  const starts = new Set<number>();
  const kept: Meaning[] = [];
  for (let index = found.length - 1; index >= 0; index -= 1) {
    const one = found[index] as (typeof found)[number];
    if (one.runsOn && !starts.has(one.end)) continue;
    starts.add(one.start);
    kept.push(one);
  }
  return kept.reverse();
}

/** Scripts without spaces part Latin words as spaces do. */
function isWord(unit: number): boolean {
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x5f;
  return unit >= 0xaa && unit < 0x2000 && unit !== 0xab && unit !== 0xbb;
}

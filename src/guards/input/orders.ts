import { EVERYWHERE, LANGUAGES, type Language } from './languages.js';

/** What a word says of its sentence: a verb, a thing that is meant, or that all is only talked about. */
type Role = keyof Language;
/** A word's meanings: for each role the languages that give it to the word, as bits. */
type Meaning = Partial<Record<Role, number>>;

export interface Order {
  readonly rule: string;
  readonly word: string;
}

const RULES: readonly (readonly [role: Role, rule: string])[] = [
  ['malware', 'request.malware'],
  ['phishing', 'request.phishing'],
  ['credentials', 'request.credentials'],
  ['evasion', 'request.evasion'],
];
/** Scripts without spaces, or with words that begin with an article. */
const ANYWHERE = /[\u0600-\u06ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/;
const MARKS = /[\u0300-\u036f\u064b-\u065f\u0670\u3099\u309a]/g;

const MEANINGS: ReadonlyMap<string, Meaning> = vocabulary();
const [SPACED, UNSPACED] = [false, true].map((anywhere) => {
  const words = [...MEANINGS.keys()].filter((word) => ANYWHERE.test(word) === anywhere);
  // The longest first: `virusscanner` is no `virus`.
  const choice = words.sort((one, other) => other.length - one.length).join('|');
  return anywhere ? new RegExp(`(?=(${choice}))`, 'g') : new RegExp(choice, 'y');
}) as [RegExp, RegExp];
const WORD_START = /(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu;

/** What a folded sentence orders, in any language but English; null for nothing. Linear. */
export function orderIn(sentence: string): Order | null {
  const text = `${sentence} `;
  const seen: Record<Role, number> = {
    makes: 0,
    malware: 0,
    phishing: 0,
    credentials: 0,
    evasion: 0,
    attacks: 0,
    prey: 0,
    about: 0,
  };
  const first: Partial<Record<Role, string>> = {};
  for (const word of wordsOf(text)) {
    for (const [role, languages] of Object.entries(MEANINGS.get(word) ?? {}) as [Role, number][]) {
      seen[role] |= languages;
      first[role] ??= word;
    }
  }
  const serious = ~seen.about;
  for (const [role, rule] of RULES) {
    if ((seen[role] & seen.makes & serious) !== 0) return { rule, word: first[role] ?? '' };
  }
  return (seen.attacks & seen.prey & serious) === 0 ? null : { rule: 'request.exploit', word: first.attacks ?? '' };
}

function* wordsOf(text: string): Generator<string> {
  for (const { index } of text.matchAll(WORD_START)) {
    SPACED.lastIndex = index;
    const word = SPACED.exec(text)?.[0];
    if (word !== undefined) yield word;
  }
  if (!ANYWHERE.test(text)) return;
  for (const [, word = ''] of text.matchAll(UNSPACED)) yield word;
}

function vocabulary(): ReadonlyMap<string, Meaning> {
  const found = new Map<string, Meaning>();
  const add = (words: string, role: Role, languages: number): void => {
    // As the text is folded: letters without their marks.
    for (const word of words.normalize('NFKD').replace(MARKS, '').normalize('NFKC').split('|')) {
      const known = found.get(word) ?? {};
      found.set(word, { ...known, [role]: (known[role] ?? 0) | languages });
    }
  };
  const languages = Object.values(LANGUAGES);
  languages.forEach((language, bit) => {
    for (const [role, words] of Object.entries(language) as [Role, string][]) add(words, role, 1 << bit);
  });
  const all = 2 ** languages.length - 1;
  add(EVERYWHERE.malware, 'malware', all);
  add(EVERYWHERE.phishing, 'phishing', all);
  return found;
}

import { type Folded, foldText } from './fold.js';

/**
 * Breaks whatever in a text could be read as our boundary. The tag's name itself goes, not only its brackets: after any
 * repetition of entity, percent and `\u` decoding, compatibility forms and removal of invisible characters the name is
 * not there. All other text stays as it was, to the character.
 */
export interface Neutralised {
  readonly text: string;
  /** How many times the boundary's name was broken. */
  readonly broken: number;
}

const NAME = 'untrusted_data';
const REPLACEMENT = '[boundary]';
const ROUNDS = 4;

/** Letters of other scripts that look like the name's. */
const LOOKS: Readonly<Record<string, string>> = {
  u: 'u\\u057d\\u03c5\\u1d1c\\u028b',
  n: 'n\\u0578\\u03b7\\u043f\\u0274',
  t: 't\\u0442\\u03c4\\u1d1b',
  r: 'r\\u0433\\u1d26\\u0280',
  s: 's\\u0455\\ua731',
  e: 'e\\u0435\\u03b5\\u1d07',
  d: 'd\\u0501\\u1d05',
  a: 'a\\u0430\\u03b1\\u1d00',
};
const letters = [...NAME.replace('_', '')].map((letter) => `[${LOOKS[letter] ?? letter}]`);
/** The name with backslashes or a comment left in it, or in letters that look like it. */
const LOOSE = new RegExp([...letters.slice(0, 9), '[_\\u203f\\u2017]', ...letters.slice(9)].join('\\\\{0,8}'), 'g');
/** A tag of nearly that name: `< / untrusted data >`, `[/untrusted-data]`, letters apart, other tags between. */
const NEARLY = new RegExp(
  `[<[{(|][\\s/|!\\\\]{0,6}${letters.join('(?:[^\\w<>]{0,3}|_{0,3}(?:<[^<>]{0,60}>){0,3}_{0,3})')}`,
  'g',
);

const BARE_ENTITY = /&(?:#x?[0-9a-f]|nbsp|quot|ord[fm]|amp|shy|[lg]t)/i;

export function neutralise(text: string): Neutralised {
  return neutraliseFolded(text, foldText(text));
}

/** The same where the text has been folded already. */
export function neutraliseFolded(text: string, folded: Folded): Neutralised {
  let current = text;
  let view = folded;
  let broken = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const spans = nameSpans(current, view);
    if (spans.length === 0) return { text: current, broken };
    broken += spans.length;
    current = replaceSpans(current, spans);
    view = foldText(current);
  }
  // Text that still yields the name was made to: it goes on as what it says, without any escape.
  const plain = view.text
    .replace(/[&%\\]/g, ' ')
    .replace(LOOSE, REPLACEMENT)
    .replace(NEARLY, REPLACEMENT);
  return { text: plain.replaceAll(NAME, REPLACEMENT), broken };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function nameSpans(text: string, strict: Folded): Span[] {
  const spans = matches(strict);
  if (BARE_ENTITY.test(strict.text) || BARE_ENTITY.test(text)) {
    // Entities without a semicolon: taken at once, and taken after everything else.
    spans.push(...matches(foldText(text, true)));
    const late = foldText(strict.text, true);
    for (const { start, end } of matches(late)) {
      spans.push({ start: strict.starts[start] as number, end: strict.ends[end - 1] as number });
    }
  }
  return spans.sort((a, b) => a.start - b.start);
}

function matches({ text, starts, ends }: Folded): Span[] {
  const found: Span[] = [];
  for (const pattern of [LOOSE, NEARLY]) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      // The bracket ahead may stay: it is the name that makes the tag.
      const from = pattern === NEARLY ? match.index + 1 : match.index;
      found.push({ start: starts[from] as number, end: ends[match.index + match[0].length - 1] as number });
    }
  }
  return found;
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let read = 0;
  for (const { start, end } of spans) {
    if (start >= read) result += text.slice(read, start) + REPLACEMENT;
    read = Math.max(read, end);
  }
  return result + text.slice(read);
}

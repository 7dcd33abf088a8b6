import { createAutomaton } from '../automaton.js';
import type { Evidence } from './sequences.js';

/**
 * Words written so that a filter does not know them and a model does: in a cipher, backwards, with letters parted or
 * exchanged, with digits for letters. Two ways: the words that matter are looked for in their disguises, and the text
 * is read once more with the disguise taken off.
 */
const VERBS =
  'ignore|disregard|forget|override|bypass|reveal|execute|repeat|pretend|forward|upload|transmit|delete'.split('|');
const OBJECTS =
  'instructions|instruction|previous|prompt|system|guidelines|directives|password|passwords|secret|secrets|restrictions|conversation|credentials'.split(
    '|',
  );
const SQUEEZED = ['ignore', 'disregard', 'forget', 'override', 'bypass'].flatMap((verb) =>
  ['', 'all', 'any', 'the', 'your', 'allthe', 'allyour', 'allof'].flatMap((which) =>
    ['previous', 'prior', 'above', 'earlier', 'preceding', 'system', 'safety', ''].map(
      (prior) => `${verb}${which}${prior}instruction`,
    ),
  ),
);
const NEAR = 120;

interface Disguised {
  readonly written: string;
  readonly scheme: string;
  readonly verb: boolean;
}

function disguises(word: string): readonly (readonly [scheme: string, written: string])[] {
  const shifted = Array.from({ length: 25 }, (_, index) => [`shift ${index + 1}`, shift(word, index + 1)] as const);
  return [
    ...shifted,
    ['reversed', [...word].reverse().join('')],
    ['mirrored alphabet', word.replace(/[a-z]/g, (letter) => String.fromCharCode(219 - letter.charCodeAt(0)))],
    [
      'pig latin',
      word.replace(
        /^([^aeiou]*)(.*)$/,
        (_, head: string, tail: string) => `${tail}${head}${head === '' ? 'way' : 'ay'}`,
      ),
    ],
    ['pig latin', word.replace(/^([^aeiou]*)(.*)$/, (_, head: string, tail: string) => `${tail}${head}ay`)],
    ['without vowels', word.charAt(0) + word.slice(1).replace(/[aeiou]/g, '')],
    ['without vowels', word.replace(/[aeiou]/g, '')],
  ];
}

function shift(word: string, by: number): string {
  return word.replace(/[a-z]/g, (letter) => String.fromCharCode(97 + ((letter.charCodeAt(0) - 97 + by) % 26)));
}

/** For a scrambled word: its ends, its length and what lies between, in any order. */
function scrambleKey(text: string, start: number, end: number): number {
  let key = (text.charCodeAt(start) * 31 + text.charCodeAt(end - 1)) * 31 + (end - start);
  for (let index = start + 1; index < end - 1; index += 1) {
    const unit = text.charCodeAt(index);
    key = (key + Math.imul(unit * unit * unit, 0x9e3779b1)) | 0;
  }
  return key;
}

export interface Disguises {
  /** Words that matter in one cipher near each other, or written together with spaces in the wrong places. */
  find(text: string): Evidence[];
  /** The text with parted letters joined, digits as letters, scrambled words in order; null where nothing changes. */
  takeOff(text: string): { readonly text: string; readonly from: Int32Array } | null;
}

const FROM_LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  '+': 't',
  '(': 'c',
  '€': 'e',
  '£': 'l',
  '¡': 'i',
};
/** Pairs of a letter of another script or form and the letter it is taken for. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'аaвbеeкkмmнhоoрpсcтtуyхxіiјjѕsԁdԛqԝwɡgпnгrиnαaβbεeηnιiκkνvοoρpτtυuχxωwςcγyσoսuոnօoհhɑaɩiıiʏyɢgɪiɴnʀrʟlʙbʜhᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzꜱsꜰfǝeɐaɹrʇtɯmʌvʞkɥhʎyɔcƃgıi'.match(
      /../gu,
    ) ?? []
  ).map((pair) => [pair.slice(0, -1), pair.slice(-1)]),
);
const CONCATENATION = /^(?:["'`]\s?[+.&]\s?["'`]|[*_~`]{2,3}|\u0001+)$/;
/** Tags inside a word, which a reader does not see. */
const TAGS_INSIDE = /(?<=[a-z])(?:<\/?[a-z][^<>]{0,60}>){1,3}(?=[a-z])/g;

export function createDisguises(): Disguises {
  const disguised: Disguised[] = [VERBS, OBJECTS].flatMap((words) =>
    words.flatMap((word) =>
      disguises(word)
        .filter(([, written]) => written.length > 4 && written !== word)
        .map(([scheme, written]) => ({ scheme, written, verb: words === VERBS })),
    ),
  );
  const words = createAutomaton(disguised.map(({ written }) => written));
  const squeezed = createAutomaton(SQUEEZED);
  const scrambled = new Map([...VERBS, ...OBJECTS].map((word) => [scrambleKey(word, 0, word.length), word]));

  return {
    find(text) {
      const found: Evidence[] = [];
      const last = new Map<string, { start: number; verb: boolean; written: string }>();
      words.run(text, (index, end) => {
        const { written, scheme, verb } = disguised[index] as Disguised;
        const start = end - written.length;
        if (isLetter(text.charCodeAt(start - 1)) || isLetter(text.charCodeAt(end))) return;
        const before = last.get(scheme);
        const pair =
          before !== undefined && before.written !== written && (verb || before.verb || scheme === 'reversed');
        if (pair && start - before.start < NEAR && found.length < 8) {
          found.push({ rule: scheme, kind: 'encoded', weight: 2, start: before.start, end });
        }
        last.set(scheme, { start, verb, written });
      });
      return [...found, ...squeezedIn(text, squeezed)];
    },
    takeOff: (text) =>
      takeOff(text.includes('<') ? text.replace(TAGS_INSIDE, (tags) => '\u0001'.repeat(tags.length)) : text, scrambled),
  };
}

const isLetter = (unit: number): boolean => unit >= 0x61 && unit <= 0x7a;

function lettersOf(text: string): string {
  const buffer = Buffer.allocUnsafe(text.length);
  let size = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (!isLetter(unit)) continue;
    buffer[size] = unit;
    size += 1;
  }
  return buffer.toString('latin1', 0, size);
}

/** The core phrase with its letters in order and anything between them: `ig nore prev ious inst ructions`. */
function squeezedIn(text: string, automaton: ReturnType<typeof createAutomaton>): Evidence[] {
  const letters = lettersOf(text);
  const ends: { readonly length: number; readonly end: number }[] = [];
  automaton.run(letters, (index, end) => ends.push({ length: (SQUEEZED[index] as string).length, end }));
  if (ends.length === 0) return [];
  const found: Evidence[] = [];
  let count = 0;
  let next = 0;
  const at: number[] = [];
  for (let index = 0; index < text.length && next < ends.length; index += 1) {
    if (!isLetter(text.charCodeAt(index))) continue;
    at.push(index);
    count += 1;
    while (next < ends.length && (ends[next] as { end: number }).end === count) {
      const { length } = ends[next] as { length: number };
      const start = at[count - length] as number;
      const written = text.slice(start, index + 1);
      // Written as ordinary words it is the other rules' business.
      const parts = written.split(/[^a-z]+/).length;
      if (parts > 4 && written.length < 4 * length && found.length < 4) {
        found.push({ rule: 'parted', kind: 'encoded', weight: 2, start, end: index + 1 });
      }
      next += 1;
    }
  }
  return found;
}

/** What an ASCII character can be in a word: 1 a letter, 2 what stands for one, 0 neither. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  return /[a-z]/.test(character) ? 1 : /[0-9@$!|+]/.test(character) ? 2 : 0;
});

/** As CLASSES; 3 for a letter of another script that looks like one. */
function classOf(unit: number): number {
  if (unit < 0x80) return CLASSES[unit] as number;
  if (unit === 0x20ac || unit === 0xa3 || unit === 0xa1) return 2;
  const looksLatin =
    (unit >= 0x250 && unit <= 0x2af) || (unit >= 0x370 && unit <= 0x58f) || (unit >= 0x1d00 && unit <= 0x1d2b);
  return looksLatin || unit === 0xa731 || unit === 0x1dd || unit === 0x183 ? 3 : 0;
}

function takeOff(text: string, scrambled: ReadonlyMap<number, string>): { text: string; from: Int32Array } | null {
  const pieces: { readonly text: string; readonly at: number }[] = [];
  let size = 0;
  let copied = 0;
  const put = (piece: string, at: number) => {
    if (piece === '') return;
    pieces.push({ text: piece, at });
    size += piece.length;
  };
  /** Leaves `[from, to)` out and puts `instead` there. */
  const change = (from: number, to: number, instead: string) => {
    put(text.slice(copied, from), copied);
    put(instead, from);
    copied = to;
  };
  let lastEnd = -1;
  let lastSingle = false;
  for (let start = 0; start < text.length; start += 1) {
    let kind = classOf(text.charCodeAt(start));
    if (kind === 0) continue;
    let end = start + 1;
    let mix = 1 << kind;
    for (; end < text.length; end += 1) {
      kind = classOf(text.charCodeAt(end));
      if (kind === 0) break;
      mix |= 1 << kind;
    }
    while (mix !== 2 && end - start > 1 && '!|+'.includes(text.charAt(end - 1))) end -= 1;
    const single = end - start === 1;
    if (lastEnd >= 0 && start > lastEnd && joined(text, lastEnd, start, single && lastSingle))
      change(lastEnd, start, '');
    const piece = mix === 2 && !mayBeScrambled(text, start, end, scrambled) ? null : text.slice(start, end);
    const plain = piece === null ? null : undressed(piece, scrambled);
    if (plain !== null && text.slice(start, end) !== plain) change(start, end, plain);
    lastEnd = end;
    lastSingle = single;
    start = end - 1;
  }
  if (copied === 0) return null;
  put(text.slice(copied), copied);
  const from = new Int32Array(size);
  let write = 0;
  for (const piece of pieces) {
    for (let index = 0; index < piece.text.length; index += 1, write += 1) from[write] = piece.at + index;
  }
  return { text: pieces.map((piece) => piece.text).join(''), from };
}

/** Whether what stands between two tokens only parts the letters of one word. */
function joined(text: string, from: number, to: number, singles: boolean): boolean {
  const length = to - from;
  if (length === 1) return singles || '-._*~^\'"+,/\\`'.includes(text.charAt(from));
  if (length > 5 && text.charCodeAt(from) !== 1) return false;
  const between = text.slice(from, to);
  // Among parted letters a wider gap is the space between words.
  if (singles && length <= 3 && !/\s\s|\s\W\s/.test(between)) return true;
  return CONCATENATION.test(between);
}

/** Whether a word of letters needs a closer look: its key is a known word's, or a letter stands three times. */
function mayBeScrambled(text: string, start: number, end: number, scrambled: ReadonlyMap<number, string>): boolean {
  if (end - start < 5 || end - start > 40) return false;
  for (let index = start + 2; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === text.charCodeAt(index - 1) && unit === text.charCodeAt(index - 2)) return true;
  }
  return end - start < 15 && scrambled.has(scrambleKey(text, start, end));
}

function undressed(token: string, scrambled: ReadonlyMap<number, string>): string {
  if (token.length < 3 || token.length > 40) return (token.length === 1 ? LOOKALIKES[token] : undefined) ?? token;
  let plain = token;
  if (/[^a-z]/.test(token)) {
    if (!/[a-z]/.test(token) && !/[^0-9@$!|+€£¡]/.test(token)) return token;
    plain = [...token].map((character) => FROM_LEET[character] ?? LOOKALIKES[character] ?? character).join('');
  }
  if (/(.)\1\1/.test(plain)) plain = plain.replace(/(.)\1{2,}/g, '$1');
  if (plain.length < 5 || plain.length > 14) return plain;
  const word = scrambled.get(scrambleKey(plain, 0, plain.length));
  return word !== undefined && word.length === plain.length ? word : plain;
}

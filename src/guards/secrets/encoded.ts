import { rewrite, type View } from '../normalise.js';
import { characterSet, runsOf } from './runs.js';
import { looksLikeRest } from './shape.js';

/** A stretch of a view that holds another text in some encoding. */
export interface Encoded {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BASE64 = characterSet(/[A-Za-z0-9+/_-]/);
const LEAST = 20;
const HEX_PAIRS = /(?:0x)?[0-9a-fA-F]{2}(?:[ :,]{1,2}(?:0x)?[0-9a-fA-F]{2}){15,}/g;
const CODES = /\b\d{2,3}(?:[ ,;]{1,2}\d{2,3}){15,}\b/g;
const PRINTABLE = /^[\x09\x0a\x0d\x20-\x7e]+$/;

/** Readable texts in base64, hexadecimal or character codes. */
export function encodedTexts(view: View): Encoded[] {
  const found: Encoded[] = [];
  const { text } = view;
  for (const { start, end } of runsOf(text, BASE64, LEAST)) {
    const plain = decodeToken(text.slice(start, end));
    if (plain !== null) found.push({ start, end, text: plain });
  }
  for (const [pattern, radix] of [
    [HEX_PAIRS, 16],
    [CODES, 10],
  ] as const) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const codes = match[0].split(/[ ,;:]+/).map((code) => Number.parseInt(code.replace(/^0x/, ''), radix));
      const plain = String.fromCharCode(...codes.slice(0, 20_000));
      if (PRINTABLE.test(plain)) found.push({ start: match.index, end: match.index + match[0].length, text: plain });
    }
  }
  return found;
}

function decodeToken(token: string): string | null {
  if (token.length % 2 === 0 && token.length >= 32 && /^[0-9a-fA-F]+$/.test(token)) {
    const plain = Buffer.from(token, 'hex').toString('latin1');
    return PRINTABLE.test(plain) ? plain : null;
  }
  if (!PRINTABLE.test(Buffer.from(token.slice(0, 20), 'base64').toString('latin1'))) return null;
  const plain = Buffer.from(token, 'base64').toString('latin1');
  if (PRINTABLE.test(plain)) return plain;
  const readable = plain.slice(0, -3);
  return readable.length >= 12 && PRINTABLE.test(readable) ? readable : null;
}

const SPELLED = /(?<!\S)\S(?:[ \t]{1,2}\S){11,}(?!\S)/g;
const GLUE = /(?:<\/?[a-z]{1,10}>|<!--[^<>]{0,20}-->|[\s"'`“”*|\\+>,;()[\]{}<]|\p{Extended_Pictographic})+/gu;
const TOKEN_CHARACTER = /[\w+/=.:~-]/;

/**
 * The view with everything taken out that people and programs break a key with: line ends, quotes, bars, pluses, and
 * spaces where a key plainly goes on. Each place is recorded as a gap.
 */
export function joined(view: View): View {
  const spelled = rewrite(view, SPELLED, (match) => match[0].replace(/[ \t]/g, ''));
  const { text } = spelled;
  return rewrite({ ...spelled, gaps: null }, GLUE, (match) => {
    const next = match.index + match[0].length;
    if (
      match.index === 0 ||
      !TOKEN_CHARACTER.test(text.charAt(match.index - 1)) ||
      !TOKEN_CHARACTER.test(text.charAt(next))
    )
      return null;
    if (!/^[ \t]+$/.test(match[0])) return '';
    return looksLikeRest(segmentAt(text, next)) ? '' : null;
  });
}

/** The characters up to the next white space, at most 64. */
function segmentAt(text: string, start: number): string {
  let end = start;
  while (end < start + 64 && end < text.length && text.charCodeAt(end) > 32) end += 1;
  return text.slice(start, end);
}

const CONFUSABLE: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ј: 'j',
  ѕ: 's',
  ԁ: 'd',
  һ: 'h',
  ո: 'n',
  к: 'k',
  т: 't',
  м: 'm',
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  Х: 'X',
  У: 'Y',
  І: 'I',
  Ѕ: 'S',
  Ј: 'J',
  α: 'a',
  ο: 'o',
  ν: 'v',
  ρ: 'p',
  κ: 'k',
  ι: 'i',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ζ: 'Z',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Χ: 'X',
  ı: 'i',
  ɡ: 'g',
  ѵ: 'v',
  ѡ: 'w',
  ⅼ: 'l',
};
const MIXED = /[\u0300-\u036f\u0131\u0261\u0370-\u03ff\u0400-\u052f\u0570-\u0580]/g;

/** Cyrillic and Greek letters that look Latin, taken for the letters they look like; marks over letters gone. */
export function unmasked(view: View): View {
  return rewrite(view, MIXED, ([letter]) =>
    letter >= '\u0300' && letter <= '\u036f' ? '' : (CONFUSABLE[letter] ?? null),
  );
}

/** The view read from its end. */
export function backwards(view: View): View {
  const { text, starts, ends } = view;
  const size = text.length;
  const flipped = { starts: new Uint32Array(size), ends: new Uint32Array(size) };
  for (let index = 0; index < size; index += 1) {
    const from = size - 1 - index;
    flipped.starts[index] = starts === null ? from : (starts[from] as number);
    flipped.ends[index] = ends === null ? from + 1 : (ends[from] as number);
  }
  return { text: fromUnits(unitsOf(text).reverse()), ...flipped, gaps: null };
}

/** Letters moved by 13 places. */
export function rotated(view: View): View {
  const units = unitsOf(view.text);
  for (let index = 0; index < units.length; index += 1) {
    const unit = units[index] as number;
    const letter = (unit | 32) - 97;
    if (unit < 0x80 && letter >= 0 && letter < 26) units[index] = letter < 13 ? unit + 13 : unit - 13;
  }
  return { ...view, text: fromUnits(units) };
}

function unitsOf(text: string): Uint16Array<ArrayBuffer> {
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index += 1) units[index] = text.charCodeAt(index);
  return units;
}

const fromUnits = (units: Uint16Array<ArrayBuffer>): string => Buffer.from(units.buffer).toString('utf16le');

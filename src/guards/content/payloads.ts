/**
 * Texts inside the text: base64, hex, binary, character codes, morse. Found in the original (folding lowers case), decoded
 * only when they yield readable text. Linear: what is decoded is shorter than what it stood in.
 */
interface Encoding {
  /** It needs so many characters of `A-Z a-z 0-9 + / _ -` without a break. */
  readonly run?: number;
  readonly pattern: RegExp;
  decode(match: string): string | null;
}

const MORSE: Readonly<Record<string, string>> = Object.fromEntries(
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'
    .split(' ')
    .map((code, index) => [code, String.fromCharCode(97 + index)]),
);

const ENCODINGS: readonly Encoding[] = [
  {
    run: 20,
    pattern: /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{20,})*={0,2}/g,
    decode: (match) => base64(match),
  },
  {
    pattern: /(?<![0-9A-Za-z])(?:(?:0x|\\x|%|\b)?[0-9a-fA-F]{2}[\s,:;-]{0,2}){12,}/g,
    decode: (match) => hexadecimal(match),
  },
  { pattern: /\b(?:[01]{8}[\s,]{0,2}){8,}/g, decode: (match) => characters(match.match(/[01]{8}/g) ?? [], 2) },
  { pattern: /\b(?:\d{2,3}[\s,;]{1,2}){10,}\d{2,3}\b/g, decode: (match) => characters(match.match(/\d+/g) ?? [], 10) },
  { pattern: /(?:\\[0-7]{2,3}){10,}/g, decode: (match) => characters(match.match(/[0-7]+/g) ?? [], 8) },
  { run: 24, pattern: /(?<![A-Za-z0-9])[A-Z2-7]{24,}={0,6}(?![A-Za-z0-9])/g, decode: (match) => base32(match) },
  // Letters apart, words further apart; and whole sentences as one name.
  {
    pattern: /(?<![A-Za-z0-9])(?:[A-Za-z0-9'][ .*|-]{1,4}){12,}[A-Za-z0-9](?![A-Za-z0-9])/g,
    decode: (match) =>
      match
        .split(/[ .*|-]{2,}/)
        .map((word) => word.replace(/[ .*|-]/g, ''))
        .join(' '),
  },
  {
    pattern: /(?<![A-Za-z0-9_])(?:[A-Za-z]{1,20}_){4,30}[A-Za-z]{1,20}/g,
    decode: (match) => match.replaceAll('_', ' '),
  },
  { pattern: /(?:[.-]{1,5}(?: ?\/ ?| {1,3})){10,}[.-]{1,5}/g, decode: (match) => morse(match) },
];

/** What stands encoded in the text and is readable once decoded. */
export function payloadsIn(text: string): string[] {
  const longest = longestRun(text);
  return ENCODINGS.filter(({ run = 0 }) => longest >= run).flatMap(({ pattern, decode }) =>
    Array.from(text.matchAll(pattern), ([match]) => decode(match)).filter(
      (decoded): decoded is string => decoded !== null && isReadable(decoded),
    ),
  );
}

function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const letter = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x2f && unit <= 0x39);
    run = letter || unit === 0x2b || unit === 0x2d || unit === 0x5f ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

function base64(written: string): string | null {
  const joined = written.replace(/\s+/g, '');
  // A path, an identifier or a word is no base64.
  if (!/[A-Z]/.test(joined) || !/[a-z]/.test(joined)) return null;
  return utf8(Buffer.from(joined, 'base64'));
}

function hexadecimal(written: string): string | null {
  const digits = written.replace(/0x|\\x/gi, '').replace(/[^0-9a-fA-F]/g, '');
  return digits.length % 2 === 0 ? utf8(Buffer.from(digits, 'hex')) : null;
}

function characters(codes: readonly string[], base: number): string | null {
  const points = codes.map((code) => Number.parseInt(code, base));
  return points.every((point) => point < 0x100) ? utf8(Uint8Array.from(points)) : null;
}

function base32(written: string): string | null {
  const out: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of written.replace(/=+$/, '')) {
    value = ((value << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.push((value >> bits) & 0xff);
  }
  return utf8(Uint8Array.from(out));
}

function morse(written: string): string {
  return written
    .trim()
    .split(/ ?\/ ?| {3,}/)
    .map((word) =>
      word
        .split(' ')
        .map((code) => MORSE[code] ?? '')
        .join(''),
    )
    .join(' ');
}

function utf8(data: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return null;
  }
}

const isReadable = (text: string): boolean =>
  text.length >= 10 && !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) && /\p{L}{3}/u.test(text);

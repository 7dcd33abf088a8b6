import { BARE, NAMED } from './entities.js';

/**
 * A text as the most willing reader would take it: entities, percent, `\u` and `\x` escapes decoded however deep they
 * are nested, compatibility forms as ASCII, marks and everything invisible gone, lower case, runs of space as one.
 *
 * It is a shift-reduce reading: each character is pushed, and whenever the end of the stack is a whole escape it is
 * replaced by what it stands for, which may complete the next. So every depth and order is undone in one linear pass.
 */
export interface Folded {
  readonly text: string;
  /** Start and end in the original of each character of `text`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Letters of the Unicode tag block and bytes as variation selectors, which show nothing and which models read. */
  readonly smuggled: string;
}

const LONGEST_NAME = 24;
/** How far back the head of an escape may stand while its parts are escapes themselves. */
const REACH = 64;

/** Marks over and under letters. Those of Indic and Thai scripts are letters in their own right. */
const MARK =
  '\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05c7\\u064b-\\u065f\\u0670\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\u3099\\u309a\\ufe20-\\ufe2f';
const HIDDEN = new RegExp(
  `^[\\p{Default_Ignorable_Code_Point}\\p{Cf}${MARK}\\p{Cc}\\p{Cn}\\p{Co}\\p{Cs}\\u2800]$`,
  'u',
);
const SPACE = /^[\s\p{Z}\u0085]$/u;
const MARKS = new RegExp(`[${MARK}]`, 'gu');

const [AMP, HASH, PERCENT, SEMICOLON, BACKSLASH, OPEN, CLOSE] = [0x26, 0x23, 0x25, 0x3b, 0x5c, 0x7b, 0x7d];
const [LETTER_U, LETTER_X, ZERO, NEWLINE, BLANK] = [0x75, 0x78, 0x30, 0x0a, 0x20];
/** A percent-coded byte that waits for the rest of its character. */
const BYTE = 0x11_0000;

/** Letters that have no parts of their own. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ı: 'i',
  æ: 'ae',
  œ: 'oe',
  '’': "'",
  '‘': "'",
};

/** What a character is to such a reader: '' for what shows nothing. */
function fold(point: number): string {
  // JavaScript counts it as white space; it shows nothing.
  if (point === 0xfeff) return '';
  const character = String.fromCodePoint(point);
  if (SPACE.test(character)) return point === 0x2028 || point === 0x2029 || point === 0x85 ? '\n' : ' ';
  if (point >= 0x1f1e6 && point <= 0x1f1ff) return String.fromCharCode(0x61 + point - 0x1f1e6);
  if (point >= 0x1f150 && point <= 0x1f189) return String.fromCharCode(0x61 + ((point - 0x1f150) % 32));
  if (HIDDEN.test(character)) return '';
  if (point >= 0xac00 && point <= 0xd7a3) return character;
  const plain = character.normalize('NFKD').replace(MARKS, '').toLowerCase();
  const spelled = SPELLED[plain];
  if (spelled !== undefined) return spelled;
  return plain === '' ? character : plain.normalize('NFKC');
}

/**
 * `bare`: entities count without their semicolon as well. The strict reading of every other escape has one result
 * whatever the order; this one has two (taken at once, or after all else), so callers try both.
 */
export function foldText(text: string, bare = false): Folded {
  let units = new Int32Array(text.length + 64);
  let starts = new Int32Array(text.length + 64);
  let ends = new Int32Array(text.length + 64);
  let size = 0;
  const folded = new Map<number, string>();
  let smuggled = '';
  /** Where the last `&` stands on the stack, and where the last `%` or backslash ends. */
  let lastAmp = -1;
  let lastEscape = -100;
  let swallow = false;

  const at = (fromEnd: number): number => (size >= fromEnd ? (units[size - fromEnd] as number) : -1);

  function put(unit: number, start: number, end: number): void {
    if (size === units.length) {
      units = grown(units);
      starts = grown(starts);
      ends = grown(ends);
    }
    units[size] = unit;
    starts[size] = start;
    ends[size] = end;
    size += 1;
  }

  function pushPoint(point: number, start: number, end: number): void {
    if (point < 0x80) {
      if (point > BLANK && point < 0x7f) push(point >= 0x41 && point <= 0x5a ? point + 32 : point, start, end);
      else if (point === 9 || point === BLANK) space(BLANK, start, end);
      else if (point >= 10 && point <= 13) space(NEWLINE, start, end);
      else if (bare) endBareEntity(-1);
      return;
    }
    if (point >= 0xe0020 && point < 0xe007f) smuggled += String.fromCharCode(point - 0xe0000);
    else if (point >= 0xe0110 && point <= 0xe01ef) smuggled += String.fromCharCode(point - 0xe00f0);
    let plain = folded.get(point);
    if (plain === undefined) {
      plain = fold(point);
      folded.set(point, plain);
    }
    if (plain === '') {
      if (bare) endBareEntity(-1);
      return;
    }
    for (let index = 0; index < plain.length; index += 1) {
      const unit = plain.charCodeAt(index);
      if (unit === BLANK || unit === NEWLINE) space(unit, start, end);
      else push(unit, start, end);
    }
  }

  function space(unit: number, start: number, end: number): void {
    if (bare) endBareEntity(unit);
    const last = at(1);
    if (last === BLANK && unit === NEWLINE) units[size - 1] = NEWLINE;
    else if (last === BLANK || (last === NEWLINE && (unit === BLANK || at(2) === NEWLINE))) return;
    else put(unit, start, end);
  }

  function push(unit: number, start: number, end: number): void {
    if (bare) {
      const swallowed = swallow && unit === SEMICOLON;
      swallow = false;
      if (swallowed) return;
      endBareEntity(unit);
    }
    // Zeros ahead of a number change nothing and could make it as long as one likes.
    if (unit === ZERO && (isNumberHead(1) || (at(1) === OPEN && at(2) === LETTER_U))) return;
    put(unit, start, end);
    if (unit === PERCENT || unit === BACKSLASH) lastEscape = size;
    else if (unit === AMP) lastAmp = size - 1;
    else if (unit === SEMICOLON) {
      if (lastAmp >= 0) endEntity();
    } else if (size - lastEscape <= 10) {
      if (unit === CLOSE) endBraced();
      else if (hexValue(unit) >= 0) endHex();
    }
    if (bare && lastAmp >= 0 && isLetter(unit)) endBareName();
  }

  /** Takes `count` characters off and pushes what they stand for in their place. */
  function reduce(count: number, point: number): void {
    const start = starts[size - count] as number;
    const end = ends[size - 1] as number;
    size -= count;
    if (lastAmp >= size) lastAmp = before(AMP, AMP, REACH);
    if (lastEscape > size) lastEscape = before(PERCENT, BACKSLASH, REACH) + 1;
    if (point >= BYTE || (point >= 0xd800 && point <= 0xdfff)) put(point, start, end);
    else if (point >= 0) pushPoint(point, start, end);
    if (point >= 0xdc00 && point <= 0xdfff && at(2) >= 0xd800 && at(2) < 0xdc00) {
      reduce(2, (at(2) - 0xd800) * 0x400 + (point - 0xdc00) + 0x10000);
    }
  }

  /** Where one of two units last stands among the last `reach`; -1 for nowhere. */
  function before(one: number, other: number, reach: number): number {
    for (let index = size - 1; index >= 0 && index >= size - reach; index -= 1) {
      if (units[index] === one || units[index] === other) return index;
    }
    return -1;
  }

  function endHex(): void {
    const low = hexValue(at(1));
    const high = hexValue(at(2));
    if (high < 0) return;
    if (at(3) === PERCENT) {
      reduceByte(high * 16 + low);
      return;
    }
    if (at(3) === LETTER_X && at(4) === BACKSLASH) {
      reduce(4, high * 16 + low);
      return;
    }
    if (at(5) !== LETTER_U || (at(6) !== BACKSLASH && at(6) !== PERCENT)) return;
    const third = hexValue(at(3));
    const fourth = hexValue(at(4));
    if (third >= 0 && fourth >= 0) reduce(6, ((fourth * 16 + third) * 16 + high) * 16 + low);
  }

  function reduceByte(byte: number): void {
    if (byte < 0x80) {
      reduce(3, byte);
      return;
    }
    reduce(3, BYTE + byte);
    for (let length = 2; length <= 4; length += 1) {
      const lead = at(length) - BYTE;
      if (lead < 0) return;
      if (lead < 0xc0) continue;
      const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (wanted !== length) return;
      let point = lead & (0xff >> (length + 1));
      for (let back = length - 1; back >= 1; back -= 1) point = point * 64 + ((at(back) - BYTE) & 0x3f);
      reduce(length, Math.min(point, 0x10ffff));
      return;
    }
  }

  function endBraced(): void {
    let point = 0;
    for (let back = 2; back <= 8; back += 1) {
      const value = hexValue(at(back));
      if (value >= 0) {
        point += value * 16 ** (back - 2);
        continue;
      }
      const whole = at(back) === OPEN && at(back + 1) === LETTER_U && at(back + 2) === BACKSLASH && back > 2;
      if (whole && point <= 0x10ffff) reduce(back + 2, point);
      return;
    }
  }

  /** `&#` or `&#x`, `back` characters from the end. */
  function isNumberHead(back: number): boolean {
    if (at(back) === HASH) return at(back + 1) === AMP;
    return at(back) === LETTER_X && at(back + 1) === HASH && at(back + 2) === AMP;
  }

  function endEntity(): void {
    const length = size - lastAmp;
    if (length > LONGEST_NAME) return;
    const point =
      units[lastAmp + 1] === HASH
        ? numeric(size - 1)
        : named(String.fromCharCode(...units.subarray(lastAmp + 1, size - 1)));
    if (point !== null) reduce(length, point);
  }

  /** The code point of `&#117` or `&#x75` that stands from the last `&` up to `end`; null for none. */
  function numeric(end: number): number | null {
    const hex = units[lastAmp + 2] === LETTER_X;
    const first = lastAmp + (hex ? 3 : 2);
    if (end <= first || end > first + 7) return null;
    let point = 0;
    for (let index = first; index < end; index += 1) {
      const digit = hexValue(units[index] as number);
      if (digit < 0 || (digit > 9 && !hex)) return null;
      point = point * (hex ? 16 : 10) + digit;
    }
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? point : null;
  }

  /** `&#117` ends where no digit follows. */
  function endBareEntity(next: number): void {
    const length = size - lastAmp;
    if (lastAmp < 0 || length < 3 || length > 12 || next === SEMICOLON || units[lastAmp + 1] !== HASH) return;
    const hex = units[lastAmp + 2] === LETTER_X;
    if (hex ? hexValue(next) >= 0 : next >= 0x30 && next <= 0x39) return;
    const point = numeric(size);
    if (point !== null) reduce(length, point);
  }

  function endBareName(): void {
    const length = size - lastAmp;
    if (length < 3 || length > 5) return;
    const body = String.fromCharCode(...units.subarray(lastAmp + 1, size));
    const point = BARE.includes(body) ? named(body) : null;
    if (point === null) return;
    reduce(length, point);
    swallow = true;
  }

  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // What can neither be part of an escape nor end one needs no second look.
    if (!bare && unit > 0x66 && unit <= 0x7a && unit !== LETTER_X) put(unit, index, index + 1);
    else if (unit < 0xd800 || unit > 0xdbff) pushPoint(unit, index, index + 1);
    else {
      const point = text.codePointAt(index) as number;
      const step = point > 0xffff ? 2 : 1;
      pushPoint(point, index, index + step);
      index += step - 1;
    }
  }
  if (bare) endBareEntity(-1);
  return { text: join(units, size), starts, ends, smuggled };
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2);
  next.set(array);
  return next;
}

/** The code point of a named entity; -1 for one that shows nothing; null for none. */
function named(body: string): number | null {
  const plain = Object.hasOwn(NAMED, body)
    ? NAMED[body]
    : /^[a-z](?:scr|fr|opf)$/.test(body)
      ? body.charAt(0)
      : undefined;
  if (plain === undefined) return null;
  return plain === '' ? -1 : plain.charCodeAt(0);
}

function hexValue(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
}

const isLetter = (unit: number): boolean => unit >= 0x61 && unit <= 0x7a;

function join(units: Int32Array, size: number): string {
  const buffer = new Uint16Array(size);
  for (let index = 0; index < size; index += 1) {
    const unit = units[index] as number;
    buffer[index] = unit >= BYTE ? 0xfffd : unit;
  }
  return Buffer.from(buffer.buffer).toString('utf16le');
}

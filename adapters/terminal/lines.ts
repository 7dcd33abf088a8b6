/**
 * Lines that will stand in a terminal: literal text with at most one style a piece, and how they break into rows.
 * Pure. No character that a terminal would obey survives `literal`, so that text cannot forge what the adapter draws.
 */
export type Style = 'plain' | 'bold' | 'dim';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export interface Line {
  readonly spans: readonly Span[];
  /** Broken at any character, each further row under a mark: a break must not look like a line end. */
  readonly code?: boolean;
}

/** One row of the screen: ready to be written, and the columns it takes. */
export interface Row {
  readonly text: string;
  readonly width: number;
}

export interface Layout {
  readonly columns: number;
  /** Whether bold and dim may be written. */
  readonly styled: boolean;
}

const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Joiners that scripts and emoji need; they neither move the cursor nor reorder text. */
const JOINERS = new Set(['\u200C', '\u200D']);
const TAB = '    ';
const ON = { plain: '', bold: '\u001B[1m', dim: '\u001B[2m' } as const;
const OFF = '\u001B[22m';
/** Only the adapter writes in the first column; all text stands behind it. */
const INDENT = '  ';
const CONTINUED = '↪ ';
const MIN_COLUMNS = 20;

/** Controls, escape sequences and what reorders text become visible escapes; line ends stay. */
export function literal(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/\t/g, TAB)
    .replace(OBEYED, (character) =>
      character === '\n' || JOINERS.has(character) ? character : escapeCharacter(character),
    );
}

/** As `literal`, on one line. */
export function literalLine(text: string): string {
  return literal(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

function escapeCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16).toUpperCase();
  return point > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

export function line(text: string, style: Style = 'plain'): Line {
  return { spans: [{ text: literalLine(text), style }] };
}

export function textOf(value: Line): string {
  return value.spans.map((span) => span.text).join('');
}

/** The rows of a message: `glyph` stands before the first, an indent before all others. */
export function layOut(lines: readonly Line[], glyph: string, { columns, styled }: Layout): Row[] {
  // The last column stays free: a full row leaves the cursor in a place that terminals disagree about.
  const room = Math.max(MIN_COLUMNS, columns) - 1 - INDENT.length;
  const rows = lines.flatMap((one) => breakLine(one, room));
  return rows.map(({ piece, continued }, index) => {
    const mark = continued ? { text: CONTINUED, style: 'dim' as const } : null;
    const spans = mark === null ? piece : [mark, ...piece];
    const width = INDENT.length + widthOf(spans.map((span) => span.text).join(''));
    return { text: ((index === 0 ? glyph : INDENT) + paint(spans, styled)).trimEnd(), width };
  });
}

function paint(spans: readonly Span[], styled: boolean): string {
  return spans
    .map(({ text, style }) => (styled && style !== 'plain' && text !== '' ? ON[style] + text + OFF : text))
    .join('');
}

function breakLine(value: Line, room: number): { piece: Span[]; continued: boolean }[] {
  const whole = textOf(value);
  const code = value.code === true;
  const ends = code ? hardBreaks(whole, room) : softBreaks(whole, room);
  return [...ends, whole.length].map((end, index) => {
    const start = ends[index - 1] ?? 0;
    const visible = start + whole.slice(start, end).trimEnd().length;
    return { piece: slice(value.spans, start, visible), continued: code && index > 0 };
  });
}

function hardBreaks(text: string, room: number): number[] {
  const breaks: number[] = [];
  let at = 0;
  let used = 0;
  for (const character of text) {
    const width = widthOfCharacter(character);
    const limit = breaks.length === 0 ? room : room - CONTINUED.length;
    if (used + width > limit) {
      breaks.push(at);
      used = 0;
    }
    used += width;
    at += character.length;
  }
  return breaks;
}

/** At spaces. A word that is too long breaks anywhere, except an address: that must stay whole to be opened. */
function softBreaks(text: string, room: number): number[] {
  const breaks: number[] = [];
  let used = 0;
  for (const { 0: word, index } of text.matchAll(/\S+\s*|\s+/g)) {
    const visible = widthOf(word.trimEnd());
    if (used > 0 && used + visible > room) {
      breaks.push(index);
      used = 0;
    }
    if (visible > room && !/^[!-~]*:\/\/[!-~]+\s*$/.test(word)) {
      const inside = hardBreaks(word, room);
      breaks.push(...inside.map((at) => index + at));
      used = widthOf(word.slice(inside.at(-1) ?? 0));
    } else used += widthOf(word);
  }
  return breaks;
}

function slice(spans: readonly Span[], start: number, end: number): Span[] {
  const pieces: Span[] = [];
  let at = 0;
  for (const { text, style } of spans) {
    const piece = text.slice(Math.max(0, start - at), Math.max(0, end - at));
    if (piece !== '') pieces.push({ text: piece, style });
    at += text.length;
  }
  return pieces;
}

/** Columns a text takes. Where terminals differ it answers the larger number: rows then never run over. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

const NARROW = /^[\p{Mn}\p{Me}\u200C\u200D]$/u;
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F000}-\u{1FAFF}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]$/u;

function widthOfCharacter(character: string): number {
  if (character <= '~') return 1;
  if (character === '\uFE0F') return 1;
  if (NARROW.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

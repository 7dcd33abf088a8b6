/**
 * A text as a reader or a machine would take it, with the way back: every character of `text` knows which span of
 * the original it stands for. Guards search the view and act on the original.
 */
export interface View {
  readonly text: string;
  /** Start and end in the original of each character; null where the view is the original itself. */
  readonly starts: Uint32Array | null;
  readonly ends: Uint32Array | null;
  /** 1 where something was taken out just before this character; null where nothing was. */
  readonly gaps: Uint8Array | null;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

function plainView(text: string): View {
  return { text, starts: null, ends: null, gaps: null };
}

/** The span of the original that `[start, end)` of the view stands for. `end` must be greater than `start`. */
export function originalSpan(view: View, start: number, end: number): Span {
  if (view.starts === null || view.ends === null) return { start, end };
  const [first, last] = [start, end - 1];
  return {
    start: Math.min(view.starts[first] as number, view.starts[last] as number),
    end: Math.max(view.ends[first] as number, view.ends[last] as number),
  };
}

/**
 * The view with each match of `pattern` (global) replaced. `replace` answers the new text ('' takes it out) or null
 * to leave it. Returns the same object when nothing changed.
 */
export function rewrite(view: View, pattern: RegExp, replace: (match: RegExpExecArray) => string | null): View {
  const { text } = view;
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  let growth = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0].length === 0) {
      pattern.lastIndex += 1;
      continue;
    }
    const replacement = replace(match);
    if (replacement === null || replacement === match[0]) continue;
    edits.push({ start: match.index, end: match.index + match[0].length, text: replacement });
    growth += replacement.length - match[0].length;
  }
  if (edits.length === 0) return view;

  const size = text.length + growth;
  const starts = new Uint32Array(size);
  const ends = new Uint32Array(size);
  const gaps = new Uint8Array(size);
  const pieces: string[] = [];
  let read = 0;
  let write = 0;
  const keepUntil = (end: number) => {
    pieces.push(text.slice(read, end));
    for (; read < end; read += 1, write += 1) {
      starts[write] = view.starts === null ? read : (view.starts[read] as number);
      ends[write] = view.ends === null ? read + 1 : (view.ends[read] as number);
      if (view.gaps !== null && view.gaps[read] === 1) gaps[write] = 1;
    }
  };
  for (const edit of edits) {
    keepUntil(edit.start);
    const span = originalSpan(view, edit.start, edit.end);
    for (let index = 0; index < edit.text.length; index += 1, write += 1) {
      starts[write] = span.start;
      ends[write] = span.end;
    }
    pieces.push(edit.text);
    if (edit.text === '' && write < size) gaps[write] = 1;
    read = edit.end;
  }
  keepUntil(text.length);
  return { text: pieces.join(''), starts, ends, gaps };
}

/** The view without any record of gaps: what was taken out so far does not count as a border. */
function seamless(view: View): View {
  return view.gaps === null ? view : { ...view, gaps: null };
}

const INVISIBLE =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb';
const LOOKS =
  '\\u00a0\\u2000-\\u200a\\u2010-\\u201f\\u2024-\\u203a\\u2070-\\u209f\\u2100-\\u214f\\u2212\\u2460-\\u24ff\\u3000\\ufe50-\\ufe6f\\uff01-\\uff9f';
const DRESSED = new RegExp(
  `[${INVISIBLE}]|\\udb40[\\udc00-\\udfff]|[${LOOKS}]|\\ud835[\\udc00-\\udfff]|\\ud83c[\\udd10-\\udd89]`,
  'g',
);
const INVISIBLE_ONLY = new RegExp(`^(?:[${INVISIBLE}]|\\udb40[\\udc00-\\udfff])$`);

/** Invisible characters out, look-alike forms (fullwidth, mathematical, enclosed, dashes, quotes, spaces) as ASCII. */
export function normalise(text: string): View {
  return seamless(rewrite(plainView(text), DRESSED, (match) => undress(match[0])));
}

function undress(character: string): string | null {
  if (character >= '\uff01' && character <= '\uff5e') return String.fromCharCode(character.charCodeAt(0) - 0xfee0);
  if (INVISIBLE_ONLY.test(character)) return '';
  const unit = character.charCodeAt(0);
  if ((unit >= 0x2010 && unit <= 0x2015) || unit === 0x2212) return '-';
  if ((unit >= 0x2018 && unit <= 0x201b) || unit === 0x2032 || unit === 0x2039 || unit === 0x203a) return "'";
  if ((unit >= 0x201c && unit <= 0x201f) || unit === 0x2033) return '"';
  if (unit === 0x2028 || unit === 0x2029) return '\n';
  if (unit === 0xd83c) return String.fromCharCode(65 + (((character.charCodeAt(1) - 0xdd10) % 32) % 26));
  const plain = character.normalize('NFKC');
  return /^[\x20-\x7e]$/.test(plain) ? plain : null;
}

const ESCAPE =
  /%[0-9a-f]{2}|\\u\{?[0-9a-f]{4,6}\}?|\\x[0-9a-f]{2}|\\[01][0-7]{2}|\\[nrt"'/\\_*`~|.:#@+=-]|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hyphen: '-',
  dash: '-',
  lowbar: '_',
  colon: ':',
  sol: '/',
  equals: '=',
  period: '.',
  plus: '+',
  commat: '@',
  num: '#',
  excl: '!',
  dollar: '$',
  percnt: '%',
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Percent, backslash and entity escapes decoded, again while that yields more (at most three times). */
export function decodeEscapes(view: View): View {
  let current = view;
  for (let round = 0; round < 3; round += 1) {
    const next = rewrite(current, ESCAPE, (match) => decodeEscape(match[0]));
    if (next === current) return current;
    current = seamless(next);
  }
  return current;
}

function decodeEscape(written: string): string | null {
  if (written.startsWith('%')) return ascii(Number.parseInt(written.slice(1), 16));
  if (written.startsWith('&')) {
    const name = written.slice(1, -1).toLowerCase();
    if (name.startsWith('#x')) return ascii(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return ascii(Number.parseInt(name.slice(1), 10));
    return NAMED[name] ?? null;
  }
  const kind = written.charAt(1);
  if (kind === 'u' || kind === 'x' || kind === 'U')
    return ascii(Number.parseInt(written.replace(/[^0-9a-f]/gi, ''), 16));
  if (kind === '0' || kind === '1') return ascii(Number.parseInt(written.slice(1), 8));
  return CONTROLS[kind] ?? kind;
}

function ascii(code: number): string | null {
  return code === 9 || code === 10 || code === 13 || (code >= 32 && code < 127) ? String.fromCharCode(code) : null;
}

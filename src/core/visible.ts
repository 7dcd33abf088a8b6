/**
 * Makes text that can deceive an eye honest. Whatever a person approves passes through here first: a character that
 * shows nothing, or that reorders its neighbours, becomes a visible escape. Pure, and linear in its input.
 */
export interface ShownText {
  readonly text: string;
  /** True when `text` differs from what came in. */
  readonly changed: boolean;
  /** How many characters became escapes; marks for line and space ends are not counted. */
  readonly hidden: number;
}

/**
 * What is left alone although it holds invisible parts: an emoji with its presentation selector, skin tone and joiners,
 * and keycaps. Then runs of spaces, carriage returns, and everything that shows nothing: controls (not line end and
 * tab), formats, default-ignorables (zero-width, bidirectional, tags, lone selectors), odd spaces, lone surrogates.
 */
const PICTURE = String.raw`\p{Extended_Pictographic}\p{Emoji_Modifier}?[\uFE0E\uFE0F]?`;
const HIDDEN = String.raw`[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800]|(?![\n\t])\p{Cc}|(?! )\p{Zs}`;
const KEPT = String.raw`${PICTURE}(?:\u200D${PICTURE})*|[0-9#*]\uFE0F\u20E3`;
const ODD = new RegExp(`(?<kept>${KEPT})|(?<spaces> +)|(?<hidden>${HIDDEN})`, 'gu');

/** `\u202E` for what is hidden, `␠` for each space at a line's end, `␍` for a carriage return there. */
export function showHidden(text: string): ShownText {
  let hidden = 0;
  const shown = text.replace(ODD, (match, ...rest) => {
    const groups = rest.at(-1) as { kept?: string; spaces?: string };
    if (groups.kept !== undefined) return match;
    const end = (rest.at(-3) as number) + match.length;
    if (groups.spaces !== undefined) return endsLine(text, end) ? '␠'.repeat(match.length) : match;
    if (match === '\r' && endsLine(text, end)) return '␍';
    hidden += 1;
    return escapeCharacter(match);
  });
  return { text: shown, changed: shown !== text, hidden };
}

/**
 * A file's name or path on one line. Plain where it can be; otherwise a JSON string with `\u` escapes, so that no two
 * names look alike and a program can read it back with `JSON.parse`.
 */
export function showName(name: string): string {
  const plain = !/[\n\t]|^["\s]|\s$/u.test(name) && !showHidden(name).changed;
  if (plain) return name;
  return JSON.stringify(name).replace(ODD, (match, ...rest) => {
    const groups = rest.at(-1) as { hidden?: string };
    return groups.hidden === undefined ? match : jsonEscape(match);
  });
}

/** `340 bytes`, `4.2 kB`, `12 MB`: decimal units. */
export function showBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit]}`;
}

function endsLine(text: string, at: number): boolean {
  return at === text.length || text[at] === '\n' || (text[at] === '\r' && (text[at + 1] ?? '\n') === '\n');
}

function escapeCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16).toUpperCase();
  return point > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

function jsonEscape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')}`;
  }).join('');
}

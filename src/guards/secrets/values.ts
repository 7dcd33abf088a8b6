import { isPlaceholder, isReference, looksLikePassword, looksRandom } from './shape.js';

/** The value that a phrase or an assignment leads to: where it ends, and whether it can be one. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly quoted: boolean;
}

const RUN = /[^\s\u0900-\u097f\u0e00-\u0e7f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]{1,513}/y;

/** Beyond this a run of characters is something else. */
export const LONGEST = { password: 160, pin: 32, login: 160, credential: 512 } as const;
const OPENERS: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '«': '»',
  '„': '"',
  '‹': '›',
  '「': '」',
  '『': '』',
  '*': '*',
  '|': '|',
  '~': '~',
  '<': '>',
};

/** The value that begins at `at`: what is in quotes or mark-up, else up to white space, without the sentence's end. */
export function valueAt(text: string, at: number, longest: number): Found | null {
  let start = at;
  let closer = '';
  while (
    start < at + 4 &&
    OPENERS[text.charAt(start)] !== undefined &&
    (closer === '' || OPENERS[text.charAt(start)] === closer.charAt(0))
  ) {
    closer += OPENERS[text.charAt(start)];
    start += 1;
  }
  if (closer !== '' && closer !== '*' && closer !== '<' && closer !== '~') {
    const close = text.slice(start, start + 200).indexOf(closer);
    const inside = close < 0 ? '' : text.slice(start, start + close);
    if (close === 0) return null;
    if (close > 0 && !inside.includes('\n')) return { start, end: start + close, value: inside, quoted: true };
  }
  if (closer.startsWith('>')) return null;
  RUN.lastIndex = start;
  const all = RUN.exec(text)?.[0] ?? '';
  if (text.charAt(at - 1) === '>' && text.charAt(at - 2) !== '=' && text.charAt(at - 2) !== '-' && !all.includes('</'))
    return null;
  const next = all.search(/&[\w.-]{1,40}=|<\//);
  const run = next < 0 ? all : all.slice(0, next);
  if (run.length > longest) return null;
  const value = run.slice(0, endOfValue(run));
  return value === '' ? null : { start, end: start + value.length, value, quoted: false };
}

/** Where the value ends before the punctuation of the sentence or of the code around it. */
function endOfValue(run: string): number {
  let end = run.length;
  const opened = run.includes('(');
  while (end > 0) {
    const last = run.charAt(end - 1);
    if ('.,;:?]}>\'"`*|~…'.includes(last) || (last === ')' && !opened)) end -= 1;
    else if (last === 'n' && run.charAt(end - 2) === '\\') end -= 2;
    else break;
  }
  return end;
}

/** Strong enough to be taken for a password right after the word, without `is` or a colon. */
export function isStrongAlone(value: string): boolean {
  if (
    value.length < 6 ||
    !looksLikePassword(value) ||
    /^[\w.-]+\.[a-z]{2,5}$/i.test(value) ||
    /[()[\]{}<>]|^[@:]|^(?:[a-z_]+|[A-Z_]+)=/.test(value)
  )
    return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length;
  return (
    /\d/.test(value) && (classes >= 3 || (/[a-z]/i.test(value) && value.length >= 6 && !/^[a-z]+\d$/i.test(value)))
  );
}

/** A variable's name rather than a value: `password: hashedPassword2,` */
export function isCodeName(value: string, after: string): boolean {
  if (
    /^[A-Za-z_$][\w$]*$/.test(value) &&
    /(?:pass|pwd|user|input|field|form|hash|value|param|arg|config|env|secret|token|credential|body|data|column|label|text|str)/i.test(
      value,
    )
  )
    return /^\s*[,;)}\]]/.test(after) || /[a-z][A-Z]|_/.test(value);
  return /[()[\]{};]/.test(value) && /^[\w$.?]+[([{]/.test(value);
}

/** Four to eight digits; a postal code is also called PIN code, a card's code has three or four. */
export function isPin(value: string, word: string): boolean {
  if (/^cv[cv]$/i.test(word)) return /^\d{3,4}$/.test(value);
  return /^pin.?code$/i.test(word) ? /^\d{4}$/.test(value) : /^\d{4,8}$/.test(value);
}

/** Forty characters and more with every sort of symbol among them: how frameworks draw their secret keys. */
const isDrawnWithSymbols = (value: string): boolean =>
  value.length >= 40 &&
  value.length <= 80 &&
  new Set(value.match(/[^A-Za-z0-9]/g)).size >= 4 &&
  (value.match(/\d/g) ?? []).length >= 2 &&
  !/[A-Za-z]{9}|[;{}]/.test(value);

const LABELLED = /^(?:sha\d{1,3}|md5|blake\w+)[-:]/i;

/** A machine's credential: long, drawn at random, no label, address, date, constant or name. */
export function isCredentialValue({ value, quoted }: Found, word: string, mine: boolean): boolean {
  if (value.length < 12 || value.length > 512 || /\s/.test(value) || isPlaceholder(value)) return false;
  if (isReference(value) && !isDrawnWithSymbols(value)) return false;
  if (
    LABELLED.test(value) ||
    /^(?:https?|file|data|ssh-\w+|arn|urn|mailto):?/i.test(value) ||
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)
  )
    return false;
  if (
    /^[\w.+-]+@[\w-]+\.\w+/.test(value) ||
    /^[./~]/.test(value) ||
    (/[(){}<>;,]/.test(value) && !isDrawnWithSymbols(value)) ||
    /^\d[\d.:T/Z-]*$/.test(value)
  )
    return false;
  if (/^[a-z]+(?:[-_./][a-z]+)*[-_./]?v?\d{0,4}$/i.test(value) && !/\d.*[a-z].*\d/i.test(value)) return false;
  if (/^\w+(?:\.\w+)+$/.test(value) && value.length < 40) return false;
  if (/^key$|^schlüssel$|^ключ$|^authorization$/i.test(word) && !(mine || value.length >= 20)) return false;
  return value.length >= 16 ? looksRandom(value) : looksRandom(value) && quoted;
}

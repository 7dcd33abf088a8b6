import type { View } from '../normalise.js';
import type { Match, SecretKind } from './kind.js';
import { isPlaceholder, isReference, looksLikePassword, looksRandom } from './shape.js';
import { COMMON_PASSWORDS, FILLERS, LINKS, LINKS_TIGHT, PREPOSITIONS } from './words.js';

/** What a word that gives a secret away promises after it. */
export type Promised = 'password' | 'pin' | 'login' | 'credential';

export interface PhraseKinds {
  readonly password: SecretKind;
  readonly pin: SecretKind;
  readonly login: SecretKind;
  readonly credential: SecretKind;
}

const SUFFIX =
  '(?:[_-]?(?:live|prod|production|dev|staging|stage|test|value|key|base|b64|base64|token|secret|text|plain|v?\\d{1,2}))?(?:s|m|mi|mm|n|ni|ы|я|ю|у|ом|em|u|m\\u0131z|miz|unu|ot|am)?';
const QUALIFIER = `(?:\\s{1,2}(?:${PREPOSITIONS})\\s{1,2}[^\\s:=][^\\n:=]{0,40}?|\\s?\\([^()\\n]{1,40}\\))?`;
const CLOSE = `(?![\\p{L}\\p{N}_])["'\`*\\])]{0,3}${QUALIFIER}`;
const AFTER = new RegExp(
  `${SUFFIX}(?:${CLOSE}(?:\\s{0,3}(:=|::|=>|->|:|=|,\\s?value:|\\bvalue\\s?[:=])\\s{0,6}|\\s{1,2}(?:${LINKS})(?:\\s{1,3}(?:${FILLERS}))?(?:\\s?:)?\\s{1,3})|\\s?(?:${LINKS_TIGHT})\\s?[:：]?\\s?)`,
  'iuy',
);
const BARE = new RegExp(`${SUFFIX}(?![\\p{L}\\p{N}_])["'\`*]{0,3}\\s{1,2}`, 'iuy');
const RUN = /[^\s\u0900-\u097f\u0e00-\u0e7f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]{1,256}/y;
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
const UNITS =
  /^\s+(?:characters?|chars?|digits?|letters?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|times|bits?|bytes?|words|months?|years?|weeks?|zeichen|tage|caract|car[aá]|jours|días|dias|tekens|znak|символ|дн)/i;
const MINE =
  /(?:^|[^\p{L}])(?:my|our|mein|meine|unser|mon|notre|mi|nuestra|il mio|la mia|mia|mio|minha|nossa|mijn|ons|moje|mojego|nasze|мой|наш|мій|mitt|min|mit|moje|můj|moj|το|我的|我們的|私の|내|제|benim|of mine)\s?(?:[\p{L}\d_-]{1,16}\s){0,3}$/iu;
const NEVER_SECRET =
  /(?:next|page|pagination|continuation|sync|cursor|csrf|xsrf|public|publishable|cancel|cancellation|css|design|syntax|max|min|num|total|unk|eos|bos|pad|site|cache|primary|foreign|sort|partition|row|object|map|hash|foreach|group|idempotency|dedupe|react|list|translation|i18n|s3|file|image|shortcut|hot|home|end|arrow|enter|escape|return|shift|ssh-rsa|host|pub|turnkey|keyboard|mon|don|tur|jer|hoc|whis|los|jockey|lac|hic)[ _-]?$/i;

/**
 * The value that a giving-away word ending at `end` promises: `my password is …`, `DB_PASSWORD=…`, `"token": "…"`.
 * `begin` is where the word begins.
 */
export function matchPhrase(
  view: View,
  kinds: PhraseKinds,
  promised: Promised,
  begin: number,
  end: number,
): Match | null {
  const { text } = view;
  const before = text.slice(Math.max(0, begin - 24), begin);
  const word = text.slice(begin, end);
  if (!standsFree(text.charAt(begin - 1), word, promised)) return null;
  if (promised === 'credential' && NEVER_SECRET.test(before)) return null;

  AFTER.lastIndex = end;
  const linked = AFTER.exec(text);
  if (linked !== null) {
    const found = valueAt(text, end + linked[0].length);
    if (found === null) return reversed(view, kinds, promised, begin);
    const explicit = linked[1] !== undefined;
    const match = judge(view, kinds, promised, {
      ...found,
      explicit,
      mine: MINE.test(before),
      word,
      tight: !/\s/.test(linked[0]),
    });
    if (match !== null) return match;
  } else if (promised === 'password') {
    BARE.lastIndex = end;
    const bare = BARE.exec(text);
    const found = bare === null ? null : valueAt(text, end + bare[0].length);
    if (found !== null && isStrongAlone(found.value)) return made(kinds.password, found);
  }
  return promised === 'password' || promised === 'pin' ? reversed(view, kinds, promised, begin) : null;
}

/** The word stands alone or ends a compound name (`dbPassword`, `MYSQL_PWD`); `spin` and `compass` are other words. */
function standsFree(left: string, word: string, promised: Promised): boolean {
  if (!/[\p{L}\p{N}]/u.test(left) || !/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) return true;
  if (/[a-z0-9]/.test(left) && /^[A-Z]/.test(word) && word.length > 2) return true;
  return word.length >= 5 && promised !== 'pin' && /^[a-z]+$/i.test(word);
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly quoted: boolean;
}

interface Context extends Found {
  readonly explicit: boolean;
  readonly mine: boolean;
  readonly word: string;
  readonly tight: boolean;
}

/** The value that begins at `at`: what is in quotes or mark-up, else up to white space, without the sentence's end. */
function valueAt(text: string, at: number): Found | null {
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
  const run = RUN.exec(text)?.[0] ?? '';
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

function judge(view: View, kinds: PhraseKinds, promised: Promised, found: Context): Match | null {
  const { value } = found;
  const after = view.text.slice(found.end, found.end + 16);
  switch (promised) {
    case 'pin':
      return /^\d{4,8}$/.test(value) && !UNITS.test(after) && !/^[-.:/]\d/.test(after) ? made(kinds.pin, found) : null;
    case 'login':
      return loginPair(view, kinds, found);
    case 'credential':
      return isCredentialValue(value, found) ? made(kinds.credential, found) : null;
    case 'password':
      break;
  }
  if (/^\d+$/.test(value) && (UNITS.test(after) || value.length < 4)) return null;
  if (!found.quoted && isCodeName(value, after)) return null;
  if (looksLikePassword(value) && !/\s/.test(value)) return made(kinds.password, found);
  if (COMMON_PASSWORDS.has(value.toLowerCase()) && !/^\s+\p{L}/u.test(after)) return made(kinds.password, found);
  if (found.mine && /^[a-z]{3,12}(?:-[a-z]{3,12}){2,7}$/i.test(value) && !/(?:ed|ing|able|sensitive)$/.test(value))
    return made(kinds.password, found);
  if (
    found.mine &&
    found.quoted &&
    value.length >= 5 &&
    value.length <= 80 &&
    !isReference(value) &&
    !isPlaceholder(value)
  )
    return made(kinds.password, found);
  if (/phrase$/i.test(found.word) || (found.mine && found.explicit)) return wordPhrase(view, kinds, found);
  return null;
}

/** `correct horse battery staple`: a few plain words up to the end of the line or sentence. */
function wordPhrase(view: View, kinds: PhraseKinds, found: Found): Match | null {
  const tail = /^(?:[a-z]{3,12}[ -]){2,9}[a-z]{3,12}(?=[.!]?(?:$|\n|[.!,] ))/i.exec(
    view.text.slice(found.start, found.start + 130),
  );
  if (
    tail === null ||
    /\b(?:the|not|and|that|this|with|for|you|too|was|are|but|has|its|only|must|should|can|will|have|been|still|very|your|\w+(?:ing|ed|ly))\b/i.test(
      tail[0],
    )
  )
    return null;
  return made(kinds.password, { ...found, end: found.start + tail[0].length, value: tail[0] });
}

/** `login: bob / s3cret!` */
function loginPair(view: View, kinds: PhraseKinds, found: Found): Match | null {
  const pair = /^(\S{2,64}?)\s?[/:|]\s?(\S{4,64})|^(\S{2,64}), ?(\S{4,64})/.exec(
    view.text.slice(found.start, found.start + 140),
  );
  if (pair === null) return null;
  const user = pair[1] ?? pair[3] ?? '';
  const password = (pair[2] ?? pair[4] ?? '').replace(/[.,;)"'`]+$/, '');
  if (/^https?$|[<>{}$=]/i.test(user) || !isStrongAlone(password)) return null;
  const end = found.start + pair[0].lastIndexOf(password) + password.length;
  return made(kinds.login, { ...found, end, value: `${user}:${password}` });
}

/** Strong enough to be taken for a password right after the word, without `is` or a colon. */
function isStrongAlone(value: string): boolean {
  if (
    value.length < 6 ||
    !looksLikePassword(value) ||
    /^[\w.-]+\.[a-z]{2,5}$/i.test(value) ||
    /[()[\]{}<>=]/.test(value)
  )
    return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length;
  return (
    /\d/.test(value) && (classes >= 3 || (/[a-z]/i.test(value) && value.length >= 6 && !/^[a-z]+\d$/i.test(value)))
  );
}

/** A variable's name rather than a value: `password: hashedPassword2,` */
function isCodeName(value: string, after: string): boolean {
  if (
    /^[A-Za-z_$][\w$]*$/.test(value) &&
    /(?:pass|pwd|user|input|field|form|hash|value|param|arg|config|env|secret|token|credential|body|data|column|label|text|str)/i.test(
      value,
    )
  )
    return /^\s*[,;)}\]]/.test(after) || /[a-z][A-Z]|_/.test(value);
  return /[()[\]{};]/.test(value) && /^[\w$.?]+[([{]/.test(value);
}

const LABELLED = /^(?:sha\d{1,3}|md5|blake\w+)[-:]/i;

function isCredentialValue(value: string, found: Context): boolean {
  if (value.length < 12 || value.length > 512 || /\s/.test(value) || isReference(value) || isPlaceholder(value))
    return false;
  if (
    LABELLED.test(value) ||
    /^(?:https?|file|data|ssh-\w+|arn|urn|mailto):?/i.test(value) ||
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value)
  )
    return false;
  if (
    /^[\w.+-]+@[\w-]+\.\w+/.test(value) ||
    /^[./~]/.test(value) ||
    /[(){}<>;,]/.test(value) ||
    /^\d[\d.:T/Z-]*$/.test(value)
  )
    return false;
  if (/^[a-z]+(?:[-_./][a-z]+)*[-_./]?v?\d{0,4}$/i.test(value) && !/\d.*[a-z].*\d/i.test(value)) return false;
  if (/^\w+(?:\.\w+)+$/.test(value) && value.length < 40) return false;
  if (/^key$|^schlüssel$|^ключ$|^authorization$/i.test(found.word) && !(found.mine || value.length >= 20)) return false;
  return value.length >= 16 ? looksRandom(value) : looksRandom(value) && found.quoted;
}

const BEFORE =
  /(?:^|\s)(\S{4,64})\s{1,2}(?:is|was|ist|war|est|es|è|é|jest|to|это|är|er)\s{1,2}(?:\p{L}{1,8}\s){1,3}$/iu;
const OWNERS = new Set(
  'my our the his her mein das unser mon le mi la mia minha a mijn het moje moja мой наш mitt mit'.split(' '),
);

/** `hunter2! is my password` */
function reversed(view: View, kinds: PhraseKinds, promised: Promised, begin: number): Match | null {
  const before = view.text.slice(Math.max(0, begin - 100), begin);
  const words = before.split(/\s/, 40).slice(-4, -1);
  if (!words.some((word) => OWNERS.has(word.toLowerCase()))) return null;
  const sentence = BEFORE.exec(before);
  const value = (sentence?.[1] ?? '').replace(/^["'`*|(]+|["'`*|),.;:]+$/g, '');
  if (sentence === null || value === '') return null;
  const good =
    promised === 'pin' ? /^\d{4,8}$/.test(value) : isStrongAlone(value) || (/^\w{5,}$/.test(value) && /\d/.test(value));
  if (!good) return null;
  const start = begin - before.length + sentence.index + sentence[0].indexOf(value);
  return made(promised === 'pin' ? kinds.pin : kinds.password, {
    start,
    end: start + value.length,
    value,
    quoted: false,
  });
}

function made(kind: SecretKind, found: Found): Match {
  return { start: found.start, end: found.end, kind, value: found.value, certainty: 'context' };
}

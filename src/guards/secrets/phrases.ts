import type { View } from '../normalise.js';
import type { Match, SecretKind } from './kind.js';
import { isPlaceholder, isReference, looksLikePassword } from './shape.js';
import { type Found, isCodeName, isCredentialValue, isPin, isStrongAlone, LONGEST, valueAt } from './values.js';
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
  '(?:[_-](?:live|prod|production|dev|staging|stage|test|value|key|base|b64|base64|token|secret|text|plain|v?\\d{1,2})|\\d{1,2})?(?:s|m|mi|si|sı|et|en|t|mm|n|ni|ы|я|ю|у|ом|em|u|m\\u0131z|miz|unu|ot|am)?(?:\\s(?:שלי|saya|ku|mea|mia|mitt|min|του|μου|của tôi|الخاصة بي)|ของฉัน|ของผม)?';
const QUALIFIER = `(?:\\s{1,2}(?:${PREPOSITIONS})\\s{1,2}[^\\s:=][^\\n:=]{0,40}?|\\s?\\([^()\\n]{1,40}\\)|\\s(?:wi-?fi|wlan|vpn|ssh|e-?mail|gmail|netflix|root|admin|sudo))?`;
const CLOSE = `(?![\\p{L}\\p{N}_])(?:["'\`*]{1,3}\\]?)?${QUALIFIER}`;
const AFTER = new RegExp(
  `${SUFFIX}(?:${CLOSE}(?:\\s{0,3}(:=|::|=>|->|→|:|=|>(?=[^<\\s])|\\s-{1,2}(?=\\s)|,\\s?value:|\\bvalue\\s?[:=]|\\s?\\|(?=\\s)|\\n\\s{0,16}value:(?=\\s))\\s{0,6}|\\s{1,2}(?:${LINKS})(?:\\s{1,3}(?:${FILLERS}))?(?:\\s?:)?\\s{1,3})|\\s?(?:${LINKS_TIGHT})\\s?[:：]?\\s?)`,
  'iuy',
);
const BARE = new RegExp(
  `${SUFFIX}(?![\\p{L}\\p{N}_])["'\`*]{0,3}(?:\\s(?:от|для|к|of|for|do|du|de|del|von|van)\\s\\p{L}{2,16})?\\s{1,2}`,
  'iuy',
);
const UNITS =
  /^\s+(?:characters?|chars?|digits?|letters?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|times|bits?|bytes?|words|months?|years?|weeks?|zeichen|tage|caract|car[aá]|jours|días|dias|tekens|znak|символ|дн)/i;
const MINE = new Set(
  "my our mein meine meinem unser mon notre mi nuestra mio mia minha nossa mijn ons moje mojego moja nasze мой моя наш мій mitt min mit můj moj το benim our's 제 내".split(
    ' ',
  ),
);
const MINE_TIGHT = /(?:我的|我們的|我们的|私の|僕の)\s?(?:wi-?fi|[\u3040-\u30ff\u4e00-\u9fff]{1,4})?$/i;
const THEIRS = new Set('the his her a das der die le la il el o het de den det their'.split(' '));
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
  const word = text.slice(begin, end);
  if (!standsFree(text.charAt(begin - 1), word, promised)) return null;
  if (promised === 'credential' && NEVER_SECRET.test(text.slice(Math.max(0, begin - 24), begin))) return null;

  AFTER.lastIndex = end;
  const linked = AFTER.exec(text);
  if (linked !== null) {
    const found = valueAt(text, end + linked[0].length, LONGEST[promised]);
    if (found === null) return reversed(view, kinds, promised, begin);
    const explicit = linked[1] !== undefined;
    if (linked[0].includes('\n') && !endsItsLine(text, found)) return null;
    const match = judge(view, kinds, promised, {
      ...found,
      explicit,
      mine: () => isMine(text, begin),
      word,
    });
    if (match !== null) return match;
  } else if (promised === 'password' && (!AMBIGUOUS.test(word) || /^m(?=\s)/.test(text.slice(end, end + 2)))) {
    BARE.lastIndex = end;
    const bare = BARE.exec(text);
    const found = bare === null ? null : valueAt(text, end + bare[0].length, LONGEST[promised]);
    if (
      found !== null &&
      (isStrongAlone(found.value) ||
        isVerbFinal(text, word, found) ||
        (isMine(text, begin) && /[A-Z].*[!#$%&*+]$/.test(found.value) && looksLikePassword(found.value)))
    )
      return made(kinds.password, found);
  }
  if (linked === null && promised === 'credential') return bareCredential(view, kinds, word, end);
  return promised === 'password' || promised === 'pin' ? reversed(view, kinds, promised, begin) : null;
}

/** `the api token 7f8a…`, with nothing between: only for what is long and drawn at random, and no id. */
function bareCredential({ text }: View, kinds: PhraseKinds, word: string, end: number): Match | null {
  if (
    !/(?:token|secret|api.?key|access.?key|токен|anahtarım?|anahtarı|api.{1,2}ключ|ключ.api|clave.(?:de.)?api|clé.(?:d'?)?api|chave.(?:de.)?api|chiave.api|klucz.api|api.sleutel|api.schlüssel)$/i.test(
      word,
    )
  )
    return null;
  BARE.lastIndex = end;
  const bare = BARE.exec(text);
  const found = bare === null ? null : valueAt(text, end + bare[0].length, LONGEST.credential);
  if (
    found === null ||
    found.value.length < 24 ||
    !/^[\w+/=.-]+$/.test(found.value) ||
    /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(found.value)
  )
    return null;
  return isCredentialValue(found, word, false) ? made(kinds.credential, found) : null;
}

function isMine(text: string, begin: number): boolean {
  return hasBefore(text, begin, (word) => MINE.has(word)) || MINE_TIGHT.test(text.slice(Math.max(0, begin - 8), begin));
}

/** Whether one of the up to four words that stand directly before fits, in lower case; the nearest is looked at first. */
function hasBefore(text: string, begin: number, fits: (word: string) => boolean): boolean {
  let end = begin;
  for (let seen = 0; seen < 4 && end > 0 && text.charCodeAt(end - 1) === 32; seen += 1) {
    const start = text.lastIndexOf(' ', end - 2) + 1;
    if (end - 1 - start > 16) return false;
    const word = text.slice(start, end - 1).replace(/^[\n"'(*]+|^.*\n/, '');
    if (fits(word.toLowerCase())) return true;
    end = start;
  }
  return false;
}

/** A value on the line after its name stands there alone and is no sentence. */
function endsItsLine(text: string, found: Found): boolean {
  return (
    (found.quoted || isStrongAlone(found.value)) && /^["'`*\s|]{0,6}(?:\n|$)/.test(text.slice(found.end, found.end + 8))
  );
}

/** Languages that say `my password X`, or `my password X is`. */
function isVerbFinal(text: string, word: string, found: Found): boolean {
  if (!looksLikePassword(found.value)) return false;
  return (
    /^(?:şifre|sifre|jelsz|salasana)/i.test(word) ||
    /^\s?(?:है|입니다|이에요|です|dır|dir)/.test(text.slice(found.end, found.end + 8))
  );
}

/** Words that mean more than a password: what follows them directly is none. */
const AMBIGUOUS = /^(?:pass|passkey|clave|parola?|parole|lösen|pw|geslo|парол|암호|口令)$/i;

/** The word stands alone or ends a compound name (`dbPassword`, `MYSQL_PWD`); `spin` and `compass` are other words. */
function standsFree(left: string, word: string, promised: Promised): boolean {
  if (!/[\p{L}\p{N}]/u.test(left) || !/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) return true;
  if (/[a-z0-9]/.test(left) && /^[A-Z]/.test(word) && word.length > 2) return true;
  return word.length >= 5 && promised !== 'pin' && /^[a-z]+$/i.test(word);
}

interface Context extends Found {
  /** After a colon or an equals sign rather than a word such as `is`. */
  readonly explicit: boolean;
  /** Whether somebody says `my`. */
  readonly mine: () => boolean;
  readonly word: string;
}

function judge(view: View, kinds: PhraseKinds, promised: Promised, found: Context): Match | null {
  const { value } = found;
  const after = view.text.slice(found.end, found.end + 16);
  switch (promised) {
    case 'pin':
      return isPin(value, found.word) && !UNITS.test(after) && !/^[-.:/]\d/.test(after) ? made(kinds.pin, found) : null;
    case 'login':
      return loginPair(view, kinds, found);
    case 'credential':
      return isCredentialValue(found, found.word, found.mine()) ? made(kinds.credential, found) : null;
    case 'password':
      break;
  }
  if (/^\d+$/.test(value) && (UNITS.test(after) || value.length < 4)) return null;
  if (!found.quoted && isCodeName(value, after)) return null;
  if (looksLikePassword(value) && !/\s/.test(value)) return made(kinds.password, found);
  if (found.explicit && /^[a-z]{16}$/.test(value) && /[bcdfghjklmnpqrstvwxz]{4}/.test(value))
    return made(kinds.password, found);
  if (COMMON_PASSWORDS.has(value.toLowerCase()) && !/^\s+\p{L}/u.test(after)) return made(kinds.password, found);
  if (found.mine() && /^[a-z]{3,12}(?:-[a-z]{3,12}){2,7}$/i.test(value) && !/(?:ed|ing|able|sensitive)$/.test(value))
    return made(kinds.password, found);
  if (
    found.mine() &&
    found.quoted &&
    value.length >= 5 &&
    value.length <= 80 &&
    !isReference(value) &&
    !isPlaceholder(value)
  )
    return made(kinds.password, found);
  if (found.quoted && !found.explicit && /\s/.test(value) && /\d/.test(value) && !isPlaceholder(value))
    return made(kinds.password, found);
  if (/phrase$/i.test(found.word) || found.mine()) return wordPhrase(view, kinds, found);
  return null;
}

/** `correct horse battery staple`: a few plain words up to the end of the line or sentence. */
function wordPhrase(view: View, kinds: PhraseKinds, found: Found): Match | null {
  const tail = /^(?:[a-z]{3,12}[ -]){2,9}[a-z]{3,12}(?=[.!]?(?:$|\n|[.!,] ))/i.exec(
    view.text.slice(found.start, found.start + 130),
  );
  if (
    tail === null ||
    /\b(?:the|not|and|that|this|with|for|you|too|was|are|but|has|its|only|must|should|can|will|have|been|still|very|your|also|just|same|wrong|weak|strong|long|short|safe|fine|today|because|when|what|like|than|from|over|under|about|here|there|before|after|again|never|always|name|email|birthday|too|now|\w+(?:ing|ed|ly))\b/i.test(
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

const BEFORE =
  /(?:^|\s)(\S{4,64})\s{1,2}(?:is|was|as|ist|war|als|est|es|è|é|jest|to|это|är|er)\s{1,2}(?:\p{L}{1,8}\s){1,3}$/iu;

/** `hunter2! is my password` */
function reversed(view: View, kinds: PhraseKinds, promised: Promised, begin: number): Match | null {
  const before = view.text.slice(Math.max(0, begin - 100), begin);
  // Every value that is taken here has a digit.
  if (!/\d/.test(before)) return null;
  if (!hasBefore(view.text, begin, (word) => MINE.has(word) || THEIRS.has(word))) return null;
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

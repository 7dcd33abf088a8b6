import { createHash } from 'node:crypto';

/** Pure judgements about single strings: does this look drawn at random, like a password, like a placeholder. */

const PLACEHOLDER =
  /example|placeholder|your[-_ ]?(?:own|api|key|token|secret|password|pass|access|private|account|\w{0,12}_?(?:key|token|secret)|here)|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|insert[-_ ]|redacted|removed|dummy|not[-_]?a[-_]?real|fake[-_]?(?:key|token|secret|value)|sample[-_]|x{5,}|\*{3,}|\.{3,}|\u2026|0{10,}|_{5,}|-{6,}|#{4,}|\btodo\b|<[a-z_ -]+>|\$\{|\{\{|%\(|\[\[|(?:my|the|some)[-_](?:api|secret|super|private|access|key|token)/i;

/** Published example credentials, by a stretch that occurs in nothing else. */
const PUBLISHED = [
  '4eC39HqLyjWDarjtT1zdp7dc',
  'BQokikJOvBiI2HlWgH4olfQ2',
  'IOSFODNN7',
  'I44QH8DHB',
  'wJalrXUtnFEMI',
  'je7MtGbClwBF',
  'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
  'ABC-DEF1234ghIkl',
  'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw',
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6',
  'B00000000',
  'dc3RyaW5nLWhlcmU',
  'AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe',
  'NzkyNzE1NDU0MTk2MDg4ODQy',
  'czZCaGRSa3F0Mzpn',
  'QWxhZGRpbjpvcGVuIHNlc2FtZQ',
  'dXNlcm5hbWU6cGFzc3dvcmQ',
  'dXNlcjpwYXNz',
];

/** True for stand-ins in documentation and templates, which are no secrets. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || PUBLISHED.some((known) => value.includes(known)) || isRepeated(value);
}

/** One or two characters over and over, apart from what stands before the last separator. */
function isRepeated(value: string): boolean {
  const tail = value.slice(Math.max(value.lastIndexOf('-'), value.lastIndexOf('_')) + 1);
  return tail.length >= 8 && /^([x0*.1-9])\1+$/i.test(tail) && /[x0*.]/i.test(tail);
}

/** Bits of Shannon entropy per character. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

/** Letters and digits mixed the way a generator does it, not a word, a path or a name. */
export function looksRandom(value: string): boolean {
  if (value.length < 8 || !/\d/.test(value) || !/[a-z]/i.test(value)) return false;
  if (isPlaceholder(value)) return false;
  return entropy(value) >= Math.min(3.2, Math.log2(value.length) * 0.72);
}

/** As `looksRandom`, also for the rare draw without a digit: its letters change case far more often than names do. */
export function looksDrawn(value: string): boolean {
  if (looksRandom(value)) return true;
  const changes = value.match(/[a-z](?=[A-Z])/g)?.length ?? 0;
  return value.length >= 16 && changes >= value.length / 7 && entropy(value) >= 3.5 && !isPlaceholder(value);
}

/** A continuation of a broken key rather than the next word of a sentence. */
export function looksLikeRest(segment: string): boolean {
  if (segment.length >= 24 && !/[=:]/.test(segment.slice(0, -2))) return true;
  if (/[=:]./.test(segment)) return false;
  const digits = /\d/.test(segment);
  const lower = /[a-z]/.test(segment);
  const upper = /[A-Z]/.test(segment);
  if (digits && (lower || upper)) return segment.length >= 3;
  return lower && /[a-z0-9][A-Z]/.test(segment) && segment.length >= 4;
}

const TECHNICAL =
  /^(?:sha-?\d+|md5|base-?\d+|utf-?(?:8|16)|oauth2?|2fa|mfa|1password|argon2(?:id?)?|bcrypt|pbkdf2|ascii|http2?|v\d[\d.]*|ipv[46]|[a-z]+-?\d{0,2}\.(?:js|ts|py|md|txt|env|json|ya?ml|com|org|net|io|dev)|\d+(?:st|nd|rd|th)|\d+(?:x|px|ms|s|kb|mb|gb|min|h|d)|\w+\(\)?)$/i;

/**
 * Could a person or a generator have chosen this as a password? Words of the language cannot be told from passwords,
 * so at least a digit or a symbol inside is asked for.
 */
export function looksLikePassword(value: string): boolean {
  if (value.length < 4 || value.length > 128 || isPlaceholder(value) || isReference(value)) return false;
  if (
    /^0x[0-9a-f]+$/i.test(value) ||
    /%[sdr](?![a-z0-9])/.test(value) ||
    (/^[€$£¥]?\d[\d.,]*[€$£¥%]?$/.test(value) && !/^\d+$/.test(value))
  )
    return false;
  if (TECHNICAL.test(value) || /^(?:https?|file|ftp):\/\//i.test(value)) return false;
  if (/^[a-z]+\d{0,3}(?:-[a-z]+)*-(?:[a-z]+ed|[a-z]+able|[a-z]+ing|sensitive|only|based|free|less|like)$/i.test(value))
    return false;
  if (/^[~./][\w./~-]*$/.test(value) || /^[\w-]+(?:\.[a-z_]\w*)+(?:\(.*)?$/i.test(value)) return false;
  const letters = /\p{L}/u.test(value);
  const digits = /\d/.test(value);
  const symbols = /[^\p{L}\d\s'’,.;:?()-]/u.test(value.slice(0, -1)) || /[!@#$%^&*~+]$/.test(value);
  const dashes = /[-.,;:?()]/.test(value);
  if (letters && digits) return true;
  if (symbols && (letters || digits) && !/^[!*_~`]|^\w+[*`~]+$/.test(value))
    return !/^[a-z]+[!]+$/i.test(value) && !/^[\w]+(?:[_/][\w]+)+$/.test(value);
  if (digits && !letters)
    return /^\d{4,12}$/.test(value) || (dashes && value.length >= 8 && !/^\d[\d.:-]*$/.test(value));
  return letters && !dashes && value.length >= 8 && /[a-z][A-Z]+[a-z]+[A-Z]/.test(value) && entropy(value) >= 3;
}

/** A variable, a call or a template that stands for the value instead of being it. */
export function isReference(value: string): boolean {
  return (
    /^(?:\$[A-Za-z_{(]|\{|%[A-Z_]+%$|<|\[|\(|process\.|os\.|env\.|ENV\[|import\.meta|secrets?[.:]|vault:|arn:|ref\+|op:\/\/|![a-z]+(?![^\s|>])|&[a-z]|\/\/|\/\*|=)/i.test(
      value,
    ) ||
    /^[A-Za-z_$][\w$]*(?:(?:\?\.|\.|::|->)[A-Za-z_$][\w$]*)+[[(]?/.test(value) ||
    /^[A-Za-z_$][\w$.]*[([]/.test(value) ||
    /\$\{|\{\{|%\{|\$\(/.test(value) ||
    /^(?:true|false|null|none|nil|undefined|string|str|number|int|integer|bool(?:ean)?|any|unknown|object|required|optional|secret|password|token|bearer|basic|yes|no|ok|on|off|empty|self|this|new|await|typeof|function|return)\b[;,)]?$/i.test(
      value,
    )
  );
}

/** A JSON Web Token's first part: base64url of a JSON object that names its algorithm. */
export function isJwt(value: string): boolean {
  const [head = ''] = value.split('.', 1);
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && ('alg' in header || 'typ' in header || 'enc' in header);
  } catch {
    return false;
  }
}

/** `user:password` in base64, as in HTTP's Basic scheme. */
export function isBasicCredential(value: string): boolean {
  const plain = Buffer.from(value, 'base64').toString('latin1');
  return /^[\x20-\x7e]*:[\x20-\x7e]{3,}$/.test(plain) && !isPlaceholder(plain);
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Base58Check: the last four bytes are the double SHA-256 of the rest. At most 120 characters. */
export function isBase58Check(value: string): boolean {
  let number = 0n;
  for (const character of value) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) return false;
    number = number * 58n + BigInt(digit);
  }
  const hex = number.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  if (bytes.length < 5) return false;
  const sum = createHash('sha256')
    .update(createHash('sha256').update(bytes.subarray(0, -4)).digest())
    .digest();
  return sum.subarray(0, 4).equals(bytes.subarray(-4));
}

/** Luhn's check digit, for payment cards that are not the processors' published test numbers. */
export function isCardNumber(value: string): boolean {
  const digits = value.replace(/\D/g, '');
  if (digits.length < 13 || digits.length > 19 || new Set(digits).size < 5 || /^4242|(\d)\1{6}/.test(digits))
    return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

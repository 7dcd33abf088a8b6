/** Ways in which a text is written so that it does not look like itself. All linear, all of literals only. */

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};

/** `\x72`, `\162`, `\0162`, `\u0072` and the letters, as `printf`, `echo -e` and `$'…'` read them. */
export function ansiC(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|0?([0-7]{1,3})|([ntrabeEfv\\'"?]))/g,
    (whole, hex: string | undefined, short, long, octal: string | undefined, letter: string | undefined) => {
      const code = hex ?? short ?? long;
      if (code !== undefined) return fromCode(Number.parseInt(code, 16), whole);
      if (octal !== undefined) return fromCode(Number.parseInt(octal, 8) & 0xff, whole);
      return SIMPLE[letter ?? ''] ?? whole;
    },
  );
}

const fromCode = (code: number, otherwise: string): string =>
  code <= 0x10_ff_ff ? String.fromCodePoint(code) : otherwise;

export function fromBase64(text: string): string | null {
  const compact = text.replace(/\s+/g, '');
  if (compact === '' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) return null;
  return Buffer.from(compact, 'base64').toString('utf8');
}

export function fromBase32(text: string): string | null {
  const compact = text.replace(/\s+/g, '').toUpperCase();
  if (compact === '' || !/^[A-Z2-7]*=*$/.test(compact)) return null;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const one of compact.replace(/=+$/, '')) {
    value = ((value << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes).toString('utf8');
}

export function fromHex(text: string): string | null {
  const compact = text.replace(/^\s*0x|\\x|\s+/g, '');
  return compact !== '' && compact.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(compact)
    ? Buffer.from(compact, 'hex').toString('utf8')
    : null;
}

/** `tr SET1 SET2` of literals and ranges. Null for sets that are more than that. */
export function translate(text: string, from: string, to: string): string | null {
  const [source, target] = [characterSet(from), characterSet(to)];
  if (source === null || target === null || target.length === 0) return null;
  const map = new Map(source.map((one, index) => [one, target[Math.min(index, target.length - 1)] ?? one]));
  return [...text].map((one) => map.get(one) ?? one).join('');
}

export function deleteCharacters(text: string, set: string): string | null {
  const members = characterSet(set);
  if (members === null) return null;
  const gone = new Set(members);
  return [...text].filter((one) => !gone.has(one)).join('');
}

const CLASSES: Readonly<Record<string, string>> = {
  '[:lower:]': 'a-z',
  '[:upper:]': 'A-Z',
  '[:digit:]': '0-9',
  '[:space:]': ' \t\n\r\v\f',
};

function characterSet(set: string): string[] | null {
  const plain = ansiC(set.replace(/\[:\w+:\]/g, (name) => CLASSES[name] ?? name));
  if (plain.length > 512 || plain.includes('[:')) return null;
  const members: string[] = [];
  const all = [...plain];
  for (let at = 0; at < all.length; at++) {
    const [one, last] = [all[at] ?? '', all[at + 2]];
    if (all[at + 1] === '-' && last !== undefined) {
      for (let code = one.codePointAt(0) ?? 0; code <= (last.codePointAt(0) ?? -1) && members.length < 1024; code++) {
        members.push(String.fromCodePoint(code));
      }
      at += 2;
    } else members.push(one);
  }
  return members;
}

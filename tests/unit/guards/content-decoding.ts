/**
 * A reader of its own for the boundary's definition: it decodes again and again until nothing changes, and counts the
 * tags. Written without the guard's code.
 */
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  lowbar: '_',
  sol: '/',
  quot: '"',
  nbsp: ' ',
  shy: '\u00ad',
  zwj: '\u200d',
};

const entities = (text: string): string =>
  text.replace(/&(?:#x0*([0-9a-f]{1,6})|#0*(\d{1,7})|([a-z]{2,8}));?/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    return point(Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16)) ?? whole;
  });

const percent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    }
  });

const escapes = (text: string): string =>
  text.replace(/\\u(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{4}))/gi, (whole, braced, plain) => {
    return point(Number.parseInt(braced ?? plain, 16)) ?? whole;
  });

const visible = (text: string): string =>
  text.normalize('NFKC').replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '');

function point(value: number): string | null {
  return value > 0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) ? String.fromCodePoint(value) : null;
}

export function decodedFully(text: string): string {
  let current = text;
  for (let round = 0; round < 40; round += 1) {
    const next = visible(escapes(percent(entities(current))));
    if (next === current) return current;
    current = next;
  }
  return current;
}

export function tags(text: string): { opening: number; closing: number; names: number } {
  return {
    opening: text.match(/<\s*untrusted_data\b/gi)?.length ?? 0,
    closing: text.match(/<\s*\/\s*untrusted_data\s*>/gi)?.length ?? 0,
    names: text.match(/untrusted_data/gi)?.length ?? 0,
  };
}

/** Ways to write a text differently; `only` chooses which characters: all, letters, every second, marks. */
export const encoders: readonly ((text: string, only: number) => string)[] = [
  over((character) => `&#${character.codePointAt(0)};`),
  over((character) => `&#x${character.codePointAt(0)?.toString(16)};`),
  over((character) => `&#000${character.codePointAt(0)};`),
  over(
    (character) => ({ '<': '&lt;', '>': '&gt;', _: '&lowbar;', '&': '&amp;', '/': '&sol;' })[character] ?? character,
  ),
  over((character) =>
    encodeURIComponent(character).replace(/^[!-~]$/, (plain) => `%${plain.charCodeAt(0).toString(16)}`),
  ),
  over((character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  ),
  over((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`),
  over((character) => (/[!-~]/.test(character) ? String.fromCharCode(character.charCodeAt(0) + 0xfee0) : character)),
  over((character) => `${character}\u200b`),
  over((character) => `${character}\u00ad`),
  over((character) => `\u{e0061}${character}`),
  (text) => text.toUpperCase(),
];

function over(encode: (character: string) => string): (text: string, only: number) => string {
  return (text, only) =>
    [...text]
      .map((character, index) => {
        const chosen =
          only === 0 ||
          (only === 1 && /\w/.test(character)) ||
          (only === 2 && index % 2 === 0) ||
          (only === 3 && /\W|_/.test(character));
        return chosen && !/[\ud800-\udfff]/.test(character.length === 1 ? character : '')
          ? encode(character)
          : character;
      })
      .join('');
}

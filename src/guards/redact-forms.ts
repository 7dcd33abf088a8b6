/** The shapes that a value takes on its way through programs, each a literal text to look for. */
export interface Form {
  readonly text: string;
  /** Characters of base64 beside the form that hold some of the value's bits: they go too. */
  readonly before: number;
  readonly after: number;
}

/**
 * Plain, base64 (each of the three alignments, both alphabets), hexadecimal, percent-, JSON- and HTML-escaped, and
 * reversed. Long lines of a value of several lines stand for themselves: programs indent and quote line by line.
 */
export function formsOf(value: string): Form[] {
  const trimmed = value.trim();
  const forms = trimmed === value || trimmed === '' ? [value] : [value, trimmed];
  const unique = new Map(forms.flatMap(formsOfOne).map((form) => [form.text, form]));
  return [...unique.values()];
}

function formsOfOne(value: string): Form[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex = bytes.toString('hex');
  const plain = [
    value,
    [...value].reverse().join(''),
    value.replace(/\r?\n/g, '\r\n'),
    hex,
    hex.toUpperCase(),
    ...percentForms(value, bytes),
    ...jsonForms(value),
    ...htmlForms(value),
    ...longLines(value),
  ];
  const unique = new Map<string, Form>();
  for (const text of plain) if (text !== '') unique.set(text, { text, before: 0, after: 0 });
  for (const form of base64Forms(bytes)) if (!unique.has(form.text)) unique.set(form.text, form);
  return [...unique.values()];
}

function percentForms(value: string, bytes: Buffer): string[] {
  const strict = [...bytes]
    .map((byte) =>
      /[\w.~-]/.test(String.fromCharCode(byte)) && byte < 128 ? String.fromCharCode(byte) : percent(byte),
    )
    .join('');
  const component = safely(() => encodeURIComponent(value), strict);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const spaced = component.replaceAll('%20', '+');
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const path = safely(() => encodeURI(value), strict);
  return [
    strict,
    component,
    form,
    spaced,
    path,
    lower(strict),
    lower(component),
    lower(form),
    encodeURIComponent(component),
  ];
}

const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/** encodeURIComponent refuses half a surrogate pair; the strict form stands in for it. */
function safely(encode: () => string, otherwise: string): string {
  try {
    return encode();
  } catch {
    return otherwise;
  }
}

function jsonForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const web = ascii.replace(/[<>&'+]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const upper = web.replace(/\\u([0-9a-f]{4})/g, (_, code: string) => `\\u${code.toUpperCase()}`);
  const slashes = json.replaceAll('/', '\\/');
  const within = (text: string) => JSON.stringify(text).slice(1, -1);
  return [json, ascii, web, upper, slashes, within(json), within(ascii)];
}

function htmlForms(value: string): string[] {
  const basic = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = basic.replaceAll('"', '&quot;');
  return [
    basic,
    quoted,
    quoted.replaceAll("'", '&#39;'),
    quoted.replaceAll("'", '&#x27;'),
    quoted.replaceAll("'", '&apos;'),
    basic.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ];
}

const LONG_LINE = 20;

function longLines(value: string): string[] {
  if (!value.includes('\n')) return [];
  return value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= LONG_LINE && !/\s|^-----/.test(line));
}

/**
 * The characters that the value alone decides when `offset` bytes stand before it; the ones beside them, which it
 * shares with its neighbours, are counted in `before` and `after`.
 */
function base64Forms(bytes: Buffer): Form[] {
  const forms: Form[] = [];
  for (let offset = 0; offset < 3; offset += 1) {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]);
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const before = (offset * 8) % 6 === 0 ? 0 : 1;
    const after = ((offset + bytes.length) * 8) % 6 === 0 ? 0 : 1;
    for (const alphabet of ['base64', 'base64url'] as const) {
      const text = padded.toString(alphabet).slice(first, last);
      if (text !== '') forms.push({ text, before, after });
    }
  }
  return forms;
}

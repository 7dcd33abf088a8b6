/**
 * Telegram's HTML parse mode as its documentation describes it: a fixed set of tags, properly closed; four named
 * entities and numeric ones; everything else is an error or literal text. Written for the fake, not for the adapter.
 */
export interface MessageEntity {
  readonly type: string;
  /** UTF-16 units. */
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

export interface FormattedText {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

/** The description that follows "Bad Request: can't parse entities: ". */
export class ParseFault extends Error {}

const TYPES: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  'tg-emoji': 'custom_emoji',
};
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
const MAX_ENTITIES = 100;

interface OpenTag {
  readonly name: string;
  readonly offset: number;
  readonly attributes: ReadonlyMap<string, string>;
}

export function parseHtml(source: string): FormattedText {
  let text = '';
  const open: OpenTag[] = [];
  const entities: MessageEntity[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source.charAt(at);
    if (char === '&') {
      const [decoded, next] = decodeEntity(source, at);
      text += decoded;
      at = next;
    } else if (char !== '<') {
      text += char;
      at += 1;
    } else if (source.charAt(at + 1) === '/') {
      at = closeTag(source, at, text, open, entities);
    } else {
      const [tag, next] = openTag(source, at, text.length);
      open.push(tag);
      at = next;
    }
  }
  const unclosed = open.at(-1);
  if (unclosed) throw new ParseFault(`Can't find end tag corresponding to start tag "${unclosed.name}"`);
  return trim({ text, entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length) });
}

/** What Telegram does to every text: white space at both ends goes, and only the first 100 entities count. */
export function trim({ text, entities }: FormattedText): FormattedText {
  const start = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const kept = entities.flatMap((entity) => {
    const from = Math.max(entity.offset - start, 0);
    const to = Math.min(entity.offset - start + entity.length, trimmed.length);
    return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
  });
  return { text: trimmed, entities: kept.slice(0, MAX_ENTITIES) };
}

/** What clients turn into links by themselves outside of code and links: mentions, commands and addresses. */
export function detect({ text, entities }: FormattedText): MessageEntity[] {
  const covered = (offset: number) =>
    entities.some(
      (entity) =>
        ['code', 'pre', 'text_link'].includes(entity.type) &&
        offset >= entity.offset &&
        offset < entity.offset + entity.length,
    );
  const rules: [string, RegExp][] = [
    ['mention', /(?<![\p{L}\p{N}_])@[A-Za-z0-9_]{2,32}(?![\p{L}\p{N}_])/gu],
    ['bot_command', /(?<![\p{L}\p{N}_/<>])\/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\p{L}\p{N}_/<>])/gu],
    ['url', /(?:https?|tg|ton):\/\/[^\s]+/gu],
    // Names need no scheme where their end is one that exists; here some of those stand for all.
    ['url', /(?<![\p{L}\p{N}@:/._-])(?:[\p{L}\p{N}-]+\.)+(?:com|org|net|io|me|example)(?![\p{L}\p{N}.-])(?:\/\S*)?/gu],
  ];
  return rules.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)]
      .filter((match) => !covered(match.index))
      .map((match) => ({ type, offset: match.index, length: match[0].length })),
  );
}

function decodeEntity(source: string, at: number): [string, number] {
  const match = /^&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));?/.exec(source.slice(at, at + 12));
  if (!match) return ['&', at + 1];
  const [whole, hex, decimal, name] = match;
  if (name !== undefined) {
    const decoded = NAMED[name];
    return decoded === undefined ? ['&', at + 1] : [decoded, at + whole.length];
  }
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return point === 0 || point > 0x10ffff ? ['&', at + 1] : [String.fromCodePoint(point), at + whole.length];
}

function openTag(source: string, at: number, offset: number): [OpenTag, number] {
  const byte = Buffer.byteLength(source.slice(0, at));
  const end = source.indexOf('>', at);
  const head = /^<([^\s>]*)/.exec(source.slice(at));
  const name = (head?.[1] ?? '').toLowerCase();
  if (end < 0) throw new ParseFault(`Unclosed start tag at byte offset ${byte}`);
  if (!Object.hasOwn(TYPES, name)) throw new ParseFault(`Unsupported start tag "${name}" at byte offset ${byte}`);
  const attributes = new Map<string, string>();
  let rest = at + 1 + name.length;
  for (;;) {
    const attribute = /^\s+([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/.exec(source.slice(rest));
    if (!attribute) break;
    const raw = attribute[2] ?? attribute[3] ?? attribute[4] ?? '';
    attributes.set(attribute[1] ?? '', decodeAll(raw));
    rest += attribute[0].length;
  }
  const close = /^\s*>/.exec(source.slice(rest));
  if (!close) throw new ParseFault(`Unexpected end of name token at byte offset ${byte}`);
  if (name === 'span' && attributes.get('class') !== 'tg-spoiler') {
    throw new ParseFault(`Tag "span" must have class "tg-spoiler" at byte offset ${byte}`);
  }
  return [{ name, offset, attributes }, rest + close[0].length];
}

function decodeAll(value: string): string {
  let result = '';
  for (let at = 0; at < value.length; ) {
    if (value.charAt(at) === '&') {
      const [decoded, next] = decodeEntity(value, at);
      result += decoded;
      at = next;
    } else {
      result += value.charAt(at);
      at += 1;
    }
  }
  return result;
}

function closeTag(source: string, at: number, text: string, open: OpenTag[], entities: MessageEntity[]): number {
  const byte = Buffer.byteLength(source.slice(0, at));
  const match = /^<\/([^\s>]*)\s*>/.exec(source.slice(at));
  if (!match) throw new ParseFault(`Unclosed end tag at byte offset ${byte}`);
  const tag = open.pop();
  if (!tag) throw new ParseFault(`Unexpected end tag at byte offset ${byte}`);
  const name = (match[1] ?? '').toLowerCase();
  if (name !== '' && name !== tag.name) {
    throw new ParseFault(`Unmatched end tag at byte offset ${byte}, expected "</${tag.name}>", found "</${name}>"`);
  }
  const entity = entityOf(tag, text, entities);
  if (entity) entities.push(entity);
  return at + match[0].length;
}

function entityOf(tag: OpenTag, text: string, entities: MessageEntity[]): MessageEntity | null {
  const span = { offset: tag.offset, length: text.length - tag.offset };
  if (span.length === 0) return null;
  if (tag.name === 'a') {
    const url = tag.attributes.get('href') ?? text.slice(tag.offset);
    // An address Telegram does not accept leaves plain text.
    return /^(https?|tg|ton|mailto|tel):/i.test(url) ? { type: 'text_link', ...span, url } : null;
  }
  if (tag.name === 'pre') {
    const inner = entities.findIndex((one) => one.offset === span.offset && one.length === span.length && one.language);
    const language = inner < 0 ? undefined : entities[inner]?.language;
    if (inner >= 0) entities.splice(inner, 1);
    return { type: 'pre', ...span, ...(language === undefined ? {} : { language }) };
  }
  if (tag.name === 'code') {
    const language = /^language-(.+)$/.exec(tag.attributes.get('class') ?? '')?.[1];
    return { type: 'code', ...span, ...(language === undefined ? {} : { language }) };
  }
  return { type: TYPES[tag.name] ?? tag.name, ...span };
}

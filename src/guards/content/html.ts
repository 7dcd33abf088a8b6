/**
 * Takes out of a page what its reader is not shown: comments, and elements that are hidden by attribute or style. One
 * pass over the tags, linear in the text; what is not markup passes untouched.
 */
export interface Visible {
  readonly text: string;
  /** What was taken out and holds words. */
  readonly hidden: readonly string[];
}

interface Tag {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly closes: boolean;
  readonly hides: boolean;
}

interface Region {
  readonly start: number;
  readonly end: number;
}

const LONGEST_TAG = 4_000;
const VOID = /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
const VOID_TAG = /^<(?:input|img|embed)\b/i;
const MARKUP = /<!--|-->|<\/?[a-z][^<>]*>/gi;
const STYLE = /\bstyle\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;
const QUOTED = /"[^"]*"|'[^']*'/g;
/** Ways of showing nothing: not there, transparent, without size, off the page. */
const HIDING: readonly RegExp[] = [
  /display\s*:\s*none/i,
  /visibility\s*:\s*(?:hidden|collapse)/i,
  /(?<![\w-])opacity\s*:\s*0?\.?0+\s*(?:%\s*)?(?:!|;|$)/i,
  /font-size\s*:\s*[01](?:\.\d+)?\s*(?:px|pt|em|rem|%)?\s*(?:!|;|$)/i,
  /(?<![\w-])color\s*:\s*(?:transparent|rgba\([^)]*,\s*0(?:\.0+)?\s*\)|hsla\([^)]*,\s*0(?:\.0+)?\s*\))/i,
  /(?:text-indent|left|top|margin-left|margin-top)\s*:\s*-\d{3,}/i,
  /clip(?:-path)?\s*:\s*(?:rect\(\s*0[^)]*\)|inset\(\s*(?:50|100)%)/i,
  /transform\s*:\s*scale\(\s*0\s*\)/i,
  /mso-hide\s*:\s*all/i,
];
const NO_SIZE = /(?<![\w-])(?:max-)?(?:height|width)\s*:\s*[01](?:px|pt|em)?\s*(?:;|$)/i;
const CLIPPED = /overflow\s*:\s*hidden/i;
const COLOUR = /(?<![\w-])color\s*:\s*([^;!]+)/i;
const BACKGROUND = /background(?:-color)?\s*:\s*([^;!]+)/i;

export function withoutHidden(text: string): Visible {
  if (!text.includes('<')) return { text, hidden: [] };
  const { tags, comments } = readTags(text);
  const regions = [...comments, ...hiddenRegions(text, tags)].sort((a, b) => a.start - b.start);
  if (regions.length === 0) return { text, hidden: [] };
  const hidden: string[] = [];
  let shown = '';
  let read = 0;
  for (const { start, end } of regions) {
    if (start < read) continue;
    shown += text.slice(read, start);
    const taken = text.slice(start, end);
    const words = VOID_TAG.test(taken) ? taken : taken.replace(MARKUP, ' ');
    if (/\p{L}{2}/u.test(words)) hidden.push(words);
    read = end;
  }
  return { text: shown + text.slice(read), hidden };
}

function readTags(text: string): { tags: Tag[]; comments: Region[] } {
  const tags: Tag[] = [];
  const comments: Region[] = [];
  const head = /\/?[a-z][a-z0-9:-]{0,30}/iy;
  let noMoreComments = false;
  // Quotes that never close would make every tag look through the rest: a share of the text's length is all they get.
  let budget = 4 * text.length;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at) && !noMoreComments) {
      const end = text.indexOf('-->', at + 2);
      noMoreComments = end < 0;
      if (end >= 0) {
        comments.push({ start: at, end: end + 3 });
        at = end + 3;
        continue;
      }
    }
    head.lastIndex = at + 1;
    const name = head.exec(text)?.[0];
    if (name === undefined) {
      at += 1;
      continue;
    }
    const from = at + 1 + name.length;
    const end = tagEnd(text, from, budget > 0);
    budget -= (end < 0 ? Math.min(LONGEST_TAG, text.length - from) : end - from) + 1;
    if (end < 0) {
      at += 1;
      continue;
    }
    const closes = name.startsWith('/');
    const attributes = text.slice(from, end);
    tags.push({
      name: (closes ? name.slice(1) : name).toLowerCase(),
      start: at,
      end: end + 1,
      closes,
      hides: !closes && hides(name.toLowerCase(), attributes),
    });
    at = end + 1;
  }
  return { tags, comments };
}

/** The offset of the `>` that ends a tag, quotes respected where `quotes` says so; -1 when there is none near. */
function tagEnd(text: string, from: number, quotes: boolean): number {
  const limit = Math.min(text.length, from + LONGEST_TAG);
  let quote = '';
  for (let index = from; index < limit; index += 1) {
    const character = text.charAt(index);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '>') return index;
    else if (character === '<') return -1;
    else if (quotes && (character === '"' || character === "'") && text.charAt(index - 1) === '=') quote = character;
  }
  return -1;
}

function hides(name: string, attributes: string): boolean {
  if (name === 'template') return true;
  if (attributes.length < 5) return false;
  const bare = attributes.replace(QUOTED, '""');
  if (/(?:^|\s)hidden(?:\s*=\s*(?:""|hidden|true))?(?=[\s/]|$)/i.test(bare)) return true;
  if (name === 'input') return /\btype\s*=\s*["']?hidden/i.test(attributes);
  const written = STYLE.exec(attributes);
  const style = written?.[1] ?? written?.[2] ?? written?.[3];
  if (style === undefined) return false;
  const [, colour] = COLOUR.exec(style) ?? [];
  const [, background] = BACKGROUND.exec(style) ?? [];
  if (colour !== undefined && background !== undefined && plainColour(colour) === plainColour(background)) return true;
  return HIDING.some((pattern) => pattern.test(style)) || (NO_SIZE.test(style) && CLIPPED.test(style));
}

const plainColour = (value: string): string =>
  value
    .trim()
    .toLowerCase()
    .replace(/^white$|^#ffffff$/, '#fff')
    .replace(/^black$|^#000000$/, '#000');

/** Each hiding tag up to the tag that closes it; where none does, up to the next tag. */
function hiddenRegions(text: string, tags: readonly Tag[]): Region[] {
  const open = new Map<string, number[]>();
  const closedAt = new Map<number, number>();
  tags.forEach((tag, index) => {
    const waiting = open.get(tag.name) ?? [];
    if (!open.has(tag.name)) open.set(tag.name, waiting);
    if (!tag.closes) waiting.push(index);
    else {
      const opener = waiting.pop();
      if (opener !== undefined) closedAt.set(opener, tag.end);
    }
  });
  return tags.flatMap((tag, index) => {
    if (!tag.hides) return [];
    if (VOID.test(tag.name)) return [{ start: tag.start, end: tag.end }];
    return [{ start: tag.start, end: closedAt.get(index) ?? tags[index + 1]?.start ?? text.length }];
  });
}

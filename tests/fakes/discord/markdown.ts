/**
 * Discord's markdown as its clients read it, reduced to what a test asks: the visible characters, where links lead, who
 * is mentioned. The rules follow the documented ones (and the client's order of trying them).
 */
export interface Reading {
  readonly text: string;
  readonly links: readonly string[];
  readonly mentions: readonly string[];
}

export function readMarkdown(content: string): Reading {
  const links: string[] = [];
  const mentions: string[] = [];
  let out = '';
  for (const piece of content.split(/(```(?:[a-z0-9_+\-.#]+\n)?\n*[^\n][\s\S]*?\n*```)/i)) {
    const fence = /^```(?:[a-z0-9_+\-.#]+\n)?\n*([^\n][\s\S]*?)\n*```$/i.exec(piece);
    out += fence === null ? readLines(piece, links, mentions) : (fence[1] ?? '');
  }
  return { text: out, links, mentions };
}

function readLines(source: string, links: string[], mentions: string[]): string {
  const unmarked = source
    .split('\n')
    .map((line) =>
      line
        .replace(/^> /, '')
        .replace(/^(?:#{1,3}|-#) +(?=\S)/, '')
        .replace(/^(\s*)[-*] +(?=\S)/, '$1• '),
    )
    .join('\n');
  return readInline(unmarked, links, mentions);
}

type Rule = readonly [RegExp, (match: RegExpExecArray, links: string[], mentions: string[]) => string | null];

const inner: Rule[1] = (match, links, mentions) => readInline(match[1] ?? '', links, mentions);

const RULES: readonly Rule[] = [
  [/^\\([^0-9A-Za-z\s])/, (match) => match[1] ?? ''],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (match) => (match[2] ?? '').replace(/^ (?= *`)|(` *) $/g, '$1')],
  [
    /^\[((?:\[[^\]]*\]|[^[\]]|\](?=[^[]*\]))*)\]\(\s*<?(https?:\/\/[^\s<>)]+)>?\s*\)/,
    (match, links, mentions) => {
      const label = readInline(match[1] ?? '', [], mentions);
      // A label that looks like an address is never masked.
      if (/https?:\/\//.test(label)) return null;
      links.push(match[2] ?? '');
      return label;
    },
  ],
  [/^<(https?:\/\/[^\s<>]+)>/, (match, links) => seenLink(match[1] ?? '', links)],
  [/^https?:\/\/[^\s<]+[^<.,:;"'\]\s]/, (match, links) => bareLink(match[0], links)],
  [/^<(@[!&]?\d+|#\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|\/[^>]+:\d+)>/, (match, _links, mentions) => mention(match, mentions)],
  [/^@(everyone|here)\b/, (match, _links, mentions) => mention(match, mentions)],
  // A shortcode becomes a picture: its characters are not what a reader sees.
  [/^:(?!\d{1,2}:)[\w+-]+:/, () => '🙂'],
  [/^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, inner],
  [/^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, inner],
  [/^~~((?:\\[\s\S]|[^\\])+?)~~/, inner],
  [/^\|\|((?:\\[\s\S]|[^\\])+?)\|\|/, inner],
  [/^_((?:__|\\[\s\S]|[^\\_])+?)_\b/, inner],
  [/^_((?:__|\\[\s\S]|[^\\_])+?)_(?!\w)/, inner],
  [/^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^*\s\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/, inner],
];

function readInline(source: string, links: string[], mentions: string[]): string {
  let out = '';
  let rest = source;
  scan: while (rest !== '') {
    for (const [pattern, read] of RULES) {
      const match = pattern.exec(rest);
      const shown = match === null ? null : read(match, links, mentions);
      if (match === null || shown === null) continue;
      out += shown;
      rest = rest.slice(match[0].length);
      continue scan;
    }
    out += rest[0] ?? '';
    rest = rest.slice(1);
  }
  return out;
}

function seenLink(url: string, links: string[]): string {
  links.push(url);
  return url;
}

/** A closing bracket belongs to the text unless it was opened in the address. */
function bareLink(found: string, links: string[]): string | null {
  const unbalanced = found.endsWith(')') && !found.includes('(');
  links.push(unbalanced ? found.slice(0, -1) : found);
  return found;
}

function mention(match: RegExpExecArray, mentions: string[]): string {
  mentions.push(match[1] ?? '');
  return match[0];
}

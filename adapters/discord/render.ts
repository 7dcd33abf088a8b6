import { createHash } from 'node:crypto';
import type { Button, Delivery, OutboundContent } from '../../src/core/channel.js';
import { disguisesHost } from '../../src/core/link-host.js';
import type { Block, Inline, RichText } from '../../src/core/richtext.js';

/**
 * RichText → Discord markdown, and content → message body. Pure. Every character that Discord would interpret is
 * escaped, so a model can write nothing but what the tree says; mentions are also switched off in every body.
 */
export const MAX_TEXT = 2000;
const MAX_BUTTONS_IN_ROW = 5;
const MAX_ROWS = 5;
const MAX_LABEL = 80;
/** Characters of what follows that decide how something is written. */
const LOOK_AHEAD = 200;

const FLAG = { suppressEmbeds: 1 << 2, ephemeral: 1 << 6, suppressNotifications: 1 << 12 } as const;
/** The answer that Discord shows as "thinking…": deferred and not yet filled. */
export const FLAG_LOADING = 1 << 7;

/** What Discord's clients make a link of, as far as no character of it could open markup. */
const URL_RUN = /https?:\/\/[A-Za-z0-9][\w\-.~:/?#!$&'+,;=%@()]*[\w\-~/?#!$&+=%@)]/g;

export function renderText(blocks: RichText): string {
  return settle(renderBlocks(blocks));
}

/**
 * Two characters are markup only if the rest of the message lets them: an underscore between letters begins emphasis
 * when one that can end it stands somewhere behind, be it in code; a bracket begins a link when `](` does. While the
 * message grows these two stand in their place (neither is a character), at its end it is known.
 */
const MAYBE = { underscore: '\uFFFE', bracket: '\uFFFF' } as const;

function settle(rendered: string): string {
  const underscore = /(?<!\\)_(?![0-9A-Za-z])/.test(rendered) ? '\\_' : '_';
  const bracket = rendered.includes('](') ? '\\[' : '[';
  return rendered.replaceAll(MAYBE.underscore, underscore).replaceAll(MAYBE.bracket, bracket);
}

function renderBlocks(blocks: RichText): string {
  let out = '';
  let previous: Block | undefined;
  for (const block of blocks) {
    const rendered = renderBlock(block);
    if (previous !== undefined) out += previous.type === 'heading' ? '\n' : '\n\n';
    out += rendered;
    previous = block;
  }
  return out;
}

function renderBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return escapeLineStarts(renderInlines(block.children));
    case 'heading': {
      const title = renderInlines(block.children).replace(/\n/g, ' ');
      return block.level <= 3 ? `${'#'.repeat(block.level)} ${title}` : wrap('**', title);
    }
    case 'code':
      return renderCode(block.text, block.language);
    case 'quote':
      return renderBlocks(flattenQuotes(block.children)).replace(/^/gm, '> ');
    case 'list':
      return block.items
        .map((item, index) => renderItem(item, block.start === null ? '- ' : `${block.start + index}. `))
        .join('\n');
    case 'table':
      return renderCode(alignTable(block.rows.map((row) => row.map(cellText))), '');
    case 'rule':
      return '———';
  }
}

/** Discord knows one level of quotes only. */
function flattenQuotes(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => (block.type === 'quote' ? flattenQuotes(block.children) : [block]));
}

/** A block that holds a fence of its own cannot stand in a fence: it is shown literally instead, nothing is lost. */
function renderCode(value: string, language: string): string {
  if (value.includes('```')) return escapeLineStarts(escapeText(value));
  const name = /^[A-Za-z0-9+#.-]{1,20}$/.test(language) ? language : '';
  return `\`\`\`${name}\n${value === '' ? ' ' : value}\n\`\`\``;
}

/** Continuation lines are indented under their mark; fenced lines are not, because the indent would be content. */
function renderItem(blocks: readonly Block[], mark: string): string {
  const indent = ' '.repeat(mark.length);
  const lines = blocks.map((block) => {
    const rendered = renderBlock(block);
    return block.type === 'code' || block.type === 'table' ? rendered : rendered.replace(/\n(?=.)/g, `\n${indent}`);
  });
  const [first = '', ...rest] = lines;
  const fencedFirst = first.startsWith('```');
  const head = fencedFirst ? `${mark}\n${first}` : mark + first;
  return [head, ...rest.map((line) => (line.startsWith('```') ? line : indent + line))].join('\n');
}

function alignTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  if (lines.length > 1) lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('-|-'));
  return lines.join('\n');
}

/** Text of a cell with every link's target beside it: a fence shows no links. */
function cellText(nodes: readonly Inline[]): string {
  return nodes
    .map((node): string => {
      if (node.type === 'break') return ' ';
      if (node.type === 'text' || node.type === 'code') return node.text.replace(/\n/g, ' ');
      const inner = cellText(node.children);
      return node.type === 'link' && node.url !== inner ? `${inner} (${node.url})` : inner;
    })
    .join('');
}

function renderInlines(nodes: readonly Inline[]): string {
  const parts: string[] = [];
  let following = '';
  // From the end, because how a text is written depends on what follows it.
  for (const node of mergeNeighbours(nodes).toReversed()) {
    const rendered = renderInline(node, following);
    parts.push(rendered);
    following = (rendered + following).slice(0, LOOK_AHEAD);
  }
  return parts.reverse().join('');
}

function renderInline(node: Inline, following: string): string {
  switch (node.type) {
    case 'text':
      return escapeText(node.text, following);
    case 'break':
      return '\n';
    case 'code':
      return renderCodeSpan(node.text);
    case 'strong':
      return wrap('**', renderInlines(node.children));
    case 'strike':
      return wrap('~~', renderInlines(node.children));
    case 'emphasis': {
      const inner = renderInlines(node.children);
      const unmistakable = /^[0-9A-Za-z][^_\uFFFE]*$/.test(inner) && !/^[\w\uFFFE]/.test(following);
      return wrap(unmistakable ? '_' : '*', inner);
    }
    case 'link':
      return renderLink(node.url, node.children);
  }
}

/** `**a****b**` would not close, and an emoji's name could hide in two texts: neighbours of one kind become one. */
function mergeNeighbours(nodes: readonly Inline[]): Inline[] {
  const merged: Inline[] = [];
  for (const node of nodes) {
    const last = merged.at(-1);
    if (node.type === 'text' && last?.type === 'text') {
      merged[merged.length - 1] = { type: 'text', text: last.text + node.text };
    } else if (isMark(node) && last !== undefined && isMark(last) && last.type === node.type) {
      merged[merged.length - 1] = { ...last, children: [...last.children, ...node.children] };
    } else merged.push(node);
  }
  return merged;
}

type Mark = Extract<Inline, { type: 'strong' | 'emphasis' | 'strike' }>;

function isMark(node: Inline): node is Mark {
  return node.type === 'strong' || node.type === 'emphasis' || node.type === 'strike';
}

/** Marks hold only around something that neither starts nor ends with white space. */
function wrap(mark: string, inner: string): string {
  const body = inner.trim();
  if (body === '' || holds(body, mark)) return inner;
  const start = inner.indexOf(body);
  return inner.slice(0, start) + mark + body + mark + inner.slice(start + body.length);
}

/** The mark itself inside, in code or an address: it would end there, and characters be lost. */
function holds(body: string, mark: string): boolean {
  const open = body.replace(/\\[^0-9A-Za-z\s]/g, '');
  return mark.length === 2 ? open.includes(mark) : open.replaceAll('**', '').includes(mark);
}

function renderCodeSpan(value: string): string {
  if (value.trim() === '' || value.includes('\n') || value.includes('``')) return escapeText(value);
  if (!value.includes('`')) return `\`${value}\``;
  const left = value.startsWith('`') ? ' ' : '';
  const right = value.endsWith('`') ? ' ' : '';
  return `\`\`${left}${value}${right}\`\``;
}

/**
 * A masked link always has its real host beside it. What Discord would not mask (a label that looks like an address)
 * or cannot open is written out.
 */
function renderLink(url: string, children: readonly Inline[]): string {
  const label = renderInlines(children);
  const shown = cellText(children).trim();
  const target = webAddress(url);
  if (target === null) return shown === '' || shown === url ? escapeText(url) : `${label} (${escapeText(url)})`;
  const place = disguisesHost(target.href) ? ` (${escapeText(target.host)})` : '';
  if (shown === '' || shown === url || shown === target.href) return `<${target.href}>${place}`;
  if (/[./@:[\]]/.test(shown) || label.includes('\n')) return `${label} (<${target.href}>)${place}`;
  return `[${label}](<${target.href}>) (${escapeText(target.host)})`;
}

function webAddress(url: string): { href: string; host: string } | null {
  if (!URL.canParse(url)) return null;
  const { protocol, href, host } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return {
    href: href.replace(/[<>()[\]\\`|*\s]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    host,
  };
}

/**
 * Literal text: whatever Discord would read as markup, mention, emoji or command there gets a backslash, and nothing
 * else does, so that times, names_with_underscores and addresses stay as they are when somebody copies them.
 *
 * An address is left whole, because a backslash in it would become part of the link; where anything that could be
 * markup follows without a space, it stands in angle brackets, which are not shown.
 */
function escapeText(value: string, following = ''): string {
  const text = value.replace(/[\uFFFE\uFFFF]/g, '\uFFFD');
  const source = text + following;
  const escaped = (from: number, to: number) =>
    text.slice(from, to).replace(/[\\*_~`|[\]<@:]/g, (char, index: number) => {
      const at = from + index;
      return escapeAt(char, source, at, at + 1 === to);
    });
  let out = '';
  let from = 0;
  for (const match of text.matchAll(URL_RUN)) {
    const end = match.index + match[0].length;
    const isOpen = /^\S*?[\\*_~`|[\]<@:\uFFFE\uFFFF]/.test(source.slice(end, end + LOOK_AHEAD));
    out += escaped(from, match.index) + (isOpen ? `<${match[0]}>` : match[0]);
    from = end;
  }
  return out + escaped(from, text.length);
}

const MASS_MENTION = /@(?:everyone|here)/y;
const EMOJI = /:(?!\d{1,2}:)[\w+-]{1,64}:/y;
/** Mention, channel, emoji, timestamp, navigation, command, address. */
const ANGLE = /<(?:@|#|a?:|t:|id:|\/[^>\s]{0,64}:|[^\s:>]{1,64}:\/)/y;

/** `last`: what follows is not the source's next character, but however that is rendered. */
function escapeAt(char: string, source: string, at: number, last: boolean): string {
  const next = source[at + 1] ?? '';
  const beforeWord = !last && /[0-9A-Za-z]/.test(next);
  switch (char) {
    case '_':
      return beforeWord ? MAYBE.underscore : '\\_';
    case '[':
      return MAYBE.bracket;
    case '\\':
      return beforeWord || (!last && /\s/.test(next)) ? char : '\\\\';
    case '~':
      return next === '/' ? char : '\\~';
    case '|':
      return next === '|' || source[at - 1] === '|' ? '\\|' : char;
    case ']':
      return next === '(' ? '\\]' : char;
    case '@':
      return matchesAt(MASS_MENTION, source, at) ? '\\@' : char;
    case ':':
      return matchesAt(EMOJI, source, at) ? '\\:' : char;
    case '<':
      return matchesAt(ANGLE, source, at) ? '\\<' : char;
    default:
      return `\\${char}`;
  }
}

function matchesAt(sticky: RegExp, source: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(source);
}

/** Headings, small text, quotes and lists begin at the start of a line. */
function escapeLineStarts(value: string): string {
  return value.replace(/^([ \t]*)(#{1,3}\s|-#\s|-\s|>)/gm, '$1\\$2').replace(/^([ \t]*\d+)(\.\s)/gm, '$1\\$2');
}

export interface BodyOptions {
  readonly nonce?: string;
  readonly replyTo?: string;
  readonly silent?: boolean;
  readonly ephemeral?: boolean;
}

/** The JSON body of a new or changed message. Buttons are always written, so that an edit also removes them. */
export function messageBody(content: OutboundContent, options: BodyOptions = {}): Record<string, unknown> {
  const flags =
    FLAG.suppressEmbeds |
    (options.ephemeral === true ? FLAG.ephemeral : 0) |
    (options.silent === true ? FLAG.suppressNotifications : 0);
  return {
    content: renderText(content.text),
    allowed_mentions: { parse: [] },
    flags,
    components: buttonRows(content.buttons ?? []),
    ...(content.file === undefined ? {} : { attachments: [{ id: 0, filename: content.file.name }] }),
    ...(options.nonce === undefined ? {} : { nonce: options.nonce, enforce_nonce: true }),
    ...(options.replyTo === undefined
      ? {}
      : { message_reference: { message_id: options.replyTo, fail_if_not_exists: false } }),
  };
}

/** One line that only the person who acted can see. */
export function noticeBody(line: string): Record<string, unknown> {
  return {
    content: settle(escapeText(line)),
    allowed_mentions: { parse: [] },
    flags: FLAG.ephemeral | FLAG.suppressEmbeds,
  };
}

const STYLE = { secondary: 2, primary: 1, danger: 4 } as const;

function buttonRows(rows: readonly (readonly Button[])[]): unknown[] {
  const fitting = rows.flatMap((row) => {
    const parts: (readonly Button[])[] = [];
    for (let at = 0; at < row.length; at += MAX_BUTTONS_IN_ROW) parts.push(row.slice(at, at + MAX_BUTTONS_IN_ROW));
    return parts;
  });
  return packRows(fitting).map((row) => ({
    type: 1,
    components: row.map((button) => ({
      type: 2,
      style: STYLE[button.style ?? 'secondary'],
      label: button.label.length > MAX_LABEL ? `${button.label.slice(0, MAX_LABEL - 1)}…` : button.label,
      custom_id: button.value,
    })),
  }));
}

/** More than five rows are joined into full ones: a button is never dropped. */
function packRows(rows: (readonly Button[])[]): (readonly Button[])[] {
  if (rows.length <= MAX_ROWS) return rows;
  const all = rows.flat();
  return Array.from({ length: Math.ceil(all.length / MAX_BUTTONS_IN_ROW) }, (_, row) =>
    all.slice(row * MAX_BUTTONS_IN_ROW, (row + 1) * MAX_BUTTONS_IN_ROW),
  );
}

/** The form that asks for one optional line or more; `value` comes back as its id. */
export function promptBody(prompt: { value: string; title: string; label: string }): Record<string, unknown> {
  const input = { type: 4, custom_id: 'text', label: prompt.label.slice(0, 45), style: 2, required: false };
  return {
    custom_id: prompt.value,
    title: prompt.title.slice(0, 45),
    components: [{ type: 1, components: [{ ...input, max_length: 1000 }] }],
  };
}

/** At most 25 characters, the same for the same delivery, told by nobody's guess from another id. */
export function nonceOf(delivery: Pick<Delivery, 'id'>): string {
  return createHash('sha256').update(delivery.id).digest('base64url').slice(0, 24);
}

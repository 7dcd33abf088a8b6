import type { Button } from '../../src/core/channel.js';
import { disguisesHost } from '../../src/core/link-host.js';
import { type Block, type Inline, inlineToPlain, type RichText } from '../../src/core/richtext.js';

/**
 * Formatted text in Telegram's HTML parse mode. All text is literal: `&`, `<`, `>` are escaped and nothing else is
 * markup there. `length` counts UTF-16 units of what is visible, which is what Telegram limits.
 */
export interface Rendered {
  readonly html: string;
  readonly length: number;
  readonly entities: number;
}

export interface RenderOptions {
  /**
   * True where others read along. Telegram makes links of `@name` (which notifies a member) and `/command` by itself,
   * and no parameter turns that off in HTML mode; a word joiner after the sign does. In the owner's own chat there is
   * nobody to notify, and text stays exactly as written.
   */
  readonly shared: boolean;
}

/** Telegram ignores all entities after the hundredth. */
export const MAX_ENTITIES = 100;
const WORD_JOINER = '\u2060';
const MENTION = /(?<![\p{L}\p{N}_])@(?=[A-Za-z0-9_]{2})/gu;
const COMMAND = /(?<![\p{L}\p{N}_/<>])\/(?=[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\p{L}\p{N}_/<>]))/gu;
const LINK_SCHEMES = new Set(['http:', 'https:', 'mailto:']);

export function render(blocks: RichText, options: RenderOptions): Rendered {
  const out = new Output(options.shared);
  renderBlocks(blocks, out);
  return { html: out.html, length: out.length, entities: out.entities };
}

export function keyboard(rows: readonly (readonly Button[])[] | undefined) {
  const filled = (rows ?? []).filter((row) => row.length > 0);
  if (filled.length === 0) return undefined;
  return {
    inline_keyboard: filled.map((row) =>
      row.map((button) => ({
        text: button.label,
        callback_data: button.value,
        ...(button.style ? { style: button.style } : {}),
      })),
    ),
  };
}

class Output {
  html = '';
  length = 0;
  entities = 0;
  /** Telegram forbids a quotation in a quotation. */
  quoted = false;

  constructor(readonly shared: boolean) {}

  text(value: string): void {
    const shown = this.shared ? value.replace(MENTION, `@${WORD_JOINER}`).replace(COMMAND, `/${WORD_JOINER}`) : value;
    this.verbatim(shown);
  }

  /** For code, where Telegram looks for no names. */
  verbatim(value: string): void {
    this.html += value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    this.length += value.length;
  }

  element(open: string, close: string, inside: () => void): void {
    this.entities += 1;
    this.html += open;
    inside();
    this.html += close;
  }
}

function renderBlocks(blocks: RichText, out: Output): void {
  for (const [index, block] of blocks.entries()) {
    if (index > 0) out.text('\n\n');
    renderBlock(block, out);
  }
}

function renderBlock(block: Block, out: Output): void {
  switch (block.type) {
    case 'paragraph':
      renderInline(block.children, out);
      return;
    case 'heading':
      out.element('<b>', '</b>', () => renderInline(block.children, out));
      return;
    case 'code':
      renderCode(block.text, block.language, out);
      return;
    case 'quote':
      renderQuote(block.children, out);
      return;
    case 'list':
      renderList(block, out);
      return;
    case 'table':
      renderCode(tableText(block.rows), '', out);
      return;
    case 'rule':
      out.text('———');
      return;
  }
}

function renderCode(text: string, language: string, out: Output): void {
  if (/^[A-Za-z0-9+#._-]{1,32}$/.test(language)) {
    out.element(`<pre><code class="language-${language}">`, '</code></pre>', () => out.verbatim(text));
  } else {
    out.element('<pre>', '</pre>', () => out.verbatim(text));
  }
}

function renderQuote(children: RichText, out: Output): void {
  if (out.quoted) {
    out.text('> ');
    renderBlocks(children, out);
    return;
  }
  out.quoted = true;
  out.element('<blockquote>', '</blockquote>', () => renderBlocks(children, out));
  out.quoted = false;
}

function renderList(list: Extract<Block, { type: 'list' }>, out: Output, depth = 0): void {
  const indent = '   '.repeat(depth);
  for (const [index, item] of list.items.entries()) {
    if (index > 0) out.text('\n');
    out.text(indent + (list.start === null ? '• ' : `${list.start + index}. `));
    for (const [position, block] of item.entries()) {
      if (position > 0) out.text('\n');
      if (block.type === 'list') renderList(block, out, depth + 1);
      else renderBlock(block, out);
    }
  }
}

function renderInline(nodes: readonly Inline[], out: Output): void {
  for (const node of nodes) {
    switch (node.type) {
      case 'text':
        out.text(node.text);
        break;
      case 'break':
        out.text('\n');
        break;
      case 'code':
        out.element('<code>', '</code>', () => out.verbatim(node.text));
        break;
      case 'link':
        renderLink(node, out);
        break;
      default: {
        const tag = { strong: 'b', emphasis: 'i', strike: 's' }[node.type];
        out.element(`<${tag}>`, `</${tag}>`, () => renderInline(node.children, out));
      }
    }
  }
}

/** A link names where it leads unless its text is the address itself; only addresses of the web and of mail lead anywhere. */
function renderLink(node: Extract<Inline, { type: 'link' }>, out: Output): void {
  const shown = inlineToPlain(node.children);
  const target = linkTarget(node.url);
  if (target === null) {
    renderInline(node.children, out);
    if (shown.trim() === node.url) return;
    out.text(' (');
    out.element('<code>', '</code>', () => out.verbatim(node.url));
    out.text(')');
    return;
  }
  const href = node.url.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  out.element(`<a href="${href}">`, '</a>', () => renderInline(node.children, out));
  if (!target.namedBy(shown)) out.text(` (${target.place})`);
}

interface LinkTarget {
  readonly place: string;
  namedBy(shown: string): boolean;
}

function linkTarget(address: string): LinkTarget | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !LINK_SCHEMES.has(url.protocol) || /[\s\p{Cc}]/u.test(address)) return null;
  if (url.protocol === 'mailto:') {
    const place = decodeAddress(url.pathname);
    return { place, namedBy: (shown) => shown === place || shown === address };
  }
  const honest = !disguisesHost(address);
  const bare = address.replace(/^https?:\/\//i, '');
  return { place: url.host, namedBy: (shown) => honest && (shown === address || shown === bare) };
}

function decodeAddress(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Columns in line, as a monospaced block shows them. */
function tableText(rows: readonly (readonly (readonly Inline[])[])[]): string {
  const cells = rows.map((row) => row.map((cell) => inlineToPlain(cell).replace(/\n/g, ' ')));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.min(40, Math.max(0, ...cells.map((row) => row[column]?.length ?? 0))),
  );
  return cells
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))))
    .map((row) => row.join(' | '))
    .join('\n');
}

import type { Button, OutboundContent } from '../../src/core/channel.js';
import { disguisesHost } from '../../src/core/link-host.js';
import { type Block, type Inline, inlineToPlain, type RichText, toPlain } from '../../src/core/richtext.js';
import { splitRichText } from '../../src/core/split.js';
import { escapeText } from './text.js';

/**
 * RichText to Block Kit. Text goes into `rich_text` elements, which Slack shows literally: no markup, no mention and
 * no emoji code in it is ever interpreted, and no element that pings (user, broadcast) is ever made. The plain `text`
 * beside the blocks is what notifications and screen readers use; only there are Slack's three escapes needed.
 */
interface SlackContent {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

export type SlackBlock =
  | { readonly type: 'rich_text'; readonly elements: RichPart[] }
  | { readonly type: 'divider' }
  | { readonly type: 'actions'; readonly elements: SlackButton[] };

type RichPart =
  | {
      readonly type: 'rich_text_section' | 'rich_text_quote' | 'rich_text_preformatted';
      readonly elements: RichElement[];
    }
  | {
      readonly type: 'rich_text_list';
      readonly style: 'bullet' | 'ordered';
      readonly indent: number;
      readonly offset?: number;
      readonly elements: { readonly type: 'rich_text_section'; readonly elements: RichElement[] }[];
    };

type RichElement =
  | { readonly type: 'text'; readonly text: string; readonly style?: Style }
  | { readonly type: 'link'; readonly url: string; readonly text: string; readonly style?: Style };

interface Style {
  readonly bold?: true;
  readonly italic?: true;
  readonly strike?: true;
  readonly code?: true;
}

interface SlackButton {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
  readonly value: string;
  readonly style?: 'primary' | 'danger';
}

/** `chat.update` takes 4,000 characters of text; all blocks together are refused from about 13,000 on. */
const MAX_TEXT = 3_900;
const MAX_BLOCKS_JSON = 12_000;
/** Of Slack's 50; the rest is for rows of buttons. */
const MAX_BLOCKS = 40;
const MAX_URL = 1_500;
const MAX_LABEL = 75;
const MAX_ROW = 25;
const MAX_INDENT = 8;

export function renderContent(content: OutboundContent): SlackContent {
  const rich = content.text.map(tableAsCode);
  return {
    text: escapeText(clean(fallback(rich))),
    blocks: [...richBlocks(rich), ...actionBlocks(content.buttons ?? [])],
  };
}

export function splitForSlack(text: RichText): RichText[] {
  // An address that alone fills a message cannot be a link; as text it can be divided.
  const divisible = text.map((block) => withShownLinks(block, (url) => url.length > MAX_URL)).map(tableAsCode);
  return splitRichText(divisible, (part) => {
    const { text: plainText, blocks } = renderContent({ text: part });
    if (plainText.length > MAX_TEXT || blocks.length > MAX_BLOCKS) return false;
    return JSON.stringify(blocks).length <= MAX_BLOCKS_JSON;
  });
}

/** Half characters would break the request; control characters are shown as their pictures, never dropped. */
function clean(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)));
}

function richBlocks(rich: RichText): SlackBlock[] {
  const blocks: SlackBlock[] = [];
  let run: Block[] = [];
  const flush = () => {
    const elements = richParts(run, 0);
    if (elements.length > 0) blocks.push({ type: 'rich_text', elements });
    run = [];
  };
  for (const block of rich) {
    if (block.type !== 'rule') {
      run.push(block);
      continue;
    }
    flush();
    blocks.push({ type: 'divider' });
  }
  flush();
  return blocks;
}

/** Paragraphs that follow each other share a section, as Slack's own composer writes them. */
function richParts(blocks: readonly Block[], indent: number): RichPart[] {
  const parts: RichPart[] = [];
  let section: RichElement[] = [];
  const flush = () => {
    if (section.length > 0) parts.push({ type: 'rich_text_section', elements: section });
    section = [];
  };
  for (const block of blocks) {
    if (block.type === 'paragraph' || block.type === 'heading') {
      const elements = inline(block.children, block.type === 'heading' ? { bold: true } : {});
      if (section.length > 0 && elements.length > 0) section.push({ type: 'text', text: '\n\n' });
      section.push(...elements);
      continue;
    }
    flush();
    if (block.type === 'list') parts.push(...listParts(block, indent));
    else if (block.type === 'quote') {
      const elements = inline(asInline(block.children), {});
      if (elements.length > 0) parts.push({ type: 'rich_text_quote', elements });
    } else if (block.type === 'code') {
      parts.push({ type: 'rich_text_preformatted', elements: [{ type: 'text', text: clean(block.text) || ' ' }] });
    } else if (block.type === 'table') parts.push(...richParts([tableAsCode(block)], indent));
    else section.push({ type: 'text', text: '———' });
  }
  flush();
  return parts;
}

/** An item's first text is the item; what else it holds follows the list, which then goes on with its numbers. */
function listParts(block: Extract<Block, { type: 'list' }>, indent: number): RichPart[] {
  const parts: RichPart[] = [];
  const style = block.start === null ? 'bullet' : 'ordered';
  const first = block.start ?? 1;
  let from = 0;
  let items: { type: 'rich_text_section'; elements: RichElement[] }[] = [];
  const flush = (next: number) => {
    const offset = style === 'ordered' ? first - 1 + from : 0;
    if (items.length > 0) {
      const at = Math.min(indent, MAX_INDENT);
      parts.push({ type: 'rich_text_list', style, indent: at, ...(offset > 0 ? { offset } : {}), elements: items });
    }
    items = [];
    from = next;
  };
  for (const [index, item] of block.items.entries()) {
    const lead = item[0];
    const own = lead?.type === 'paragraph' || lead?.type === 'heading' ? inline(lead.children, {}) : [];
    items.push({ type: 'rich_text_section', elements: own.length > 0 ? own : [{ type: 'text', text: ' ' }] });
    const rest = richParts(lead?.type === 'paragraph' || lead?.type === 'heading' ? item.slice(1) : item, indent + 1);
    if (rest.length === 0) continue;
    flush(index + 1);
    parts.push(...rest);
  }
  flush(0);
  return parts;
}

function inline(nodes: readonly Inline[], style: Style): RichElement[] {
  return nodes.flatMap((node) => inlineElements(node, style));
}

function inlineElements(node: Inline, style: Style): RichElement[] {
  switch (node.type) {
    case 'text':
      return textElement(node.text, style);
    case 'code':
      return textElement(node.text, { ...style, code: true });
    case 'break':
      return textElement('\n', style);
    case 'strong':
      return inline(node.children, { ...style, bold: true });
    case 'emphasis':
      return inline(node.children, { ...style, italic: true });
    case 'strike':
      return inline(node.children, { ...style, strike: true });
    case 'link':
      return linkElements(node, style);
  }
}

function textElement(text: string, style: Style): RichElement[] {
  if (text === '') return [];
  return [{ type: 'text', text: clean(text), ...(Object.keys(style).length > 0 ? { style } : {}) }];
}

/** A link shows its whole address, or its label followed by the host it really goes to (CHAN-14). */
function linkElements(node: Extract<Inline, { type: 'link' }>, style: Style): RichElement[] {
  const { label, target, note } = readLink(node);
  if (target === null) return textElement(`${label}${note}`, style);
  const shown = Object.keys(style).length > 0 ? { style } : {};
  return [{ type: 'link', url: target, text: clean(label), ...shown }, ...textElement(note, style)];
}

function readLink(node: Extract<Inline, { type: 'link' }>): { label: string; target: string | null; note: string } {
  const label = inlineToPlain(node.children).trim();
  const url = URL.canParse(node.url) ? new URL(node.url) : null;
  if (url === null || !['http:', 'https:', 'mailto:'].includes(url.protocol)) {
    return { label: label === '' ? node.url : label, target: null, note: label === '' ? '' : ` (${node.url})` };
  }
  const place = url.protocol === 'mailto:' ? url.pathname : url.host;
  const bare = node.url.replace(/^(https?:\/\/|mailto:)/, '');
  const honest = label === '' || label === node.url || label === bare;
  return {
    label: honest ? (url.protocol === 'mailto:' ? bare : node.url) : label,
    target: node.url,
    note: honest && !disguisesHost(node.url) ? '' : ` (${place})`,
  };
}

/** Slack's quotes hold inline text only. */
function asInline(blocks: readonly Block[]): Inline[] {
  return blocks.flatMap((block, index): Inline[] => {
    const gap: Inline[] = index === 0 ? [] : [{ type: 'break' }, { type: 'break' }];
    if (block.type === 'paragraph' || block.type === 'heading') return [...gap, ...block.children];
    if (block.type === 'code') return [...gap, { type: 'code', text: block.text }];
    if (block.type === 'quote') return [...gap, ...asInline(block.children)];
    return [...gap, { type: 'text', text: toPlain([withShownLinks(block)]) }];
  });
}

/** A table becomes preformatted text with its columns under each other. */
function tableAsCode(block: Block): Block {
  if (block.type !== 'table') return block;
  const rows = block.rows.map((row) => row.map((cell) => inlineToPlain(showLinks(cell)).replace(/\s+/g, ' ')));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  const text = rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  return { type: 'code', language: '', text };
}

function fallback(blocks: RichText): string {
  return toPlain(blocks.map((block) => tableAsCode(withShownLinks(block))));
}

type Choice = (url: string) => boolean;

function withShownLinks(block: Block, which: Choice = () => true): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: showLinks(block.children, which) };
    case 'quote':
      return { ...block, children: block.children.map((child) => withShownLinks(child, which)) };
    case 'list':
      return { ...block, items: block.items.map((item) => item.map((child) => withShownLinks(child, which))) };
    default:
      return block;
  }
}

/** Links as plain text that holds their whole address. */
function showLinks(nodes: readonly Inline[], which: Choice = () => true): Inline[] {
  return nodes.map((node): Inline => {
    if (node.type === 'link') {
      if (!which(node.url)) return node;
      const { label, target } = readLink(node);
      return { type: 'text', text: target === null || label === target ? label : `${label} (${node.url})` };
    }
    return 'children' in node ? { ...node, children: showLinks(node.children, which) } : node;
  });
}

function actionBlocks(rows: readonly (readonly Button[])[]): SlackBlock[] {
  return rows.flatMap((row, rowIndex): SlackBlock[] => {
    const elements = row.slice(0, MAX_ROW).map((button, index): SlackButton => {
      const label = clean(button.label);
      return {
        type: 'button',
        action_id: `press_${rowIndex}_${index}`,
        text: {
          type: 'plain_text',
          text: label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label,
          emoji: false,
        },
        value: button.value,
        ...(button.style === undefined ? {} : { style: button.style }),
      };
    });
    return elements.length === 0 ? [] : [{ type: 'actions', elements }];
  });
}

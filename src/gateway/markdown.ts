import type { ListItem, Nodes, PhrasingContent, Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { type Block, type Inline, plain, type RichText, text } from '../core/richtext.js';

/** Nesting beyond this is shown as plain text: no platform shows it, and a hostile text must not cost more. */
const MAX_DEPTH = 30;

/**
 * The one place where Markdown is read. Every character of the source's text reaches the result: HTML stays literal,
 * images become their address as a link (nothing is fetched by a preview).
 */
export function parseMarkdown(source: string): RichText {
  const root: Root = fromMarkdown(source, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const blocks = root.children.flatMap((node) => blockOf(node, source, 0));
  return blocks.length > 0 || source.trim() === '' ? blocks : plain(source);
}

function blockOf(node: Nodes, source: string, depth: number): Block[] {
  if (depth > MAX_DEPTH) return [...plain(rawOf(node, source))];
  switch (node.type) {
    case 'paragraph':
      return [{ type: 'paragraph', children: inlineOf(node.children, source, depth) }];
    case 'heading':
      return [{ type: 'heading', level: node.depth, children: inlineOf(node.children, source, depth) }];
    case 'code':
      return [{ type: 'code', language: node.lang ?? '', text: node.value }];
    case 'blockquote':
      return [{ type: 'quote', children: node.children.flatMap((child) => blockOf(child, source, depth + 1)) }];
    case 'list':
      return [
        {
          type: 'list',
          start: node.ordered ? (node.start ?? 1) : null,
          items: node.children.map((item) => itemOf(item, source, depth)),
        },
      ];
    case 'table':
      return [
        {
          type: 'table',
          rows: node.children.map((row) => row.children.map((cell) => inlineOf(cell.children, source, depth))),
        },
      ];
    case 'thematicBreak':
      return [{ type: 'rule' }];
    default:
      // HTML, definitions, footnotes: shown as they were written.
      return [...plain(rawOf(node, source))];
  }
}

function itemOf(item: ListItem, source: string, depth: number): Block[] {
  const blocks = item.children.flatMap((child) => blockOf(child, source, depth + 1));
  if (item.checked === null || item.checked === undefined) return blocks;
  const mark = text(item.checked ? '☑ ' : '☐ ');
  const [first, ...rest] = blocks;
  if (first?.type === 'paragraph') return [{ ...first, children: [mark, ...first.children] }, ...rest];
  return [{ type: 'paragraph', children: [mark] }, ...blocks];
}

function inlineOf(nodes: readonly PhrasingContent[], source: string, depth: number): Inline[] {
  return nodes.flatMap((node): Inline[] => {
    if (depth > MAX_DEPTH) return [text(rawOf(node, source))];
    switch (node.type) {
      case 'text':
        return linesOf(node.value);
      case 'strong':
      case 'emphasis':
        return [{ type: node.type, children: inlineOf(node.children, source, depth + 1) }];
      case 'delete':
        return [{ type: 'strike', children: inlineOf(node.children, source, depth + 1) }];
      case 'inlineCode':
        return [{ type: 'code', text: node.value }];
      case 'break':
        return [{ type: 'break' }];
      case 'link':
        return [{ type: 'link', url: node.url, children: inlineOf(node.children, source, depth + 1) }];
      case 'image':
        return [{ type: 'link', url: node.url, children: [text(node.alt || 'image')] }];
      default:
        return linesOf(rawOf(node, source));
    }
  });
}

/** A single line end in Markdown text is kept: chats show lines as they were written. */
function linesOf(value: string): Inline[] {
  return value
    .split('\n')
    .flatMap((line, index): Inline[] => [
      ...(index === 0 ? [] : [{ type: 'break' } as const]),
      ...(line === '' ? [] : [text(line)]),
    ]);
}

function rawOf(node: Nodes, source: string): string {
  return source.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
}

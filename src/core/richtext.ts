import { disguisesHost, linkHost } from './link-host.js';

/**
 * The one form of formatted text between core and adapters. Markdown is parsed into it once (gateway), adapters
 * render it natively. Text in it is literal: a renderer escapes everything its platform would interpret.
 */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly children: readonly Inline[] }
  | { readonly type: 'break' };

export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: 1 | 2 | 3 | 4 | 5 | 6; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | {
      readonly type: 'list';
      /** The first number of an ordered list, null for bullets. */
      readonly start: number | null;
      readonly items: readonly (readonly Block[])[];
    }
  | { readonly type: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] }
  | { readonly type: 'rule' };

export type RichText = readonly Block[];

export function text(value: string): Inline {
  return { type: 'text', text: value };
}

export function code(value: string): Inline {
  return { type: 'code', text: value };
}

export function strong(value: string): Inline {
  return { type: 'strong', children: [text(value)] };
}

export function paragraph(...children: (Inline | string)[]): Block {
  return { type: 'paragraph', children: children.map((child) => (typeof child === 'string' ? text(child) : child)) };
}

export function codeBlock(value: string, language = ''): Block {
  return { type: 'code', language, text: value };
}

/** Plain text as it is: one paragraph per blank-line-separated part, all line ends inside it kept. */
export function plain(value: string): RichText {
  return value.split(/\n\n(?!\n)/).flatMap((part) => {
    const children = part
      .split('\n')
      .flatMap((line, index): Inline[] => [
        ...(index === 0 ? [] : [{ type: 'break' } as const]),
        ...(line === '' ? [] : [text(line)]),
      ]);
    return children.length === 0 ? [] : [{ type: 'paragraph', children } satisfies Block];
  });
}

/** A link is its text and, where that is another, its address; and its host, where the address disguises that. */
export function inlineToPlain(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n';
      if (node.type === 'text' || node.type === 'code') return node.text;
      const inside = inlineToPlain(node.children);
      if (node.type !== 'link') return inside;
      const shown = inside === node.url ? inside : `${inside} (${node.url})`;
      return disguisesHost(node.url) ? `${shown} (${linkHost(node.url)})` : shown;
    })
    .join('');
}

/** Readable text without any markup: for logs, files, notifications and platforms that render nothing. */
export function toPlain(blocks: RichText): string {
  return blocks.map(blockToPlain).join('\n\n');
}

function blockToPlain(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return inlineToPlain(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return toPlain(block.children).replace(/^/gm, '> ');
    case 'list':
      return block.items
        .map((item, index) => {
          const mark = block.start === null ? '• ' : `${block.start + index}. `;
          return mark + toPlain(item).replace(/\n/g, '\n  ');
        })
        .join('\n');
    case 'table':
      return block.rows.map((row) => row.map((cell) => inlineToPlain(cell)).join(' | ')).join('\n');
    case 'rule':
      return '———';
  }
}

import fc from 'fast-check';
import type { Block, Inline, RichText } from '../../../src/core/richtext.js';

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.lorem({ maxCount: 12 }),
  fc.constantFrom('', ' ', '\n', '**', '<b>', '&amp;', '@everyone', '🙂', '</code></pre>', '`', '> '),
);

const inlineLeaf: fc.Arbitrary<Inline> = fc.oneof(
  words.map((value): Inline => ({ type: 'text', text: value })),
  words.map((value): Inline => ({ type: 'code', text: value })),
  fc.constant<Inline>({ type: 'break' }),
);

const inlines = (depth: number): fc.Arbitrary<Inline[]> =>
  fc.array(
    depth === 0
      ? inlineLeaf
      : fc.oneof(
          { weight: 3, arbitrary: inlineLeaf },
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.constantFrom('strong' as const, 'emphasis' as const, 'strike' as const), inlines(depth - 1))
              .map(([type, children]): Inline => ({ type, children })),
          },
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.oneof(fc.webUrl(), words), inlines(depth - 1))
              .map(([url, children]): Inline => ({ type: 'link', url, children })),
          },
        ),
    { maxLength: 5 },
  );

const blocks = (depth: number): fc.Arbitrary<Block[]> => {
  const leaf: fc.Arbitrary<Block> = fc.oneof(
    inlines(2).map((children): Block => ({ type: 'paragraph', children })),
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6), inlines(1))
      .map(([level, children]): Block => ({ type: 'heading', level, children }) as Block),
    fc
      .tuple(fc.constantFrom('', 'ts', 'c++', '"><b>'), words)
      .map(([language, text]): Block => ({ type: 'code', language, text })),
    fc.constant<Block>({ type: 'rule' }),
    fc.array(fc.array(inlines(1), { maxLength: 4 }), { maxLength: 4 }).map((rows): Block => ({ type: 'table', rows })),
  );
  if (depth === 0) return fc.array(leaf, { maxLength: 3 });
  const nested = blocks(depth - 1);
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: leaf },
      { weight: 1, arbitrary: nested.map((children): Block => ({ type: 'quote', children })) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.option(fc.nat({ max: 99 })), fc.array(nested, { maxLength: 3 }))
          .map(([start, items]): Block => ({ type: 'list', start, items })),
      },
    ),
    { maxLength: 4 },
  );
};

/** Any formatted text, also such as no parser makes: empty nodes, markup in text, odd languages. */
export const richText: fc.Arbitrary<RichText> = blocks(2);

/** All characters of a text in order, without anything that a renderer adds. */
export function characters(value: RichText): string {
  return value.map(blockCharacters).join('');
}

function blockCharacters(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return inlineCharacters(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return characters(block.children);
    case 'list':
      return block.items.map(characters).join('');
    case 'table':
      return block.rows.map((row) => row.map(inlineCharacters).join('')).join('');
    case 'rule':
      return '';
  }
}

function inlineCharacters(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n';
      return node.type === 'text' || node.type === 'code' ? node.text : inlineCharacters(node.children);
    })
    .join('');
}

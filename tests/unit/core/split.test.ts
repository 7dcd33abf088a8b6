import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Block,
  codeBlock,
  type Inline,
  paragraph,
  plain,
  type RichText,
  text,
} from '../../../src/core/richtext.js';
import { splitRichText } from '../../../src/core/split.js';
import { growth, LINEAR } from '../../support/cost.js';
import { characters, richText } from './richtext-arbitrary.js';

/** Measures as a platform does: characters and what a renderer puts between blocks, before items and cells. */
function shown(blocks: RichText): string {
  return blocks.map(shownBlock).join('\n\n');
}

function shownBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return shownInline(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return shown(block.children);
    case 'list':
      return block.items.map((item) => `• ${shown(item)}`).join('\n');
    case 'table':
      return block.rows.map((row) => row.map(shownInline).join(' | ')).join('\n');
    case 'rule':
      return '———';
  }
}

function shownInline(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n';
      return node.type === 'text' || node.type === 'code' ? node.text : shownInline(node.children);
    })
    .join('');
}

const within = (limit: number) => (part: RichText) => shown(part).length <= limit;

describe('splitting formatted text (CHAN-5)', () => {
  it('keeps every character, in order', () => {
    fc.assert(
      fc.property(richText, fc.integer({ min: 1, max: 200 }), (blocks, limit) => {
        const parts = splitRichText(blocks, within(limit));
        expect(parts.map(characters).join('')).toBe(characters(blocks));
      }),
      { numRuns: 500 },
    );
  });

  it('makes parts that each fit', () => {
    fc.assert(
      // Fifteen levels of list, table and quote marks and one character fit in 80.
      fc.property(richText, fc.integer({ min: 80, max: 400 }), (blocks, limit) => {
        for (const part of splitRichText(blocks, within(limit))) expect(shown(part).length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 500 },
    );
  });

  it('makes no part without content', () => {
    fc.assert(
      fc.property(richText, fc.integer({ min: 1, max: 200 }), (blocks, limit) => {
        for (const part of splitRichText(blocks, within(limit))) expect(part.length).toBeGreaterThan(0);
      }),
    );
  });

  it('never cuts a surrogate pair', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        (value, limit) => {
          for (const part of splitRichText([codeBlock(value)], within(limit))) {
            expect(characters(part)).not.toMatch(/\p{Surrogate}/u);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves what fits as it is', () => {
    fc.assert(
      fc.property(richText, (blocks) => {
        expect(splitRichText(blocks, () => true)).toEqual(blocks.length === 0 ? [] : [blocks]);
      }),
    );
  });

  it('ends when nothing fits at all, one character at a time', () => {
    const parts = splitRichText(plain('a🙂b'), () => false);
    expect(parts.map(characters)).toEqual(['a', '🙂', 'b']);
  });

  it('cuts at the end of a paragraph, else of a line, a sentence or a word', () => {
    const at = (value: RichText, limit: number) => splitRichText(value, within(limit)).map(characters);
    expect(at([paragraph('first here'), paragraph('second one')], 14)).toEqual(['first here', 'second one']);
    expect(at([codeBlock('line one\nline two')], 12)).toEqual(['line one\n', 'line two']);
    expect(at([paragraph('It is so. And then')], 13)).toEqual(['It is so. ', 'And then']);
    expect(at([paragraph('words and wordlets')], 14)).toEqual(['words and ', 'wordlets']);
    expect(at([paragraph('unbroken')], 5)).toEqual(['unbro', 'ken']);
  });

  it('keeps the markup around both halves of a cut', () => {
    const bold: Inline = { type: 'strong', children: [text('abcdef')] };
    expect(splitRichText([paragraph(bold)], within(4))).toEqual([
      [paragraph({ type: 'strong', children: [text('abcd')] })],
      [paragraph({ type: 'strong', children: [text('ef')] })],
    ]);
  });

  it('goes on counting an ordered list', () => {
    const items = ['one', 'two', 'three'].map((word) => [paragraph(word)]);
    const parts = splitRichText([{ type: 'list', start: 1, items }], within(12));
    expect(parts.map((part) => (part[0]?.type === 'list' ? part[0].start : null))).toEqual([1, 3]);
  });

  it('divides a table between its rows', () => {
    const rows = ['aa', 'bb', 'cc'].map((word) => [[text(word)], [text(word)]]);
    const parts = splitRichText([{ type: 'table', rows }], within(16));
    expect(parts.map((part) => (part[0]?.type === 'table' ? part[0].rows.length : 0))).toEqual([2, 1]);
  });

  it.each<[string, (size: number) => RichText]>([
    ['one paragraph of one word', (size) => [paragraph('x'.repeat(size))]],
    ['one block of code', (size) => [codeBlock('line of code\n'.repeat(size / 13))]],
    ['many short paragraphs', (size) => Array.from({ length: size / 5 }, () => paragraph('short'))],
    [
      'one paragraph of many marks',
      (size) => [
        {
          type: 'paragraph',
          children: Array.from({ length: size / 5 }, (): Inline => ({ type: 'strong', children: [text('short')] })),
        },
      ],
    ],
    [
      'one list of empty items',
      (size) => [{ type: 'list', start: 1, items: Array.from({ length: size / 5 }, () => []) }],
    ],
  ])('takes time by length, not by its square: %s', (_, make) => {
    expect(growth((size) => splitRichText(make(size), within(4096)), 800_000)).toBeLessThan(LINEAR);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeBlock, paragraph, plain, text, toPlain } from '../../../src/core/richtext.js';
import { characters, richText } from './richtext-arbitrary.js';

describe('formatted text', () => {
  it('takes plain text as it is, white space around it aside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '<', '🙂'), maxLength: 60 }), (value) => {
        expect(toPlain(plain(value)).trim()).toBe(value.trim());
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes a paragraph of each part between blank lines', () => {
    expect(plain('one\nline\n\ntwo')).toEqual([
      { type: 'paragraph', children: [text('one'), { type: 'break' }, text('line')] },
      paragraph('two'),
    ]);
    expect(plain('')).toEqual([]);
  });

  it('shows all of its characters as plain text', () => {
    fc.assert(
      fc.property(richText, (blocks) => {
        const shown = [...toPlain(blocks)];
        let at = 0;
        for (const character of characters(blocks)) {
          while (at < shown.length && shown[at] !== character) at += 1;
          expect(at).toBeLessThan(shown.length);
          at += 1;
        }
      }),
    );
  });

  it('keeps the address of a link whose text is another (CHAN-14)', () => {
    const link = (url: string, shown: string) => paragraph({ type: 'link', url, children: [text(shown)] });
    expect(toPlain([link('https://example.org/a', 'here')])).toBe('here (https://example.org/a)');
    expect(toPlain([link('https://example.org/a', 'https://example.org/a')])).toBe('https://example.org/a');
  });

  it('reads well without markup', () => {
    expect(
      toPlain([
        { type: 'heading', level: 2, children: [text('Title')] },
        { type: 'list', start: 3, items: [[paragraph('three')], [paragraph('four'), codeBlock('x\ny')]] },
        { type: 'list', start: null, items: [[paragraph('dot')]] },
        { type: 'quote', children: [paragraph('said'), paragraph('more')] },
        { type: 'table', rows: [[[text('a')], [text('b')]]] },
        { type: 'rule' },
      ]),
    ).toBe('Title\n\n3. three\n4. four\n  \n  x\n  y\n\n• dot\n\n> said\n> \n> more\n\na | b\n\n———');
  });
});

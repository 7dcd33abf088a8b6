import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderContent, splitForSlack } from '../../adapters/slack/render.js';
import { codeBlock, paragraph, plain, type RichText, toPlain } from '../../src/core/richtext.js';
import { blockFault, pingsIn, wellEscaped } from '../fakes/slack/rules.js';
import { visibleText } from '../fakes/slack/workspace.js';

const render = (text: RichText) => renderContent({ text });
const seen = (text: RichText) => {
  const { text: fallback, blocks } = render(text);
  return visibleText({ text: fallback, blocks: blocks as unknown as Record<string, unknown>[] });
};

describe('Slack rendering', () => {
  it('shows markup, mentions and emoji codes literally (CHAN-5, CHAN-14)', () => {
    const hostile = '<!channel> <@U0OWNER> <#C1> @here *bold* _it_ `code` :tada: <b>&amp;</b>';
    const { text, blocks } = render([paragraph(hostile)]);
    expect(seen([paragraph(hostile)])).toBe(hostile);
    expect(pingsIn(text, blocks as never)).toEqual([]);
    expect(text).toContain('&lt;!channel&gt;');
    expect(text).toContain('&amp;amp;');
  });

  it('renders emphasis as styles, never as marks (CHAN-5)', () => {
    const { text, blocks } = render([
      { type: 'heading', level: 1, children: [{ type: 'text', text: 'Title' }] },
      {
        type: 'paragraph',
        children: [
          { type: 'strong', children: [{ type: 'emphasis', children: [{ type: 'text', text: 'both' }] }] },
          { type: 'code', text: 'x < y' },
        ],
      },
    ]);
    expect(blocks).toEqual([
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'text', text: 'Title', style: { bold: true } },
              { type: 'text', text: '\n\n' },
              { type: 'text', text: 'both', style: { bold: true, italic: true } },
              { type: 'text', text: 'x < y', style: { code: true } },
            ],
          },
        ],
      },
    ]);
    expect(text).not.toContain('*');
  });

  it('shows where a link really goes (CHAN-14)', () => {
    const link = (url: string, label: string): RichText => [
      { type: 'paragraph', children: [{ type: 'link', url, children: [{ type: 'text', text: label }] }] },
    ];
    expect(seen(link('https://evil.example/x', 'https://bank.example'))).toBe('https://bank.example (evil.example)');
    expect(seen(link('https://a.example/x', 'https://a.example/x'))).toBe('https://a.example/x');
    expect(seen(link('https://a.example', 'a.example'))).toBe('https://a.example');
    expect(seen(link('https://bank.example@evil.example/', 'https://bank.example@evil.example/'))).toContain(
      '(evil.example)',
    );
    expect(seen(link('javascript:alert(1)', 'click'))).toBe('click (javascript:alert(1))');
    expect(render(link('slack://open', 'click')).blocks).toEqual([
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'click (slack://open)' }] }],
      },
    ]);
  });

  it('keeps a secret link whole in the text (SECRET-2)', () => {
    const url = 'https://box.example:8443/s/token#fragment';
    const { text } = render([{ type: 'paragraph', children: [{ type: 'link', url, children: [] }] }]);
    expect(text).toBe(url);
  });

  it('nests lists and goes on with their numbers', () => {
    const { blocks } = render([
      {
        type: 'list',
        start: 3,
        items: [
          [paragraph('three'), { type: 'list', start: null, items: [[paragraph('inner')]] }],
          [paragraph('four'), codeBlock('code')],
          [paragraph('five')],
        ],
      },
    ]);
    const parts = (blocks[0] as { elements: Record<string, unknown>[] }).elements;
    expect(parts.map((part) => [part.type, part.style, part.indent, part.offset])).toEqual([
      ['rich_text_list', 'ordered', 0, 2],
      ['rich_text_list', 'bullet', 1, undefined],
      ['rich_text_list', 'ordered', 0, 3],
      ['rich_text_preformatted', undefined, undefined, undefined],
      ['rich_text_list', 'ordered', 0, 4],
    ]);
  });

  it('lays tables out in columns', () => {
    const cell = (text: string) => [{ type: 'text', text } as const];
    expect(
      seen([
        {
          type: 'table',
          rows: [
            [cell('name'), cell('n')],
            [cell('a'), cell('12')],
          ],
        },
      ]),
    ).toBe('name  n\na     12');
  });

  it('gives buttons unique ids and cuts labels to the limit', () => {
    const { blocks } = renderContent({
      text: plain('card'),
      buttons: [
        [
          { label: 'Approve', value: 'a', style: 'primary' },
          { label: 'Deny', value: 'b', style: 'danger' },
        ],
        [{ label: 'x'.repeat(90), value: 'c' }],
      ],
    });
    expect(blockFault(blocks as never)).toBeNull();
    const rows = blocks.filter((block) => block.type === 'actions');
    expect(rows.map((row) => row.elements.length)).toEqual([2, 1]);
    const all = rows.flatMap((row) => row.elements);
    expect(new Set(all.map((button) => button.action_id)).size).toBe(3);
    expect(all[2]?.text.text).toHaveLength(75);
  });

  it('splits long text into parts within every limit and loses nothing (CHAN-5)', () => {
    const words = Array.from({ length: 4_000 }, (_, index) => `<word&${index}>`).join(' ');
    const parts = splitForSlack([paragraph(words), codeBlock('line\n'.repeat(2_000))]);
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts) {
      const { text, blocks } = render(part);
      expect(text.length).toBeLessThanOrEqual(4_000);
      expect(blockFault(blocks as never)).toBeNull();
    }
    const flat = (value: string) => value.replace(/\s/g, '');
    expect(flat(parts.map(toPlain).join(''))).toBe(flat(words + 'line\n'.repeat(2_000)));
  });

  it('divides an address that is longer than a message instead of failing on it', () => {
    const url = `https://a.example/?q=${'x'.repeat(9_000)}`;
    const parts = splitForSlack([{ type: 'paragraph', children: [{ type: 'link', url, children: [] }] }]);
    for (const part of parts) expect(render(part).text.length).toBeLessThanOrEqual(4_000);
    expect(parts.map(toPlain).join('')).toBe(url);
  });

  it('makes valid blocks of any text, without pings (CHAN-14)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        const { text, blocks } = render([...plain(value), codeBlock(value)]);
        expect(blockFault(blocks as never)).toBeNull();
        expect(pingsIn(text, blocks as never)).toEqual([]);
        expect(wellEscaped(text)).toBe(true);
        expect(() => encodeURIComponent(text)).not.toThrow();
      }),
    );
  });

  it('shows control characters and half characters instead of failing on them', () => {
    expect(seen([paragraph('a\u0000b\u001bc\ud800d')])).toBe('a␀b␛c�d');
  });
});

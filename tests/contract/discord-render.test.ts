import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageBody, nonceOf, renderText } from '../../adapters/discord/render.js';
import { formatReplyRef, isExpired, parseReplyRef } from '../../adapters/discord/reply.js';
import { type Block, code, codeBlock, type Inline, paragraph, plain, strong, text } from '../../src/core/richtext.js';
import { readMarkdown } from '../fakes/discord/markdown.js';
import { checkMessage } from '../fakes/discord/rules.js';
import { DiscordState } from '../fakes/discord/state.js';

const reading = (...blocks: Block[]) => readMarkdown(renderText(blocks));

describe('text on Discord', () => {
  it('shows every character of literal text, and nothing in it is markup, mention or picture (CHAN-5, CHAN-14)', () => {
    const hostile = fc.array(
      fc.constantFrom(
        ...[
          '*',
          '_',
          '~',
          '`',
          '|',
          '\\',
          '#',
          '-',
          '>',
          '<',
          '@everyone',
          '@here',
          '<@1>',
          '<#2>',
          '<t:1:R>',
          ':smile:',
        ],
        ...[
          '[a](https://evil.example)',
          '](',
          '1. ',
          '2) ',
          ' ',
          'a',
          'b_c',
          '\n',
          '```',
          '||',
          'https://ok.example/a_b',
        ],
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(hostile, (parts) => {
        const value = `x${parts.join('')}x`.replace(/\n\s*/g, '\n');
        const children = value
          .split('\n')
          .flatMap((line, index): Inline[] => [...(index === 0 ? [] : [{ type: 'break' } as const]), text(line)]);
        const { text: shown, mentions } = reading({ type: 'paragraph', children });
        expect(shown).toBe(value);
        expect(mentions).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('leaves ordinary text as it is', () => {
    const value =
      '12:30:45 STRIPE_KEY me@x.example [ok] a < b <div> C:\\dir ~/x -la #1 a|b https://x.example/a_b (https://y.example/)';
    expect(renderText([paragraph(value)])).toBe(value);
  });

  it('looks at the whole message before it leaves a character bare', () => {
    for (const later of ['a_ b', '__init__', 'x](https://evil.example)']) {
      const blocks = [paragraph('[a STRIPE_KEY'), codeBlock(later), paragraph(code(later))];
      expect(reading(...blocks)).toEqual({ text: `[a STRIPE_KEY\n\n${later}\n\n${later}`, links: [], mentions: [] });
    }
    expect(reading(paragraph({ type: 'strong', children: [code('a ** b')] })).text).toBe('a ** b');
  });

  it('shows inline code, fenced code and code that holds fences literally', () => {
    for (const value of ['a', '`', '`a`', 'a``b', '*b*', '\\', '@everyone', 'two\nlines', '<@1>', '```']) {
      expect(reading(paragraph('x', code(value), 'y')).text).toBe(`x${value}y`);
    }
    for (const value of ['ls -la', '# no heading\n> no quote', 'a\n```\nb', '`x`', '  indented', 'ends with `']) {
      const { text: shown, mentions } = reading(codeBlock(value, 'sh'));
      expect([shown, mentions]).toEqual([value, []]);
    }
    expect(renderText([codeBlock('x', 'sh\n@everyone')])).toBe('```\nx\n```');
  });

  it('renders marks natively, never as raw asterisks (CHAN-5)', () => {
    const mark = (type: 'strong' | 'emphasis' | 'strike', ...children: Inline[]): Inline => ({ type, children });
    expect(renderText([paragraph(strong('a'), ' ', mark('emphasis', text('b')), mark('strike', text('c')))])).toBe(
      '**a** _b_~~c~~',
    );
    const trees: Inline[][] = [
      [strong('a'), strong('b')],
      [mark('emphasis', text('a')), strong('b')],
      [mark('emphasis', text('in')), text('side')],
      [mark('strong', text('a '), mark('emphasis', text(' b_c '))), text('d')],
      [mark('strong', text(' ')), text('x')],
    ];
    for (const children of trees) {
      const shown = reading({ type: 'paragraph', children }).text;
      expect(shown).not.toMatch(/[*~]/);
    }
    expect(renderText([{ type: 'heading', level: 2, children: [text('T')] }, paragraph('p')])).toBe('## T\np');
    expect(renderText([{ type: 'heading', level: 5, children: [text('T')] }])).toBe('**T**');
  });

  it('keeps lists, quotes and tables readable', () => {
    const items = [
      [paragraph('one'), codeBlock('x')],
      [paragraph('two'), { type: 'list', start: null, items: [[paragraph('in')]] } as Block],
    ];
    expect(renderText([{ type: 'list', start: 3, items }])).toBe('3. one\n```\nx\n```\n4. two\n   - in');
    const quote: Block = { type: 'quote', children: [paragraph('a'), { type: 'quote', children: [paragraph('b')] }] };
    expect(renderText([quote])).toBe('> a\n> \n> b');
    const rows = [
      [[text('name')], [text('size')]],
      [[code('a`b')], [{ type: 'link', url: 'https://x.example/', children: [text('1')] } as const]],
    ];
    expect(renderText([{ type: 'table', rows }])).toBe(
      '```\nname | size\n-----|-----------------------\na`b  | 1 (https://x.example/)\n```'.replace(
        /-+\|-+/,
        '-----|-----------------------',
      ),
    );
  });

  it('shows the real host of every link and masks no address behind another (CHAN-14, GUARD-14)', () => {
    const link = (url: string, label: string): Inline => ({ type: 'link', url, children: [text(label)] });
    expect(renderText([paragraph(link('https://evil.example/x', 'the docs'))])).toBe(
      '[the docs](<https://evil.example/x>) (evil.example)',
    );
    for (const label of ['https://bank.example', 'bank.example', 'a@bank.example']) {
      const { links, text: shown } = reading(paragraph(link('https://evil.example/x', label)));
      expect(shown).toContain('https://evil.example/x');
      expect(links.some((target) => target.includes('evil.example'))).toBe(true);
    }
    const odd = reading(paragraph(link('https://evil.example/a)b>(c', 'x')));
    expect(odd.links).toEqual(['https://evil.example/a%29b%3E%28c']);
    const scheme = reading(paragraph(link('javascript:alert(1)', 'x')));
    expect([scheme.links, scheme.text]).toEqual([[], 'x (javascript:alert(1))']);
    expect(renderText([paragraph(link('https://a.example/b', 'https://a.example/b'))])).toBe('<https://a.example/b>');
    expect(reading(paragraph('see https://a.example/b', strong('x'))).links).toEqual(['https://a.example/b']);
  });
});

describe('bodies', () => {
  it('keep Discord’s rules for any buttons', () => {
    const buttons = Array.from({ length: 23 }, (_, index) => ({
      label: 'x'.repeat(index * 5 + 1),
      value: `h${index}`,
    }));
    for (const rows of [[buttons], buttons.map((button) => [button])]) {
      const state = new DiscordState();
      checkMessage(state, messageBody({ text: plain('x'), buttons: rows }), 0);
      expect(state.violations).toEqual([]);
    }
  });

  it('carry a nonce that fits and is the same for the same delivery (TURN-4)', () => {
    expect(nonceOf({ id: 'a' })).toBe(nonceOf({ id: 'a' }));
    expect(nonceOf({ id: 'a' })).not.toBe(nonceOf({ id: 'b' }));
    expect(nonceOf({ id: 'x'.repeat(500) }).length).toBeLessThanOrEqual(25);
  });

  it('read back only references that are ours', () => {
    const ref = {
      kind: 'slash',
      applicationId: '1',
      interactionId: '1000000000000000000',
      space: '9',
      userId: '3',
      hidden: true,
      receivedAt: 1_700_000_000_000,
      token: 'aW50.x_-=',
    } as const;
    expect(parseReplyRef(formatReplyRef(ref), '9')).toEqual(ref);
    expect(parseReplyRef(formatReplyRef(ref), '8')).toBeNull();
    const bads = ['s:h:1:2:9:3:4', 's:h:../1:2:9:3:4:t', 's:h:1:2:9:3:4:a/b', 's:q:1:2:9:3:4:t', 's:h:1:2:9:3:soon:t'];
    for (const bad of [undefined, '', 'x', ...bads]) {
      expect(parseReplyRef(bad, '9')).toBeNull();
    }
    const at = (minutes: number) => isExpired(ref, ref.receivedAt + minutes * 60_000);
    expect([at(14), at(15)]).toEqual([false, true]);
  });
});

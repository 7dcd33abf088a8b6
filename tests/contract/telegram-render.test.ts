import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyboard, render } from '../../adapters/telegram/render.js';
import { type Inline, paragraph, plain, type RichText, text } from '../../src/core/richtext.js';
import { detect, parseHtml } from '../fakes/telegram/html.js';
import { characters, richText } from '../unit/core/richtext-arbitrary.js';

const direct = (blocks: RichText) => parseHtml(render(blocks, { shared: false }).html);
const link = (url: string, ...shown: (Inline | string)[]) =>
  paragraph({ type: 'link', url, children: shown.map((one) => (typeof one === 'string' ? text(one) : one)) });

describe('Telegram HTML', () => {
  it('is understood by Telegram whatever the text, and its length is what Telegram counts (CHAN-5)', () => {
    fc.assert(
      fc.property(richText, fc.boolean(), (blocks, shared) => {
        const rendered = render([paragraph('['), ...blocks, paragraph(']')], { shared });
        const parsed = parseHtml(rendered.html);
        expect(parsed.text.length).toBe(rendered.length);
        expect(rendered.entities).toBeGreaterThanOrEqual(parsed.entities.length);
      }),
      { numRuns: 500 },
    );
  });

  it('shows every character in order (CHAN-5)', () => {
    fc.assert(
      fc.property(richText, (blocks) => {
        const shown = [
          ...parseHtml(`<code>${render(blocks, { shared: false }).html.replace(/<[^>]*>/g, '')}</code>`).text,
        ];
        let at = 0;
        for (const character of characters(blocks).replace(/\s/g, '')) {
          while (at < shown.length && shown[at] !== character) at += 1;
          expect(at).toBeLessThan(shown.length);
          at += 1;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('renders each kind of block as Telegram shows it', () => {
    const { html } = render(
      [
        { type: 'heading', level: 1, children: [text('Title')] },
        paragraph(
          { type: 'strong', children: [text('bold')] },
          { type: 'emphasis', children: [text('slanted')] },
          { type: 'strike', children: [text('gone')] },
          { type: 'code', text: 'a<b' },
        ),
        { type: 'code', language: 'ts', text: 'x && y' },
        { type: 'code', language: '"><b>', text: 'z' },
        { type: 'quote', children: [paragraph('said'), { type: 'quote', children: [paragraph('before')] }] },
        {
          type: 'list',
          start: 9,
          items: [
            [paragraph('nine'), { type: 'list', start: null, items: [[paragraph('inner')]] }],
            [paragraph('ten')],
          ],
        },
        {
          type: 'table',
          rows: [
            [[text('name')], [text('n')]],
            [[text('x')], [text('10')]],
          ],
        },
        { type: 'rule' },
      ],
      { shared: false },
    );
    expect(html.split('\n\n')).toEqual([
      '<b>Title</b>',
      '<b>bold</b><i>slanted</i><s>gone</s><code>a&lt;b</code>',
      '<pre><code class="language-ts">x &amp;&amp; y</code></pre>',
      '<pre>z</pre>',
      '<blockquote>said',
      '&gt; before</blockquote>',
      '9. nine\n   • inner\n10. ten',
      '<pre>name | n\nx    | 10</pre>',
      '———',
    ]);
  });
});

describe('links (CHAN-14)', () => {
  it.each([
    ['https://a.example/path', 'https://a.example/path', 'https://a.example/path'],
    ['https://a.example/path', 'a.example/path', 'a.example/path'],
    ['https://a.example/path', 'here', 'here (a.example)'],
    ['https://evil.example:8443/', 'https://bank.example/', 'https://bank.example/ (evil.example:8443)'],
    [
      'https://bank.example@evil.example/',
      'https://bank.example@evil.example/',
      'https://bank.example@evil.example/ (evil.example)',
    ],
    ['https://аpple.example/', 'https://аpple.example/', 'https://аpple.example/ (xn--pple-43d.example)'],
    ['mailto:someone@a.example', 'someone@a.example', 'someone@a.example'],
    ['mailto:someone@a.example', 'write', 'write (someone@a.example)'],
  ])('%s as "%s" reads %s', (url, shown, expected) => {
    const parsed = direct([link(url, shown)]);
    expect(parsed.text).toBe(expected);
    expect(parsed.entities).toMatchObject([{ type: 'text_link', url }]);
  });

  it.each([
    'javascript:alert(1)',
    'tg://user?id=42',
    'data:text/html,x',
    'file:///etc/passwd',
    '/relative',
    ' https://a b/',
  ])('leads nowhere: %s', (url) => {
    const parsed = direct([link(url, 'press')]);
    expect(parsed.text).toBe(`press (${url})`);
    expect(parsed.entities.map((entity) => entity.type)).toEqual(['code']);
    expect(detect(parsed)).toEqual([]);
  });

  it('keeps quotes and angle brackets of an address inside its attribute', () => {
    const url = 'https://a.example/?q="><b>&amp;';
    expect(direct([link(url, 'x')]).entities).toMatchObject([{ type: 'text_link', url }]);
  });

  it('makes no names and commands in front of others, and changes nothing in the direct chat', () => {
    const words = 'Ask @alice_b or /burn KEY, mail a@b.example, npm i @scope/pkg, cat /etc/hosts';
    const shared = parseHtml(render(plain(words), { shared: true }).html);
    expect(detect(shared).map((entity) => entity.type)).toEqual([]);
    expect(shared.text.replaceAll('\u2060', '')).toBe(words);
    expect(direct(plain(words)).text).toBe(words);
  });
});

describe('buttons', () => {
  it('become rows of an inline keyboard; none become none', () => {
    expect(
      keyboard([[{ label: 'Approve', value: 'h1', style: 'primary' }], [], [{ label: 'Deny', value: 'h2' }]]),
    ).toEqual({
      inline_keyboard: [
        [{ text: 'Approve', callback_data: 'h1', style: 'primary' }],
        [{ text: 'Deny', callback_data: 'h2' }],
      ],
    });
    expect(keyboard([])).toBeUndefined();
    expect(keyboard(undefined)).toBeUndefined();
  });
});

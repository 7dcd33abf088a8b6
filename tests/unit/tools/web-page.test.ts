import { describe, expect, it } from 'vitest';
import { createSystem } from '../../../src/system.js';
import { createPageReader, type PageLimits } from '../../../src/tools/worker/page.js';

const URL_OF_PAGE = 'https://example.org/news/page.html?a=1';
const LIMITS: PageLimits = { maxCharacters: 400_000, timeoutMs: 15_000, memoryMb: 320 };
const read = (html: string, limits: Partial<PageLimits> = {}, signal?: AbortSignal) =>
  createPageReader(createSystem(), { ...LIMITS, ...limits })(html, URL_OF_PAGE, signal);
const body = (html: string, head = '') => `<!doctype html><html><head>${head}</head><body>${html}</body></html>`;

describe('the page reader', () => {
  it('gives title, headings, lists, code and tables as text, links with their whole address, images by description', async () => {
    const html = body(
      `<h1>The   heading</h1><p>Some <em>text</em>, a [bracket] and <a href="../other?x=1&amp;y=2#z">a link</a>.
       <a href="#here">here</a> <a href="javascript:alert(1)">run</a> <a href="mailto:a@b.example">mail</a></p>
       <ul><li>one<li>two</ul><pre><code>if (a) {\n  b();\n}</code></pre>
       <table><tr><th>name<th>size</tr><tr><td>a<td>1</tr></table>
       <img src="https://evil.example/pixel.gif?d=1" alt="A cat"><img src="x.gif">`,
      '<title>\n A  title </title>',
    );
    const page = await read(html);
    expect(page.title).toBe('A title');
    expect(page.text.split('\n').filter((line) => line !== '')).toEqual([
      '# The heading',
      'Some _text_, a [bracket] and [a link](https://example.org/other?x=1&y=2#z). here run mail',
      '-   one',
      '-   two',
      '```',
      'if (a) {',
      '  b();',
      '}',
      '```',
      '| name | size |',
      '| a | 1 |',
      '(image: A cat)',
    ]);
    expect(page.more).toBe(false);
  });

  it('takes the article out of what stands around it', async () => {
    const paragraph = 'The committee met on Tuesday, and after a long debate, it decided, by a narrow vote, to go on. ';
    const html = body(
      `<nav><a href="/a">Home</a><a href="/b">Sports</a></nav><aside class="sidebar">Subscribe now</aside>
       <article><h1>Vote</h1>${`<p>${paragraph.repeat(3)}</p>`.repeat(5)}</article><footer>Imprint</footer>`,
    );
    const { text } = await read(html);
    expect(text).toContain('The committee met');
    expect(text).not.toMatch(/Sports|Subscribe|Imprint/);
  });

  const HIDDEN = [
    '<!-- SECRETLY -->',
    '<script>SECRETLY</script>',
    '<style>.SECRETLY{}</style>',
    '<noscript>SECRETLY</noscript>',
    '<template>SECRETLY</template>',
    '<div hidden>SECRETLY</div>',
    '<div aria-hidden="true">SECRETLY</div>',
    '<dialog>SECRETLY</dialog>',
    '<input value="SECRETLY"><textarea>SECRETLY</textarea>',
    '<svg><text>SECRETLY</text></svg>',
    '<iframe srcdoc="SECRETLY">SECRETLY</iframe>',
    '<p style="display : none">SECRETLY</p>',
    '<p style="DISPLAY:NONE !important">SECRETLY</p>',
    '<p style="dis/**/play:none">x</p><p style="display:/* a */none">SECRETLY</p>',
    '<p style="visibility:hidden">SECRETLY</p>',
    '<p style="opacity:0">SECRETLY</p><p style="opacity: .0;">SECRETLY</p>',
    '<p style="font-size:0">SECRETLY</p><p style="font-size:1px">SECRETLY</p><p style="font-size:0.01em">SECRETLY</p>',
    '<p style="position:absolute;left:-9999px">SECRETLY</p><p style="text-indent:-100em">SECRETLY</p>',
    '<p style="height:0;overflow:hidden">SECRETLY</p>',
    '<p style="clip:rect(0 0 0 0)">SECRETLY</p><p style="clip-path:inset(100%)">SECRETLY</p>',
    '<p style="color:#fff;background:#fff">SECRETLY</p><p style="color:transparent">SECRETLY</p>',
    '<p class="gone">SECRETLY</p>',
    '<div class="box"><p>SECRETLY</p></div>',
    '<p id="late">SECRETLY</p>',
  ];

  it.each(HIDDEN)('leaves out what nobody would see: %s (GUARD-3)', async (html) => {
    const style = `<style>/* a } */ @media print { p.shown { display: none } } .gone { color: red; display: none }
      .box > p, .other { visibility:hidden } #late { display: block } #late { opacity: 0 }</style>`;
    const { text } = await read(body(`<p class="shown">before</p>${html}<p>after</p>`, style));
    expect(text).toContain('before');
    expect(text).toContain('after');
    expect(text).not.toContain('SECRETLY');
  });

  const SHOWN = [
    '<p style="font-size:1em">TEXT</p>',
    '<p style="font-size:0.9em">TEXT</p>',
    '<p style="opacity:0.5">TEXT</p>',
    '<p style="margin-left:-100px;left:50%">TEXT</p>',
    '<p style="height:0">TEXT</p>',
    '<p style="color:inherit;background:inherit">TEXT</p>',
    '<p class="gone shown">TEXT</p>',
    '<details><summary>s</summary>TEXT</details>',
  ];
  it.each(SHOWN)('keeps what is seen: %s', async (html) => {
    const style = '<style>.gone{display:none}.gone.shown{display:block}p::before{display:none}</style>';
    expect((await read(body(html, style))).text).toContain('TEXT');
  });

  it('keeps a page that shows itself only once its script has run', async () => {
    const style = '<style>html{visibility:hidden} body{opacity:0}</style>';
    expect((await read(body('<p>TEXT</p>', style))).text).toBe('TEXT');
  });

  it('takes whatever is no page for what it is', async () => {
    expect(await read('')).toEqual({ title: '', text: '', more: false });
    expect((await read('just text')).text).toBe('just text');
    expect((await read('<p>open <b>tags <i>everywhere')).text).toContain('everywhere');
    expect(await read('<title>T</title><p>one</p><p>two')).toMatchObject({ title: 'T', text: 'one\n\ntwo' });
    expect((await read(`<html><p>one</p></html>`)).text).toBe('one');
    expect((await read(`${body('<p>one</p>')}<p>two</p>`)).text).toBe('one\n\ntwo');
    expect((await read('<<<>>><!--')).more).toBe(false);
  });

  it('stops at its bound and says so', async () => {
    expect(await read(body(`<p>${'x'.repeat(500)}</p>`), { maxCharacters: 100 })).toMatchObject({
      text: 'x'.repeat(100),
      more: true,
    });
  });

  it('refuses a page whose elements nest too deep (GUARD-9)', async () => {
    await expect(read(body('<div>'.repeat(30_000)))).rejects.toMatchObject({
      code: 'tool.failed',
      message: 'The page nests its elements more than 500 deep, so it is not read.',
    });
    expect((await read(body(`${'<div>'.repeat(400)}TEXT`))).text).toBe('TEXT');
  });

  it('kills a parser that takes too long', async () => {
    await expect(read(body('<p>a</p>'.repeat(200_000)), { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'tool.failed',
      message: 'The page could not be read within 0.3 s.',
    });
  });

  it('fails alone when the parser runs out of memory', async () => {
    await expect(read(body('<p>a</p>'.repeat(400_000)), { memoryMb: 8 })).rejects.toMatchObject({
      code: 'tool.failed',
    });
  });

  it('ends when it is told to', async () => {
    await expect(read(body('a'), {}, AbortSignal.abort())).rejects.toMatchObject({
      message: 'Reading the page was stopped.',
    });
  });
});

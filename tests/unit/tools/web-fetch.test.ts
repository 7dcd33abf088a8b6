import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { parseNetworkAllow } from '../../../src/guards/addresses.js';
import { createGuardedFetch } from '../../../src/guards/network.js';
import { createSystem } from '../../../src/system.js';
import { createFetchPage } from '../../../src/tools/web/fetch-page.js';
import { createPageReader } from '../../../src/tools/worker/page.js';
import { createPdfReader } from '../../../src/tools/worker/pdf.js';
import { startWebFake, type WebAnswer, type WebFake } from '../../fakes/web.js';
import { makePdf } from '../../support/pdf.js';
import { toolRun } from '../../support/tool-run.js';

const fakes: WebFake[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

async function serve(pages: Readonly<Record<string, WebAnswer>>) {
  const fake = await startWebFake(({ url }) => pages[url.pathname] ?? { status: 404, body: '<p>gone</p>' });
  fakes.push(fake);
  return fake;
}

const system = createSystem();
const tool = (allow = '127.0.0.1') =>
  toolRun(
    createFetchPage({
      fetch: createGuardedFetch({ system, allow: parseNetworkAllow(allow), enforceHttps: false }),
      readPage: createPageReader(system),
      readPdf: createPdfReader(system),
    }),
  );
const typed = (type: string, body: string | Uint8Array): WebAnswer => ({ headers: { 'content-type': type }, body });

describe('fetch_page', () => {
  it('is a read that leaves the box, bound to its URL without the fragment', async () => {
    expect(await tool().resolve({ url: 'https://Example.org/a?b=c#d' })).toMatchObject({
      class: 'read',
      bound: { url: 'https://example.org/a?b=c' },
      card: { title: 'Read page: https://example.org/a?b=c' },
      outward: true,
      repeatable: true,
      forbidden: null,
    });
  });

  it('gives title and final URL first, then the readable text, marked as untrusted by where it came from', async () => {
    const site = await serve({
      '/old': { status: 302, headers: { location: '/new?x=1' } },
      '/new': { body: '<title>New</title><p>Hello <a href="more">more</a></p><script>x()</script>' },
    });
    const result = await tool().run({ url: `${site.url}/old` });
    expect(result).toMatchObject({
      text: `Title: New\nURL: ${site.url}/new?x=1\n\nHello [more](${site.url}/more)`,
      isError: false,
      taint: { untrusted: [`http://127.0.0.1:${site.port}/new`], private: [] },
    });
    expect(result.summary).toMatch(/^page, \d+ bytes$/);
    expect(site.requests[0]).toMatchObject({ method: 'GET', headers: { 'user-agent': 'seneschal' } });
  });

  it('reads PDF by the PDF reader, text and JSON as they are, and says what is not text', async () => {
    const site = await serve({
      '/pdf': typed('application/pdf', makePdf(['page one'])),
      '/text': typed('text/plain; charset=utf-8', '<b>plain</b>\n  as it is'),
      '/json': typed('application/json', '{"a": [1, 2]}'),
      '/image': typed('image/png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0)),
      '/latin': typed('text/html', Buffer.from('<meta charset="iso-8859-1"><p>caf\xe9</p>', 'latin1')),
      '/packed': {
        headers: { 'content-type': 'text/html', 'content-encoding': 'gzip' },
        body: gzipSync('<p>packed</p>'),
      },
      '/untyped': { headers: {}, body: '<!DOCTYPE html><p>untyped</p>' },
    });
    const text = async (path: string) =>
      (await tool().run({ url: site.url + path })).text.split('\n\n').slice(1).join();
    expect(await text('/pdf')).toBe('page one');
    expect(await text('/text')).toBe('<b>plain</b>\n  as it is');
    expect(await text('/json')).toBe('{"a": [1, 2]}');
    expect(await text('/image')).toBe('(not text: image/png, 6 bytes)');
    expect(await text('/latin')).toBe('café');
    expect(await text('/packed')).toBe('packed');
    expect(await text('/untyped')).toBe('untyped');
  });

  it('says the status of a page that is not there, and shows what the server says about it', async () => {
    const site = await serve({});
    const { text, summary } = await tool().run({ url: `${site.url}/gone` });
    expect(text).toBe(`URL: ${site.url}/gone\nStatus: HTTP 404 Not Found\n\ngone`);
    expect(summary).toMatch(/^HTTP 404 Not Found, page/);
  });

  it('refuses what the guarded client refuses, before and after a redirect (GUARD-1)', async () => {
    const site = await serve({ '/away': { status: 302, headers: { location: 'http://169.254.169.254/latest/' } } });
    expect((await tool().resolve({ url: 'http://[::ffff:a9fe:a9fe]/' })).forbidden).toMatch(/metadata/);
    await expect(tool('').run({ url: site.url })).rejects.toMatchObject({ code: 'network.refused' });
    expect(site.requests).toEqual([]);
    await expect(tool().run({ url: `${site.url}/away` })).rejects.toMatchObject({ code: 'network.refused' });
  });

  it.each([
    ['no URL', 'example.org'],
    ['another scheme', 'file:///etc/passwd'],
    ['a password', 'https://u:p@a.example/'],
    ['a secret', 'https://a.example/?k=secret:STRIPE_KEY'],
  ])('refuses %s', async (_what, url) => {
    await expect(tool().resolve({ url })).rejects.toMatchObject({ code: 'tool.input' });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { createGuardedFetch } from '../../../src/guards/network.js';
import { createSystem } from '../../../src/system.js';
import { createBrave } from '../../../src/tools/web/brave.js';
import { createWebSearch, type SearchProvider } from '../../../src/tools/web/search.js';
import { createSearxng } from '../../../src/tools/web/searxng.js';
import { type SearchFake, startBraveFake, startSearxngFake } from '../../fakes/search.js';
import { toolRun } from '../../support/tool-run.js';

const KEY = ['BSA', 'x'.repeat(28)].join('');
const fakes: SearchFake[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

const fetchFor = (root: string, enforceHttps = false) =>
  createGuardedFetch({ system: createSystem(), allow: [], enforceHttps, roots: [root] });

/** Each provider over its fake, reached at a private address because it is configured. */
const PROVIDERS: Readonly<Record<string, () => Promise<{ fake: SearchFake; provider: SearchProvider }>>> = {
  async SearXNG() {
    const fake = await startSearxngFake();
    return { fake, provider: createSearxng({ fetch: fetchFor(fake.url), root: fake.url }) };
  },
  async 'Brave Search'() {
    const fake = await startBraveFake(KEY);
    const provider = createBrave({ fetch: fetchFor(fake.url), root: fake.url, key: () => new Secret(KEY) });
    return { fake, provider };
  },
};

const open = async (name: string) => {
  const made = await PROVIDERS[name]?.();
  if (!made) throw new Error(`no provider ${name}`);
  fakes.push(made.fake);
  return { ...made, tool: toolRun(createWebSearch(made.provider)) };
};
const pages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    title: `Title ${index + 1}`,
    url: `https://site${index + 1}.example/page?n=${index + 1}`,
    text: `Text ${index + 1}`,
  }));

describe.each(Object.keys(PROVIDERS))('web_search by %s', (name) => {
  it('is a read that leaves the box; its card shows the query and where it goes', async () => {
    const { tool, fake } = await open(name);
    expect(await tool.resolve({ query: '  who is it ' })).toMatchObject({
      class: 'read',
      bound: { query: 'who is it' },
      card: { title: 'Search: who is it', facts: [`by ${name} at 127.0.0.1:${fake.port}`] },
      outward: true,
      repeatable: true,
    });
  });

  it('gives at most 8 results as title, URL and snippet, from an untrusted source', async () => {
    const { tool, fake } = await open(name);
    fake.found = pages(12);
    const result = await tool.run({ query: 'c++ & "more"?' });
    expect(result.text.split('\n\n')).toHaveLength(8);
    expect(result.text.split('\n\n')[1]).toBe('2. Title 2\n   https://site2.example/page?n=2\n   Text 2');
    expect(result.summary).toBe('8 results');
    expect(result.taint.untrusted).toEqual([`http://127.0.0.1:${fake.port}${fake.requests[0]?.url.pathname}`]);
    expect(fake.requests[0]?.url.searchParams.get('q')).toBe('c++ & "more"?');
  });

  it('keeps each result to its lines, and leaves out addresses that are none', async () => {
    const { tool, fake } = await open(name);
    fake.found = [
      { title: 'a\n\n2. Fake', url: 'https://a.example/', text: `${'long '.repeat(200)}` },
      { title: 'b', url: 'javascript:alert(1)', text: '' },
      { title: '', url: 'https://c.example/', text: '' },
    ];
    const [first, second, ...more] = (await tool.run({ query: 'x' })).text.split('\n\n');
    expect(more).toEqual([]);
    expect(first?.split('\n')).toHaveLength(3);
    expect(first?.length).toBeLessThan(500);
    expect(second).toBe('2. (no title)\n   https://c.example/');
  });

  it('says that there are no results', async () => {
    const { tool } = await open(name);
    expect((await tool.run({ query: 'x' })).text).toBe('No results.');
  });

  it('says what the service answered when it fails', async () => {
    const { tool, fake } = await open(name);
    fake.queue.push({ status: 429, body: '{}' }, { body: '<h1>oops</h1>' }, { body: '{"results": 1, "web": 2}' });
    await expect(tool.run({ query: 'x' })).rejects.toMatchObject({
      code: 'tool.failed',
      message: `${name} answered with status 429.`,
      retryable: true,
    });
    await expect(tool.run({ query: 'x' })).rejects.toMatchObject({ message: expect.stringMatching(/no JSON/) });
    await expect(tool.run({ query: 'x' })).rejects.toMatchObject({ message: expect.stringMatching(/not known/) });
  });

  it('goes nowhere private by a redirect, and takes no key along (GUARD-1)', async () => {
    const [{ tool, fake }, other] = [await open(name), await open(name)];
    fake.queue.push({ status: 302, headers: { location: `${other.fake.url}/search?q=x&format=json` } });
    await expect(tool.run({ query: 'x' })).rejects.toMatchObject({ code: 'network.refused' });
    expect(other.fake.requests).toEqual([]);
  });

  it.each([{ query: '' }, { query: 'x'.repeat(401) }, { query: 'a', url: 'b' }])('refuses %j', async (input) => {
    const { tool } = await open(name);
    expect(() => tool.resolve(input)).toThrow();
  });
});

describe('SearXNG', () => {
  it('names the setting where JSON is switched off', async () => {
    const fake = await startSearxngFake(['html']);
    fakes.push(fake);
    const tool = toolRun(createWebSearch(createSearxng({ fetch: fetchFor(fake.url), root: fake.url })));
    await expect(tool.run({ query: 'x' })).rejects.toMatchObject({
      hint: 'Its settings.yml must list json under search.formats.',
    });
  });
});

describe('Brave Search', () => {
  it('sends the key as a header only, and names it when it is refused', async () => {
    const { tool, fake } = await open('Brave Search');
    fake.found = [{ title: 'A &amp; B', url: 'https://a.example/', text: '<strong>it&#x27;s</strong> &lt;b&gt;' }];
    expect((await tool.run({ query: 'x' })).text).toBe("1. A & B\n   https://a.example/\n   it's <b>");
    expect(fake.requests[0]?.url.href).not.toContain(KEY);
    expect(fake.requests[0]?.headers['x-subscription-token']).toBe(KEY);
    const wrong = createBrave({ fetch: fetchFor(fake.url), root: fake.url, key: () => new Secret('wrong-key') });
    await expect(toolRun(createWebSearch(wrong)).run({ query: 'x' })).rejects.toMatchObject({
      message: 'Brave Search answered with status 422.',
      hint: 'Check BRAVE_API_KEY.',
    });
  });

  it('fails when its key is gone (CONF-1)', async () => {
    const none = createBrave({ fetch: fetchFor('https://a.example'), root: 'https://a.example', key: () => undefined });
    await expect(toolRun(createWebSearch(none)).run({ query: 'x' })).rejects.toMatchObject({ code: 'tool.failed' });
  });
});

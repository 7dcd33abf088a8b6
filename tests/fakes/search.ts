import { startWebFake, type WebAnswer, type WebFake, type WebRequest } from './web.js';

/* SearXNG and Brave Search as their clients see them: paths, parameters, keys, the shape of answers and refusals. */

export interface FoundPage {
  readonly title: string;
  readonly url: string;
  readonly text: string;
}

export interface SearchFake extends WebFake {
  /** What every query finds; in Brave's texts as HTML, as it sends them. */
  found: readonly FoundPage[];
  /** Given instead of the next answers, in order. */
  readonly queue: WebAnswer[];
}

const json = (status: number, value: unknown): WebAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** `formats`: what its settings.yml lists under search.formats; html alone is what it comes with. */
export async function startSearxngFake(formats: readonly string[] = ['html', 'json']): Promise<SearchFake> {
  return searchFake((request, fake) => {
    if (request.url.pathname !== '/search') return { status: 404, body: '<h1>Not Found</h1>' };
    const query = request.url.searchParams.get('q') ?? '';
    const format = request.url.searchParams.get('format') ?? 'html';
    if (!formats.includes(format)) return { status: 403, body: '<h1>Forbidden</h1>' };
    if (query === '') return json(400, { error: 'No query' });
    const results = fake.found.map(({ title, url, text }, index) => ({
      url,
      title,
      content: text,
      thumbnail: null,
      engine: 'duckduckgo',
      engines: ['duckduckgo'],
      positions: [index + 1],
      score: 1 / (index + 1),
      category: 'general',
    }));
    return json(200, {
      query,
      number_of_results: 0,
      results,
      answers: [],
      corrections: [],
      infoboxes: [],
      suggestions: [],
      unresponsive_engines: [],
    });
  });
}

export async function startBraveFake(key: string): Promise<SearchFake> {
  const refusal = (status: number, code: string, detail: string) =>
    json(status, { type: 'ErrorResponse', error: { id: 'fake', status, code, detail }, time: 0 });
  return searchFake((request, fake) => {
    if (request.url.pathname !== '/res/v1/web/search') return refusal(404, 'NOT_FOUND', 'Not found');
    if (request.headers['x-subscription-token'] !== key) {
      return refusal(422, 'SUBSCRIPTION_TOKEN_INVALID', 'The provided subscription token is invalid.');
    }
    const query = request.url.searchParams.get('q') ?? '';
    const count = Number(request.url.searchParams.get('count') ?? 20);
    const isValid = query !== '' && query.length <= 400 && query.split(/\s+/).length <= 50 && count >= 1 && count <= 20;
    if (!isValid) return refusal(422, 'VALIDATION', 'Unable to validate request parameter(s)');
    const results = fake.found.slice(0, count).map(({ title, url, text }) => ({
      type: 'search_result',
      title,
      url,
      description: text,
      is_source_local: false,
      family_friendly: true,
    }));
    return json(200, {
      type: 'search',
      query: { original: query, more_results_available: true },
      ...(results.length === 0 ? {} : { web: { type: 'search', results, family_friendly: true } }),
    });
  });
}

async function searchFake(answer: (request: WebRequest, fake: SearchFake) => WebAnswer): Promise<SearchFake> {
  const queue: WebAnswer[] = [];
  const web = await startWebFake((request) => queue.shift() ?? answer(request, fake));
  const fake: SearchFake = { ...web, found: [], queue };
  return fake;
}

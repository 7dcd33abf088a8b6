import { z } from 'zod';
import type { GuardedFetch } from '../../guards/network.js';
import { readAnswer, readResults, type SearchProvider } from './search.js';

const text = z.string().nullish();
const answerSchema = z.object({
  results: z.array(z.object({ title: text, url: z.string(), content: text })),
});

/** An own SearXNG, by its JSON format (which its settings.yml must list under search.formats). */
export function createSearxng(deps: { readonly fetch: GuardedFetch; readonly root: string }): SearchProvider {
  const endpoint = new URL(`${deps.root}/search`);
  return {
    name: 'SearXNG',
    endpoint,
    async search(query, signal) {
      const url = new URL(endpoint);
      url.searchParams.set('q', query);
      url.searchParams.set('format', 'json');
      const headers = [['accept', 'application/json']] as const;
      const answer = await deps.fetch({ method: 'GET', url: url.href, headers, signal });
      const hint = answer.status === 403 ? 'Its settings.yml must list json under search.formats.' : null;
      const { results } = readResults('SearXNG', answerSchema, readAnswer('SearXNG', answer, hint));
      return results.map((one) => ({ title: one.title ?? '', url: one.url, snippet: one.content ?? '' }));
    },
  };
}

import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';
import type { GuardedFetch } from '../../guards/network.js';
import { readAnswer, readResults, type SearchProvider } from './search.js';

const COUNT = 8;
/** Brave's own bound. */
const MAX_WORDS = 50;

const answerSchema = z.object({
  web: z
    .object({
      results: z.array(z.object({ title: z.string(), url: z.string(), description: z.string().nullish() })),
    })
    .nullish(),
});

/** Brave Search. The key is asked for at each use, so that a removed one is gone (CONF-1). */
export function createBrave(deps: {
  readonly fetch: GuardedFetch;
  readonly root: string;
  readonly key: () => Secret | undefined;
}): SearchProvider {
  const endpoint = new URL(`${deps.root}/res/v1/web/search`);
  return {
    name: 'Brave Search',
    endpoint,
    async search(query, signal) {
      const key = deps.key();
      if (key === undefined) throw new SeneschalError('tool.failed', 'The key BRAVE_API_KEY is no longer there.');
      if (query.split(/\s+/).length > MAX_WORDS) {
        throw new SeneschalError('tool.input', `web_search: Brave Search takes up to ${MAX_WORDS} words.`);
      }
      const url = new URL(endpoint);
      url.searchParams.set('q', query);
      url.searchParams.set('count', String(COUNT));
      url.searchParams.set('text_decorations', 'false');
      const headers = [
        ['accept', 'application/json'],
        ['x-subscription-token', key.reveal()],
      ] as const;
      const answer = await deps.fetch({ method: 'GET', url: url.href, headers, carriesSecret: true, signal });
      const refused = [401, 403, 422].includes(answer.status);
      const hint = refused ? 'Check BRAVE_API_KEY.' : answer.status === 429 ? 'Its rate or quota is used up.' : null;
      const { web } = readResults('Brave Search', answerSchema, readAnswer('Brave Search', answer, hint));
      return (web?.results ?? []).map((one) => ({
        title: withoutEntities(one.title),
        url: one.url,
        snippet: withoutEntities(one.description ?? ''),
      }));
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Its texts are HTML: a few entities, and highlights where they are sent after all. */
function withoutEntities(text: string): string {
  return text
    .replace(/<\/?strong>/g, '')
    .replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0x10_ff_ff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
    });
}

import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import { secretReferences } from '../../core/secret.js';
import { defineTool, type ToolDefinition } from '../define.js';
import { sourceOf } from './url.js';

/** One search service. Throws `tool.failed` with what it answered, and what the guarded client throws. */
export interface SearchProvider {
  /** As people know it: `SearXNG`. */
  readonly name: string;
  /** Where queries go, without the query. */
  readonly endpoint: URL;
  search(query: string, signal: AbortSignal): Promise<readonly SearchResult[]>;
}

export interface SearchResult {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

const inputSchema = z.strictObject({ query: z.string().trim().min(1).max(400) });
type Input = z.infer<typeof inputSchema>;

const MAX_RESULTS = 8;
const MAX_TITLE = 200;
const MAX_SNIPPET = 400;
const MAX_URL = 2_000;

/** `web_search`: titles, addresses and snippets, as the service that the owner has set up gives them. */
export function createWebSearch(provider: SearchProvider): ToolDefinition {
  return defineTool<Input>({
    name: 'web_search',
    description: 'Searches the web: up to 8 results, each with title, URL and snippet. Read one with fetch_page.',
    input: inputSchema,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    sendsRequest: true,
    resolve: async ({ query }) => {
      if (secretReferences(query).length > 0) {
        throw new SeneschalError('tool.input', 'web_search: secret:NAME cannot stand in query.');
      }
      return {
        tool: 'web_search',
        class: 'read',
        bound: { query, endpoint: provider.endpoint.href },
        card: { title: `Search: ${query}`, body: '', facts: [`by ${provider.name} at ${provider.endpoint.host}`] },
        grantPattern: null,
        outward: true,
        repeatable: true,
        forbidden: null,
      };
    },
    run: async ({ query }, { signal, progress }) => {
      progress(`search ${query}`);
      const results = (await provider.search(query, signal)).filter(isWebAddress).slice(0, MAX_RESULTS);
      const text = results.map((result, index) => `${index + 1}. ${shown(result)}`).join('\n\n');
      return {
        text: text === '' ? 'No results.' : text,
        isError: false,
        summary: results.length === 1 ? '1 result' : `${results.length} results`,
        taint: { untrusted: [sourceOf(provider.endpoint)], private: [] },
      };
    },
  });
}

/** The whole of an address or nothing: half of one leads elsewhere. */
function isWebAddress({ url }: SearchResult): boolean {
  return url.length <= MAX_URL && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function shown({ title, url, snippet }: SearchResult): string {
  const lines = [line(title, MAX_TITLE) || '(no title)', new URL(url).href, line(snippet, MAX_SNIPPET)];
  return lines.filter((text) => text !== '').join('\n   ');
}

function line(text: string, limit: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > limit ? `${flat.slice(0, limit)} …` : flat;
}

/** What a service answered, as JSON. Throws `tool.failed`; `hint` says what the owner can do about a status. */
export function readAnswer(
  provider: string,
  answer: { readonly status: number; readonly body: Uint8Array },
  hint: string | null,
): unknown {
  if (answer.status !== 200) {
    throw new SeneschalError('tool.failed', `${provider} answered with status ${answer.status}.`, {
      retryable: answer.status === 429 || answer.status >= 500,
      ...(hint === null ? {} : { hint }),
    });
  }
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch (cause) {
    throw new SeneschalError('tool.failed', `${provider} answered with something that is no JSON.`, { cause });
  }
}

/** The results of an answer, by its own shape. Throws `tool.failed` where it has another. */
export function readResults<T>(provider: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new SeneschalError('tool.failed', `${provider} answered in a form that is not known.`);
}

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import { secretReferences } from '../../core/secret.js';
import { showBytes } from '../../core/visible.js';
import type { GuardedFetch, GuardedResponse } from '../../guards/network.js';
import { defineTool, type ToolDefinition } from '../define.js';
import type { PageReader } from '../worker/page.js';
import type { PdfReader } from '../worker/pdf.js';
import { decodeBody, isHtml } from './body.js';
import { parseWebUrl, sourceOf } from './url.js';

const inputSchema = z.strictObject({ url: z.string().max(8_192) });
type Input = z.infer<typeof inputSchema>;

interface Deps {
  readonly fetch: GuardedFetch;
  readonly readPage: PageReader;
  readonly readPdf: PdfReader;
}

interface Readable {
  readonly title: string;
  readonly text: string;
  readonly more: boolean;
  readonly kind: string;
}

const ACCEPT = 'text/html, application/xhtml+xml, application/pdf, text/*;q=0.9, application/json;q=0.9, */*;q=0.5';

/** `fetch_page`: a page as a person would read it; nothing of it runs, and what is hidden in it is left out. */
export function createFetchPage(deps: Deps): ToolDefinition {
  return defineTool<Input>({
    name: 'fetch_page',
    description: 'Reads a web page, PDF or text by its URL: title, final URL, then the readable text with links.',
    input: inputSchema,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    sendsRequest: true,
    resolve: async (input) => {
      const { href } = prepare(input);
      return {
        tool: 'fetch_page',
        class: 'read',
        bound: { url: href },
        card: { title: `Read page: ${href}`, body: '', facts: [] },
        grantPattern: null,
        outward: true,
        repeatable: true,
        forbidden: deps.fetch.objection(href),
      };
    },
    run: async (input, { signal, progress }) => {
      const url = prepare(input);
      progress(`read ${url.host}`);
      const headers = [['accept', ACCEPT]] as const;
      const response = await deps.fetch({ method: 'GET', url: url.href, headers, signal });
      const page = await read(response, deps, signal);
      const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
      const parts = [
        ...(page.title === '' ? [] : [`Title: ${page.title}`]),
        `URL: ${response.url}`,
        ...(response.status === 200 ? [] : [`Status: HTTP ${status}`]),
        '',
        page.text === '' ? '(no readable text)' : page.text,
        ...(page.more ? ['(the page goes on; the rest was left out)'] : []),
      ];
      return {
        text: parts.join('\n'),
        isError: false,
        summary: `${response.status === 200 ? '' : `HTTP ${status}, `}${page.kind}, ${showBytes(response.body.length)}`,
        taint: { untrusted: [sourceOf(new URL(response.url))], private: [] },
      };
    },
  });
}

function prepare(input: Input): URL {
  if (secretReferences(input.url).length > 0) {
    throw new SeneschalError('tool.input', 'fetch_page: secret:NAME cannot stand in url; use http_request.');
  }
  return parseWebUrl('fetch_page', input.url);
}

async function read(response: GuardedResponse, deps: Deps, signal: AbortSignal): Promise<Readable> {
  const type = response.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const { body } = response;
  if (Buffer.from(body.subarray(0, 5)).toString('latin1') === '%PDF-') {
    const pdf = await deps.readPdf(body, signal);
    return { title: '', text: pdf.text.trim(), more: pdf.more, kind: `PDF of ${pdf.pages} pages` };
  }
  const text = decodeBody(body, type);
  if (text === null) {
    const kind = type === '' ? 'no type given' : type;
    return { title: '', text: `(not text: ${kind}, ${showBytes(body.length)})`, more: false, kind: 'not text' };
  }
  const looksLikePage = type === '' && /^\s*<(!doctype html|html)\b/i.test(text.slice(0, 1_000));
  if (!isHtml(type) && !looksLikePage) return { title: '', text, more: false, kind: 'text' };
  return { ...(await deps.readPage(text, response.url, signal)), kind: 'page' };
}

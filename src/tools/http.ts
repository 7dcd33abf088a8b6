import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { SeneschalError } from '../core/errors.js';
import { fillReferences, secretReferences } from '../core/secret.js';
import type { ActionCard, ToolResult } from '../core/tool.js';
import { showBytes } from '../core/visible.js';
import { hostName, portOf } from '../guards/addresses.js';
import type { GuardedFetch, GuardedResponse } from '../guards/network.js';
import { allowsHost } from '../vault/rules.js';
import { defineTool, type RunContext, type ToolContext, type ToolDefinition } from './define.js';
import { decodeBody } from './web/body.js';
import { parseWebUrl, sourceOf } from './web/url.js';

const inputSchema = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
  url: z.string().max(8_192),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().max(1_000_000).optional(),
});

type Input = z.infer<typeof inputSchema>;

/** A request as it will be shown and bound; `secret:NAME` still stands where the value will go. */
interface Prepared {
  readonly method: Input['method'];
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  readonly secrets: readonly string[];
  /** `host:port`, the port always said: what a secret is bound to. */
  readonly place: string;
}

/** They belong to the connection, or would let one request be read as two. */
const FRAMING_HEADERS =
  /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-.*|accept-encoding)$/;
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const BODY_ON_CARD = 12;

/** `http_request`: the gateway's own client sends it; the model sees names of secrets, never values. */
export function createHttpRequest(deps: { readonly fetch: GuardedFetch }): ToolDefinition {
  return defineTool<Input>({
    name: 'http_request',
    description:
      'Sends one HTTP request and returns status, main headers and body. GET and HEAD without a secret run at once, ' +
      'anything else asks the owner. `secret:NAME` in a header value, the body or the query stands for a stored secret.',
    input: inputSchema,
    annotations: { readOnlyHint: false, idempotentHint: false, openWorldHint: true },
    sendsRequest: true,
    resolve: async (input, context) => {
      const request = prepare(input);
      const places = request.secrets.map((name) => placeOf(name, request, context));
      const reads = (request.method === 'GET' || request.method === 'HEAD') && request.secrets.length === 0;
      return {
        tool: 'http_request',
        class: reads ? 'read' : 'network',
        bound: {
          method: request.method,
          url: request.url.href,
          headers: request.headers,
          body: request.body === null ? null : createHash('sha256').update(request.body).digest('hex'),
          secrets: places.map(({ name, listed }) => [name, request.place, listed]),
        },
        card: card(request, places),
        // A secret on its way to a host that is not its own is never covered by a standing yes.
        grantPattern: places.every(({ listed }) => listed) ? `${request.method} ${request.url.href}` : null,
        outward: true,
        repeatable: reads,
        forbidden: deps.fetch.objection(request.url.href),
      };
    },
    run: async (input, context) => {
      const request = prepare(input);
      context.progress(`${request.method} ${request.url.host}`);
      const filled = fill(request, context);
      const carriesSecret = request.secrets.length > 0;
      const response = await deps.fetch({ ...filled, carriesSecret, signal: context.signal });
      return result(request, response);
    },
  });
}

function prepare(input: Input): Prepared {
  const url = parseWebUrl('http_request', input.url);
  if (secretReferences(decodeURIComponentOr(url.href.slice(0, url.href.length - url.search.length))).length > 0) {
    throw refuse('secret:NAME can stand in the query of the URL, not in its host or path');
  }
  const headers = Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of headers) {
    if (!HEADER_NAME.test(name) || secretReferences(name).length > 0)
      throw refuse(`header name ${JSON.stringify(name)} is not valid`);
    if (FRAMING_HEADERS.test(name)) throw refuse(`header ${name} is set by the product itself`);
    if (!isHeaderValue(value)) throw refuse(`header ${name} holds a character that headers cannot`);
  }
  if (new Set(headers.map(([name]) => name)).size !== headers.length) throw refuse('a header is given twice');
  const body = input.body ?? null;
  if (body !== null && (input.method === 'GET' || input.method === 'HEAD'))
    throw refuse(`${input.method} carries no body`);
  const secrets = secretReferences([url.search, ...headers.map(([, value]) => value), body ?? ''].join('\n'));
  const host = url.hostname.startsWith('[') ? `[${hostName(url)}]` : hostName(url);
  return { method: input.method, url, headers, body, secrets, place: `${host}:${portOf(url)}` };
}

/** Whether the entry names this host. If not, the card says so: sending it there is the owner's own decision (SECRET-5). */
function placeOf(name: string, request: Prepared, context: ToolContext) {
  const hosts = context.secretHosts(name);
  if (hosts === null) {
    throw new SeneschalError('vault.missing', `There is no secret ${name}.`, { hint: 'Ask for it with ask_secret.' });
  }
  return { name, hosts, listed: allowsHost(hosts, request.url) };
}

function card(request: Prepared, places: readonly ReturnType<typeof placeOf>[]): ActionCard {
  const { method, url, body } = request;
  const plain = url.protocol === 'http:' ? ', over plain http: readable on the way' : '';
  const facts = [
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    ...places.map(({ name, hosts, listed }) => {
      const unlisted = listed ? '' : `, which is not among its hosts (${hosts.join(', ') || 'none'})`;
      return `sends secret ${name} to ${request.place}${unlisted}${plain}`;
    }),
  ];
  const lines = (body ?? '').split('\n');
  const shown = lines.slice(0, BODY_ON_CARD).join('\n').slice(0, 1_200);
  const whole = body === null || shown === body;
  return {
    title: `${method} ${url.href}`,
    body: shown,
    facts,
    ...(whole ? {} : { attachment: { name: 'body.txt', text: body } }),
  };
}

/** Puts the values in, each escaped for where it stands, so that a value is never more than a value. */
function fill(request: Prepared, context: RunContext) {
  const values = new Map(request.secrets.map((name) => [name, context.secret(name, request.place).reveal()] as const));
  const valueFor = (name: string) => values.get(name) ?? '';
  const url = new URL(request.url);
  url.search = fillReferences(url.search, (name) => encodeURIComponent(valueFor(name)));
  const headers = request.headers.map(([name, text]) => {
    const value = fillReferences(text, valueFor);
    if (!isHeaderValue(value))
      throw refuse(`a secret in header ${name} holds a line end or another character that headers cannot`);
    return [name, value] as const;
  });
  const escaped = bodyEscape(request);
  const body = request.body === null ? undefined : fillReferences(request.body, (name) => escaped(valueFor(name)));
  return {
    method: request.method,
    url: url.href,
    headers,
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  };
}

function bodyEscape(request: Prepared): (value: string) => string {
  const type = request.headers.find(([name]) => name === 'content-type')?.[1].toLowerCase() ?? '';
  if (type.includes('x-www-form-urlencoded')) return encodeURIComponent;
  if (type.includes('json') || (type === '' && isJson(request.body ?? ''))) return jsonInner;
  return (value) => value;
}

function result(request: Prepared, response: GuardedResponse): ToolResult {
  // Never the sent URL: it may hold values. What comes back is masked by the executor.
  const url = new URL(response.hops.length > 1 ? response.url : request.url);
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
  const type = response.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const text = decodeBody(response.body, type);
  const parts = [
    `HTTP ${status}`,
    ...(response.hops.length > 1 ? [`redirected to ${url.href}`] : []),
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
    '',
    text === null ? `(binary, ${type === '' ? 'no type given' : type}, ${showBytes(response.body.length)})` : text,
  ];
  return {
    text: parts.join('\n'),
    isError: false,
    summary: `${status}, ${showBytes(response.body.length)}`,
    taint: { untrusted: [sourceOf(url)], private: [] },
  };
}

const isHeaderValue = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
const jsonInner = (value: string): string => JSON.stringify(value).slice(1, -1);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuse(why: string): SeneschalError {
  return new SeneschalError('tool.input', `http_request: ${why}.`);
}

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { actionDigest } from '../../../src/core/approval.js';
import { SeneschalError } from '../../../src/core/errors.js';
import { Secret } from '../../../src/core/secret.js';
import { NO_TAINT } from '../../../src/core/trust.js';
import { parseNetworkAllow } from '../../../src/guards/addresses.js';
import { createGuardedFetch } from '../../../src/guards/network.js';
import { createSystem } from '../../../src/system.js';
import { createHttpRequest } from '../../../src/tools/http.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function serve(answer: RequestListener) {
  const seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return { seen, port, origin: `http://127.0.0.1:${port}` };
}

const tool = createHttpRequest({
  fetch: createGuardedFetch({ system: createSystem(), allow: parseNetworkAllow('127.0.0.1'), enforceHttps: false }),
});
const hosts: Record<string, string[]> = {
  STRIPE_KEY: ['api.example.org'],
  K_1: ['a.example:80'],
  API_KEY: ['127.0.0.1'],
};
const secretHosts = (name: string) => hosts[name] ?? null;
const toolContext = { conversation: 'c', direct: true, callId: 'call', taint: NO_TAINT, secretHosts };
const resolve = (input: unknown) => tool.resolve(tool.input.parse(input), toolContext);

const KEY = ['key', '/"&', '1234567890'].join('');
function run(input: unknown, allowed?: string) {
  const asked: { name: string; host: string | null }[] = [];
  if (!tool.run) throw new Error('http_request does not run');
  const outcome = tool.run(tool.input.parse(input), {
    ...toolContext,
    signal: new AbortController().signal,
    progress: () => undefined,
    secret: (name, host) => {
      asked.push({ name, host });
      if (allowed !== undefined && host !== allowed) throw new SeneschalError('tool.refused', 'Not for this host.');
      return new Secret(KEY);
    },
  });
  return { outcome, asked };
}

describe('http_request, resolved', () => {
  it('is a read for GET and HEAD without a secret, and a network action otherwise (APPR-1)', async () => {
    const url = 'https://api.example.org/v1';
    expect(await resolve({ method: 'GET', url })).toMatchObject({ class: 'read', repeatable: true, outward: true });
    expect(await resolve({ method: 'HEAD', url })).toMatchObject({ class: 'read', repeatable: true });
    expect(await resolve({ method: 'OPTIONS', url })).toMatchObject({ class: 'network', repeatable: false });
    expect(await resolve({ method: 'POST', url, body: 'x' })).toMatchObject({ class: 'network', repeatable: false });
    const secret = { method: 'GET', url, headers: { Authorization: 'Bearer secret:STRIPE_KEY' } };
    expect(await resolve(secret)).toMatchObject({ class: 'network', repeatable: false });
    expect(await resolve({ method: 'GET', url: `${url}?k=secret:STRIPE_KEY` })).toMatchObject({ class: 'network' });
  });

  it('shows the whole request: URL, headers, secrets with their host, the body with the rest attached (APPR-2)', async () => {
    const body = Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n');
    const { card } = await resolve({
      method: 'POST',
      url: 'https://api.example.org/v1/charges?a=b#gone',
      headers: { Authorization: 'Bearer secret:STRIPE_KEY', 'X-Note': 'n' },
      body,
    });
    expect(card.title).toBe('POST https://api.example.org/v1/charges?a=b');
    expect(card.body.split('\n')).toHaveLength(12);
    expect(card.attachment?.text).toBe(body);
    expect(card.facts).toEqual([
      'authorization: Bearer secret:STRIPE_KEY',
      'x-note: n',
      'sends secret STRIPE_KEY to api.example.org:443',
    ]);
  });

  it('says when a secret would go over plain http (SECRET-5)', async () => {
    const { card } = await resolve({ method: 'POST', url: 'http://a.example/', body: 'secret:K_1' });
    expect(card.facts).toEqual(['sends secret K_1 to a.example:80, over plain http: readable on the way']);
  });

  it('says when a host is not among those of the entry, and binds that (SECRET-5)', async () => {
    const request = { method: 'POST', url: 'https://evil.example/', body: 'secret:STRIPE_KEY' };
    const action = await resolve(request);
    expect(action.card.facts).toEqual([
      'sends secret STRIPE_KEY to evil.example:443, which is not among its hosts (api.example.org)',
    ]);
    const listed = await tool.resolve(tool.input.parse(request), {
      ...toolContext,
      secretHosts: () => ['evil.example'],
    });
    expect(actionDigest(listed)).not.toBe(actionDigest(action));
  });

  it('is forbidden, not asked about, where the spelling of the URL already decides (GUARD-1)', async () => {
    expect((await resolve({ method: 'POST', url: 'http://169.254.169.254/' })).forbidden).toBe(
      'Refused http://169.254.169.254: 169.254.169.254 is a cloud metadata service.',
    );
    expect((await resolve({ method: 'GET', url: 'http://127.0.0.1:1/' })).forbidden).toBeNull();
  });

  it('names a secret that does not exist before anybody is asked', async () => {
    const request = { method: 'POST', url: 'https://a.example/', body: 'secret:NOBODY' };
    await expect(resolve(request)).rejects.toMatchObject({ code: 'vault.missing' });
  });

  it('binds method, URL, headers and body: any change is another action (APPR-3)', async () => {
    const base = { method: 'POST', url: 'https://a.example/x', headers: { a: '1', b: '2' }, body: 'x' };
    const digest = actionDigest(await resolve(base));
    expect(actionDigest(await resolve({ ...base }))).toBe(digest);
    for (const change of [
      { method: 'PUT' },
      { url: 'https://a.example/y' },
      { headers: { a: '1', b: '3' } },
      { headers: { b: '2', a: '1' } },
      { body: 'y' },
    ]) {
      expect(actionDigest(await resolve({ ...base, ...change }))).not.toBe(digest);
    }
  });

  it.each([
    ['no URL', { url: 'nonsense' }],
    ['another scheme', { url: 'file:///etc/passwd' }],
    ['a user name', { url: 'https://user@a.example/' }],
    ['a secret in the path', { url: 'https://a.example/secret:K/x' }],
    ['an escaped secret in the path', { url: 'https://a.example/secret%3AK/x' }],
    ['a body on GET', { method: 'GET', body: 'x' }],
    ['a framing header', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a host header', { headers: { Host: 'b.example' } }],
    ['a line end in a header', { headers: { a: 'b\r\nc: d' } }],
    ['a header name with a space', { headers: { 'a b': 'c' } }],
    ['a header twice', { headers: { a: '1', A: '2' } }],
  ])('refuses %s', async (_name, change) => {
    await expect(resolve({ method: 'POST', url: 'https://a.example/', ...change })).rejects.toMatchObject({
      code: 'tool.input',
    });
  });

  it('refuses unknown keys and methods', () => {
    expect(tool.input.safeParse({ method: 'GET', url: 'https://a.example/', approved: true }).success).toBe(false);
    expect(tool.input.safeParse({ method: 'CONNECT', url: 'https://a.example/' }).success).toBe(false);
  });
});

describe('http_request, run', () => {
  it('puts each secret in as a value of its place, for exactly this host and port (SECRET-5)', async () => {
    const target = await serve((_request, response) => response.end('ok'));
    const { outcome, asked } = run({
      method: 'POST',
      url: `${target.origin}/x?k=secret:API_KEY&v=1`,
      headers: { Authorization: 'Bearer secret:API_KEY', 'Content-Type': 'application/json' },
      body: '{"key":"secret:API_KEY"}',
    });
    await outcome;
    expect(asked).toEqual([{ name: 'API_KEY', host: `127.0.0.1:${target.port}` }]);
    expect(target.seen[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.parse(target.seen[0]?.body ?? '')).toEqual({ key: KEY });
    expect(new URL(target.seen[0]?.url ?? '', target.origin).searchParams.get('k')).toBe(KEY);
  });

  it('sends nothing when the entry does not allow the host (SECRET-5)', async () => {
    const target = await serve((_request, response) => response.end('ok'));
    const { outcome } = run({ method: 'POST', url: target.origin, body: 'secret:API_KEY' }, 'api.example.org:443');
    await expect(outcome).rejects.toMatchObject({ code: 'tool.refused' });
    expect(target.seen).toEqual([]);
  });

  it('gives status, main headers and text, with the source as taint (TOOL-6, GUARD-11)', async () => {
    const target = await serve((_request, response) =>
      response
        .writeHead(404, {
          'content-type': 'text/plain; charset=iso-8859-1',
          'set-cookie': 'sid=1',
          etag: '"e"',
          date: 'today',
        })
        .end(Buffer.from('gr\u00fcn', 'latin1')),
    );
    const result = await run({ method: 'GET', url: `${target.origin}/p?q=1` }).outcome;
    expect(result.text).toBe(
      'HTTP 404 Not Found\ncontent-type: text/plain; charset=iso-8859-1\netag: "e"\ndate: today\n\ngrün',
    );
    expect(result).toMatchObject({
      isError: false,
      summary: '404 Not Found, 4 bytes',
      taint: { untrusted: [`http://127.0.0.1:${target.port}/p`], private: [] },
    });
  });

  it('says the type and size of what is not text', async () => {
    const target = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([0x89, 0, 1, 2])),
    );
    expect((await run({ method: 'GET', url: target.origin }).outcome).text).toContain('(binary, image/png, 4 bytes)');
  });

  it('says where a redirect led, and names that place as the source', async () => {
    const target = await serve((request, response) => {
      if (request.url === '/b') response.end('b');
      else response.writeHead(302, { location: '/b' }).end();
    });
    const result = await run({ method: 'GET', url: `${target.origin}/a` }).outcome;
    expect(result.text).toContain(`redirected to ${target.origin}/b`);
    expect(result.taint.untrusted).toEqual([`http://127.0.0.1:${target.port}/b`]);
  });
});

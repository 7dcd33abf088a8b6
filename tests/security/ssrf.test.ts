import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import { parseNetworkAllow } from '../../src/guards/addresses.js';
import { createGuardedFetch, type GuardedFetchOptions } from '../../src/guards/network.js';
import { createSystem } from '../../src/system.js';

/** Real servers on loopback, opened to the client one port at a time, as an owner would. */
const servers: (Server | TlsServer)[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function serve(answer: RequestListener) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return { seen, port, origin: `http://127.0.0.1:${port}` };
}

function client(allow: string, options: Partial<GuardedFetchOptions> = {}) {
  return createGuardedFetch({
    system: createSystem(),
    allow: parseNetworkAllow(allow),
    enforceHttps: false,
    ...options,
  });
}

const redirectTo =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { location }).end();

const ok: RequestListener = (_request, response) => response.end('ok');

describe('the guarded client', () => {
  it('does not connect to loopback (GUARD-1)', async () => {
    const target = await serve(ok);
    await expect(client('')({ method: 'GET', url: `${target.origin}/` })).rejects.toMatchObject({
      code: 'network.refused',
    });
    await expect(client('')({ method: 'GET', url: `http://0x7f.1:${target.port}/` })).rejects.toMatchObject({
      code: 'network.refused',
    });
    expect(target.seen).toEqual([]);
  });

  it('reaches what the owner has opened', async () => {
    const target = await serve(ok);
    const answer = await client(`127.0.0.1:${target.port}`)({ method: 'GET', url: `${target.origin}/a?b=c` });
    expect(Buffer.from(answer.body).toString()).toBe('ok');
    expect(answer).toMatchObject({ status: 200, url: `${target.origin}/a?b=c`, hops: [`${target.origin}/a?b=c`] });
  });

  it('resolves a name once and stays with the checked address: rebinding finds no second look-up (GUARD-1)', async () => {
    const target = await serve(ok);
    let lookups = 0;
    const resolve = async () => {
      lookups += 1;
      return lookups === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const answer = await client(`box.example:${target.port}`, { resolve })({
      method: 'GET',
      url: `http://box.example:${target.port}/`,
    });
    expect(answer.status).toBe(200);
    expect(lookups).toBe(1);
    expect(target.seen[0]?.headers.host).toBe(`box.example:${target.port}`);
  });

  it('refuses a public name that resolves to a private address, alone or among public ones (GUARD-1)', async () => {
    const target = await serve(ok);
    for (const answers of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1'], ['::1']]) {
      const fetch = client('', { resolve: async () => answers });
      await expect(fetch({ method: 'GET', url: `http://rebind.example:${target.port}/` })).rejects.toMatchObject({
        code: 'network.refused',
      });
    }
    expect(target.seen).toEqual([]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/',
    'http://[::ffff:a9fe:a9fe]/',
    'file:///etc/passwd',
    'http://127.0.0.1:1/',
  ])('checks each redirect hop: refuses to go on to %s (GUARD-1)', async (location) => {
    const first = await serve(redirectTo(location));
    await expect(client(`127.0.0.1:${first.port}`)({ method: 'GET', url: first.origin })).rejects.toMatchObject({
      code: 'network.refused',
    });
  });

  it('follows five redirects and no more (GUARD-1)', async () => {
    const loop = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('end');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const fetch = client(`127.0.0.1:${loop.port}`);
    expect((await fetch({ method: 'GET', url: `${loop.origin}/5` })).hops).toHaveLength(6);
    await expect(fetch({ method: 'GET', url: `${loop.origin}/6` })).rejects.toThrow(/redirects/);
  });

  it('leaves credentials at their origin, also on the way back (GUARD-1)', async () => {
    const home = await serve((request, response) => {
      if (request.url === '/back') response.end('ok');
      else response.writeHead(302, { location: `http://127.0.0.1:${away.port}/` }).end();
    });
    const away = await serve((_request, response) =>
      response.writeHead(302, { location: `${home.origin}/back` }).end(),
    );
    await client('127.0.0.1')({
      method: 'GET',
      url: home.origin,
      headers: [
        ['Authorization', 'Bearer x'],
        ['cookie', 'a=b'],
        ['X-Api-Key', 'y'],
        ['accept', 'text/html'],
      ],
    });
    expect(home.seen[0]?.headers).toMatchObject({ authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'y' });
    for (const later of [away.seen[0], home.seen[1]]) {
      expect(later?.headers).not.toHaveProperty('authorization');
      expect(later?.headers).not.toHaveProperty('cookie');
      expect(later?.headers).not.toHaveProperty('x-api-key');
      expect(later?.headers.accept).toBe('text/html');
      expect(later?.headers).not.toHaveProperty('referer');
    }
  });

  it('keeps credentials within an origin and turns a POST into GET at 303', async () => {
    const home = await serve((request, response) => {
      if (request.method === 'POST') response.writeHead(303, { location: '/done' }).end();
      else response.end('done');
    });
    await client(`127.0.0.1:${home.port}`)({
      method: 'POST',
      url: home.origin,
      headers: [
        ['authorization', 'Bearer x'],
        ['content-type', 'text/plain'],
      ],
      body: new TextEncoder().encode('hello'),
    });
    expect(home.seen[0]).toMatchObject({ method: 'POST', body: 'hello' });
    expect(home.seen[1]).toMatchObject({ method: 'GET', body: '' });
    expect(home.seen[1]?.headers.authorization).toBe('Bearer x');
    expect(home.seen[1]?.headers).not.toHaveProperty('content-type');
  });

  it('does not hand the body of a request with a secret to another origin (GUARD-1)', async () => {
    const away = await serve(ok);
    const home = await serve(redirectTo(away.origin, 307));
    const request = { method: 'POST', url: home.origin, body: new TextEncoder().encode('v') };
    const fetch = client('127.0.0.1');
    await expect(fetch({ ...request, carriesSecret: true })).rejects.toMatchObject({ code: 'network.refused' });
    expect(away.seen).toEqual([]);
    await fetch(request);
    expect(away.seen[0]).toMatchObject({ method: 'POST', body: 'v' });
  });

  it('refuses a redirect to plain http when https is enforced (GUARD-12)', async () => {
    const target = await serve(ok);
    const fetch = client('127.0.0.1', { enforceHttps: true });
    await expect(fetch({ method: 'GET', url: target.origin })).rejects.toThrow(/plain http/);
    const first = await serve(redirectTo(`${target.origin}/`));
    const rooted = client('127.0.0.1', { enforceHttps: true, roots: [first.origin] });
    await expect(rooted({ method: 'GET', url: first.origin })).rejects.toThrow(/plain http/);
    expect(first.seen).toHaveLength(1);
    expect(target.seen).toEqual([]);
  });

  it('never reaches the product itself, whatever is allowed (GUARD-12)', async () => {
    const self = await serve(ok);
    const fetch = client('127.0.0.0/8 box.example localhost', {
      own: () => [`127.0.0.1:${self.port}`, 'box.example:8443'],
      resolve: async () => ['127.0.0.1'],
    });
    for (const url of [
      self.origin,
      `http://127.0.0.2:${self.port}/`,
      `http://localhost:${self.port}/`,
      `http://box.example:${self.port}/`,
    ]) {
      await expect(fetch({ method: 'GET', url }), url).rejects.toThrow(/own listener/);
    }
    await expect(fetch({ method: 'GET', url: 'https://box.example:8443/' })).rejects.toThrow(/own listener/);
    const first = await serve(redirectTo(self.origin));
    await expect(fetch({ method: 'GET', url: first.origin })).rejects.toThrow(/own listener/);
    expect(self.seen).toEqual([]);
  });

  it('stops at 5 MB, packed or unpacked (GUARD-1)', async () => {
    const big = await serve((_request, response) => response.end(Buffer.alloc(6 * 1024 * 1024, 97)));
    const bomb = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200 * 1024 * 1024))),
    );
    const fetch = client('127.0.0.1');
    await expect(fetch({ method: 'GET', url: big.origin })).rejects.toThrow(/larger than 5 MB/);
    await expect(fetch({ method: 'GET', url: bomb.origin })).rejects.toThrow(/larger than 5 MB/);
  });

  it('unpacks what servers send and refuses stacked codings', async () => {
    const packed = await serve((request, response) => {
      const coding = request.url === '/two' ? 'gzip, gzip' : 'gzip';
      response.writeHead(200, { 'content-encoding': coding }).end(gzipSync('text'));
    });
    const fetch = client('127.0.0.1');
    expect(Buffer.from((await fetch({ method: 'GET', url: packed.origin })).body).toString()).toBe('text');
    expect((await fetch({ method: 'HEAD', url: packed.origin })).body).toHaveLength(0);
    await expect(fetch({ method: 'GET', url: `${packed.origin}/two` })).rejects.toThrow(/content coding/);
  });

  it('ends a slow answer at the time bound, and at once when stopped (GUARD-1)', async () => {
    const slow = await serve((_request, response) => void response.write('a little'));
    await expect(client('127.0.0.1', { timeoutMs: 200 })({ method: 'GET', url: slow.origin })).rejects.toThrow(
      /within 0.2 s/,
    );
    const stop = new AbortController();
    const pending = client('127.0.0.1')({ method: 'GET', url: slow.origin, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(pending).rejects.toThrow(/stopped/);
  });

  it('gives up a look-up that never ends with the request', async () => {
    const fetch = client('', { resolve: () => new Promise(() => undefined), timeoutMs: 100 });
    await expect(fetch({ method: 'GET', url: 'http://never.example/' })).rejects.toMatchObject({
      code: 'network.failed',
    });
  });

  it('shows no cookie and no credential of a response (TOOL-6)', async () => {
    const target = await serve((_request, response) =>
      response
        .writeHead(401, {
          'set-cookie': 'sid=1',
          'www-authenticate': 'Bearer realm=x',
          authorization: 'y',
          etag: '"1"',
        })
        .end('no'),
    );
    const answer = await client('127.0.0.1')({ method: 'GET', url: target.origin });
    expect(answer.status).toBe(401);
    expect(answer.headers.map(([name]) => name).sort()).toEqual(['date', 'etag']);
  });

  it('keeps no cookie between requests and reads no proxy variable (GUARD-1)', async () => {
    const target = await serve((_request, response) => response.writeHead(200, { 'set-cookie': 'sid=1' }).end());
    const proxy = await serve(ok);
    const before = process.env.http_proxy;
    process.env.http_proxy = proxy.origin;
    try {
      const fetch = client(`127.0.0.1:${target.port}`);
      await fetch({ method: 'GET', url: target.origin });
      await fetch({ method: 'GET', url: target.origin });
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
    expect(proxy.seen).toEqual([]);
    expect(target.seen[1]?.headers).not.toHaveProperty('cookie');
  });

  it('checks certificates for the name that was asked, on the pinned address (GUARD-1)', async () => {
    const made = await generate([{ name: 'commonName', value: 'box.example' }], { algorithm: 'sha256' });
    const names: string[] = [];
    const server = createTlsServer(
      {
        key: made.private,
        cert: made.cert,
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
      ok,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const fetch = client('box.example', { resolve: async () => ['127.0.0.1'] });
    await expect(fetch({ method: 'GET', url: `https://box.example:${port}/` })).rejects.toThrow(/SELF_SIGNED/);
    expect(names).toEqual(['box.example']);
  });

  it('says what failed without the path or query, which may hold a secret', async () => {
    const fetch = client('127.0.0.1');
    const error = await fetch({ method: 'GET', url: 'http://127.0.0.1:1/path?key=value' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'network.failed', retryable: true });
    expect(error.message).toBe('http://127.0.0.1:1 could not be reached (ECONNREFUSED).');
  });
});

describe('a client for configured roots', () => {
  const rooted = (roots: readonly string[], enforceHttps = false) => client('', { roots, enforceHttps });

  it('reaches exactly these roots on private addresses, by http where they say so (GUARD-1)', async () => {
    const target = await serve(ok);
    const other = await serve(ok);
    const fetch = rooted([`${target.origin}/searx`], true);
    for (const path of ['/searx', '/searx/search?q=a']) {
      expect((await fetch({ method: 'GET', url: target.origin + path })).status).toBe(200);
    }
    for (const url of [
      `${target.origin}/`,
      `${target.origin}/searxng`,
      `${target.origin}/searx/../admin`,
      `${other.origin}/searx`,
      `http://localhost:${target.port}/searx`,
    ]) {
      await expect(fetch({ method: 'GET', url }), url).rejects.toMatchObject({ code: 'network.refused' });
    }
    expect(target.seen).toHaveLength(2);
    expect(other.seen).toEqual([]);
  });

  it('judges a redirect away from them like any other (GUARD-1, GUARD-12)', async () => {
    const other = await serve(ok);
    const first = await serve(redirectTo(`${other.origin}/`));
    await expect(rooted([first.origin])({ method: 'GET', url: first.origin })).rejects.toMatchObject({
      code: 'network.refused',
    });
    expect(other.seen).toEqual([]);
  });

  it('never opens metadata or link-local addresses, nor the product itself (GUARD-12)', async () => {
    for (const root of ['http://169.254.169.254', 'http://metadata.google.internal', 'http://[fe80::1]']) {
      await expect(rooted([root])({ method: 'GET', url: `${root}/` }), root).rejects.toMatchObject({
        code: 'network.refused',
      });
    }
    const own = await serve(ok);
    const fetch = client('', { roots: [own.origin], own: () => [`127.0.0.1:${own.port}`] });
    await expect(fetch({ method: 'GET', url: own.origin })).rejects.toMatchObject({ code: 'network.refused' });
    expect(own.seen).toEqual([]);
  });
});

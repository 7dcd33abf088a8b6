import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindAddress } from '../../../src/web/bind.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { type Answer, type Running, startWeb } from './harness.js';

let system: FakeSystem;
let web: Running;

beforeEach(async () => {
  system = fakeSystem();
  web = await startWeb(system, { trustedProxies: ['10.0.0.0/8', '127.0.0.1'], publicUrl: 'https://box.example:8443' });
});
afterEach(() => web.stop());

const local = { host: '127.0.0.1' };
const from = (address: string) => ({ ...local, 'x-forwarded-for': address });
const EXACT = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'strict-transport-security': 'max-age=0',
};

describe('headers', () => {
  const carriesAll = (answer: Answer) => {
    expect(answer.headers).toMatchObject(EXACT);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).not.toMatch(/\n\s+at |node_modules|Error:/);
  };

  it('stand on 200, 404, 413, 421, 429, 500 and 503 (NET-3, NET-6)', async () => {
    const seen = new Map<number, Answer>();
    const note = async (answer: Promise<Answer>) => seen.set((await answer).status, await answer);
    await note(web.call('/health'));
    await note(web.call('/nothing'));
    await note(web.call('/health', { method: 'POST', body: 'x'.repeat(300_000) }));
    await note(web.call('/health', { headers: { host: 'evil.example' } }));
    web.health = { status: 'down', reason: 'telegram is not connected' };
    await note(web.call('/health'));
    Object.defineProperty(web, 'health', {
      get: () => {
        throw new Error('a secret detail');
      },
    });
    await note(web.call('/health'));
    for (let index = 0; index < 121; index += 1) await note(web.call('/nothing', { headers: from('203.0.113.9') }));
    expect([...seen.keys()].sort()).toEqual([200, 404, 413, 421, 429, 500, 503]);
    for (const answer of seen.values()) carriesAll(answer);
    expect(seen.get(500)?.body).not.toContain('secret detail');
  });

  it('stand on what is no request at all', async () => {
    const bad = [
      ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Header: x\r\n\r\n', 400],
      ['NONSENSE\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 421],
      ['GET https://127.0.0.1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 400],
      ['CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
      ['GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: nonsense\r\nConnection: close\r\n\r\n', 417],
      ['POST /health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      ['GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n', 200],
    ] as const;
    for (const [bytes, status] of bad) {
      const answer = await web.rawly(bytes);
      expect([bytes.slice(0, 40), answer.slice(0, 12)]).toEqual([bytes.slice(0, 40), `HTTP/1.1 ${status}`]);
      for (const [name, value] of Object.entries(EXACT))
        expect(answer.toLowerCase()).toContain(`${name}: ${value.toLowerCase()}`);
    }
  });
});

describe('health (START-6)', () => {
  it('is 200 with what the product says of itself, and 503 with the reason', async () => {
    web.health = { status: 'ok', channels: ['telegram'] };
    const up = await web.call('/health');
    expect([up.status, JSON.parse(up.body)]).toEqual([200, { status: 'ok', channels: ['telegram'] }]);
    web.health = { status: 'down', reason: 'telegram is not connected' };
    const down = await web.call('/health');
    expect([down.status, JSON.parse(down.body)]).toEqual([
      503,
      { status: 'down', reason: 'telegram is not connected' },
    ]);
  });
});

describe('unknown is 404 (NET-3)', () => {
  it.each([
    '/',
    '/s',
    '/s/',
    '/docs',
    '/openapi.json',
    '/debug',
    '/.env',
    '/admin',
    '/health/x',
    '//health',
    '/s/../health%00',
  ])('%s', async (path) => {
    expect((await web.call(path)).status).toBe(404);
  });
});

describe('the Host header (DNS rebinding)', () => {
  it('must name this listener', async () => {
    const status = async (host: string) => (await web.call('/health', { headers: { host } })).status;
    for (const host of [
      '127.0.0.1',
      `127.0.0.1:${web.port}`,
      'localhost:1',
      '[::1]:8443',
      'box.example',
      'BOX.example.:8443',
    ]) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'a.box.example',
      '0.0.0.0',
      '169.254.169.254',
      'user@127.0.0.1',
      '127.0.0.1/x',
    ]) {
      expect([host, await status(host)]).toEqual([host, 421]);
    }
  });
});

describe('limits (NET-5)', () => {
  const asked = async (times: number, headers: Readonly<Record<string, string>>) => {
    const statuses: number[] = [];
    for (let index = 0; index < times; index += 1) statuses.push((await web.call('/health', { headers })).status);
    return statuses;
  };

  it('let one address ask 120 times a minute, and again a minute later', async () => {
    expect(new Set(await asked(120, from('203.0.113.9')))).toEqual(new Set([200]));
    const refused = await web.call('/health', { headers: from('203.0.113.9') });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    system.advance(60_001);
    expect(await asked(1, from('203.0.113.9'))).toEqual([200]);
  });

  it('let the whole listener answer 120 times a minute, but never hold back loopback', async () => {
    for (let address = 0; address < 12; address += 1) {
      expect(new Set(await asked(10, from(`203.0.113.${address}`)))).toEqual(new Set([200]));
    }
    expect(await asked(1, from('203.0.113.200'))).toEqual([429]);
    expect(new Set(await asked(130, local))).toEqual(new Set([200]));
  });

  it('believe X-Forwarded-For from trusted proxies only, and its last unknown hop', async () => {
    await asked(120, from('198.51.100.1, 203.0.113.9, 10.1.2.3'));
    expect(await asked(1, from('203.0.113.9'))).toEqual([429]);
    expect(await asked(1, from('::ffff:203.0.113.9'))).toEqual([429]);
    const strict = await startWeb(system);
    const spoof = (index: number) => ({ host: '127.0.0.1', 'x-forwarded-for': `203.0.113.${index}` });
    for (let index = 0; index < 120; index += 1) await strict.call('/health', { headers: spoof(index) });
    expect((await strict.call('/health', { headers: spoof(121) })).status).toBe(429);
    await strict.stop();
  });

  it('count an IPv6 network of 64 bits as one address', async () => {
    for (let index = 0; index < 120; index += 1) await asked(1, from(`2001:db8:1:2::${index.toString(16)}`));
    expect(await asked(1, from('2001:db8:1:2:ffff::1'))).toEqual([429]);
  });
});

describe('bodies', () => {
  it('over the limit are 413 whether the length is announced or not, and the connection survives for the answer', async () => {
    const { token } = web.intake.ask();
    const big = 'value='.padEnd(5_000_000, 'x');
    expect((await web.post(token, { value: 'x'.repeat(5_000_000) })).status).toBe(413);
    const chunked = { 'transfer-encoding': 'chunked', 'content-type': 'application/x-www-form-urlencoded' };
    const { status, headers } = await web.call(`/s/${token}`, { method: 'POST', headers: chunked, body: big });
    // What is never read would be taken for the next request on the same connection.
    expect([status, headers.connection]).toEqual([413, 'close']);
    expect(web.intake.accepted).toEqual([]);
  });

  it('are taken in chunks without a length too, as some proxies and tunnels send them (SECRET-1)', async () => {
    const { token } = web.intake.ask();
    const headers = { 'transfer-encoding': 'chunked', 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ value: 'x'.repeat(40), hosts: 'api.stripe.com' }).toString();
    const answer = await web.call(`/s/${token}`, { method: 'POST', headers, body });
    expect([answer.status, answer.body.includes('Saved STRIPE_KEY')]).toEqual([200, true]);
    expect(web.intake.value('STRIPE_KEY')).toBe('x'.repeat(40));
  });
});

describe('binding (NET-1)', () => {
  const refusal = (bind: string) => {
    try {
      return bindAddress(bind, false);
    } catch (thrown) {
      return thrown;
    }
  };

  it('takes loopback and private addresses', () => {
    for (const bind of [
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '192.168.1.5',
      '10.0.0.1',
      '172.16.0.1',
      '100.100.1.1',
      'fd00::1',
      'fe80::1',
    ]) {
      expect(refusal(bind)).toBe(bind);
    }
    expect(refusal('localhost')).toBe('127.0.0.1');
    expect(refusal('[::1]')).toBe('::1');
  });

  it('refuses every spelling of everywhere, public addresses and names, saying what to do', () => {
    for (const bind of [
      '0.0.0.0',
      '::',
      '[::]',
      '0:0:0:0:0:0:0:0',
      '::ffff:0.0.0.0',
      '8.8.8.8',
      '2606:4700::1',
      '::ffff:8.8.8.8',
    ]) {
      expect([bind, refusal(bind)]).toEqual([
        bind,
        expect.objectContaining({ code: 'web.bind', hint: expect.stringContaining('SENESCHAL_ALLOW_PUBLIC_BIND') }),
      ]);
    }
    for (const bind of ['', '0', '0x0', '127.1', '2130706433', 'box.example', '127.0.0.1:80', '*']) {
      expect([bind, refusal(bind)]).toEqual([bind, expect.objectContaining({ code: 'web.bind' })]);
    }
    expect(bindAddress('0.0.0.0', true)).toBe('0.0.0.0');
  });

  it('takes a free port for 0 and tells it in the address', async () => {
    const plain = await startWeb(system);
    expect(plain.url).toBe(`https://127.0.0.1:${plain.port}`);
    expect(plain.port).toBeGreaterThan(0);
    await plain.stop();
    expect(web.url).toBe('https://box.example:8443');
  });

  it('says in one sentence that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(startWeb(system, { port })).rejects.toMatchObject({
      code: 'web.bind',
      message: `Port ${port} on 127.0.0.1 is taken.`,
      hint: expect.stringContaining('SENESCHAL_PORT'),
    });
    other.close();
  });
});

it('stops twice, and lets go of the port', async () => {
  await web.stop();
  await web.stop();
  await expect(web.call('/health')).rejects.toThrow(/ECONNREFUSED/);
});

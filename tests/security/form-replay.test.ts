import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { type FakeSystem, fakeSystem } from '../support/fake-system.js';
import { type Running, startWeb } from '../unit/web/harness.js';

const VALUE = ['sk', 'live', 'abcdefghijklmnop1234'].join('_');
const wrong = (index: number) => `${'A'.repeat(40)}${String(index).padStart(3, '0')}`;
let system: FakeSystem;
let web: Running;

beforeEach(async () => {
  system = fakeSystem();
  web = await startWeb(system, { trustedProxies: ['127.0.0.1'], publicUrl: 'https://box.example' });
});
afterEach(() => web.stop());

describe('form replay (SECRET-2, SECRET-4)', () => {
  it('of many posts at once exactly one wins, whatever they carry', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { token } = web.intake.ask();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => web.post(token, { value: `value number ${round} ${index}` })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 410)]);
      const winner = answers.findIndex(({ status }) => status === 200);
      expect(web.intake.value('STRIPE_KEY')).toBe(`value number ${round} ${winner}`);
    }
  });

  it('of two answers at the intake exactly one is taken, a thousand times', async () => {
    for (let round = 0; round < 1000; round += 1) {
      const { request } = web.intake.ask();
      const answer = (text: string) => ({
        values: [{ entry: 'STRIPE_KEY', value: new Secret(text) }],
        hosts: [],
        shortConfirmed: false,
      });
      const outcomes = await Promise.all(
        ['first value', 'second value'].map((text) => web.intake.accept(request.tokenHash, answer(text))),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['saved', 'used']);
    }
  });

  it('a bot that fetches the link before the owner changes nothing', async () => {
    const { token } = web.intake.ask();
    const bots = [
      'TelegramBot (like TwitterBot)',
      'Slackbot-LinkExpanding 1.0',
      'Mozilla/5.0 (compatible; Discordbot/2.0)',
    ];
    for (const agent of bots) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
        await web.call(`/s/${token}`, { method, headers: { 'user-agent': agent } });
    }
    expect((await web.post(token, { value: VALUE })).status).toBe(200);
  });
});

describe('links that are over', () => {
  it('wrong, cancelled and expired get one plain page that tells nothing apart', async () => {
    const [cancelled, expired] = [web.intake.ask(), web.intake.ask()];
    web.intake.change(cancelled.request.tokenHash, { state: 'cancelled', answeredAt: system.now() });
    web.intake.change(expired.request.tokenHash, { expiresAt: system.now() });
    const pages = [];
    for (const token of [wrong(1), cancelled.token, expired.token]) {
      pages.push(await web.call(`/s/${token}`), await web.post(token, { value: VALUE }));
    }
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([404]));
    expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
    expect(pages[0]?.body).not.toContain('Saved');
    expect(web.intake.accepted).toEqual([]);
  });

  it('one that ends while the owner types is over when it is posted', async () => {
    const { token } = web.intake.ask();
    expect((await web.call(`/s/${token}`)).status).toBe(200);
    system.advance(600_000);
    expect((await web.post(token, { value: VALUE })).status).toBe(404);
    expect(web.intake.accepted).toEqual([]);
  });
});

describe('guessing (SECRET-4)', () => {
  it('five unknown tokens in 15 minutes from one address, then 429, also on loopback; a live one is always served', async () => {
    const { token } = web.intake.ask();
    const guess = async (index: number, headers = {}) => (await web.call(`/s/${wrong(index)}`, { headers })).status;
    const statuses = [];
    for (let index = 0; index < 7; index += 1) statuses.push(await guess(index));
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429]);
    expect((await web.post('short', { value: VALUE })).status).toBe(429);
    expect((await web.call(`/s/${token}`)).status).toBe(200);
    expect(await guess(8, { 'x-forwarded-for': '203.0.113.9' })).toBe(404);
    system.advance(15 * 60_000 + 1);
    expect(await guess(9)).toBe(404);
    const fresh = web.intake.ask();
    expect((await web.post(fresh.token, { value: VALUE })).status).toBe(200);
  });

  it('a live link is served when the general limit is used up', async () => {
    const { token } = web.intake.ask();
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    for (let index = 0; index < 121; index += 1) await web.call('/health', { headers });
    expect((await web.call('/health', { headers })).status).toBe(429);
    expect((await web.call(`/s/${token}`, { headers })).status).toBe(200);
    expect((await web.post(token, { value: VALUE }, headers)).status).toBe(200);
  });

  it('neither the token nor the value reaches a log line, also when storing fails', async () => {
    const { token } = web.intake.ask();
    web.intake.next = new Error('disk full');
    await web.post(token, { value: VALUE });
    await web.call(`/s/${wrong(1)}`);
    expect(web.logged).toHaveLength(1);
    expect(web.logged.join()).not.toMatch(new RegExp(`${token}|${VALUE}`));
  });
});

describe('posts by other pages', () => {
  it.each([
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1' }, 403],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 200],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://box.example' }, 200],
    [{ origin: 'https://127.0.0.1:1', host: '127.0.0.1:1' }, 200],
    [{}, 200],
  ] as const)('%j gets %i', async (headers, status) => {
    const { token } = web.intake.ask();
    expect((await web.post(token, { value: VALUE }, headers)).status).toBe(status);
    expect(web.intake.accepted).toHaveLength(status === 200 ? 1 : 0);
  });

  it('no answer lets another origin read it', async () => {
    const { token } = web.intake.ask();
    const answer = await web.call(`/s/${token}`, { headers: { origin: 'https://evil.example' } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('what the agent writes on the page', () => {
  it('is text: markup, quotes and hidden characters show and do nothing', async () => {
    const hostile = '</p><script>alert(1)</script>"\'><img src=x onerror=alert(1)>\u202Egnp\u200B';
    const { token } = web.intake.ask({
      purpose: hostile,
      values: [{ entry: 'A_KEY', label: hostile, multiline: false }],
      suggestedHosts: [hostile],
      untrustedSources: [hostile],
    });
    const { body } = await web.call(`/s/${token}`);
    expect(body.match(/<script>/g)).toHaveLength(1);
    expect(body).not.toMatch(/<img|\u202E|\u200B/);
    expect(body).toContain('\\u202E');
  });

  it('stands under a policy that runs and loads nothing else (SECRET-2)', async () => {
    const { headers, body } = await web.call(`/s/${web.intake.ask().token}`);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[^ ;]+'(;|$)/);
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(body).not.toMatch(/(src|href)=/);
  });
});

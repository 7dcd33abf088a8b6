import { createCipheriv, createECDH, hkdfSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { type Running, startWeb } from './harness.js';

const VALUE = ['sk', 'live', 'abcdefghijklmnop1234'].join('_');
const CONSENT = 'Stored encrypted on this box. Never sent to the AI.';
let system: FakeSystem;
let web: Running;

beforeEach(async () => {
  system = fakeSystem();
  web = await startWeb(system);
});
afterEach(() => web.stop());

/** What the page's script posts. */
function sealed(publicKey: string, token: string, content: unknown): string {
  const own = createECDH('prime256v1');
  const point = own.generateKeys();
  const box = Buffer.from(publicKey, 'base64url');
  const info = Buffer.concat([Buffer.from('seneschal.form.1'), point, box]);
  const key = new Uint8Array(hkdfSync('sha256', own.computeSecret(box), new Uint8Array(), info, 32));
  const iv = Buffer.alloc(12, 7);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(token));
  const text = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]);
  return Buffer.concat([point, iv, text, cipher.getAuthTag()]).toString('base64url');
}

describe('the form (SECRET-1)', () => {
  it('shows what it asks, what for, the hosts, the consent line and the check phrase, and is never used up by GET', async () => {
    const { token, request } = web.intake.ask();
    for (let times = 0; times < 20; times += 1) {
      const { status, body, headers } = await web.call(`/s/${token}`);
      expect(status).toBe(200);
      for (const part of [
        'Enter STRIPE_KEY',
        request.purpose,
        'api.stripe.com',
        CONSENT,
        request.phrase,
        '>Save<',
        'name="value"',
        'name="hosts"',
        'until 12:10',
      ]) {
        expect(body).toContain(part);
      }
      expect(body).not.toContain('Saved');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
    }
    expect((await web.call(`/s/${token}`, { method: 'HEAD' })).status).toBe(200);
    expect(web.intake.find(request.tokenHash)?.state).toBe('pending');
  });

  it('takes the value once, and afterwards says when (SECRET-2, SECRET-4)', async () => {
    const { token } = web.intake.ask();
    const saved = await web.post(token, { value: VALUE, hosts: 'API.stripe.com\r\nfiles.stripe.com:443' });
    expect(saved.status).toBe(200);
    expect(saved.body).toContain('Saved STRIPE_KEY');
    expect(saved.body).toContain('For api.stripe.com, files.stripe.com:443 only.');
    expect(saved.body).not.toContain(VALUE);
    expect(web.intake.value('STRIPE_KEY')).toBe(VALUE);
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual(['api.stripe.com', 'files.stripe.com:443']);
    system.advance(60_000);
    for (const answer of [await web.call(`/s/${token}`), await web.post(token, { value: 'another value' })]) {
      expect(answer.status).toBe(410);
      expect(answer.body).toContain('Saved STRIPE_KEY at 12:00');
    }
    expect(web.intake.value('STRIPE_KEY')).toBe(VALUE);
  });

  it('keeps the suggested hosts where a post names none, and takes an empty field as none', async () => {
    await web.post(web.intake.ask().token, { value: VALUE });
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual(['api.stripe.com']);
    const { body } = await web.post(web.intake.ask().token, { value: VALUE, hosts: '' });
    expect(body).toContain('For no host yet: every use asks you.');
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual([]);
  });

  it('starts with no host after untrusted reading; the suggestion stands beside it with the sources', async () => {
    const { token } = web.intake.ask({
      untrustedSources: ['https://evil.example:443/p'],
      replaces: { updatedAt: 0, hosts: ['api.stripe.com'] },
    });
    const { body } = await web.call(`/s/${token}`);
    expect(body).toMatch(/<textarea id="hosts"[^>]*>\n<\/textarea>/);
    expect(body).toContain('The agent suggests api.stripe.com.');
    expect(body).toContain('https://evil.example:443/p (untrusted)');
    await web.post(token, { value: VALUE });
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual([]);
  });

  it('says that it replaces, and starts with the entry’s own hosts, never with more', async () => {
    const { token } = web.intake.ask({
      suggestedHosts: ['api.stripe.com', 'collect.example'],
      replaces: { updatedAt: Date.UTC(2025, 10, 3, 9, 5), hosts: ['api.stripe.com'] },
    });
    const { body } = await web.call(`/s/${token}`);
    expect(body).toContain('This replaces the value of 3 Nov 2025, 09:05, which may be sent to api.stripe.com.');
    expect(body).toMatch(/<textarea id="hosts"[^>]*>\napi\.stripe\.com<\/textarea>/);
    expect(body).toContain('The agent suggests collect.example.');
    await web.post(token, { value: VALUE });
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual(['api.stripe.com']);
  });

  it('keeps the lines of a PEM key, and strips the line end that pasting adds to one line', async () => {
    const multiline = { values: [{ entry: 'SSH_KEY', label: 'SSH_KEY', multiline: true }], name: 'SSH_KEY' };
    const { token } = web.intake.ask(multiline);
    expect((await web.call(`/s/${token}`)).body).toMatch(/<textarea class="masked"[^>]*name="value"/);
    await web.post(token, { value: 'line one\r\nline two\r\n' });
    expect(web.intake.value('SSH_KEY')).toBe('line one\nline two\n');
    await web.post(web.intake.ask().token, { value: `${VALUE}\r\n` });
    expect(web.intake.value('STRIPE_KEY')).toBe(VALUE);
  });

  it('names environment variables that win over what was entered (CONF-4)', async () => {
    web.intake.next = { kind: 'saved', at: 0, overriddenBy: ['ANTHROPIC_API_KEY'] };
    const { body } = await web.post(web.intake.ask().token, { value: VALUE });
    expect(body).toContain('The environment variable ANTHROPIC_API_KEY is set and wins over it.');
  });
});

describe('what must be mended', () => {
  it.each([
    [{ value: '' }, 422, 'STRIPE_KEY is empty.'],
    [{ value: '   ' }, 422, 'STRIPE_KEY is empty.'],
    [{ value: VALUE, hosts: 'https://api.stripe.com/' }, 422, 'https://api.stripe.com/ is no host.'],
    [{ value: VALUE, hosts: '*.stripe.com' }, 422, '*.stripe.com is no host.'],
    [{ value: 'x'.repeat(65_537) }, 413, 'This is over 64 kB.'],
    [{ hosts: 'api.stripe.com' }, 422, 'could not be read'],
    [{ sealed: 'AAAA' }, 422, 'could not be read'],
    [{ value: 'abc12' }, 422, 'under 6 characters'],
  ] as const)('%j is answered with %i', async (fields, status, text) => {
    const { token, request } = web.intake.ask();
    const answer = await web.post(token, fields);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(answer.body).not.toContain('Saved');
    expect(answer.body).not.toContain(VALUE);
    expect(web.intake.find(request.tokenHash)?.state).toBe('pending');
    expect((await web.post(token, { value: VALUE, hosts: '' })).status).toBe(200);
  });

  it('keeps the hosts as they were typed', async () => {
    const { body } = await web.post(web.intake.ask().token, { value: '', hosts: 'my.example\r\nother.example' });
    expect(body).toMatch(/<textarea id="hosts"[^>]*>\nmy\.example\nother\.example<\/textarea>/);
  });

  it('a short value is taken once it is confirmed', async () => {
    const { token } = web.intake.ask();
    expect((await web.post(token, { value: 'abc12' })).body).toContain('name="confirm"');
    expect((await web.post(token, { value: 'abc12', confirm: 'yes' })).status).toBe(200);
    expect(web.intake.value('STRIPE_KEY')).toBe('abc12');
  });

  it('a body of another type is unreadable, not a fault', async () => {
    const { token } = web.intake.ask();
    for (const type of ['application/json', 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary=x']) {
      const headers = { 'content-type': type };
      expect((await web.call(`/s/${token}`, { method: 'POST', headers, body: '{"value":"x"}' })).status).toBe(422);
    }
    expect(web.logged).toEqual([]);
  });

  it('a key that its provider refused leaves the link good and says why', async () => {
    web.intake.next = { kind: 'refused', reason: 'Anthropic does not know this key.' };
    const { token } = web.intake.ask();
    const answer = await web.post(token, { value: VALUE });
    expect([answer.status, answer.body.includes('Anthropic does not know this key.')]).toEqual([422, true]);
    expect((await web.post(token, { value: VALUE })).status).toBe(200);
  });

  it('a store that fails is a 500 without a trace, and the link stays good', async () => {
    web.intake.next = new Error(`disk full while writing ${VALUE}`);
    const { token } = web.intake.ask();
    const answer = await web.post(token, { value: VALUE });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toMatch(/disk|at /);
    expect((await web.post(token, { value: VALUE })).status).toBe(200);
  });
});

describe('several values (SECRET-10)', () => {
  const values = [
    { entry: 'MAIL_USER', label: 'User name', multiline: false },
    { entry: 'MAIL_PASSWORD', label: 'Password', multiline: false },
    { entry: 'MAIL_CERT', label: 'Certificate file', multiline: true },
  ];
  const post = (token: string, ...texts: string[]) =>
    web.call(`/s/${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: texts.map((text) => `value=${encodeURIComponent(text)}`).join('&'),
    });

  it('are saved together or not at all', async () => {
    const { token } = web.intake.ask({ name: 'MAIL', values });
    const page = await web.call(`/s/${token}`);
    expect(page.body.match(/name="value"/g)).toHaveLength(3);
    expect((await post(token, 'somebody', '', 'certificate')).body).toContain('Password is empty.');
    expect((await post(token, 'somebody', 'a password')).status).toBe(422);
    expect(web.intake.vault.owner.list()).toEqual([]);
    const saved = await post(token, 'somebody', 'a password', 'x'.repeat(60_000));
    expect(saved.body).toContain('Saved MAIL');
    expect(saved.body).toContain('MAIL_USER, MAIL_PASSWORD, MAIL_CERT');
    expect([web.intake.value('MAIL_USER'), web.intake.value('MAIL_PASSWORD')]).toEqual(['somebody', 'a password']);
  });
});

describe('sealed in the browser (SECRET-3)', () => {
  it('is opened with the request’s own key; what crosses the wire holds no value', async () => {
    const { token, publicKey } = web.intake.ask();
    const message = sealed(publicKey, token, { values: [VALUE], hosts: 'api.stripe.com', confirm: false });
    expect(Buffer.from(message, 'base64url').toString('latin1')).not.toContain(VALUE);
    expect((await web.post(token, { sealed: message })).body).toContain('Saved STRIPE_KEY');
    expect(web.intake.value('STRIPE_KEY')).toBe(VALUE);
  });

  it('is refused when sealed for another link or of another shape', async () => {
    const [one, two] = [web.intake.ask(), web.intake.ask()];
    const content = { values: [VALUE], hosts: '', confirm: false };
    for (const message of [
      sealed(two.publicKey, one.token, content),
      sealed(one.publicKey, two.token, content),
      sealed(one.publicKey, one.token, { ...content, extra: 1 }),
      sealed(one.publicKey, one.token, { values: VALUE, hosts: '', confirm: false }),
      'not base64url at all ☃',
    ]) {
      expect((await web.post(one.token, { sealed: message })).status).toBe(422);
    }
    expect(web.intake.accepted).toEqual([]);
  });
});

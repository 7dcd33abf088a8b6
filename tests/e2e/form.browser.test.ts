import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSystem } from '../../src/system.js';
import { type Running, startWeb } from '../unit/web/harness.js';
import type { Asked } from '../unit/web/memory-intake.js';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const VALUE = ['sk', 'live', 'abcdefghijklmnop1234'].join('_');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Set to a folder to look at the pages. */
const PICTURES = process.env.FORM_PICTURES;

it.runIf(process.env.CI === 'true')('CI has a Chromium for the browser tests (START-2)', () => {
  expect(CHROMIUM).toBeDefined();
});

describe.skipIf(CHROMIUM === undefined)('the form in a browser (left out where no Chromium is found)', () => {
  const system = createSystem();
  const profile = mkdtempSync(join(tmpdir(), 'form-'));
  let web: Running;
  let context: BrowserContext;
  let complaints: string[];
  let posted: string[];
  let elsewhere: string[];

  beforeAll(async () => {
    web = await startWeb(system);
  });
  beforeEach(() => open());
  afterEach(() => context.close());
  afterAll(async () => {
    await web.stop();
    rmSync(profile, { recursive: true, force: true });
  });

  async function open(more: BrowserContextOptions = {}): Promise<void> {
    await context?.close();
    complaints = [];
    posted = [];
    elsewhere = [];
    context = await chromium.launchPersistentContext(profile, {
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ARGS,
      ignoreHTTPSErrors: true,
      timezoneId: 'UTC',
      ...more,
    });
  }

  async function visit(asked: Asked, fragment = `#${asked.publicKey}`): Promise<Page> {
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.method() === 'POST') posted.push(request.postData() ?? '');
      if (!request.url().startsWith(web.url)) elsewhere.push(request.url());
    });
    await page.goto(`${web.url}/s/${asked.token}${fragment}`);
    return page;
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }

  it('fills, reveals, saves sealed, and says so after a reload (SECRET-1, SECRET-3, SECRET-4)', async () => {
    const asked = web.intake.ask();
    const page = await visit(asked);
    expect(
      await page.getByText('Stored encrypted on this box. Never sent to the AI.', { exact: true }).isVisible(),
    ).toBe(true);
    expect(await page.getByText(asked.request.phrase).isVisible()).toBe(true);
    expect(await page.getByText('Sealed in this browser before it leaves.').isVisible()).toBe(true);
    expect(await page.content()).not.toContain('Saved');
    const value = page.locator('[name=value]');
    await value.fill(VALUE);
    expect(await value.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Reveal STRIPE_KEY' }).click();
    expect(await value.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Reveal STRIPE_KEY' }).click();
    expect(await value.getAttribute('type')).toBe('password');
    await page.locator('[name=hosts]').fill('api.stripe.com\nfiles.stripe.com');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor();
    await picture(page, 'saved');
    expect(web.intake.value('STRIPE_KEY')).toBe(VALUE);
    expect(web.intake.vault.owner.hosts('STRIPE_KEY')).toEqual(['api.stripe.com', 'files.stripe.com']);
    expect(posted).toHaveLength(1);
    expect(posted[0]).toMatch(/^sealed=[\w-]+$/);
    expect(await page.content()).not.toContain(VALUE);
    expect(await page.title()).toBe('Saved STRIPE_KEY · Seneschal');
    expect([complaints, elsewhere]).toEqual([[], []]);
    await page.reload();
    expect(await page.getByRole('heading', { name: /^Saved STRIPE_KEY at \d\d:\d\d$/ }).isVisible()).toBe(true);
    await picture(page, 'used');
  });

  it('posts plainly over TLS where the link lost its fragment, and says so', async () => {
    const page = await visit(web.intake.ask(), '');
    expect(await page.getByText('the link has lost its part after #').isVisible()).toBe(true);
    await page.locator('[name=value]').fill(VALUE);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor();
    expect(posted[0]).toContain(VALUE);
  });

  it('sends nothing where the fragment is damaged', async () => {
    const page = await visit(web.intake.ask(), '#damaged');
    await page.locator('[name=value]').fill(VALUE);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('this link is damaged').waitFor();
    expect(posted).toEqual([]);
  });

  it('works without script', async () => {
    await open({ javaScriptEnabled: false });
    const page = await visit(web.intake.ask());
    expect(await page.getByRole('button', { name: 'Reveal' }).count()).toBe(0);
    await page.locator('[name=value]').fill(VALUE);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor();
    expect(await page.content()).not.toContain(VALUE);
  });

  it('keeps what was typed when something must be mended, and asks before a short value', async () => {
    const page = await visit(web.intake.ask());
    const save = page.getByRole('button', { name: 'Save', exact: true });
    await page.locator('[name=value]').fill('abc12');
    await page.locator('[name=hosts]').fill('https://api.stripe.com');
    await save.click();
    await page.getByText('under 6 characters').waitFor();
    await picture(page, 'short');
    await page.getByLabel('Keep it nevertheless').check();
    await save.click();
    await page.getByText('https://api.stripe.com is no host').waitFor();
    expect(await page.locator('[name=value]').inputValue()).toBe('abc12');
    await page.locator('[name=hosts]').fill('api.stripe.com');
    await save.click();
    await page.getByLabel('Keep it nevertheless').check();
    await save.click();
    await page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor();
    expect(web.intake.value('STRIPE_KEY')).toBe('abc12');
  });

  it('takes several values and a file on one page (SECRET-10)', async () => {
    const values = [
      { entry: 'MAIL_USER', label: 'User name', multiline: false },
      { entry: 'MAIL_PASSWORD', label: 'Password', multiline: false },
      { entry: 'MAIL_KEY', label: 'Private key', multiline: true },
    ];
    const page = await visit(web.intake.ask({ name: 'MAIL', values, suggestedHosts: ['imap.example.org:993'] }));
    await page.getByLabel('User name', { exact: true }).fill('somebody');
    await page.getByLabel('Password', { exact: true }).fill('a long password');
    const picker = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose file' }).click();
    const pem = Array.from({ length: 12 }, (_, line) => `line ${line} of a key`).join('\n');
    await (await picker).setFiles({ name: 'key.pem', mimeType: 'text/plain', buffer: Buffer.from(pem) });
    const field = page.getByLabel('Private key', { exact: true });
    await expect.poll(() => field.inputValue()).toBe(pem);
    expect(await field.evaluate((element) => element.className)).toBe('masked');
    await picture(page, 'several');
    await page.getByRole('button', { name: 'Reveal Private key' }).click();
    expect(await field.evaluate((element) => element.className)).toBe('');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved MAIL' }).waitFor();
    expect(['MAIL_USER', 'MAIL_PASSWORD', 'MAIL_KEY'].map((name) => web.intake.value(name))).toEqual([
      'somebody',
      'a long password',
      pem,
    ]);
  });

  it('is filled and saved by keyboard alone, and the outcome takes the focus', async () => {
    const page = await visit(web.intake.ask());
    const names: string[] = [];
    for (let stop = 0; stop < 5; stop += 1) {
      await page.keyboard.press('Tab');
      names.push(
        await page.evaluate('document.activeElement.getAttribute("name") ?? document.activeElement.textContent'),
      );
      if (names.at(-1) === 'value') await page.keyboard.type(VALUE);
      if (names.at(-1) === 'Save') break;
    }
    expect(names).toEqual(['Reveal', 'value', 'hosts', 'Save']);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  });

  it('shows the outcome of a link that another tab used meanwhile', async () => {
    const asked = web.intake.ask();
    const [one, two] = [await visit(asked), await visit(asked)];
    for (const page of [one, two]) await page.locator('[name=value]').fill(VALUE);
    await Promise.all([one, two].map((page) => page.getByRole('button', { name: 'Save', exact: true }).click()));
    await Promise.all([one, two].map((page) => page.getByRole('heading', { name: 'Saved STRIPE_KEY' }).waitFor()));
    expect(web.intake.accepted.filter(({ values }) => values.length === 1).length).toBeGreaterThan(0);
    const headings = await Promise.all([one, two].map((page) => page.getByRole('heading').textContent()));
    expect(headings.filter((heading) => heading?.includes(' at '))).toHaveLength(1);
  });

  it('says on an expired link what to do', async () => {
    const asked = web.intake.ask({ expiresAt: system.now() - 1 });
    const page = await visit(asked);
    expect(await page.getByText('Ask for a new one in your chat.').isVisible()).toBe(true);
    expect(await page.locator('form').count()).toBe(0);
    await picture(page, 'dead');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, viewport] of [
      ['phone', { width: 360, height: 740 }],
      ['desktop', { width: 1200, height: 850 }],
    ] as const) {
      it(`fits a ${device} in ${colorScheme}, readable and reachable`, async () => {
        await open({ colorScheme, viewport });
        const asked = web.intake.ask({
          untrustedSources: ['https://blog.example:443/a-post-with-a-rather-long-address-that-must-not-widen-the-page'],
          replaces: { updatedAt: system.now() - 86_400_000, hosts: ['api.stripe.com'] },
        });
        const page = await visit(asked);
        await page.locator('[name=value]').fill(VALUE);
        await picture(page, `${device}-${colorScheme}`);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        expect(await page.evaluate(OUTSIDE)).toEqual([]);
        expect(await page.evaluate(CONTRASTS)).toEqual([]);
        const save = await page.getByRole('button', { name: 'Save', exact: true }).boundingBox();
        expect(save?.height).toBeGreaterThanOrEqual(44);
        expect(complaints).toEqual([]);
      });
    }
  }

  it('keeps the buttons of a multi-line field inside a narrow phone', async () => {
    await open({ viewport: { width: 320, height: 740 } });
    const page = await visit(
      web.intake.ask({ values: [{ entry: 'DEPLOY_KEY', label: 'DEPLOY_KEY', multiline: true }] }),
    );
    await page.getByRole('button', { name: 'Choose file' }).waitFor();
    expect(await page.evaluate(OUTSIDE)).toEqual([]);
  });

  it('tells a screen reader the purpose, each field with its name, what happens to the value, and the one act', async () => {
    const page = await visit(web.intake.ask());
    await page.getByText('Sealed in this browser').waitFor();
    const tree = await page.locator('body').ariaSnapshot();
    const parts = [
      'heading "Enter STRIPE_KEY" [level=1]',
      'To list your invoices of October.',
      'Check phrase',
      'button "Reveal STRIPE_KEY"',
      'textbox "STRIPE_KEY"',
      'Stored encrypted on this box. Never sent to the AI.',
      'textbox "May be sent to": api.stripe.com',
      'alert',
      'button "Save"',
    ];
    const places = parts.map((part) => tree.indexOf(part));
    expect(places, tree).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

/** What stands beyond the sheet's edges, where a narrow screen cuts it off. */
const OUTSIDE = `(() => {
  const sheet = document.querySelector('main').getBoundingClientRect();
  return [...document.querySelectorAll('main *')]
    .filter((element) => element.checkVisibility())
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return box.left < sheet.left - 0.5 || box.right > sheet.right + 0.5;
    })
    .map((element) => element.outerHTML.slice(0, 60));
})()`;

/** Texts whose contrast with what is behind them is under WCAG AA's 4.5. */
const CONTRASTS = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((one) => (one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll('h1, p, label, span, button, input, textarea')) {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(element.outerHTML.slice(0, 60) + ' ' + ratio.toFixed(2));
  }
  return poor;
})()`;

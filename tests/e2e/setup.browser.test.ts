import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/model-setup.js';
import { createSystem } from '../../src/system.js';
import { type Running, startWeb } from '../unit/web/harness.js';
import type { Asked } from '../unit/web/memory-intake.js';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const KEY = ['sk', 'live', 'abcdefghijklmnop1234'].join('_');
/** Set to a folder to look at the page. */
const PICTURES = process.env.FORM_PICTURES;

describe.skipIf(CHROMIUM === undefined)(
  'the choice of provider in a browser (left out where no Chromium is found)',
  () => {
    const profile = mkdtempSync(join(tmpdir(), 'setup-form-'));
    let web: Running;
    let context: BrowserContext;

    beforeAll(async () => {
      web = await startWeb(createSystem());
      context = await chromium.launchPersistentContext(profile, {
        ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
        ignoreHTTPSErrors: true,
        viewport: { width: 390, height: 844 },
      });
    });
    afterAll(async () => {
      await context.close();
      await web.stop();
      rmSync(profile, { recursive: true, force: true });
    });

    const ask = (): Asked =>
      web.intake.ask({
        kind: 'product',
        name: 'MODEL_KEY',
        purpose: 'choose who answers you and enter the key from there. One call tests it.',
        values: [{ entry: 'MODEL_KEY', label: 'Key', multiline: false }],
        suggestedHosts: [],
        choices: PROVIDERS,
      });

    it('sends choice, address and model sealed with the key, and keeps them when something must be mended (START-3)', async () => {
      const asked = ask();
      const page = await context.newPage();
      const posted: string[] = [];
      page.on('request', (request) => request.method() === 'POST' && posted.push(request.postData() ?? ''));
      await page.goto(`${web.url}/s/${asked.token}#${asked.publicKey}`);
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, 'provider.png'), fullPage: true });
      }
      await page.getByLabel('Provider').selectOption({ label: 'A server compatible with OpenAI' });
      await page.getByText('Address and model').click();
      await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:1234/v1');
      await page.getByLabel('Model', { exact: true }).fill('own');
      await page.locator('[name=value]').fill(KEY);
      web.intake.next = { kind: 'refused', reason: 'The server refused the key.' };
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('The server refused the key.').waitFor();
      expect(await page.getByLabel('Address', { exact: true }).inputValue()).toBe('http://127.0.0.1:1234/v1');
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, 'refused.png'), fullPage: true });
      web.intake.next = {
        kind: 'saved',
        at: 0,
        overriddenBy: [],
        name: 'OPENAI_API_KEY',
        meaning: 'openai/own answers from now on.',
      };
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved OPENAI_API_KEY').waitFor();
      expect(await page.getByText('openai/own answers from now on.').isVisible()).toBe(true);
      expect(posted).toHaveLength(2);
      for (const body of posted) expect(body).toMatch(/^sealed=[\w-]+$/);
    });

    it('needs no key where the choice needs none', async () => {
      const asked = ask();
      const page = await context.newPage();
      await page.goto(`${web.url}/s/${asked.token}#${asked.publicKey}`);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved MODEL_KEY').waitFor();
      expect(web.intake.accepted.at(-1)).toMatchObject({
        values: [],
        chosen: { id: 'anthropic', address: '', model: '' },
      });
    });
  },
);

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup } from '../../../src/cli-setup.js';
import { openHome, type SetupHome } from '../../../src/cli-setup-home.js';
import { Secret } from '../../../src/core/secret.js';
import type { ProductVerdict } from '../../../src/gateway/secrets.js';
import { createModelSetup } from '../../../src/model-setup.js';
import { type AnthropicBody, type ModelFake, startAnthropicFake } from '../../fakes/anthropic.js';
import { type OpenAiBody, startOpenAiFake } from '../../fakes/openai.js';
import { createRig, type Rig, scripted } from './rig.js';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/v1';

let anthropic: ModelFake<AnthropicBody>;
let openai: ModelFake<OpenAiBody>;
let rig: Rig;
let home: SetupHome;

beforeEach(async () => {
  [anthropic, openai] = await Promise.all([startAnthropicFake(), startOpenAiFake()]);
  rig = createRig();
  rig.env.ANTHROPIC_BASE_URL = anthropic.url;
  home = await openHome(rig.context);
});
afterEach(async () => {
  home.close();
  rig.remove();
  await Promise.all([anthropic.close(), openai.close()]);
});

const chosen = (id: string, more: { address?: string; model?: string } = {}) => ({
  id,
  address: '',
  model: '',
  ...more,
});

function keep(verdict: ProductVerdict): string {
  if (verdict.kind === 'refused') throw new Error(verdict.reason);
  return home.store.transaction(() => verdict.keep(false));
}

describe('choosing a model (START-3, START-9)', () => {
  it('asks for a provider and a key where none is known, and not once one is kept, without a restart', async () => {
    expect(home.models.missing()).toBe('any');
    const form = await home.setup.form();
    expect(form?.name).toBe('MODEL_KEY');
    expect(form?.choices?.map(({ label }) => label)).toEqual([
      'Anthropic',
      'OpenAI',
      'Mistral',
      'A server compatible with OpenAI',
    ]);
    const verdict = await home.setup.check(chosen('anthropic'), new Secret(anthropic.key));
    expect(keep(verdict)).toMatch(/^anthropic\/claude-\S+ answers from now on\.$/);
    expect(home.models.missing()).toBeNull();
    expect(await home.setup.form()).toBeNull();
  });

  it('says that the provider refuses a key, and keeps nothing', async () => {
    const verdict = await home.setup.check(chosen('anthropic'), new Secret('no key at all'));
    expect(verdict).toEqual({ kind: 'refused', reason: 'Anthropic refused the key.' });
    expect(await home.setup.check(chosen('mistral'), null)).toEqual({ kind: 'refused', reason: 'The key is empty.' });
    expect(home.vault.product.list()).toEqual([]);
  });

  it('says that a provider cannot be reached, and lets the owner keep the key nevertheless', async () => {
    await anthropic.close();
    const verdict = await home.setup.check(chosen('anthropic'), new Secret(anthropic.key));
    expect(verdict).toMatchObject({ kind: 'good', untested: 'Anthropic cannot be reached (ECONNREFUSED).' });
    keep(verdict);
    expect(home.models.missing()).toBeNull();
  });

  it('refuses a plain http address outside this box where https is enforced, entered or kept before (GUARD-12)', async () => {
    home.vault.product.put({ name: 'OPENAI_BASE_URL', value: new Secret('http://models.example/v1'), hosts: [] });
    expect(() => home.models.checkAddresses()).not.toThrow();
    home.close();
    rig.env.SENESCHAL_ENFORCE_HTTPS = 'true';
    home = await openHome(rig.context);
    expect(() => home.models.checkAddresses()).toThrow(
      /^OPENAI_BASE_URL in the vault got "http:\/\/models\.example\/v1"; allowed is an https address/,
    );
    for (const id of ['compatible', 'ollama/a']) {
      const verdict = await home.setup.check(chosen(id, { address: 'http://192.168.1.5:11434/v1' }), null);
      expect(verdict).toMatchObject({ kind: 'refused', reason: expect.stringContaining('SENESCHAL_ENFORCE_HTTPS') });
    }
  });

  it('takes the first model that a compatible server offers, and holds a named one to its list', async () => {
    const place = { address: `${openai.url}/v1` };
    const key = new Secret(openai.key);
    expect(keep(await home.setup.check(chosen('compatible', place), key))).toBe('openai/gpt-5 answers from now on.');
    expect(home.models.access('openai')).toMatchObject({ baseUrl: place.address });
    expect(await home.setup.check(chosen('compatible', { ...place, model: 'gpt-6' }), key)).toEqual({
      kind: 'refused',
      reason: 'The server does not offer gpt-6. It offers gpt-5.',
    });
    expect(await home.setup.check(chosen('compatible', { address: NOWHERE }), key)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('To keep it untested, name the model too.'),
    });
    for (const address of ['', 'box:1234', 'ftp://box.example', 'http://me:word@box.example/v1']) {
      expect(await home.setup.check(chosen('compatible', { address }), key)).toMatchObject({ kind: 'refused' });
    }
  });

  it('never hands a key of one provider to the server of another', async () => {
    home.vault.product.put({ name: 'OPENAI_API_KEY', value: new Secret(openai.key), hosts: [] });
    keep(await home.setup.check(chosen('compatible', { address: NOWHERE, model: 'local' }), null));
    expect(home.models.access('openai')).toEqual({ baseUrl: NOWHERE });
    rig.env.OPENAI_BASE_URL = `${openai.url}/v1`;
    const other = await openHome(rig.context);
    const verdict = await other.setup.check(chosen('openai'), new Secret(openai.key));
    if (verdict.kind === 'good') other.store.transaction(() => verdict.keep(false));
    expect(other.vault.product.list().map(({ name }) => name)).toEqual(['OPENAI_API_KEY']);
    other.close();
  });

  it('offers each model of an Ollama that is found, and uses the chosen one', async () => {
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const ollama = await startOpenAiFake({ key: 'none' });
    const found = createModelSetup({
      ...home,
      settings: home.store.settings,
      log: silent,
      ollamaUrl: `${ollama.url}/v1`,
    });
    const choices = await found.choices();
    expect(choices.at(-1)).toEqual({ id: 'ollama/gpt-5', label: 'Ollama on this box: gpt-5' });
    keep(await found.check(chosen('ollama/gpt-5'), null));
    expect(home.models.current().name).toBe('ollama/gpt-5');
    expect(home.models.access('ollama')).toEqual({ baseUrl: `${ollama.url}/v1` });
    await ollama.close();
  });

  it('asks for the very key that SENESCHAL_MODEL needs, and leaves that choice alone', async () => {
    rig.env.SENESCHAL_MODEL = 'openai/gpt-5';
    rig.env.OPENAI_API_KEY = '';
    const other = await openHome(rig.context);
    expect(await other.setup.form()).toMatchObject({ name: 'OPENAI_API_KEY', values: [{ entry: 'OPENAI_API_KEY' }] });
    rig.env.SENESCHAL_MODEL = 'rehearsal';
    const third = await openHome(rig.context);
    expect(await third.setup.form()).toBeNull();
    other.close();
    third.close();
  });

  it('lets the environment win over the vault (CONF-1), and asks anew for what the vault has lost', async () => {
    home.vault.product.put({ name: 'ANTHROPIC_API_KEY', value: new Secret('of the vault'), hosts: [] });
    rig.env.ANTHROPIC_API_KEY = 'of the environment';
    const other = await openHome(rig.context);
    expect(other.models.access('anthropic')?.apiKey?.reveal()).toBe('of the environment');
    other.close();
    home.vault.product.freeze('ANTHROPIC_API_KEY');
    expect(home.models.missing()).toBe('any');
    expect(home.models.access('anthropic')).toEqual({ baseUrl: anthropic.url });
  });
});

describe('seneschal setup --provider', () => {
  it('reads the key from standard input, tests it, and says who answers', async () => {
    rig.input = `${anthropic.key}\n`;
    await setup(rig.context, { provider: 'anthropic' }, null);
    expect(rig.said[0]?.fields).toMatchObject({ saved: 'ANTHROPIC_API_KEY', tested: true, overriddenBy: [] });
    expect(rig.said[0]?.sentence).not.toContain(anthropic.key);
    expect((await rig.entries()).ANTHROPIC_API_KEY).toBe(anthropic.key);
  });

  it('keeps nothing that could not be tested, unless told to', async () => {
    rig.input = 'a key of somewhere';
    const place = { provider: 'compatible', baseUrl: NOWHERE, model: 'local' };
    await expect(setup(rig.context, place, null)).rejects.toMatchObject({
      code: 'model.unreachable',
      hint: 'Add --untested to keep it nevertheless.',
    });
    expect(await rig.entries()).toEqual({});
    await setup(rig.context, { ...place, untested: true }, null);
    expect(rig.said[0]?.fields).toMatchObject({ model: 'openai/local', tested: false });
  });

  it('names an environment variable that wins over what was saved (CONF-4)', async () => {
    rig.env.ANTHROPIC_API_KEY = 'of the environment';
    rig.input = anthropic.key;
    await setup(rig.context, { provider: 'anthropic' }, null);
    expect(rig.said[0]?.sentence).toContain('The environment variable ANTHROPIC_API_KEY is set and wins over it.');
  });
});

describe('the wizard', () => {
  it('says what was wrong with a key, asks again, and keeps the good one', async () => {
    const prompts = scripted([
      [/What do you want/, 'model'],
      [/Who answers you/, 'anthropic'],
      [/^The key/, 'not a key of theirs'],
      [/again/, true],
      [/^The key/, anthropic.key],
      [/What do you want/, 'done'],
    ]);
    await setup(rig.context, {}, prompts);
    expect(prompts.seen).toContain('Anthropic refused the key.');
    expect(prompts.seen.join('\n')).toMatch(/Saved ANTHROPIC_API_KEY\. It was tested with one call\./);
    expect((await rig.entries()).ANTHROPIC_API_KEY).toBe(anthropic.key);
  });

  it('ends where the owner leaves it, and what was saved stays', async () => {
    const prompts = scripted([[/What do you want/, 'model']]);
    await setup(rig.context, {}, prompts);
    expect(prompts.seen.at(-1)).toBe('Ended. What was saved stays.');
  });

  it('asks nothing where nobody can answer, and says what can be set', async () => {
    await setup(rig.context, {}, null);
    expect(rig.said[0]?.fields).toMatchObject({ model: 'rehearsal', missing: 'any', chats: [], isRunning: false });
    expect(rig.said[0]?.sentence).toContain('seneschal setup --telegram [--owner ID] < token-file');
  });
});

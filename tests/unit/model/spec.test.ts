import { describe, expect, it } from 'vitest';
import { modelLimits } from '../../../src/model/limits.js';
import { loadPrice } from '../../../src/model/pricing.js';
import { modelSpecText, parseModelSpecs } from '../../../src/model/spec.js';
import { fakeSystem } from '../../support/fake-system.js';

const system = fakeSystem();
const tokens = { inputTokens: 1000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100 };
const spec = (text: string) => parseModelSpecs(text)[0];

describe('SENESCHAL_MODEL', () => {
  it('names a provider and its model, which may hold slashes', () => {
    expect(spec('anthropic/claude-sonnet-4-5')).toEqual({ provider: 'anthropic', model: 'claude-sonnet-4-5' });
    expect(spec('openai/meta-llama/Llama-3:free').model).toBe('meta-llama/Llama-3:free');
    expect(spec('rehearsal')).toEqual({ provider: 'rehearsal', model: 'rehearsal' });
    expect(modelSpecText(spec('rehearsal'))).toBe('rehearsal');
    expect(modelSpecText(spec('mistral'))).toBe('mistral/mistral-large-latest');
  });

  it('names a fallback behind a comma (MODEL-2)', () => {
    expect(parseModelSpecs('anthropic/claude-sonnet-4-5, openai/gpt-5').map(modelSpecText)).toEqual([
      'anthropic/claude-sonnet-4-5',
      'openai/gpt-5',
    ]);
  });

  it.each(['', 'gpt-5', 'openai/', 'ollama', 'anthropic/a b', 'rehearsal/x', 'openai/gpt-5,'])(
    'refuses %j with what is allowed',
    (text) => {
      expect(() => parseModelSpecs(text)).toThrow(/names no model.*anthropic, openai, mistral, ollama, or rehearsal/);
    },
  );
});

describe('limits', () => {
  it('knows the families and is careful with the unknown', () => {
    expect(modelLimits(spec('anthropic/claude-sonnet-4-5'))).toEqual({
      contextTokens: 200_000,
      maxOutputTokens: 64_000,
      images: true,
    });
    expect(modelLimits(spec('openai/gpt-5'))).toMatchObject({ contextTokens: 400_000, images: true });
    expect(modelLimits(spec('openai/llama-3.3-70b'))).toEqual({
      contextTokens: 32_000,
      maxOutputTokens: 4_096,
      images: false,
    });
    expect(modelLimits(spec('ollama/qwen3:8b'))).toMatchObject({ contextTokens: 8_192, images: false });
    expect(modelLimits(spec('ollama/llava:7b'))).toMatchObject({ images: true });
  });
});

describe('prices', () => {
  it('counts cached tokens at their own rates (TURN-6, TURN-7)', async () => {
    const price = await loadPrice(spec('anthropic/claude-sonnet-4-5'), system);
    expect(price(tokens)).toBeCloseTo(0.0045, 6);
    expect(price({ ...tokens, inputTokens: 0, cacheReadTokens: 1000 })).toBeCloseTo(0.0018, 6);
    expect(price({ ...tokens, inputTokens: 0, cacheWriteTokens: 1000 })).toBeCloseTo(0.00525, 6);
  });

  it('says null for what it does not know, never 0 (TURN-5)', async () => {
    expect((await loadPrice(spec('openai/my-own-model'), system))(tokens)).toBeNull();
    expect((await loadPrice(spec('anthropic/claude-from-tomorrow-9'), system))(tokens)).toBeNull();
    expect((await loadPrice(spec('ollama/gpt-oss:120b-cloud'), system))(tokens)).toBeNull();
  });

  it('takes the price of the provider behind a base URL', async () => {
    const groq = { ...spec('openai/llama-3.3-70b-versatile'), baseUrl: 'https://api.groq.com/openai/v1' };
    expect((await loadPrice(groq, system))(tokens)).toBeGreaterThan(0);
    const relay = { ...spec('openai/gpt-5'), baseUrl: 'http://127.0.0.1:4000/v1' };
    expect((await loadPrice(relay, system))(tokens)).toBeCloseTo(0.00225, 6);
  });

  it('bills nothing for the rehearsal model and for models on the box', async () => {
    expect((await loadPrice(spec('rehearsal'), system))(tokens)).toBe(0);
    expect((await loadPrice(spec('ollama/qwen3:8b'), system))(tokens)).toBe(0);
  });
});

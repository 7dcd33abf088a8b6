import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';
import { CHAT, context, evasive, lookAlikes, plainAndVariants, type Sample } from '../../fixtures/secrets-corpus.js';
import { seeded } from '../../fixtures/templates.js';

const guard = createSecretGuard();

/** Texts in which some of a secret is left. */
function missed(samples: readonly Sample[]): string[] {
  return samples
    .filter(({ text, secrets }) => {
      const { masked } = guard.mask(text);
      return masked === text || secrets.some((secret) => masked.includes(secret));
    })
    .map(({ note, text }) => `${note}: ${text}`);
}

const flagged = (texts: readonly string[]): string[] => texts.filter((text) => guard.scan(text).length > 0);

const share = (part: readonly unknown[], whole: readonly unknown[]): number => part.length / whole.length;

describe('how much the secret guard finds', () => {
  it('takes out at least 98 % of keys, plain and in all their variants (PASTE-1)', () => {
    const samples = plainAndVariants(seeded(101), 5);
    expect(samples.length).toBeGreaterThan(1000);
    const left = missed(samples);
    expect(share(left, samples), left.join('\n')).toBeLessThanOrEqual(0.02);
  });

  it('takes out at least 90 % of passwords that people tell in their languages (PASTE-1)', () => {
    const samples = context(seeded(102), 5);
    expect(new Set(samples.map(({ note }) => note.split(':')[0])).size).toBeGreaterThanOrEqual(12);
    const left = missed(samples);
    expect(share(left, samples), left.join('\n')).toBeLessThanOrEqual(0.1);
  });

  it('takes out at least 70 % of keys that were hidden on purpose (PASTE-1)', () => {
    const samples = evasive(seeded(103), 15);
    expect(share(missed(samples), samples)).toBeLessThanOrEqual(0.3);
  });

  it('is silent about ordinary chat and code in at least 99.5 % (PASTE-4)', () => {
    const source = join(import.meta.dirname, '../../../src');
    const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('guards'))
      .flatMap((name) => pages(readFileSync(join(source, name), 'utf8')));
    const texts = [...CHAT, ...code];
    const wrong = flagged(texts);
    expect(share(wrong, texts), wrong.join('\n---\n')).toBeLessThanOrEqual(0.005);
  });

  it('is silent about what only looks like a secret in at least 98 % (PASTE-4)', () => {
    const texts = lookAlikes(seeded(104), 10).map(({ text }) => text);
    const wrong = flagged(texts);
    expect(share(wrong, texts), wrong.join('\n')).toBeLessThanOrEqual(0.02);
  });
});

/** About as much as people paste at once. */
function pages(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / 800) }, (_, index) => text.slice(index * 800, (index + 1) * 800));
}

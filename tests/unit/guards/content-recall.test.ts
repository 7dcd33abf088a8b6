import { describe, expect, it } from 'vitest';
import { createContentGuard } from '../../../src/guards/content.js';
import { DISCUSSIONS, INJECTIONS, OBFUSCATIONS, ORDINARY, PLAIN, STRUCTURES } from '../../fixtures/content-corpus.js';
import { packagePages } from '../../fixtures/pages.js';
import { fakeSystem } from '../../support/fake-system.js';

const guard = createContentGuard(fakeSystem());
const isFlagged = (text: string): boolean => guard.scan(text).length > 0;

function expectShare(texts: readonly string[], wanted: boolean, atMost: number): void {
  const wrong = texts.filter((text) => isFlagged(text) !== wanted);
  expect(wrong.length / texts.length, wrong.join('\n---\n').slice(0, 4_000)).toBeLessThanOrEqual(atMost);
}

describe('how much the content guard finds', () => {
  it('finds at least 95 % of instructions in many forms and languages (GUARD-3)', () => {
    expect(INJECTIONS.length).toBeGreaterThan(80);
    expectShare(INJECTIONS, true, 0.05);
  });

  it('finds at least 98 % of imitated structure and of hidden instructions (GUARD-3)', () => {
    expectShare(STRUCTURES, true, 0.02);
  });

  it('finds at least 75 % of what was disguised, over every disguise together (GUARD-3)', () => {
    const texts = Object.values(OBFUSCATIONS).flatMap((disguise) => PLAIN.map(disguise));
    expect(texts.length).toBeGreaterThan(200);
    expectShare(texts, true, 0.25);
  });

  it('is silent about at least 99 % of ordinary pages (GUARD-3)', () => {
    const pages = packagePages();
    expect(pages.length).toBeGreaterThan(200);
    expectShare([...ORDINARY, ...pages], false, 0.01);
  });

  it('is silent about at least 95 % of pages that discuss such attacks (GUARD-3)', () => {
    expectShare(DISCUSSIONS, false, 0.05);
  });

  it('finds an instruction in the middle of a long page', () => {
    const page = ORDINARY.join('\n\n').repeat(5);
    for (const text of INJECTIONS.slice(0, 10)) expect(isFlagged(`${page}\n\n${text}\n\n${page}`), text).toBe(true);
  });
});

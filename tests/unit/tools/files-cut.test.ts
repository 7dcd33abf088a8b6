import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutResult, pageLines } from '../../../src/tools/cut.js';

describe('cutting a result (TOOL-2)', () => {
  it('leaves what fits alone', () => {
    expect(cutResult('short', 'A1')).toEqual({ shown: 'short', note: null });
    expect(cutResult('x'.repeat(12_000), 'A1').note).toBeNull();
  });

  it('cuts at a line end and names where to read on', () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`).join('');
    const { shown, note } = cutResult(text, '01ABC');
    const kept = shown.split('\n').length - 1;
    expect(shown.endsWith(`line ${kept}\n`)).toBe(true);
    expect(note).toBe(
      `(cut: ${shown.length.toLocaleString('en-US')} of 48,893 characters; read on with read_file {"path":"artifact:01ABC","offset":${kept + 1}})`,
    );
    expect(shown.length).toBeGreaterThan(11_900);
  });

  it('never parts a character, and the pages together are the text', () => {
    const unit = fc.constantFrom('a', '\n', '😀', 'é', ' ', 'long '.repeat(300), '😀'.repeat(1_500));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 2_500, max: 9_000 }), (parts, limit) => {
        const text = parts.join('');
        expect(pageLines(text).join('')).toBe(text);
        const { shown, note } = cutResult(text, 'A1', limit);
        expect(shown).not.toMatch(/\p{Surrogate}/u);
        expect(note !== null).toBe(text.length > limit);
        if (note === null) return;
        const { offset } = JSON.parse(/read_file (\{.*\})\)$/.exec(note)?.[1] ?? '{}') as { offset: number };
        const before = pageLines(text)
          .slice(0, offset - 1)
          .join('');
        expect(shown).toBe(before);
        expect(before.length).toBeLessThanOrEqual(limit);
        expect(before.length).toBeGreaterThan(0);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutResult, pageLines } from '../../../src/tools/cut.js';

describe('cutting a result (TOOL-2)', () => {
  it('leaves what fits alone', () => {
    expect(cutResult('short', 'A1')).toEqual({ text: 'short', rest: false });
    expect(cutResult('x'.repeat(12_000), 'A1').rest).toBe(false);
  });

  it('cuts at a line end and names where to read on', () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`).join('');
    const { text: cut, rest } = cutResult(text, '01ABC');
    expect(rest).toBe(true);
    const lines = cut.split('\n');
    const kept = lines.length - 1;
    expect(lines[kept - 1]).toBe(`line ${kept}`);
    const shown = lines.slice(0, -1).join('\n').length + 1;
    expect(lines.at(-1)).toBe(
      `(cut: ${shown.toLocaleString('en-US')} of 48,893 characters; read on with read_file {"path":"artifact:01ABC","offset":${kept + 1}})`,
    );
    expect(shown).toBeGreaterThan(11_900);
  });

  it('keeps the boundary around untrusted content closed (GUARD-3)', () => {
    const text = `<untrusted_data source="x">\n${'word '.repeat(10_000)}\n</untrusted_data>`;
    const { text: cut } = cutResult(text, 'A1');
    expect(cut.match(/<\/untrusted_data>/g)).toHaveLength(1);
    expect(cut.indexOf('</untrusted_data>')).toBeLessThan(cut.indexOf('(cut:'));
  });

  it('never parts a character, and the pages together are the text', () => {
    const unit = fc.constantFrom('a', '\n', '😀', 'é', ' ', 'long '.repeat(300), '😀'.repeat(1_500));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 2_500, max: 9_000 }), (parts, limit) => {
        const text = parts.join('');
        expect(pageLines(text).join('')).toBe(text);
        const { text: cut, rest } = cutResult(text, 'A1', limit);
        expect(cut).not.toMatch(/\p{Surrogate}/u);
        expect(rest).toBe(text.length > limit);
        if (!rest) return;
        const { offset } = JSON.parse(/read_file (\{.*\})\)$/.exec(cut)?.[1] ?? '{}') as { offset: number };
        const before = pageLines(text)
          .slice(0, offset - 1)
          .join('');
        expect(cut.startsWith(before)).toBe(true);
        expect(before.length).toBeLessThanOrEqual(limit);
        expect(before.length).toBeGreaterThan(0);
      }),
    );
  });
});

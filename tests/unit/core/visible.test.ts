import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showBytes, showHidden, showName } from '../../../src/core/visible.js';
import { growth, LINEAR } from '../../support/cost.js';

describe('text for a person to judge (APPR-2)', () => {
  it('leaves ordinary text of many languages alone', () => {
    const texts = ['plain\n\ttext', 'Grüße, 你好, مرحبا, שלום, ¡ñ!', 'a 👍🏽 👨‍👩‍👧 ❤️ 1️⃣ ©', '  indented', 'a  b', ''];
    for (const text of texts) expect(showHidden(text)).toEqual({ text, changed: false, hidden: 0 });
  });

  it.each([
    ['\u202Eevil\u202C', '\\u202Eevil\\u202C', 2],
    ['a\u200Bb\u200Dc\uFEFF', 'a\\u200Bb\\u200Dc\\uFEFF', 3],
    ['a\u{E0041}b', 'a\\u{E0041}b', 1],
    ['a\uFE0Fb\u{E0100}', 'a\\uFE0Fb\\u{E0100}', 2],
    ['a\u00A0b\u3000c\u2003d', 'a\\u00A0b\\u3000c\\u2003d', 3],
    ['\u001B[2Jx\u0007\u007F\u0085\u0000', '\\u001B[2Jx\\u0007\\u007F\\u0085\\u0000', 5],
    ['safe\roverwritten', 'safe\\u000Doverwritten', 1],
    ['a\u2028b\u2029c\u00ADd\u2800\u3164', 'a\\u2028b\\u2029c\\u00ADd\\u2800\\u3164', 5],
    ['half \uD83D pair', 'half \\uD83D pair', 1],
  ])('shows %j as escapes', (text, shown, hidden) => {
    expect(showHidden(text)).toEqual({ text: shown, changed: true, hidden });
  });

  it('marks spaces and carriage returns at the end of a line without counting them as hidden', () => {
    expect(showHidden('a  \nb \r\nc\r\n ')).toEqual({ text: 'a␠␠\nb␠␍\nc␍\n␠', changed: true, hidden: 0 });
    expect(showHidden('rm x ').text).toBe('rm x␠');
  });

  it('never lets a control or format character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const rest = showHidden(text).text;
        expect(rest).not.toMatch(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u200B]/u);
      }),
    );
  });

  it('costs the same per character for hostile text (GUARD-9)', () => {
    for (const unit of [' ', '\u202E', '👍\u200D', '\r', 'a ', '1\uFE0F']) {
      expect(growth((size) => showHidden(`${unit.repeat(size)}x`), 400_000)).toBeLessThan(LINEAR);
    }
  });
});

describe('names', () => {
  it('keeps plain names as they are, however they look to a shell (TOOL-5)', () => {
    for (const name of ['a.txt', '$(id)', '-rf', "'; DROP", 'mit Leerzeichen.txt', 'a\\b'])
      expect(showName(name)).toBe(name);
  });

  it('shows every other name as one line that JSON reads back', () => {
    expect(showName('a\nb.txt')).toBe('"a\\nb.txt"');
    expect(showName('exe\u202Etxt.sh')).toBe('"exe\\u202Etxt.sh"');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const shown = showName(name);
        expect(shown).not.toMatch(/[\n\r]/);
        expect(shown.startsWith('"') ? JSON.parse(shown) : shown).toBe(name);
      }),
      { numRuns: 500 },
    );
  });

  it('says sizes in short', () => {
    expect([0, 1, 340, 4_200, 999_600, 12_345_678, 5e9].map(showBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '340 bytes',
      '4.2 kB',
      '1 MB',
      '12 MB',
      '5 GB',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineDiff } from '../../../src/tools/files/diff.js';
import { compileGlob } from '../../../src/tools/files/glob.js';

describe('globs', () => {
  it.each([
    ['*.ts', 'a.ts', true],
    ['*.ts', 'src/a.ts', false],
    ['**/*.ts', 'a.ts', true],
    ['**/*.ts', 'src/deep/a.ts', true],
    ['**/*.ts', 'a.tsx', false],
    ['src/**', 'src/a/b', true],
    ['src/**', 'source/a', false],
    ['src/**/x/*.md', 'src/a/b/x/c.md', true],
    ['src/**/x/*.md', 'src/x/c.md', true],
    ['**/a/**/b', 'a/a/c/b', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['?.txt', '😀.txt', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]]x', ']x', true],
    ['[x', '[x', true],
    ['*.{ts,tsx}', 'a.tsx', true],
    ['{src,tests}/**/*.{js,ts}', 'tests/x/y.js', true],
    ['{a', '{a', true],
    ['{a}', '{a}', true],
    ['a**b', 'axxb', true],
    ["'; DROP", "'; DROP", true],
    ['$(id)*', '$(id).txt', true],
    ['a.c', 'abc', false],
  ])('%s on %s is %s', (pattern, path, expected) => {
    expect(compileGlob(pattern)(path)).toBe(expected);
  });

  it('agrees with a plain reading of every pattern', () => {
    const slow = (p: string, t: string): boolean => {
      if (p === '') return t === '';
      if (p[0] === '*') return slow(p.slice(1), t) || (t !== '' && slow(p, t.slice(1)));
      return t !== '' && (p[0] === '?' || p[0] === t[0]) && slow(p.slice(1), t.slice(1));
    };
    const text = (units: string[]) =>
      fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 8 }).map((u) => u.join(''));
    fc.assert(
      fc.property(text(['a', 'b', '?', '*']), text(['a', 'b']), (pattern, name) => {
        if (pattern === '**') return;
        expect(compileGlob(pattern)(name)).toBe(slow(pattern, name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses what would cost too much, and comes to an end with hostile patterns (GUARD-9)', () => {
    expect(() => compileGlob('{a,b}'.repeat(10))).toThrow(/alternatives/);
    expect(() => compileGlob('a'.repeat(201))).toThrow(/200/);
    // Without a bound on what is tried these would never end.
    expect(compileGlob(`${'*a'.repeat(99)}b`)('a'.repeat(250))).toBe(false);
    expect(compileGlob(`${'**/'.repeat(60)}x`)('a/'.repeat(40))).toBe(false);
  });
});

describe('the diff on a card', () => {
  it('shows three lines around a change, as diff -u does', () => {
    const before = Array.from({ length: 20 }, (_, index) => `l${index + 1}\n`).join('');
    const { lines, added, removed } = lineDiff(before, before.replace('l10\n', 'ten\nnew\n'));
    expect(lines).toEqual(['@@ -7,7 +7,8 @@', ' l7', ' l8', ' l9', '-l10', '+ten', '+new', ' l11', ' l12', ' l13']);
    expect([added, removed]).toEqual([2, 1]);
  });

  it('separates distant changes, and knows empty files and missing last line ends', () => {
    const long = Array.from({ length: 30 }, (_, index) => `${index}\n`).join('');
    const { lines } = lineDiff(long, `first\n${long}last\n`);
    expect(lines.filter((line) => line.startsWith('@@'))).toEqual(['@@ -1,3 +1,4 @@', '@@ -28,3 +29,4 @@']);
    expect(lineDiff('', 'a\n').lines).toEqual(['@@ -0,0 +1 @@', '+a']);
    expect(lineDiff('a\n', '').lines).toEqual(['@@ -1 +0,0 @@', '-a']);
    expect(lineDiff('a', 'a\n').lines).toEqual(['@@ -1 +1 @@', '-a', '\\ No newline at end of file', '+a']);
    expect(lineDiff('a\n', 'a\n').lines).toEqual([]);
    expect(lineDiff('\na\n', '\n').lines).toEqual(['@@ -1,2 +1 @@', '', '-a']);
  });

  it('shows line ends, end spaces and hidden characters', () => {
    const { lines, hidden } = lineDiff('a\nb\n', 'a\r\nb \u202E\nc  \n');
    expect(lines).toEqual(['@@ -1,2 +1,3 @@', '-a', '-b', '+a␍', '+b \\u202E', '+c␠␠']);
    expect(hidden).toBe(1);
  });

  it('can be applied: the kept and added lines are the new file, the kept and removed the old', () => {
    const file = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 12 })
      .map((l) => l.map((x) => `${x}\n`).join(''));
    fc.assert(
      fc.property(file, file, (before, after) => {
        const { lines, added, removed } = lineDiff(before, after);
        const body = lines.filter((line) => !line.startsWith('@@'));
        const side = (mark: string) => body.filter((line) => line[0] !== mark).map((line) => `${line.slice(1)}\n`);
        // Short files stand in one hunk, unless the change is further than its context from an end.
        if (before.split('\n').length <= 4 && before !== after) {
          expect(side('+').join('')).toBe(before);
          expect(side('-').join('')).toBe(after);
        }
        const count = (text: string) => text.split('\n').length;
        expect(added - removed).toBe(count(after) - count(before));
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows two wholly different long files as removed and added', () => {
    const text = (mark: string) => Array.from({ length: 5_000 }, (_, index) => `${mark}${index}\n`).join('');
    expect(lineDiff(text('a'), text('b')).removed).toBe(5_000);
  });
});

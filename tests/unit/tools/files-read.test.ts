import { rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutResult } from '../../../src/tools/cut.js';
import { FileTools, PNG } from '../../support/file-tools.js';
import { makePdf } from '../../support/pdf.js';

let files: FileTools;

beforeEach(async () => {
  files = await FileTools.open();
});
afterEach(() => files.close());

describe('read_file', () => {
  it('reads a whole small file as it is', async () => {
    files.put('a.txt', 'one\ntwo\n');
    expect(await files.run('read_file', { path: 'a.txt' })).toMatchObject({
      text: 'one\ntwo',
      summary: '2 lines',
      taint: { untrusted: [], private: ['your files'] },
    });
    files.put('empty', '');
    expect((await files.run('read_file', { path: 'empty' })).text).toBe('(empty)');
  });

  it('gives pages by lines and says where to go on', async () => {
    files.put('a.txt', Array.from({ length: 3_000 }, (_, index) => `line ${index + 1}`).join('\n'));
    expect((await files.run('read_file', { path: 'a.txt', offset: 2, limit: 2 })).text).toBe(
      'line 2\nline 3\n(lines 2–3 of 3000; read on with offset 4)',
    );
    let offset = 1;
    const seen: string[] = [];
    for (;;) {
      const { text } = await files.run('read_file', { path: 'a.txt', offset });
      expect(text.length).toBeLessThan(12_000);
      seen.push(...text.split('\n').slice(0, -1));
      const next = /read on with offset (\d+)\)$/.exec(text);
      if (!next) break;
      offset = Number(next[1]);
    }
    expect(seen).toHaveLength(3_000);
    expect(seen.at(-1)).toBe('line 3000');
    await expect(files.run('read_file', { path: 'a.txt', offset: 3_001 })).rejects.toMatchObject({
      code: 'tool.input',
      message: 'It has 3,000 lines; offset 3,001 is behind the end.',
    });
  });

  it('reads on in a cut result, to its very end (TOOL-2)', async () => {
    const whole = `${'word '.repeat(4_000)}\n${Array.from({ length: 900 }, (_, index) => `row ${index} ${'x'.repeat(20)}`).join('\n')}`;
    files.artifacts.set('01A', { text: whole, sources: [] });
    const { shown, note } = cutResult(whole, '01A');
    let text = shown;
    let next = Number(/"offset":(\d+)/.exec(note ?? '')?.[1]);
    while (next) {
      const page = (await files.run('read_file', { path: 'artifact:01A', offset: next })).text;
      next = Number(/read on with offset (\d+)\)$/.exec(page)?.[1] ?? 0);
      text += `\n${page.replace(/\n\(lines [^\n]*\)$/, '')}`;
    }
    expect(text.replaceAll('\n', '')).toBe(whole.replaceAll('\n', ''));
    await expect(files.run('read_file', { path: 'artifact:nope' })).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('says that an artifact made from outside content is from outside (GUARD-11)', async () => {
    files.artifacts.set('01B', { text: 'text', sources: ['https://example.org:443/'] });
    const { taint, scanned } = await files.run('read_file', { path: 'artifact:01B' });
    expect(scanned).toBe(true);
    expect(taint.untrusted).toEqual(['https://example.org:443/']);
  });

  it('takes the text of a PDF and names images and binary files', async () => {
    files.put('bill.pdf', makePdf(['Invoice 42', 'Page two']));
    expect((await files.run('read_file', { path: 'bill.pdf' })).text).toBe('Invoice 42\nPage two');
    files.put('scan.pdf', makePdf(['']));
    expect((await files.run('read_file', { path: 'scan.pdf' })).text).toBe(
      'scan.pdf is a PDF of 1 pages without text.',
    );
    files.put('photo.txt', PNG);
    expect((await files.run('read_file', { path: 'photo.txt' })).text).toBe(
      'photo.txt is an image (image/png, 56 bytes), not text.',
    );
    files.put('x.bin', Buffer.from([1, 2, 0, 255]));
    expect((await files.run('read_file', { path: 'x.bin' })).text).toBe(
      'x.bin is a binary file (unknown type, 4 bytes), not text.',
    );
  });

  it('reads other encodings', async () => {
    files.put('u16.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße', 'utf16le')]));
    files.put('latin.txt', Buffer.from('Grüße', 'latin1'));
    files.put('bom.txt', '\uFEFFGrüße');
    for (const path of ['u16.txt', 'latin.txt', 'bom.txt'])
      expect((await files.run('read_file', { path })).text).toBe('Grüße');
  });

  it('refuses what is too large, missing or outside (TOOL-1)', async () => {
    files.put('big.log', '');
    truncateSync(join(files.root, 'big.log'), 10_000_001);
    writeFileSync(join(files.base, 'secret'), 'x');
    symlinkSync('../secret', join(files.root, 'link'));
    await expect(files.run('read_file', { path: 'big.log' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(files.run('read_file', { path: 'nope' })).rejects.toMatchObject({ message: 'nope does not exist.' });
    await expect(files.run('read_file', { path: 'link' })).rejects.toMatchObject({ code: 'path.outside' });
    await expect(files.resolve('read_file', { path: '../secret' })).rejects.toMatchObject({ code: 'path.outside' });
  });

  it('is free and knows no other parameters', async () => {
    expect(await files.resolve('read_file', { path: './a.txt' })).toMatchObject({
      class: 'read',
      bound: { path: 'a.txt' },
      outward: false,
    });
    expect(files.tool('read_file').input.safeParse({ path: 'a', approved: true }).success).toBe(false);
    expect(files.tool('read_file').input.safeParse({ path: 'a', offset: 0 }).success).toBe(false);
  });
});

describe('list_files', () => {
  it('lists one folder with sizes, sorted', async () => {
    files.put('b.txt', 'hello');
    files.put('a/x.txt', '1');
    symlinkSync('b.txt', join(files.root, 'l'));
    expect((await files.run('list_files', {})).text).toBe('a/\nb.txt (5 bytes)\nl (link)');
    expect((await files.run('list_files', { path: 'a' })).text).toBe('a/x.txt (1 byte)');
    rmSync(join(files.root, 'a/x.txt'));
    expect((await files.run('list_files', { path: 'a/' })).text).toBe('(nothing)');
  });

  it('finds files by glob below a folder, without entering .git and node_modules', async () => {
    for (const path of ['src/a.ts', 'src/deep/b.ts', 'c.ts', 'src/d.md', 'node_modules/x/e.ts', '.git/f.ts'])
      files.put(path, 'x');
    expect((await files.run('list_files', { glob: '**/*.ts' })).text).toBe(
      'c.ts (1 byte)\nsrc/a.ts (1 byte)\nsrc/deep/b.ts (1 byte)\n(not entered: .git, node_modules)',
    );
    expect((await files.run('list_files', { path: 'src', glob: '*.{ts,md}' })).text).toBe(
      'src/a.ts (1 byte)\nsrc/d.md (1 byte)',
    );
    expect((await files.run('list_files', { path: 'node_modules', glob: '**' })).text).toBe(
      'node_modules/x/e.ts (1 byte)',
    );
  });

  it('shows every name on one line, exactly as it can be given back (TOOL-5)', async () => {
    for (const name of ['$(id)', '-rf', "'; DROP", 'a\nb', 'exe\u202Etxt']) files.put(name, '');
    const { text } = await files.run('list_files', {});
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toContain('"a\\nb" (0 bytes)');
    expect(text).toContain('"exe\\u202Etxt" (0 bytes)');
    expect((await files.run('read_file', { path: JSON.parse('"exe\\u202Etxt"') })).text).toBe('(empty)');
  });

  it('says when there is more than it shows', async () => {
    for (let index = 0; index < 510; index += 1) files.put(`many/f${index}`, '');
    expect((await files.run('list_files', { path: 'many' })).text).toMatch(/\(first 500 of 510 shown\)$/);
    await expect(files.run('list_files', { path: 'nope' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(files.resolve('list_files', { path: '..' })).rejects.toMatchObject({ code: 'path.outside' });
  });
});

describe('search_files', () => {
  it('finds a literal text in any case with its line', async () => {
    files.put('a.txt', 'nothing\nThe A.B* Value\n');
    files.put('d/b.md', `${'x'.repeat(5_000)} a.b* ${'y'.repeat(5_000)}`);
    files.put('c.bin', Buffer.from('a.b*\0'));
    const { text, summary } = await files.run('search_files', { query: 'a.b*' });
    expect(text).toMatch(/^a\.txt:2: The A\.B\* Value\nd\/b\.md:1: …x+ a\.b\* y+…$/);
    expect(text.length).toBeLessThan(400);
    expect(summary).toBe('2 matches');
    expect((await files.run('search_files', { query: 'a.b*', path: 'a.txt' })).summary).toBe('1 match');
    expect((await files.run('search_files', { query: 'aXb' })).text).toBe('(no match in 3 files)');
  });

  it('is bounded, and a link leads it nowhere', async () => {
    files.put('many.txt', 'hit\n'.repeat(500));
    files.put('z.txt', 'hit');
    writeFileSync(join(files.base, 'secret'), 'hit outside');
    symlinkSync('../secret', join(files.root, 'a-link'));
    const { text } = await files.run('search_files', { query: 'HIT' });
    expect(text.match(/^many/gm)).toHaveLength(100);
    expect(text).toMatch(/\(first 100 matches\)$/);
    expect(text).not.toContain('outside');
    await expect(files.resolve('search_files', { query: 'a\nb' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(files.run('search_files', { query: 'a', path: 'nope' })).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('stops when it is told to', async () => {
    files.put('a.txt', 'x');
    await expect(files.run('search_files', { query: 'x' }, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

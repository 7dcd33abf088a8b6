import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspacePaths } from '../../../src/guards/paths.js';
import { createSystem } from '../../../src/system.js';
import { cleanName, createInbox, type Inbox } from '../../../src/tools/inbox.js';
import { createPdfReader } from '../../../src/tools/worker/pdf.js';
import { makePdf } from '../../support/pdf.js';

const KEY = `sk-${'ant-'}${'x1'.repeat(12)}`;
const mask = (text: string) => text.replaceAll(KEY, '[key removed]');
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(40)]);
const ZIP = Buffer.concat([Buffer.from('504b0304140000000000', 'hex'), Buffer.alloc(40)]);

let base: string;
let inbox: Inbox;
const stored = () => readdirSync(join(base, 'inbox')).sort();
const content = (path: string | null) => readFileSync(join(base, path ?? 'nothing'), 'utf8');
const receive = (name: string, bytes: Uint8Array | string, id = name) =>
  inbox.store({ id, ref: { fileId: 'f1', name, kind: 'file' }, bytes: Buffer.from(bytes), mask });

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'inbox-')));
  inbox = createInbox({
    workspace: await createWorkspacePaths({ root: base }),
    readPdf: createPdfReader(createSystem()),
  });
});
afterEach(() => rmSync(base, { recursive: true }));

describe('files sent by the owner (CHAN-12)', () => {
  it('stores a text and gives it to the model', async () => {
    const item = await receive('note.txt', 'hello\nworld');
    expect(item).toEqual({
      path: 'inbox/note.txt',
      text: 'File inbox/note.txt (text, 11 bytes):\nhello\nworld',
      image: null,
    });
    expect(content(item.path)).toBe('hello\nworld');
  });

  it('writes text only masked, its name too (TURN-1)', async () => {
    const item = await receive(`${KEY}.env`, `API_KEY=${KEY}\nrest`);
    expect(content(item.path)).toBe('API_KEY=[key removed]\nrest');
    expect(JSON.stringify([item, stored()])).not.toContain(KEY);
  });

  it('masks UTF-16 and keeps it as UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`k=${KEY}`, 'utf16le')]);
    expect(content((await receive('w.txt', bytes)).path)).toBe('k=[key removed]');
  });

  it('gives an image to the model by its bytes, whatever its name says', async () => {
    const item = await receive('photo.exe', PNG);
    expect(item.path).toBe('inbox/photo.exe');
    expect(item.image).toEqual({ type: 'image', mimeType: 'image/png', data: PNG.toString('base64') });
    expect((await receive('fake.png', 'just text')).image).toBeNull();
  });

  it('says so where an image is too large for the model', async () => {
    const item = await receive('big.png', Buffer.concat([PNG, Buffer.alloc(4_000_000)]));
    expect(item.image).toBeNull();
    expect(item.text).toBe('Image inbox/big.png (image/png, 4 MB): not shown to you, images are up to 3.9 MB.');
  });

  it('extracts the text of a PDF', async () => {
    const item = await receive('bill.pdf', makePdf(['Invoice 42']));
    expect(item.text).toMatch(/^PDF inbox\/bill\.pdf \(application\/pdf, \d+ bytes, 1 page\):\nInvoice 42\n$/);
    expect(stored()).toEqual(['bill.pdf']);
    expect((await receive('scan.pdf', makePdf(['']))).text).toMatch(/: no text in it\.$/);
    expect((await receive('broken.pdf', '%PDF-1.4 nonsense')).text).toMatch(/: The PDF is damaged\.$/);
  });

  it('keeps only the masked text of a PDF that holds a key (TURN-1)', async () => {
    const item = await receive('keys.pdf', makePdf([`Key ${KEY}`]));
    expect(stored()).toEqual(['keys.pdf.txt']);
    expect(content(item.path)).toBe('Key [key removed]\n');
    expect(item.text).not.toContain(KEY);
  });

  it('does not keep a binary file that holds a key', async () => {
    const item = await receive('a.zip', Buffer.concat([ZIP, Buffer.from(KEY)]));
    expect(item.path).toBeNull();
    expect(item.text).toBe(
      'File a.zip (application/zip, 81 bytes): not kept, it holds a key that cannot be masked in it.',
    );
    expect(readdirSync(base)).toEqual([]);
  });

  it('stores other files and says what is read', async () => {
    expect((await receive('a.zip', ZIP)).text).toBe(
      'File inbox/a.zip (application/zip, 50 bytes): stored, not read; only text, PDF and images (PNG, JPEG, GIF, WebP) are read.',
    );
  });

  it('says the limit for what is too big', async () => {
    expect((await receive('huge.bin', Buffer.alloc(20_000_001))).text).toBe(
      'File huge.bin has 20 MB, over the limit of 20 MB: not taken.',
    );
    expect(inbox.tooLarge({ fileId: 'f', name: '../v.mp4', kind: 'file', size: 70_000_000 })).toEqual({
      path: null,
      text: 'File v.mp4 has 70 MB, over the limit of 20 MB: not taken.',
      image: null,
    });
    expect(inbox.maxBytes).toBe(20_000_000);
  });

  it('never writes over another file, and the same file again is the same', async () => {
    expect((await receive('a.txt', 'one')).path).toBe('inbox/a.txt');
    expect((await receive('a.txt', 'two', 'other')).path).toBe('inbox/a-2.txt');
    expect((await receive('a.txt', 'three', 'third')).path).toBe('inbox/a-3.txt');
    expect((await receive('a.txt', 'two', 'other')).path).toBe('inbox/a-2.txt');
    expect(stored()).toEqual(['a-2.txt', 'a-3.txt', 'a.txt']);
    expect(content('inbox/a.txt')).toBe('one');
    const [first, second] = await Promise.all([receive('b.txt', '1', 'x'), receive('b.txt', '2', 'y')]);
    expect(new Set([first.path, second.path]).size).toBe(2);
  });

  it('shows the beginning of a long text and where to read on', async () => {
    const { text } = await receive('long.txt', 'line of text\n'.repeat(2_000));
    expect(text.length).toBeLessThan(8_300);
    expect(text).toMatch(/\(cut: 7,99\d of 26,000 characters; read on with read_file \{"path":"inbox\/long\.txt"\}\)$/);
  });
});

describe('cleaned names', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\bill.pdf', 'bill.pdf'],
    ['.env', 'env'],
    ['-rf', 'rf'],
    ['a\u202Efdp.exe', 'afdp.exe'],
    ['a\nb\0c.txt', 'abc.txt'],
    ['a<b>|c?.txt', 'a_b__c_.txt'],
    ['Grüße 2026.txt', 'Grüße 2026.txt'],
    ['...', 'file'],
    ['', 'file'],
  ])('%j is %j', (name, clean) => expect(cleanName(name)).toBe(clean));

  it('are always one short visible name that cleaning leaves alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const clean = cleanName(name);
        expect(clean).toMatch(/^[^./\\-][^/\\\n]*$/u);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(140);
      }),
    );
  });
});

describe('the PDF reader', () => {
  const limits = { maxBytes: 20_000_000, maxCharacters: 50, timeoutMs: 10_000, memoryMb: 256 };

  it('stops at its bounds', async () => {
    const read = createPdfReader(createSystem(), limits);
    expect(await read(makePdf(['a'.repeat(40), 'b'.repeat(40), 'c']))).toEqual({
      pages: 3,
      text: `${'a'.repeat(40)}\n${'b'.repeat(9)}`,
      more: true,
    });
    await expect(createPdfReader(createSystem(), { ...limits, maxBytes: 10 })(makePdf(['a']))).rejects.toMatchObject({
      code: 'tool.input',
    });
  });

  it('kills a parser that takes too long', async () => {
    const read = createPdfReader(createSystem(), { ...limits, timeoutMs: 300 });
    await expect(read(makePdf(['x'.repeat(20)], { endless: true }))).rejects.toMatchObject({
      code: 'tool.failed',
      message: 'The PDF could not be read within 0.3 s.',
    });
  });

  it('fails alone when the parser runs out of memory', async () => {
    const read = createPdfReader(createSystem(), { ...limits, memoryMb: 6, maxCharacters: 1e8 });
    await expect(read(makePdf(['x'.repeat(20)], { endless: true }))).rejects.toMatchObject({ code: 'tool.failed' });
  });

  it('ends when it is told to', async () => {
    const read = createPdfReader(createSystem(), limits);
    await expect(read(makePdf(['a']), AbortSignal.abort())).rejects.toMatchObject({
      message: 'Reading the PDF was stopped.',
    });
  });
});

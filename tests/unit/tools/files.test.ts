import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionDigest } from '../../../src/core/approval.js';
import { NO_TAINT } from '../../../src/core/trust.js';
import { createWorkspacePaths } from '../../../src/guards/paths.js';
import { createSystem } from '../../../src/system.js';
import { cutResult } from '../../../src/tools/cut.js';
import type { RunContext, ToolDefinition } from '../../../src/tools/define.js';
import { createFileTools } from '../../../src/tools/files/index.js';
import { createRegistry } from '../../../src/tools/registry.js';
import { createPdfReader } from '../../../src/tools/worker/pdf.js';
import { makePdf } from '../../support/pdf.js';

const PLANTED = `planted-${'value'.repeat(3)}`;
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(40)]);

let base: string;
let root: string;
let tools: Map<string, ToolDefinition>;
const artifacts = new Map<string, string>();

const context: RunContext = {
  conversation: 'c1' as RunContext['conversation'],
  direct: true,
  callId: '01CALL',
  taint: NO_TAINT,
  signal: new AbortController().signal,
  progress: () => undefined,
  secret: () => {
    throw new Error('no secret here');
  },
};

function tool(name: string): ToolDefinition {
  const found = tools.get(name);
  if (!found) throw new Error(name);
  return found;
}

const resolve = (name: string, input: unknown, overrides: Partial<RunContext> = {}) =>
  tool(name).resolve(tool(name).input.parse(input), { ...context, ...overrides });
const run = (name: string, input: unknown, overrides: Partial<RunContext> = {}) =>
  tool(name).run(tool(name).input.parse(input), { ...context, ...overrides });
const put = (path: string, content: string | Uint8Array) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
};
const get = (path: string) => readFileSync(join(root, path), 'utf8');

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'files-')));
  root = join(base, 'workspace');
  artifacts.clear();
  const made = createFileTools({
    workspace: await createWorkspacePaths({ root }),
    artifacts: { put: ({ id, text }) => void artifacts.set(id, text), get: (id) => artifacts.get(id) ?? null },
    readPdf: createPdfReader(createSystem()),
    holdsSecret: (text) => text.includes(PLANTED),
    maxSendBytes: () => 1_000_000,
  });
  tools = new Map(made.map((each) => [each.name, each]));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('read_file', () => {
  it('reads a whole small file as it is', async () => {
    put('a.txt', 'one\ntwo\n');
    expect(await run('read_file', { path: 'a.txt' })).toMatchObject({
      text: 'one\ntwo',
      summary: '2 lines',
      taint: NO_TAINT,
    });
    put('empty', '');
    expect((await run('read_file', { path: 'empty' })).text).toBe('(empty)');
  });

  it('gives pages by lines and says where to go on', async () => {
    put('a.txt', Array.from({ length: 3_000 }, (_, index) => `line ${index + 1}`).join('\n'));
    expect((await run('read_file', { path: 'a.txt', offset: 2, limit: 2 })).text).toBe(
      'line 2\nline 3\n(lines 2–3 of 3000; read on with offset 4)',
    );
    let offset = 1;
    const seen: string[] = [];
    for (;;) {
      const { text } = await run('read_file', { path: 'a.txt', offset });
      expect(text.length).toBeLessThan(12_000);
      seen.push(...text.split('\n').slice(0, -1));
      const next = /read on with offset (\d+)\)$/.exec(text);
      if (!next) break;
      offset = Number(next[1]);
    }
    expect(seen).toHaveLength(3_000);
    expect(seen.at(-1)).toBe('line 3000');
    await expect(run('read_file', { path: 'a.txt', offset: 3_001 })).rejects.toMatchObject({
      code: 'tool.input',
      message: 'It has 3,000 lines; offset 3,001 is behind the end.',
    });
  });

  it('reads on in a cut result, to its very end (TOOL-2)', async () => {
    const whole = `${'word '.repeat(4_000)}\n${Array.from({ length: 900 }, (_, index) => `row ${index} ${'x'.repeat(20)}`).join('\n')}`;
    artifacts.set('01A', whole);
    const cut = cutResult(whole, '01A').text;
    let text = cut.slice(0, cut.lastIndexOf('\n'));
    let next = Number(/"offset":(\d+)/.exec(cut)?.[1]);
    while (next) {
      const page = (await run('read_file', { path: 'artifact:01A', offset: next })).text;
      next = Number(/read on with offset (\d+)\)$/.exec(page)?.[1] ?? 0);
      text += `\n${page.replace(/\n\(lines [^\n]*\)$/, '')}`;
    }
    expect(text.replaceAll('\n', '')).toBe(whole.replaceAll('\n', ''));
    await expect(run('read_file', { path: 'artifact:nope' })).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('says that an artifact made from outside content is from outside (GUARD-11)', async () => {
    artifacts.set('01B', '<untrusted_data source="https://example.org:443/">\ntext\n</untrusted_data>');
    const { taint } = await run('read_file', { path: 'artifact:01B' });
    expect(taint.untrusted).toEqual(['https://example.org:443/']);
  });

  it('takes the text of a PDF and names images and binary files', async () => {
    put('bill.pdf', makePdf(['Invoice 42', 'Page two']));
    expect((await run('read_file', { path: 'bill.pdf' })).text).toBe('Invoice 42\nPage two');
    put('scan.pdf', makePdf(['']));
    expect((await run('read_file', { path: 'scan.pdf' })).text).toBe('scan.pdf is a PDF of 1 pages without text.');
    put('photo.txt', PNG);
    expect((await run('read_file', { path: 'photo.txt' })).text).toBe(
      'photo.txt is an image (image/png, 56 bytes), not text.',
    );
    put('x.bin', Buffer.from([1, 2, 0, 255]));
    expect((await run('read_file', { path: 'x.bin' })).text).toBe(
      'x.bin is a binary file (unknown type, 4 bytes), not text.',
    );
  });

  it('reads other encodings', async () => {
    put('u16.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße', 'utf16le')]));
    put('latin.txt', Buffer.from('Grüße', 'latin1'));
    put('bom.txt', '\uFEFFGrüße');
    for (const path of ['u16.txt', 'latin.txt', 'bom.txt'])
      expect((await run('read_file', { path })).text).toBe('Grüße');
  });

  it('refuses what is too large, missing or outside (TOOL-1)', async () => {
    put('big.log', '');
    truncateSync(join(root, 'big.log'), 10_000_001);
    writeFileSync(join(base, 'secret'), 'x');
    symlinkSync('../secret', join(root, 'link'));
    await expect(run('read_file', { path: 'big.log' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(run('read_file', { path: 'nope' })).rejects.toMatchObject({ message: 'nope does not exist.' });
    await expect(run('read_file', { path: 'link' })).rejects.toMatchObject({ code: 'path.outside' });
    await expect(resolve('read_file', { path: '../secret' })).rejects.toMatchObject({ code: 'path.outside' });
  });

  it('is free and knows no other parameters', async () => {
    expect(await resolve('read_file', { path: './a.txt' })).toMatchObject({
      class: 'read',
      bound: { path: 'a.txt' },
      outward: false,
    });
    expect(tool('read_file').input.safeParse({ path: 'a', approved: true }).success).toBe(false);
    expect(tool('read_file').input.safeParse({ path: 'a', offset: 0 }).success).toBe(false);
  });
});

describe('list_files', () => {
  it('lists one folder with sizes, sorted', async () => {
    put('b.txt', 'hello');
    put('a/x.txt', '1');
    symlinkSync('b.txt', join(root, 'l'));
    expect((await run('list_files', {})).text).toBe('a/\nb.txt (5 bytes)\nl (link)');
    expect((await run('list_files', { path: 'a' })).text).toBe('a/x.txt (1 byte)');
    rmSync(join(root, 'a/x.txt'));
    expect((await run('list_files', { path: 'a/' })).text).toBe('(nothing)');
  });

  it('finds files by glob below a folder, without entering .git and node_modules', async () => {
    for (const path of ['src/a.ts', 'src/deep/b.ts', 'c.ts', 'src/d.md', 'node_modules/x/e.ts', '.git/f.ts'])
      put(path, 'x');
    expect((await run('list_files', { glob: '**/*.ts' })).text).toBe(
      'c.ts (1 byte)\nsrc/a.ts (1 byte)\nsrc/deep/b.ts (1 byte)\n(not entered: .git, node_modules)',
    );
    expect((await run('list_files', { path: 'src', glob: '*.{ts,md}' })).text).toBe(
      'src/a.ts (1 byte)\nsrc/d.md (1 byte)',
    );
    expect((await run('list_files', { path: 'node_modules', glob: '**' })).text).toBe('node_modules/x/e.ts (1 byte)');
  });

  it('shows every name on one line, exactly as it can be given back (TOOL-5)', async () => {
    for (const name of ['$(id)', '-rf', "'; DROP", 'a\nb', 'exe\u202Etxt']) put(name, '');
    const { text } = await run('list_files', {});
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toContain('"a\\nb" (0 bytes)');
    expect(text).toContain('"exe\\u202Etxt" (0 bytes)');
    expect((await run('read_file', { path: JSON.parse('"exe\\u202Etxt"') })).text).toBe('(empty)');
  });

  it('says when there is more than it shows', async () => {
    for (let index = 0; index < 510; index += 1) put(`many/f${index}`, '');
    expect((await run('list_files', { path: 'many' })).text).toMatch(/\(first 500 of 510 shown\)$/);
    await expect(run('list_files', { path: 'nope' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve('list_files', { path: '..' })).rejects.toMatchObject({ code: 'path.outside' });
  });
});

describe('search_files', () => {
  it('finds a literal text in any case with its line', async () => {
    put('a.txt', 'nothing\nThe A.B* Value\n');
    put('d/b.md', `${'x'.repeat(5_000)} a.b* ${'y'.repeat(5_000)}`);
    put('c.bin', Buffer.from('a.b*\0'));
    const { text, summary } = await run('search_files', { query: 'a.b*' });
    expect(text).toMatch(/^a\.txt:2: The A\.B\* Value\nd\/b\.md:1: …x+ a\.b\* y+…$/);
    expect(text.length).toBeLessThan(400);
    expect(summary).toBe('2 matches');
    expect((await run('search_files', { query: 'a.b*', path: 'a.txt' })).summary).toBe('1 match');
    expect((await run('search_files', { query: 'aXb' })).text).toBe('(no match in 3 files)');
  });

  it('is bounded, and a link leads it nowhere', async () => {
    put('many.txt', 'hit\n'.repeat(500));
    put('z.txt', 'hit');
    writeFileSync(join(base, 'secret'), 'hit outside');
    symlinkSync('../secret', join(root, 'a-link'));
    const { text } = await run('search_files', { query: 'HIT' });
    expect(text.match(/^many/gm)).toHaveLength(100);
    expect(text).toMatch(/\(first 100 matches\)$/);
    expect(text).not.toContain('outside');
    await expect(resolve('search_files', { query: 'a\nb' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(run('search_files', { query: 'a', path: 'nope' })).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('stops when it is told to', async () => {
    put('a.txt', 'x');
    await expect(run('search_files', { query: 'x' }, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('write_file', () => {
  it('asks with the beginning of a new file (APPR-2)', async () => {
    const action = await resolve('write_file', { path: './notes/a.txt', content: 'one\ntwo\n' });
    expect(action).toMatchObject({
      class: 'write',
      grantPattern: 'write_file notes/a.txt',
      repeatable: true,
      outward: false,
    });
    expect(action.bound).toMatchObject({ path: 'notes/a.txt', before: 'absent' });
    expect(action.card).toEqual({ title: 'Write: notes/a.txt', body: 'one\ntwo', facts: ['new file, 2 lines'] });
    expect(readdirSync(root)).toEqual([]);
  });

  it('asks with a diff where a file is replaced', async () => {
    put('a.txt', 'one\ntwo\nthree\n');
    const { card } = await resolve('write_file', { path: 'a.txt', content: 'one\n2\nthree\nfour\n' });
    expect(card.body).toBe('@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four');
    expect(card.facts).toEqual(['replaces 3 lines, +2 −1']);
  });

  it('attaches all of what does not fit, and says so', async () => {
    const content = Array.from({ length: 50 }, (_, index) => `line ${index + 1}\n`).join('');
    const { card } = await resolve('write_file', { path: 'notes/a.txt', content });
    expect(card.body.split('\n')).toHaveLength(20);
    expect(card.facts).toEqual(['new file, 50 lines', '20 of 50 lines shown, all of it in the file']);
    expect(card.attachment).toEqual({ name: 'a.txt.diff', text: content });
    const wide = (await resolve('write_file', { path: 'w', content: 'x'.repeat(5_000) })).card;
    expect(wide.body).toBe('');
    expect(wide.attachment?.text).toBe(`${'x'.repeat(5_000)}\n`);
  });

  it('shows hidden characters of content and name with a warning', async () => {
    const { card, grantPattern } = await resolve('write_file', { path: 'a\u202Etxt', content: 'if (a\u200B) \n' });
    expect(card.title).toBe('Write: "a\\u202Etxt"');
    expect(card.body).toBe('if (a\\u200B)␠');
    expect(card.facts).toEqual(['new file, 1 line', 'warning: 2 hidden characters, shown as \\u']);
    expect(grantPattern).toBe('write_file "a\\u202Etxt"');
  });

  it('binds path, content and what was there before (APPR-3)', async () => {
    const digest = async (input: unknown) => actionDigest(await resolve('write_file', input));
    const first = await digest({ path: 'a', content: 'x' });
    expect(await digest({ path: './a', content: 'x' })).toBe(first);
    expect(await digest({ path: 'a', content: 'x ' })).not.toBe(first);
    expect(await digest({ path: 'b', content: 'x' })).not.toBe(first);
    put('a', 'somebody else');
    expect(await digest({ path: 'a', content: 'x' })).not.toBe(first);
  });

  it('writes, and knows after a crash whether it had (TURN-3)', async () => {
    put('a.txt', 'old');
    const input = { path: 'a.txt', content: 'new' };
    const { bound } = await resolve('write_file', input);
    const state = () => tool('write_file').interrupted?.(bound);
    expect(await state()).toBe('untouched');
    expect(await run('write_file', input)).toMatchObject({ text: 'Wrote a.txt (3 bytes).', isError: false });
    expect(get('a.txt')).toBe('new');
    expect(await state()).toBe('done');
    await run('write_file', input);
    expect(get('a.txt')).toBe('new');
    put('a.txt', 'third');
    expect(await state()).toBe('unknown');
    rmSync(join(root, 'a.txt'));
    expect(await state()).toBe('unknown');
    const fresh = await resolve('write_file', { path: 'n/b.txt', content: 'x' });
    expect(await tool('write_file').interrupted?.(fresh.bound)).toBe('untouched');
  });

  it('refuses before it asks what could not be written', async () => {
    mkdirSync(join(root, 'd'));
    symlinkSync('d', join(root, 'l'));
    const content = 'x';
    await expect(resolve('write_file', { path: '../a', content })).rejects.toMatchObject({ code: 'path.outside' });
    await expect(resolve('write_file', { path: 'l/a', content })).rejects.toMatchObject({ code: 'path.outside' });
    await expect(resolve('write_file', { path: 'd', content })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve('write_file', { path: 'd/', content })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve('write_file', { path: 'a', content: '\uD800' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(resolve('write_file', { path: 'a', content: 'x'.repeat(10_000_001) })).rejects.toMatchObject({
      message: 'The file would have 10 MB; the limit is 10 MB.',
    });
  });

  it('replaces a binary file after saying that it is one', async () => {
    put('a', Buffer.from([0, 1, 2]));
    const { card } = await resolve('write_file', { path: 'a', content: 'text\n' });
    expect(card).toMatchObject({ body: 'text', facts: ['replaces a binary file of 3 bytes'] });
  });
});

describe('edit_file', () => {
  it('replaces a passage that occurs once and shows the change', async () => {
    put('a.txt', '\uFEFFone\r\ntwo\r\n');
    const input = { path: 'a.txt', old_text: 'two', new_text: '2' };
    const { card, grantPattern } = await resolve('edit_file', input);
    expect(card).toMatchObject({
      title: 'Edit: a.txt',
      facts: ['replaces 2 lines, +1 −1', 'warning: 1 hidden character, shown as \\u'],
    });
    expect(card.body).toContain(' \\uFEFFone␍\n-two␍\n+2␍');
    expect(grantPattern).toBe('edit_file a.txt');
    expect(await run('edit_file', input)).toMatchObject({ text: 'Edited a.txt (11 bytes).' });
    expect(get('a.txt')).toBe('\uFEFFone\r\n2\r\n');
  });

  it('takes the new text literally', async () => {
    put('a.txt', 'x');
    await run('edit_file', { path: 'a.txt', old_text: 'x', new_text: "$& $1 $' \\n" });
    expect(get('a.txt')).toBe("$& $1 $' \\n");
  });

  it.each([
    ['nope', 'b', 'a.txt: old_text does not occur.'],
    ['aa', 'b', 'a.txt: old_text occurs more than once; give more of its surroundings.'],
    ['b\nc', 'x', 'a.txt: old_text does not occur. The file has CRLF line ends.'],
    ['b', 'b', 'a.txt: old_text and new_text are the same.'],
  ])('refuses to replace %j by %j', async (old_text, new_text, message) => {
    put('a.txt', 'aaab\r\nc');
    await expect(resolve('edit_file', { path: 'a.txt', old_text, new_text })).rejects.toMatchObject({
      code: 'tool.input',
      message,
    });
  });

  it('refuses files that are missing or not UTF-8', async () => {
    put('latin.txt', Buffer.from('Grüße', 'latin1'));
    const edit = (path: string) => resolve('edit_file', { path, old_text: 'Gr', new_text: 'x' });
    await expect(edit('latin.txt')).rejects.toMatchObject({ message: 'latin.txt: not a UTF-8 text file.' });
    await expect(edit('nope')).rejects.toMatchObject({ message: 'nope does not exist.' });
  });

  it('knows by its hashes whether it had happened; a second run never edits twice (TURN-3)', async () => {
    put('a.txt', 'one');
    const input = { path: 'a.txt', old_text: 'one', new_text: 'one and one more' };
    const { bound } = await resolve('edit_file', input);
    const state = () => tool('edit_file').interrupted?.(bound);
    expect(await state()).toBe('untouched');
    await run('edit_file', input);
    expect(await state()).toBe('done');
    put('a.txt', 'changed by somebody');
    expect(await state()).toBe('unknown');
    await expect(run('edit_file', input)).rejects.toMatchObject({ code: 'tool.input' });
  });
});

describe('send_file (TOOL-7)', () => {
  it('is free in the direct chat and asks elsewhere', async () => {
    put('a.txt', 'hello');
    expect(await resolve('send_file', { path: 'a.txt' })).toMatchObject({
      class: 'read',
      outward: false,
      forbidden: null,
    });
    const shared = await resolve('send_file', { path: 'a.txt', caption: 'Here\u200B' }, { direct: false });
    expect(shared).toMatchObject({ class: 'write', outward: true });
    expect(shared.card).toEqual({
      title: 'Send: a.txt',
      body: 'Here\\u200B',
      facts: ['5 bytes', 'to this conversation, which others can read', 'warning: hidden characters, shown as \\u'],
    });
    const result = await run('send_file', { path: './a.txt', caption: 'Here' });
    expect(result).toMatchObject({ text: 'Sent a.txt (5 bytes).', sendFile: { path: 'a.txt', caption: 'Here' } });
    expect(result.sendFile?.sha256).toBe((await resolve('send_file', { path: 'a.txt' })).bound.sha256);
  });

  it('never sends a file, name or caption that holds a stored secret', async () => {
    put('a.txt', `key=${PLANTED}`);
    put('b.bin', Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(PLANTED)]));
    put('u16.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(PLANTED, 'utf16le')]));
    put('ok.txt', 'x');
    for (const input of [
      { path: 'a.txt' },
      { path: 'b.bin' },
      { path: 'u16.txt' },
      { path: 'ok.txt', caption: PLANTED },
    ]) {
      expect((await resolve('send_file', input)).forbidden).toMatch(/holds a stored secret\.$/);
      await expect(run('send_file', input)).rejects.toMatchObject({ code: 'tool.refused' });
    }
  });

  it("says the size where it is over the platform's limit", async () => {
    put('big.zip', '');
    truncateSync(join(root, 'big.zip'), 3_400_000);
    await expect(resolve('send_file', { path: 'big.zip' })).rejects.toMatchObject({
      code: 'channel.too_large',
      message: 'big.zip has 3.4 MB; this platform takes files up to 1 MB.',
    });
    await expect(resolve('send_file', { path: 'nope' })).rejects.toMatchObject({ message: 'nope does not exist.' });
  });
});

describe('the registry', () => {
  it('describes the tools for the model in few tokens (TURN-6)', () => {
    const described = createRegistry([...tools.values()], []).describe();
    expect(described.map(({ name }) => name)).toEqual([
      'read_file',
      'list_files',
      'search_files',
      'write_file',
      'edit_file',
      'send_file',
    ]);
    expect(described[4]?.inputSchema).toEqual({
      type: 'object',
      properties: {
        path: { type: 'string' },
        old_text: { type: 'string', minLength: 1, description: 'must occur exactly once' },
        new_text: { type: 'string' },
      },
      required: ['path', 'old_text', 'new_text'],
      additionalProperties: false,
    });
    expect(JSON.stringify(described)).not.toContain('9007199254740991');
    expect(JSON.stringify(described).length / 4).toBeLessThan(550);
  });

  it('leaves out what is switched off, but knows its name (TOOL-4)', () => {
    const registry = createRegistry([...tools.values()], ['write_file', 'not_built_yet']);
    expect(registry.get('write_file')).toBeNull();
    expect(registry.isOff('write_file')).toBe(true);
    expect(registry.isOff('read_file')).toBe(false);
    expect(registry.get('read_file')?.name).toBe('read_file');
    expect(registry.get('constructor')).toBeNull();
    expect(registry.describe().some(({ name }) => name === 'write_file')).toBe(false);
  });

  it('refuses two tools of one name', () => {
    const one = tool('read_file');
    expect(() => createRegistry([one, one], [])).toThrow(TypeError);
  });
});

import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionDigest } from '../../../src/core/approval.js';
import { createRegistry } from '../../../src/tools/registry.js';
import { FileTools, PLANTED } from '../../support/file-tools.js';

let files: FileTools;

beforeEach(async () => {
  files = await FileTools.open();
});
afterEach(() => files.close());

describe('write_file', () => {
  it('asks with the beginning of a new file (APPR-2)', async () => {
    const action = await files.resolve('write_file', { path: './notes/a.txt', content: 'one\ntwo\n' });
    expect(action).toMatchObject({
      class: 'write',
      grantPattern: 'write_file notes/a.txt',
      repeatable: true,
      outward: false,
    });
    expect(action.bound).toMatchObject({ path: 'notes/a.txt', before: 'absent' });
    expect(action.card).toEqual({ title: 'Write: notes/a.txt', body: 'one\ntwo', facts: ['new file, 2 lines'] });
    expect(readdirSync(files.root)).toEqual([]);
  });

  it('asks with a diff where a file is replaced', async () => {
    files.put('a.txt', 'one\ntwo\nthree\n');
    const { card } = await files.resolve('write_file', { path: 'a.txt', content: 'one\n2\nthree\nfour\n' });
    expect(card.body).toBe('@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four');
    expect(card.facts).toEqual(['replaces 3 lines, +2 −1']);
  });

  it('attaches all of what does not fit, and says so', async () => {
    const content = Array.from({ length: 50 }, (_, index) => `line ${index + 1}\n`).join('');
    const { card } = await files.resolve('write_file', { path: 'notes/a.txt', content });
    expect(card.body.split('\n')).toHaveLength(20);
    expect(card.facts).toEqual(['new file, 50 lines', '20 of 50 lines shown, all of it in the file']);
    expect(card.attachment).toEqual({ name: 'a.txt.diff', text: content });
    const wide = (await files.resolve('write_file', { path: 'w', content: 'x'.repeat(5_000) })).card;
    expect(wide.body).toBe('');
    expect(wide.attachment?.text).toBe(`${'x'.repeat(5_000)}\n`);
  });

  it('shows hidden characters of content and name with a warning', async () => {
    const { card, grantPattern } = await files.resolve('write_file', {
      path: 'a\u202Etxt',
      content: 'if (a\u200B) \n',
    });
    expect(card.title).toBe('Write: "a\\u202Etxt"');
    expect(card.body).toBe('if (a\\u200B)␠');
    expect(card.facts).toEqual(['new file, 1 line', 'warning: 2 hidden characters, shown as \\u']);
    expect(grantPattern).toBe('write_file "a\\u202Etxt"');
  });

  it('binds path, content and what was there before (APPR-3)', async () => {
    const digest = async (input: unknown) => actionDigest(await files.resolve('write_file', input));
    const first = await digest({ path: 'a', content: 'x' });
    expect(await digest({ path: './a', content: 'x' })).toBe(first);
    expect(await digest({ path: 'a', content: 'x ' })).not.toBe(first);
    expect(await digest({ path: 'b', content: 'x' })).not.toBe(first);
    files.put('a', 'somebody else');
    expect(await digest({ path: 'a', content: 'x' })).not.toBe(first);
  });

  it('writes, and knows after a crash whether it had (TURN-3)', async () => {
    files.put('a.txt', 'old');
    const input = { path: 'a.txt', content: 'new' };
    const { bound } = await files.resolve('write_file', input);
    const state = () => files.tool('write_file').interrupted?.(bound);
    expect(await state()).toBe('untouched');
    expect(await files.run('write_file', input)).toMatchObject({ text: 'Wrote a.txt (3 bytes).', isError: false });
    expect(files.get('a.txt')).toBe('new');
    expect(await state()).toBe('done');
    await files.run('write_file', input);
    expect(files.get('a.txt')).toBe('new');
    files.put('a.txt', 'third');
    expect(await state()).toBe('unknown');
    rmSync(join(files.root, 'a.txt'));
    expect(await state()).toBe('unknown');
    const fresh = await files.resolve('write_file', { path: 'n/b.txt', content: 'x' });
    expect(await files.tool('write_file').interrupted?.(fresh.bound)).toBe('untouched');
  });

  it('refuses before it asks what could not be written', async () => {
    mkdirSync(join(files.root, 'd'));
    symlinkSync('d', join(files.root, 'l'));
    const content = 'x';
    await expect(files.resolve('write_file', { path: '../a', content })).rejects.toMatchObject({
      code: 'path.outside',
    });
    await expect(files.resolve('write_file', { path: 'l/a', content })).rejects.toMatchObject({ code: 'path.outside' });
    await expect(files.resolve('write_file', { path: 'd', content })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(files.resolve('write_file', { path: 'd/', content })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(files.resolve('write_file', { path: 'a', content: '\uD800' })).rejects.toMatchObject({
      code: 'tool.input',
    });
    await expect(files.resolve('write_file', { path: 'a', content: 'x'.repeat(10_000_001) })).rejects.toMatchObject({
      message: 'The file would have 10 MB; the limit is 10 MB.',
    });
  });

  it('replaces a binary file after saying that it is one', async () => {
    files.put('a', Buffer.from([0, 1, 2]));
    const { card } = await files.resolve('write_file', { path: 'a', content: 'text\n' });
    expect(card).toMatchObject({ body: 'text', facts: ['replaces a binary file of 3 bytes'] });
  });
});

describe('edit_file', () => {
  it('replaces a passage that occurs once and shows the change', async () => {
    files.put('a.txt', '\uFEFFone\r\ntwo\r\n');
    const input = { path: 'a.txt', old_text: 'two', new_text: '2' };
    const { card, grantPattern } = await files.resolve('edit_file', input);
    expect(card).toMatchObject({
      title: 'Edit: a.txt',
      facts: ['replaces 2 lines, +1 −1', 'warning: 1 hidden character, shown as \\u'],
    });
    expect(card.body).toContain(' \\uFEFFone␍\n-two␍\n+2␍');
    expect(grantPattern).toBe('edit_file a.txt');
    expect(await files.run('edit_file', input)).toMatchObject({ text: 'Edited a.txt (11 bytes).' });
    expect(files.get('a.txt')).toBe('\uFEFFone\r\n2\r\n');
  });

  it('takes the new text literally', async () => {
    files.put('a.txt', 'x');
    await files.run('edit_file', { path: 'a.txt', old_text: 'x', new_text: "$& $1 $' \\n" });
    expect(files.get('a.txt')).toBe("$& $1 $' \\n");
  });

  it.each([
    ['nope', 'b', 'a.txt: old_text does not occur.'],
    ['aa', 'b', 'a.txt: old_text occurs more than once; give more of its surroundings.'],
    ['b\nc', 'x', 'a.txt: old_text does not occur. The file has CRLF line ends.'],
    ['b', 'b', 'a.txt: old_text and new_text are the same.'],
  ])('refuses to replace %j by %j', async (old_text, new_text, message) => {
    files.put('a.txt', 'aaab\r\nc');
    await expect(files.resolve('edit_file', { path: 'a.txt', old_text, new_text })).rejects.toMatchObject({
      code: 'tool.input',
      message,
    });
  });

  it('refuses files that are missing or not UTF-8', async () => {
    files.put('latin.txt', Buffer.from('Grüße', 'latin1'));
    const edit = (path: string) => files.resolve('edit_file', { path, old_text: 'Gr', new_text: 'x' });
    await expect(edit('latin.txt')).rejects.toMatchObject({ message: 'latin.txt: not a UTF-8 text file.' });
    await expect(edit('nope')).rejects.toMatchObject({ message: 'nope does not exist.' });
  });

  it('knows by its hashes whether it had happened; a second run never edits twice (TURN-3)', async () => {
    files.put('a.txt', 'one');
    const input = { path: 'a.txt', old_text: 'one', new_text: 'one and one more' };
    const { bound } = await files.resolve('edit_file', input);
    const state = () => files.tool('edit_file').interrupted?.(bound);
    expect(await state()).toBe('untouched');
    await files.run('edit_file', input);
    expect(await state()).toBe('done');
    files.put('a.txt', 'changed by somebody');
    expect(await state()).toBe('unknown');
    await expect(files.run('edit_file', input)).rejects.toMatchObject({ code: 'tool.input' });
  });
});

describe('send_file (TOOL-7)', () => {
  it('is free in the direct chat and asks elsewhere', async () => {
    files.put('a.txt', 'hello');
    expect(await files.resolve('send_file', { path: 'a.txt' })).toMatchObject({
      class: 'read',
      outward: false,
      forbidden: null,
    });
    const shared = await files.resolve('send_file', { path: 'a.txt', caption: 'Here\u200B' }, { direct: false });
    expect(shared).toMatchObject({ class: 'write', outward: true });
    expect(shared.card).toEqual({
      title: 'Send: a.txt',
      body: 'Here\\u200B',
      facts: ['5 bytes', 'to this conversation, which others can read', 'warning: hidden characters, shown as \\u'],
    });
    const result = await files.run('send_file', { path: './a.txt', caption: 'Here' });
    expect(result).toMatchObject({ text: 'Sent a.txt (5 bytes).', sendFile: { path: 'a.txt', caption: 'Here' } });
    expect(result.sendFile?.sha256).toBe((await files.resolve('send_file', { path: 'a.txt' })).bound.sha256);
  });

  it('never sends a file, name or caption that holds a stored secret', async () => {
    files.put('a.txt', `key=${PLANTED}`);
    files.put('b.bin', Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(PLANTED)]));
    files.put('u16.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(PLANTED, 'utf16le')]));
    files.put('ok.txt', 'x');
    for (const input of [
      { path: 'a.txt' },
      { path: 'b.bin' },
      { path: 'u16.txt' },
      { path: 'ok.txt', caption: PLANTED },
    ]) {
      expect((await files.resolve('send_file', input)).forbidden).toMatch(/holds a stored secret\.$/);
      await expect(files.run('send_file', input)).rejects.toMatchObject({ code: 'tool.refused' });
    }
  });

  it("says the size where it is over the platform's limit", async () => {
    files.put('big.zip', '');
    truncateSync(join(files.root, 'big.zip'), 3_400_000);
    await expect(files.resolve('send_file', { path: 'big.zip' })).rejects.toMatchObject({
      code: 'channel.too_large',
      message: 'big.zip has 3.4 MB; this platform takes files up to 1 MB.',
    });
    await expect(files.resolve('send_file', { path: 'nope' })).rejects.toMatchObject({
      message: 'nope does not exist.',
    });
  });
});

describe('the registry', () => {
  it('describes the tools for the model in few tokens (TURN-6)', () => {
    const described = createRegistry([...files.tools.values()], []).describe();
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
    const registry = createRegistry([...files.tools.values()], ['write_file', 'not_built_yet']);
    expect(registry.get('write_file')).toBeNull();
    expect(registry.isOff('write_file')).toBe(true);
    expect(registry.isOff('read_file')).toBe(false);
    expect(registry.get('read_file')?.name).toBe('read_file');
    expect(registry.get('constructor')).toBeNull();
    expect(registry.describe().some(({ name }) => name === 'write_file')).toBe(false);
  });

  it('refuses two tools of one name', () => {
    const one = files.tool('read_file');
    expect(() => createRegistry([one, one], [])).toThrow(TypeError);
  });
});

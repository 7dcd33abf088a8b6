import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspacePaths, type WorkspacePaths } from '../../../src/guards/paths.js';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const bytes = (value: string) => Buffer.from(value);

describe.each(['descriptors', 'recheck'] as const)('the workspace by %s (TOOL-1)', (pinning) => {
  let base: string;
  let root: string;
  let paths: WorkspacePaths;

  beforeEach(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'paths-')));
    root = join(base, 'workspace');
    mkdirSync(join(base, 'outside'));
    writeFileSync(join(base, 'outside', 'secret.txt'), 'outside');
    paths = await createWorkspacePaths({ root, pinning });
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('makes its root for the owner alone', () => {
    expect(statSync(root).mode & 0o777).toBe(0o700);
    expect(paths.root).toBe(root);
  });

  it('writes, reads, lists, describes and removes', async () => {
    await paths.write('notes/deep/a.txt', bytes('hello'), { id: 'c1' });
    expect(text(await paths.read('./notes//deep/a.txt', 100))).toBe('hello');
    expect(await paths.stat('notes/deep/a.txt')).toMatchObject({ kind: 'file', size: 5 });
    expect(await paths.stat('notes/deep/')).toMatchObject({ kind: 'folder', size: 0 });
    expect(await paths.stat('nothing/here')).toBeNull();
    expect(await paths.list('.', 10)).toMatchObject({
      entries: [{ name: 'notes', kind: 'folder', size: 0 }],
      more: false,
    });
    expect((await paths.list('notes/deep', 10)).entries).toMatchObject([{ name: 'a.txt', kind: 'file', size: 5 }]);
    expect(await paths.remove('notes/deep/a.txt')).toBe(true);
    expect(await paths.remove('notes/deep/a.txt')).toBe(false);
    expect(await paths.remove('nothing/here')).toBe(false);
    await expect(paths.remove('notes')).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('replaces a file in one step, keeps its mode and leaves nothing beside it', async () => {
    writeFileSync(join(root, 'run.sh'), 'old', { mode: 0o750 });
    await paths.write('run.sh', bytes('new'), { id: 'c1' });
    expect(readFileSync(join(root, 'run.sh'), 'utf8')).toBe('new');
    expect(statSync(join(root, 'run.sh')).mode & 0o777).toBe(0o750);
    expect(readdirSync(root)).toEqual(['run.sh']);
  });

  it('clears away what an earlier try with the same id left half-written (TURN-3)', async () => {
    await paths.write('a.txt', bytes('one'), { id: 'c1' });
    const temporary = `.${createHash('sha256').update('c1').digest('hex').slice(0, 32)}.part`;
    writeFileSync(join(root, temporary), 'half', { mode: 0o400 });
    await paths.write('a.txt', bytes('two'), { id: 'c1' });
    expect(readdirSync(root)).toEqual(['a.txt']);
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('two');
  });

  it('does not overwrite where only a new name is wanted', async () => {
    await paths.write('a.txt', bytes('one'), { id: 'c1', onlyNew: true });
    await expect(paths.write('a.txt', bytes('two'), { id: 'c2', onlyNew: true })).rejects.toMatchObject({
      code: 'tool.input',
      message: 'a.txt exists already.',
    });
    expect(readdirSync(root)).toEqual(['a.txt']);
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('one');
  });

  it('does not write through a hard link', async () => {
    linkSync(join(base, 'outside', 'secret.txt'), join(root, 'same.txt'));
    await paths.write('same.txt', bytes('new'), { id: 'c1' });
    expect(readFileSync(join(base, 'outside', 'secret.txt'), 'utf8')).toBe('outside');
  });

  it.each([
    ['/etc/passwd', 'path.outside'],
    ['//etc/passwd', 'path.outside'],
    ['../outside/secret.txt', 'path.outside'],
    ['a/../../outside/secret.txt', 'path.outside'],
    ['a/..', 'path.outside'],
    ['..', 'path.outside'],
    ['', 'tool.input'],
    ['.', 'tool.input'],
    ['a\0b', 'tool.input'],
    ['a\uD800', 'tool.input'],
    [`long/${'x'.repeat(256)}`, 'tool.input'],
    ['a/'.repeat(60), 'tool.input'],
    ['ab/'.repeat(400), 'tool.input'],
  ])('refuses the path %.40j', async (path, code) => {
    expect(() => paths.parse(path)).toThrow(expect.objectContaining({ code }));
    await expect(paths.read(path, 10)).rejects.toMatchObject({ code });
    await expect(paths.stat(path)).rejects.toMatchObject({ code });
    await expect(paths.write(path, bytes('x'), { id: 'c' })).rejects.toMatchObject({ code });
    await expect(paths.remove(path)).rejects.toMatchObject({ code });
    if (path !== '.') await expect(paths.list(path, 10)).rejects.toMatchObject({ code });
  });

  it.each(['$(id)', '-rf', "'; DROP TABLE files", 'a\nb', 'exe\u202Etxt', '~', 'a\\b', '%2e%2e', '...', '*'])(
    'takes %j as a plain name (TOOL-5)',
    async (name) => {
      await paths.write(`d/${name}`, bytes('x'), { id: 'c' });
      expect(text(await paths.read(`d/${name}`, 10))).toBe('x');
      expect(readdirSync(join(root, 'd'))).toEqual([name]);
    },
  );

  it('follows a link for reading as long as it stays inside', async () => {
    mkdirSync(join(root, 'real/sub'), { recursive: true });
    writeFileSync(join(root, 'real/sub/a.txt'), 'inside');
    symlinkSync('real/sub', join(root, 'relative'));
    symlinkSync(join(root, 'real'), join(root, 'absolute'));
    symlinkSync('../sub/../sub/a.txt', join(root, 'real/sub/back.txt'));
    symlinkSync('..', join(root, 'real/up'));
    for (const path of ['relative/a.txt', 'absolute/sub/a.txt', 'relative/back.txt', 'absolute/up/real/sub/a.txt']) {
      expect(text(await paths.read(path, 100))).toBe('inside');
    }
    expect((await paths.list('relative', 10)).entries).toContainEqual(
      expect.objectContaining({ name: 'back.txt', kind: 'link', size: 0 }),
    );
    expect(await paths.stat('real/up')).toMatchObject({ kind: 'folder', size: 0 });
    await expect(paths.read('real/up', 10)).rejects.toMatchObject({ code: 'tool.input' });
  });

  it('refuses every link that leads out, dangles in a circle or is written through', async () => {
    symlinkSync(join(base, 'outside'), join(root, 'out'));
    symlinkSync('../outside/secret.txt', join(root, 'secret'));
    symlinkSync('loop2', join(root, 'loop1'));
    symlinkSync('loop1', join(root, 'loop2'));
    symlinkSync(`${root}2`, join(root, 'prefix'));
    symlinkSync('/proc/self/root/etc/passwd', join(root, 'magic'));
    mkdirSync(join(root, 'real'));
    symlinkSync('real', join(root, 'inside'));
    for (const path of ['out/secret.txt', 'secret', 'loop1', 'prefix', 'magic', 'out']) {
      await expect(paths.read(path, 100)).rejects.toMatchObject({ code: 'path.outside' });
      await expect(paths.stat(path)).rejects.toMatchObject({ code: 'path.outside' });
    }
    await expect(paths.list('out', 10)).rejects.toMatchObject({ code: 'path.outside' });
    for (const path of ['out/new.txt', 'inside/new.txt', 'out/deep/new.txt']) {
      await expect(paths.write(path, bytes('x'), { id: 'c' })).rejects.toMatchObject({ code: 'path.outside' });
      await expect(paths.remove(path)).rejects.toMatchObject({ code: 'path.outside' });
    }
    await expect(paths.write('secret', bytes('x'), { id: 'c' })).rejects.toMatchObject({ code: 'path.outside' });
    expect(readdirSync(join(base, 'outside'))).toEqual(['secret.txt']);
    expect(readFileSync(join(base, 'outside/secret.txt'), 'utf8')).toBe('outside');
    expect(await paths.remove('secret')).toBe(true);
    expect(readFileSync(join(base, 'outside/secret.txt'), 'utf8')).toBe('outside');
  });

  it('refuses pipes, sockets and devices without waiting for them', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    for (const path of ['pipe', 'socket']) {
      const why = { code: 'tool.input', message: `${path} is a device, pipe or socket, not a regular file.` };
      await expect(paths.read(path, 10)).rejects.toMatchObject(why);
      await expect(paths.write(path, bytes('x'), { id: 'c' })).rejects.toMatchObject(why);
      expect(await paths.stat(path)).toMatchObject({ kind: 'other', size: 0 });
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('says the size of what is too large, and bounds a listing', async () => {
    writeFileSync(join(root, 'big.bin'), '');
    truncateSync(join(root, 'big.bin'), 40_000_000);
    await expect(paths.read('big.bin', 10_000_000)).rejects.toMatchObject({
      code: 'tool.input',
      message: 'big.bin has 40 MB; the limit here is 10 MB.',
    });
    for (let index = 0; index < 5; index += 1) writeFileSync(join(root, `f${index}`), '');
    const listing = await paths.list('.', 3);
    expect(listing.entries).toHaveLength(3);
    expect(listing.more).toBe(true);
    expect((await paths.list('.', 6)).more).toBe(false);
  });

  it('says what is missing, what is a folder and what the system does not allow', async () => {
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'f'), 'x');
    await expect(paths.read('nope.txt', 10)).rejects.toMatchObject({ message: 'nope.txt does not exist.' });
    await expect(paths.read('no/pe.txt', 10)).rejects.toMatchObject({ message: 'no/pe.txt does not exist.' });
    await expect(paths.read('d', 10)).rejects.toMatchObject({ message: 'd is a folder, not a regular file.' });
    await expect(paths.write('d', bytes('x'), { id: 'c' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(paths.write('new/', bytes('x'), { id: 'c' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(paths.read('f/a', 10)).rejects.toMatchObject({ message: 'f in f/a is not a folder.' });
    await expect(paths.write('f/a', bytes('x'), { id: 'c' })).rejects.toMatchObject({ code: 'tool.input' });
    await expect(paths.list('nope', 10)).rejects.toMatchObject({ message: 'nope does not exist.' });
  });

  it('leaves no descriptor open', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    await paths.write('a/b/c.txt', bytes('x'), { id: 'c' });
    const before = open();
    for (let index = 0; index < 20; index += 1) {
      await paths.read('a/b/c.txt', 10);
      await paths.read('a/b/c.txt', 0).catch(() => null);
      await paths.list('a/b', 1);
      await paths.write('a/b/c.txt', bytes('x'), { id: 'c' });
      await paths.write('a/b/c.txt', bytes('x'), { id: 'c', onlyNew: true }).catch(() => null);
    }
    expect(open()).toBe(before);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspacePaths, type WorkspacePaths } from '../../src/guards/paths.js';

/** Runs in a process of its own: swaps a folder and a file with links to the outside as fast as it can. */
const FLIPPER = `
const fs = require('node:fs');
const [root, outside] = process.argv.slice(1);
const at = (name) => root + '/' + name;
process.stdout.write('flipping');
for (let round = 0; ; round += 1) {
  try {
    fs.renameSync(at('dir'), at('kept'));
    fs.symlinkSync(outside, at('dir'));
    fs.unlinkSync(at('dir'));
    fs.renameSync(at('kept'), at('dir'));
    fs.symlinkSync(outside + '/secret.txt', at('link' + round));
    fs.renameSync(at('link' + round), at('file.txt'));
    fs.writeFileSync(at('plain'), 'inside');
    fs.renameSync(at('plain'), at('file.txt'));
  } catch {
    // The other side made a folder in between: put everything back as well as possible and go on.
    try {
      fs.rmSync(at('dir'), { force: true, recursive: true });
      fs.mkdirSync(at('kept'), { recursive: true });
      fs.writeFileSync(at('kept/secret.txt'), 'inside');
      fs.renameSync(at('kept'), at('dir'));
    } catch {}
  }
}`;

let base: string;
let root: string;
let outside: string;

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'traversal-')));
  root = join(base, 'workspace');
  outside = join(base, 'outside');
  mkdirSync(join(root, 'dir'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.txt'), 'OUTSIDE');
  writeFileSync(join(root, 'dir/secret.txt'), 'inside');
  writeFileSync(join(root, 'file.txt'), 'inside');
});
afterEach(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));

describe('path traversal (TOOL-1)', () => {
  let paths: WorkspacePaths;
  beforeEach(async () => {
    paths = await createWorkspacePaths({ root });
  });

  it('no spelling of a path reads or writes outside', async () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      'dir',
      'outside',
      'secret.txt',
      '..\\',
      '%2e%2e',
      '．．',
      '..;',
      '\0',
      '~',
      '/',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.boolean(), async (parts, absolute) => {
        const path = `${absolute ? base : ''}${absolute ? '/' : ''}${parts.join('/')}`;
        const read = await paths.read(path, 1_000).catch(() => null);
        if (read !== null) expect(Buffer.from(read).toString()).not.toBe('OUTSIDE');
        const wrote = await paths.write(path, Buffer.from('inside'), { id: 'p' }).then(
          () => true,
          () => false,
        );
        if (wrote) expect(paths.parse(path).split('/')).not.toContain('..');
        expect(readdirSync(outside)).toEqual(['secret.txt']);
        expect(readdirSync(base).sort()).toEqual(['outside', 'workspace']);
      }),
      { numRuns: 300 },
    );
    expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe('OUTSIDE');
  });

  it('what `parse` lets through is relative, and parsing it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (path) => {
        let parsed: string;
        try {
          parsed = paths.parse(path);
        } catch {
          return;
        }
        expect(paths.parse(parsed)).toBe(parsed);
        expect(parsed.startsWith('/')).toBe(false);
        expect(parsed.split('/').some((name) => name === '..' || name === '.' || name === '')).toBe(false);
      }),
    );
  });

  it('2,000 reads and writes while links are swapped underneath touch nothing outside', async () => {
    const flipper = await startFlipper();
    let inside = 0;
    let refused = 0;
    for (let index = 0; index < 500; index += 1) {
      const results = await Promise.allSettled([
        paths.read('dir/secret.txt', 1_000),
        paths.read('file.txt', 1_000),
        paths.write('dir/new.txt', Buffer.from('written'), { id: `a${index}` }),
        paths.write(index % 2 === 0 ? 'file.txt' : 'dir/deep/new.txt', Buffer.from('inside'), { id: `b${index}` }),
      ]);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(['path.outside', 'tool.input', 'tool.failed']).toContain(result.reason.code);
          refused += 1;
        } else {
          if (result.value) expect(Buffer.from(result.value).toString()).not.toContain('OUTSIDE');
          inside += 1;
        }
      }
    }
    expect(flipper.exitCode).toBeNull();
    await stop(flipper);
    expect(readdirSync(outside)).toEqual(['secret.txt']);
    expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe('OUTSIDE');
    // Both happened, or the race was no race.
    expect(inside).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  }, 60_000);
});

async function startFlipper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', FLIPPER, root, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

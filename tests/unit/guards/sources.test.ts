import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SOURCES } from '../../../src/guards/sources.js';

it('is one table in code and in SECURITY.md (GUARD-11)', () => {
  const word = (value: boolean) => (value ? 'yes' : 'no');
  const rows = Object.entries(SOURCES).map(
    ([tool, { wrapped, scanned }]) => `| \`${tool}\` | ${word(wrapped)} | ${word(scanned)} |`,
  );
  const written = readFileSync('SECURITY.md', 'utf8').match(/^\| `\w+` \| (yes|no) \| (yes|no) \|$/gm);
  expect(written).toEqual(rows);
});

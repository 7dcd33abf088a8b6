import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The page's script runs in a browser, whose CSPRNG has this name. */
const IN_A_BROWSER = 'src/web/form-script.ts';
const OTHER_SOURCES = /Math\.random|randomUUID|getRandomValues|randomInt\b|randomFill|pseudoRandomBytes/;
/** Two values of such a name compared by `===`; a comparison with a literal tells no secret. */
const PLAIN_COMPARISON =
  /\b[\w.]*(token|mac|password|secret|signature)\w*(\(\))?\s*[!=]==\s*(?!(null|undefined|true|false|typeof)\b)[a-z]\w*/i;

function sources(): readonly string[] {
  return ['src', 'adapters'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
}

function linesWith(pattern: RegExp, except: readonly string[] = []): readonly string[] {
  return sources()
    .filter((file) => !except.includes(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
}

it('randomness comes from crypto.randomBytes in src/system.ts and from nowhere else (VAULT-6)', () => {
  expect(sources().length).toBeGreaterThan(20);
  expect(linesWith(OTHER_SOURCES, [IN_A_BROWSER])).toEqual([]);
  expect(linesWith(/import .*\brandomBytes\b.*crypto/)).toEqual([
    "src/system.ts: import { randomBytes } from 'node:crypto';",
  ]);
});

it('tokens, MACs and secrets are compared by timingSafeEqual (VAULT-6)', () => {
  expect(PLAIN_COMPARISON.test('if (token === expected) return')).toBe(true);
  expect(PLAIN_COMPARISON.test('if (row.mac !== computed) return')).toBe(true);
  expect(PLAIN_COMPARISON.test('if (token === undefined) return')).toBe(false);
  expect(linesWith(PLAIN_COMPARISON)).toEqual([]);
});

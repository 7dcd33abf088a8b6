import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GENERATED } from '../scripts/generate-docs.js';
import { VARIABLES } from '../src/config.js';
import { ERROR_CODES } from '../src/core/errors.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`);
}

const files = ['src', 'adapters', 'tests', 'scripts', 'docs'].flatMap(filesUnder);
const docs = [...readdirSync(ROOT), ...files].filter((path) => path.endsWith('.md')).sort();
const scripts = new Set(Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts));
const ROW =
  /\b(START|CONF|CHAN|OWN|TURN|MODEL|TOOL|APPR|VAULT|SECRET|PASTE|GUARD|CONT|NET|BOX|WEB|PAGE|ASSIST|DEV)-\d+\b/g;
const CODE = new RegExp(
  `\`((?:${[...new Set(ERROR_CODES.map((code) => code.split('.')[0]))].join('|')})\\.[a-z_]+)\``,
  'g',
);
const FILE_ENDINGS = /\.(ts|md|json|sqlite|yaml|yml|js|sock|log)$/;
const PREFIXES = [...new Set(Object.keys(VARIABLES).map((name) => name.split('_')[0]))].join('|');
const VARIABLE = new RegExp(`\\b(?:${PREFIXES})_[A-Z0-9_]*[A-Z0-9]\\b`, 'g');
/** Kept in HOME/.env by the vault while it rotates: nobody configures it. */
const INTERNAL = ['SENESCHAL_VAULT_KEY_NEXT'];

const rows = new Set(
  files
    .filter((path) => /^tests\/.*\.ts$|\.test\.ts$/.test(path) && path !== 'tests/docs.test.ts')
    .flatMap((path) => read(path).match(ROW) ?? []),
);

/** Everything that a document names and that is not there, one line each. */
function faults(document: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
  const linked = links.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
  const named = [...text.matchAll(/(?<![\w/.~:}-])((?:src|adapters|tests|scripts|docs|\.ci)\/[\w./-]*[\w/])([*<{]?)/g)]
    .map(([, path = '', placeholder]) => (placeholder ? dirname(`${path}x`) : path))
    // A pattern (`*`, `<…>`) or NAME stands for whatever is there: the folder before it must exist.
    .map((path) => path.replace(/\/NAME\b.*$/, ''))
    .filter((path) => !existsSync(join(ROOT, path)));
  const sources = [...text.matchAll(/`([\w.-]+\.(?:ts|mjs|cjs))`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !existsSync(join(ROOT, name)) && !files.some((path) => path.endsWith(`/${name}`)));
  const commands = [...text.matchAll(/\bnpm run ([\w:-]+)/g)]
    .filter(([, script = '']) => !scripts.has(script))
    .map(([whole]) => whole);
  const codes = [...text.matchAll(CODE)]
    .map(([, code = '']) => code)
    .filter((code) => !FILE_ENDINGS.test(code) && !ERROR_CODES.some((known) => known === code));
  const variables = (text.match(VARIABLE) ?? []).filter(
    (name) => !(name in VARIABLES) && !(name.replace(/_FILE$/, '') in VARIABLES) && !INTERNAL.includes(name),
  );
  const ids = (text.match(ROW) ?? []).filter((id) => !rows.has(id));
  return [
    ...[...new Set([...linked, ...named, ...sources])].map((path) => `${document}: no file ${path}`),
    ...commands.map((command) => `${document}: no script ${command}`),
    ...codes.map((code) => `${document}: no error code ${code}`),
    ...variables.map((name) => `${document}: no variable ${name}`),
    ...ids.map((id) => `${document}: no test names ${id}`),
  ];
}

describe('documents', () => {
  it.each(docs)('%s names only paths, scripts, codes, variables and rows that exist', (document) => {
    expect(faults(document, read(document))).toEqual([]);
  });

  it('finds each kind of fault', () => {
    const wrong = [
      '[there](docs/gone.md) and `src/gone.ts`, `gone.mjs`; `npm run gone`; `vault.gone`; `SENESCHAL_GONE`; NET-999',
      'but [here](docs/errors.md), `src/core/errors.ts`, `errors.ts`, `npm run check`, `npm start`, `vault.key` and',
      '`SENESCHAL_HOME_FILE` are there, and `adapters/*/README.md` is a pattern.',
    ].join('\n');
    expect(faults('README.md', wrong).map((fault) => fault.replace('README.md: ', ''))).toEqual([
      'no file docs/gone.md',
      'no file src/gone.ts',
      'no file gone.mjs',
      'no script npm run gone',
      'no error code vault.gone',
      'no variable SENESCHAL_GONE',
      'no test names NET-999',
    ]);
  });

  it('describes every error code once, and no other', () => {
    const described = [...read('docs/errors.md').matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, code]) => code);
    expect(described.sort()).toEqual([...ERROR_CODES].sort());
  });

  it.each(Object.entries(GENERATED))('%s is what the configuration table says (CONF-2)', (path, content) => {
    expect(read(path)).toBe(content);
  });

  it('keeps the README to 150 lines', () => {
    expect(existsSync(join(ROOT, 'README.md')) ? read('README.md').split('\n').length - 1 : 0).toBeLessThanOrEqual(150);
  });
});

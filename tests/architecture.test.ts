import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** Runs dependency-cruiser as the gate does, over another tree where one is given. */
function cruise(folder: string): Cruise {
  const args = ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src', 'adapters'];
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  return JSON.parse(
    execFileSync(process.execPath, [program, ...args], { cwd: folder, maxBuffer: 100_000_000 }).toString(),
  );
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.(ts|mjs)$/.test(path))
    .sort();
}

const product = [...filesUnder('src'), ...filesUnder('adapters')].filter((path) => !path.endsWith('.test.ts'));
const written = [...filesUnder('src'), ...filesUnder('adapters'), ...filesUnder('tests'), ...filesUnder('scripts')];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const planted = mkdtempSync(join(tmpdir(), 'seneschal-rooms-'));
afterAll(() => rmSync(planted, { recursive: true, force: true }));

/** Writes a small tree: path → the modules it imports. main.ts imports all of them, so that none is an orphan. */
function plant(name: string, files: Readonly<Record<string, readonly string[]>>): string {
  const folder = join(planted, name);
  for (const [path, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const lines = imports.map((target, index) => `import * as m${index} from '${target}';\nvoid m${index};\n`);
    writeFileSync(join(folder, path), `${lines.join('')}export const here = '${path}';\n`);
  }
  mkdirSync(join(folder, 'adapters'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('rooms', () => {
  it('keeps the import rule over all of the product, and has read it', () => {
    const { modules, summary } = cruise(ROOT);
    const seen = new Set(modules.map((module) => module.source));
    expect(product.length).toBeGreaterThan(100);
    expect(product.filter((path) => !seen.has(path))).toEqual([]);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  it('finds every planted breach', () => {
    const folder = plant('breaches', {
      'src/main.ts': ['./config.js', './cli.js'],
      'src/config.ts': [],
      'src/cli.ts': ['../adapters/slack/index.js'],
      'src/app.ts': ['../adapters/slack/adapter.js'],
      'src/core/a.ts': ['../store/a.js', 'zod', 'node:fs', '../guards/redact.js'],
      'src/store/a.ts': ['../vault/a.js', '../guards/redact.js'],
      'src/vault/a.ts': ['../policy/a.js'],
      'src/policy/a.ts': ['../model/a.js', '../config.js'],
      'src/model/a.ts': ['better-sqlite3'],
      'src/tools/a.ts': ['../agent/a.js'],
      'src/agent/a.ts': ['../gateway/a.js', 'knip'],
      'src/gateway/a.ts': ['../web/a.js', './b.js'],
      'src/gateway/b.ts': ['./a.js'],
      'src/web/a.ts': ['../elsewhere/a.js', './gone.js'],
      'src/elsewhere/a.ts': [],
      'src/guards/redact.ts': [],
      'src/guards/alone.ts': [],
      'adapters/slack/index.ts': ['../discord/index.js', '../../src/gateway/a.js', './adapter.js'],
      'adapters/slack/adapter.ts': ['discord.js'],
      'adapters/discord/index.ts': ['../../src/core/a.js'],
    });
    const found = cruise(folder).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
    const breaches = [
      'room-core: src/core/a.ts → src/store/a.ts',
      'room-core: src/core/a.ts → src/guards/redact.ts',
      'core-pure: src/core/a.ts → fs',
      'room-store: src/store/a.ts → src/vault/a.ts',
      'room-vault: src/vault/a.ts → src/policy/a.ts',
      'room-policy: src/policy/a.ts → src/model/a.ts',
      'room-policy: src/policy/a.ts → src/config.ts',
      'room-tools: src/tools/a.ts → src/agent/a.ts',
      'room-agent: src/agent/a.ts → src/gateway/a.ts',
      'room-gateway: src/gateway/a.ts → src/web/a.ts',
      'room-unknown: src/web/a.ts → src/elsewhere/a.ts',
      'no-unresolved: src/web/a.ts → ./gone.js',
      'no-orphan: src/guards/alone.ts → src/guards/alone.ts',
      'adapter-alone: adapters/slack/index.ts → adapters/discord/index.ts',
      'adapter-alone: adapters/slack/index.ts → src/gateway/a.ts',
      'adapters-by-composition: src/cli.ts → adapters/slack/index.ts',
      'adapters-by-index: src/app.ts → adapters/slack/adapter.ts',
    ];
    expect(breaches.filter((breach) => !found.includes(breach))).toEqual([]);
    expect(found.some((breach) => breach.startsWith('no-cycle: src/gateway/'))).toBe(true);
    for (const rule of ['library-zod', 'library-better-sqlite3', 'library-discord.js', 'library-unlisted']) {
      expect(found.filter((breach) => breach.startsWith(`${rule}: `))).toHaveLength(1);
    }
    expect(found).not.toContain('room-store: src/store/a.ts → src/guards/redact.ts');
  });
});

describe('size', () => {
  const lines = (path: string) => read(path).split('\n').length - 1;

  it('keeps files small: median at most 120 lines, nine of ten at most 300', () => {
    const sorted = product.map(lines).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
    expect(at(0.5)).toBeLessThanOrEqual(120);
    expect(at(0.9)).toBeLessThanOrEqual(300);
  });

  it('has no file over 400 lines', () => {
    // Fixtures are tables of samples: data, one line each.
    const code = written.filter((path) => !path.startsWith('tests/fixtures/'));
    expect(code.filter((path) => lines(path) > 400)).toEqual([]);
  });
});

const PLATFORMS = readdirSync(join(ROOT, 'adapters'));

/** What may not stand in the product, and the few places that may hold it, by name. */
const FORBIDDEN: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: Readonly<Record<string, string>>;
}[] = [
  {
    what: 'a clock of its own',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.(hrtime|uptime)\b/,
    allowed: { 'src/system.ts': 'the System that is handed to everybody' },
  },
  {
    what: 'a timer of its own',
    pattern: /\bset(Timeout|Interval|Immediate)\b|\btimers\/promises\b|\bAbortSignal\.timeout\b/,
    allowed: {
      'src/system.ts': 'the System that is handed to everybody',
      'src/tools/worker/child.ts': "the text of a child's program, which ends itself",
    },
  },
  {
    what: 'randomness of its own (VAULT-6)',
    pattern:
      /\bMath\.random\b|\brandomUUID\b|\brandomInt\b|\brandomFill(Sync)?\b|\bgetRandomValues\b|\bwebcrypto\b|import .*\brandomBytes\b/,
    allowed: {
      'src/system.ts': 'crypto.randomBytes, for everybody',
      'src/web/form-script.ts': "the page's own program, in the owner's browser",
    },
  },
  {
    what: 'the environment',
    pattern: /\bprocess\.env\b/,
    allowed: { 'src/main.ts': 'reads it once, checks it and hands it on' },
  },
  { what: 'module state that can change', pattern: /^(export )?(let|var) /, allowed: {} },
  {
    what: 'words that are called guarded without a guard (PASTE-6)',
    pattern: /\bas (unknown as )?GuardedEvent\b/,
    allowed: {
      'src/gateway/paste.ts': 'the paste guard, which every inlet passes',
      'src/store/events.ts': 'reads back what was stored guarded',
    },
  },
  {
    what: 'a platform told by its name',
    pattern: new RegExp(`([=!]== ?|case )'(${PLATFORMS.join('|')})'`),
    allowed: {},
  },
  {
    what: 'a suppressed check',
    pattern: /@ts-(ignore|expect-error|nocheck)|biome-ignore|\bas any\b|: any\b/,
    allowed: {},
  },
];

const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line);

const hits = (path: string, pattern: RegExp): readonly string[] =>
  read(path)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) && !isComment(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));

describe('habits', () => {
  for (const { what, pattern, allowed } of FORBIDDEN) {
    it(`has nowhere ${what}`, () => {
      expect(product.filter((path) => !(path in allowed)).flatMap((path) => hits(path, pattern))).toEqual([]);
      expect(Object.keys(allowed).filter((path) => hits(path, pattern).length === 0)).toEqual([]);
    });
  }

  it('compares no token, code, MAC or secret by === (VAULT-6)', () => {
    const comparison = /([\w.?[\]]+) [=!]==? ([\w.?[\]'"`-]+)/g;
    const isSecret = (side = '') =>
      !isPlain(side) && /(token|secret|mac|code|password|phrase|signature)(hash)?$/i.test(side);
    // A literal, nothing, or a constant (an error's code): no secret stands in the source.
    const isPlain = (side = '') => /^(null|undefined|true|false|['"`\d-]|[A-Z])/.test(side);
    const compares = (line: string) =>
      [...line.matchAll(comparison)].some(
        ([, left, right]) => (isSecret(left) && !isPlain(right)) || (isSecret(right) && !isPlain(left)),
      );
    expect(['if (given.token === wanted) {', 'return wanted !== row.macHash;'].every(compares)).toBe(true);
    expect(product.flatMap((path) => hits(path, / [=!]==? /)).filter(compares)).toEqual([]);
  });

  it('writes SQL in the store only', () => {
    const sql = /\b(SELECT\s.+\sFROM|INSERT (OR \w+ )?INTO|UPDATE\s\w+\sSET|DELETE FROM|CREATE TABLE)\b/;
    const outside = product.filter((path) => !path.startsWith('src/store/'));
    expect(outside.flatMap((path) => hits(path, sql))).toEqual([]);
    expect(product.flatMap((path) => hits(path, sql)).length).toBeGreaterThan(0);
  });

  it('mocks no module and leaves no test marked', () => {
    const marks = /\bvi\.(mock|doMock|stubGlobal)\(|\b(it|test|describe)\.(only|todo|skip)\(/;
    const tests = written.filter((path) => path.endsWith('.test.ts') && path !== 'tests/architecture.test.ts');
    expect(tests.flatMap((path) => hits(path, marks))).toEqual([]);
  });
});

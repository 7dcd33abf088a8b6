/**
 * The one gate. Runs each step in order, prints one line for it, and stops at the first that fails with all of that
 * step's output. `--install` first installs what is missing (`npm test`); `--report=FILE` keeps vitest's JSON report.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { install, main, ROOT, requireNode } from './prepare.mjs';
import { readReport } from './report.mjs';

const kept = process.argv.find((argument) => argument.startsWith('--report='))?.slice('--report='.length);

const scratch = mkdtempSync(join(tmpdir(), 'seneschal-check-'));
const report = kept ? resolve(kept) : join(scratch, 'vitest.json');
const bin = (/** @type {string} */ path) => [process.execPath, join(ROOT, 'node_modules', path)];

/** @type {ReadonlyArray<readonly [string, string[]]>} */
const STEPS = [
  ['biome', [...bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']],
  ['tsc', [...bin('typescript/bin/tsc'), '-p', 'tsconfig.check.json']],
  ['knip', bin('knip/bin/knip.js')],
  // Once more without tests as users: a file or package that only tests need is no part of the product.
  ['knip, product', [...bin('knip/bin/knip.js'), '--production', '--include', 'files,dependencies,unlisted']],
  [
    'dependency-cruiser',
    [
      ...bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
      'src',
      'adapters',
    ],
  ],
  ['docs', [...bin('tsx/dist/cli.mjs'), 'scripts/generate-docs.ts', '--check']],
  [
    'vitest',
    [...bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ],
];

if (process.argv.includes('--install')) await main(install);
else await main(async () => requireNode());
try {
  process.exitCode = await check();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function check() {
  for (const [name, command] of STEPS) {
    process.stdout.write(`${name} … `);
    const { code, output, seconds } = await run(command);
    if (code !== 0) {
      process.stdout.write(`failed after ${seconds} s\n${output}\n${name} failed; the steps after it were not run\n`);
      return 1;
    }
    process.stdout.write(`ok, ${seconds} s\n`);
  }
  const { passed, leftOut } = readReport(report);
  for (const title of leftOut) process.stdout.write(`left out: ${title}\n`);
  process.stdout.write(`${passed} tests passed, ${leftOut.length} left out\n`);
  return 0;
}

/**
 * @param {string[]} command
 * @returns {Promise<{ code: number, output: string, seconds: string }>}
 */
function run([program = '', ...args]) {
  const begun = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', fail);
    child.on('close', (code) =>
      done({ code: code ?? 1, output, seconds: ((performance.now() - begun) / 1000).toFixed(1) }),
    );
  });
}

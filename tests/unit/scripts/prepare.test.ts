import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrepareError, requireNode } from '../../../scripts/prepare.mjs';
import { readReport } from '../../../scripts/report.mjs';

const clone = mkdtempSync(join(tmpdir(), 'seneschal-clone-'));

const PROGRAM = `
process.on('SIGTERM', () => process.exit(7));
console.log(JSON.stringify({ msg: 'ready', argv: process.argv.slice(2), pid: process.pid }));
setInterval(() => undefined, 1_000);
`;

/** A clone whose product is a stand-in that says what it was given. */
beforeAll(() => {
  for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts']) {
    cpSync(path, join(clone, path), { recursive: true });
  }
  mkdirSync(join(clone, 'src'));
  mkdirSync(join(clone, 'adapters'));
  writeFileSync(join(clone, 'src/main.ts'), PROGRAM);
  symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly pid: number | undefined;
}

/** Runs `command` in the clone; once it has said something on standard output, ends it with SIGTERM. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: clone, env });
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes('ready')) child.kill('SIGTERM');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code, pid: child.pid }));
  });
}

const start = (...args: string[]) => run(process.execPath, ['scripts/start.mjs', ...args]);

describe('npm start', () => {
  it('builds, becomes the product in the same process, and keeps standard output for it (START-1)', async () => {
    const first = await start('--help');
    expect(first.stderr).toBe('seneschal: building\n');
    expect(JSON.parse(first.stdout)).toEqual({ msg: 'ready', argv: ['start', '--help'], pid: first.pid });
    expect(first.code).toBe(7);
  });

  it('does nothing twice, and builds again when a source changed', async () => {
    expect((await start()).stderr).toBe('');
    writeFileSync(join(clone, 'src/main.ts'), `${PROGRAM}// changed\n`);
    expect((await start()).stderr).toBe('seneschal: building\n');
  });

  it('hands signals and exit codes through npm (START-7)', async () => {
    const { stdout, code } = await run('npm', ['start', '--', '--json']);
    expect(stdout).toContain('"argv":["start","--json"]');
    expect(code).toBe(7);
  });

  it('keeps the last good build when a source does not compile', async () => {
    writeFileSync(join(clone, 'src/main.ts'), `${PROGRAM}const n: number = 'text';\n`);
    const { stderr, code } = await start();
    expect(code).toBe(1);
    expect(stderr).toContain('src/main.ts');
    expect(stderr).toMatch(/seneschal: The build failed; the compiler says why above\.\n$/);
    writeFileSync(join(clone, 'src/main.ts'), PROGRAM);
    expect((await start()).code).toBe(7);
  });

  it('says what is missing where npm is missing', async () => {
    rmSync(join(clone, 'node_modules'));
    mkdirSync(join(clone, 'node_modules'));
    const { stderr, code } = await run(process.execPath, ['scripts/start.mjs'], { PATH: '' });
    expect(stderr).toContain('seneschal: npm is not installed. It comes with Node');
    expect(code).toBe(1);
  });

  it('says that the registry cannot be reached, also under npm --silent', async () => {
    rmSync(join(clone, 'node_modules'), { recursive: true, force: true });
    const env = {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
      npm_config_cache: join(clone, 'cache'),
      npm_config_loglevel: 'silent',
    };
    const { stderr, stdout, code } = await run(process.execPath, ['scripts/start.mjs'], env);
    expect(stderr).toContain('seneschal: installing packages');
    expect(stderr).toMatch(/seneschal: The package registry cannot be reached\./);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('refuses a Node that is too old, and says which is new enough', () => {
    expect(() => requireNode('18.20.4')).toThrow(PrepareError);
    expect(() => requireNode('20.18.3')).toThrow('Node 20.18.3 is too old. Install Node 20.19 or newer');
    expect(() => requireNode('20.19.0')).not.toThrow();
    expect(() => requireNode('24.1.0')).not.toThrow();
  });
});

describe('the report of CI', () => {
  const file = join(clone, 'report.json');
  const report = (tests: readonly { status: string; fullName: string }[], status = 'passed') =>
    writeFileSync(
      file,
      JSON.stringify({ testResults: [{ name: join(process.cwd(), 'a.test.ts'), status, assertionResults: tests }] }),
    );
  const lastLine = (code: string) => {
    try {
      return execFileSync(process.execPath, ['scripts/report.mjs', file, code]).toString();
    } catch (error) {
      return (error as { stdout: Buffer }).stdout.toString();
    }
  };

  it('counts tests, a file that broke, and a step that failed (START-2)', () => {
    report([{ status: 'passed', fullName: 'a' }]);
    expect(lastLine('0')).toBe('1 passed, 0 failed\n');
    expect(lastLine('1')).toBe('1 passed, 1 failed\n');
    report([], 'failed');
    expect(lastLine('1')).toBe('0 passed, 1 failed\n');
  });

  it('fails where a browser test was left out, and names what was left out', () => {
    report([
      { status: 'passed', fullName: 'a' },
      { status: 'skipped', fullName: 'the form in a browser' },
      { status: 'skipped', fullName: 'the sandbox' },
    ]);
    expect(readReport(file).leftOut).toEqual(['a.test.ts › the form in a browser', 'a.test.ts › the sandbox']);
    expect(lastLine('0')).toBe('a browser test was left out: a.test.ts › the form in a browser\n1 passed, 1 failed\n');
  });
});

describe("the image's health check", () => {
  it('exits 0 for 200 and 1 for anything else (BOX-1)', async () => {
    const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], { algorithm: 'sha256' });
    let status = 200;
    const server = createServer({ key: pems.private, cert: pems.cert }, (_request, response) => {
      response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (to: number) => run(process.execPath, ['scripts/health.mjs', `https://127.0.0.1:${to}/health`]);
    expect((await ask(port)).code).toBe(0);
    status = 503;
    expect((await ask(port)).code).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect((await ask(port)).code).toBe(1);
  });
});

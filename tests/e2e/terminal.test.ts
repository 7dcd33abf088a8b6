import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { FakeScreen } from '../fakes/terminal/screen.js';
import { eventually, temporaryHome } from '../support/gateway.js';
import { call } from '../support/platform-rig.js';

const RELAY = fileURLToPath(new URL('../fakes/terminal/relay.py', import.meta.url));
const MAIN = resolve('dist/src/main.js');
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const title = hasPython ? '' : ' [left out: no python3 to make a pseudo-terminal]';

const home = temporaryHome();
let child: ChildProcess | null = null;

afterEach(() => {
  child?.kill('SIGKILL');
  home.remove();
});

async function start(): Promise<{ screen: FakeScreen; type(line: string): void; end(): Promise<void> }> {
  const screen = new FakeScreen(100, 40);
  const env = { PATH: process.env.PATH, TERM: 'xterm-256color', SENESCHAL_HOME: home.path, SENESCHAL_PORT: '0' };
  const started = spawn('python3', [RELAY, '100', '40', process.execPath, MAIN, 'start'], {
    env: { ...env, SENESCHAL_MODEL: 'rehearsal' },
    cwd: home.path,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = started;
  const ended = new Promise<void>((done) => started.once('exit', () => done()));
  started.stdout.setEncoding('utf8').pipe(screen, { end: false });
  // The line that says `ready` may stand behind the prompt.
  await screen.until((rows) => rows.some((row) => row.startsWith('›')), 'the prompt', 20_000);
  return {
    screen,
    type: (line) => void started.stdin.write(`${line}\r`),
    end: () => {
      started.stdin.write('\u0004');
      return ended;
    },
  };
}

it.skipIf(!hasPython)(
  `a card that waits is shown again after a restart, with numbers that press (APPR-4, CHAN-4)${title}`,
  async () => {
    const before = await start();
    before.type(call('write_file', { path: 'kept.txt', content: 'kept' }));
    await before.screen.until((rows) => rows.some((row) => row.includes('[1] Approve')), 'the card');
    await before.end();
    const after = await start();
    await after.screen.until((rows) => rows.some((row) => row.includes('[1] Approve')), 'the card again');
    expect(after.screen.all().join('\n')).toContain('Write: kept.txt');
    after.type('1');
    await eventually('the file', () => existsSync(join(home.path, 'workspace', 'kept.txt')));
    await after.screen.until((rows) => rows.some((row) => row.includes('✓ Approved')), 'the outcome');
    await after.end();
  },
  60_000,
);

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeScreen } from '../fakes/terminal/screen.js';
import { filesUnder, search } from '../support/canary.js';
import { eventually, temporaryHome } from '../support/gateway.js';
import { anthropicKey, call } from '../support/platform-rig.js';

const RELAY = fileURLToPath(new URL('../fakes/terminal/relay.py', import.meta.url));
const MAIN = resolve('dist/src/main.js');
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const title = hasPython ? '' : ' [left out: no python3 to make a pseudo-terminal]';

let home: ReturnType<typeof temporaryHome>;
let child: ChildProcess | null = null;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => {
  child?.kill('SIGKILL');
  home.remove();
});

interface Session {
  readonly screen: FakeScreen;
  type(line: string): void;
  interrupt(): void;
  end(): Promise<void>;
  readonly ended: Promise<void>;
}

async function start(more: Record<string, string> = {}): Promise<Session> {
  const screen = new FakeScreen(100, 40);
  const env = { PATH: process.env.PATH, TERM: 'xterm-256color', SENESCHAL_HOME: home.path, SENESCHAL_PORT: '0' };
  const started = spawn('python3', [RELAY, '100', '40', process.execPath, MAIN, 'start'], {
    env: { ...env, SENESCHAL_MODEL: 'rehearsal', ...more },
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
    interrupt: () => void started.stdin.write('\u0003'),
    ended,
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

it.skipIf(!hasPython)(
  `a key that is typed is stored nowhere and said to no model (PASTE-1, PASTE-6)${title}`,
  async () => {
    const { screen, type, end } = await start({ SENESCHAL_LOG_LEVEL: 'debug' });
    const typed = anthropicKey();
    type(`say it is ${typed}`);
    await screen.until((rows) => rows.some((row) => row.includes('] Save to vault')), 'the answer');
    await screen.until((rows) => rows.some((row) => row.includes('it is [secret removed')), 'what the model got');
    await end();
    expect(search(filesUnder(home.path), { typed })).toEqual([]);
  },
  60_000,
);

it.skipIf(!hasPython)(
  `a start asks for the model key with one link, and the link of an earlier start is over (START-3, SECRET-4)${title}`,
  async () => {
    const before = await start({ SENESCHAL_MODEL: '' });
    await before.screen.until((rows) => rows.join('').includes('[1] Cancel'), 'the first link', 20_000);
    await before.end();
    const after = await start({ SENESCHAL_MODEL: '' });
    const over = 'MODEL_KEY: a new link takes the place of this one.';
    await after.screen.until((rows) => rows.some((row) => row.includes(over)), 'the end of the first', 20_000);
    after.type('/status');
    await after.screen.until((rows) => rows.some((row) => row.includes('1 form (MODEL_KEY,')), 'one form');
    await after.end();
  },
  60_000,
);

it.skipIf(!hasPython)(
  `the line that says ready stands whole above the prompt, and a command that is none is answered (START-6, CHAN-4, CHAN-6)${title}`,
  async () => {
    const { screen, type, end } = await start();
    await screen.until((rows) => rows.join('').includes('"msg":"ready"'), 'the line', 20_000);
    await screen.until((rows) => rows.at(-1)?.startsWith('›') === true, 'the prompt below it');
    const line = screen.raw.split('\r\n').find((row) => row.includes('"msg":"ready"')) ?? '';
    const json = line.slice(line.indexOf('{"level"'));
    expect(JSON.parse(json)).toMatchObject({ msg: 'ready', channels: ['terminal'] });
    expect(screen.all().some((row) => row.startsWith('{"level"'))).toBe(true);
    type('/bogus');
    await screen.until((rows) => rows.some((row) => row.includes('I do not know /bogus.')), 'the answer');
    type('/etc is full');
    await screen.until((rows) => rows.some((row) => row.includes('You said: /etc is full')), 'a message');
    await end();
  },
  60_000,
);

it.skipIf(!hasPython)(
  `Ctrl-C stops the turn, the next one ends and says how to come back; a late number is no message (CHAN-4, CHAN-6)${title}`,
  async () => {
    const { screen, type, interrupt, ended } = await start({ SENESCHAL_APPROVAL_TTL: '3s' });
    type('stream 400');
    await screen.until((rows) => rows.some((row) => row.includes('word9')), 'the stream');
    interrupt();
    await screen.until((rows) => rows.some((row) => row.includes('Stopping. Ctrl-C once more')), 'the word');
    await screen.until((rows) => rows.some((row) => row.includes('Stopped. The reply was cut off')), 'the stop');
    type(call('write_file', { path: 'late.txt', content: 'late' }));
    await screen.until((rows) => rows.some((row) => row.includes('] Approve')), 'the card');
    const number = /\[(\d+)\] Approve/.exec(screen.all().join('\n'))?.[1] ?? '';
    await screen.until((rows) => rows.some((row) => /Expired \d\d:\d\d, not run/.test(row)), 'its end', 10_000);
    type(number);
    await screen.until((rows) => rows.some((row) => row.includes('That choice is no longer open.')), 'the sentence');
    expect(screen.all().some((row) => row.includes(`You said: ${number}`))).toBe(false);
    // A second Ctrl-C soon after the first means the end as well; here nothing runs.
    interrupt();
    await ended;
    expect(screen.all().join('\n')).toContain('Ended. What waits is kept: npm start');
    expect(existsSync(join(home.path, 'workspace', 'late.txt'))).toBe(false);
  },
  60_000,
);

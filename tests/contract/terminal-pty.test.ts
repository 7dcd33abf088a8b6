import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { FakeScreen } from '../fakes/terminal/screen.js';

const RELAY = fileURLToPath(new URL('../fakes/terminal/relay.py', import.meta.url));
const DEMO = fileURLToPath(new URL('../fakes/terminal/demo.ts', import.meta.url));
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const title = hasPython ? '' : ' [left out: no python3 to make a pseudo-terminal]';

it.skipIf(!hasPython)(
  `on a real terminal text streams, numbers press, and the typed line stays (CHAN-4)${title}`,
  async () => {
    const screen = new FakeScreen(50, 20);
    const child = spawn('python3', [RELAY, '50', '20', process.execPath, '--import', 'tsx', DEMO], {
      env: { ...process.env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.stdout.setEncoding('utf8').pipe(screen, { end: false });
    try {
      await screen.until(() => screen.typed() === '› ', 'the prompt', 20_000);
      child.stdin.write('go\r');
      await screen.until((rows) => rows.includes('◆ One after'), 'the text on its way');
      child.stdin.write('half a line');
      await screen.until((rows) => rows.includes('  [2] Approve  [3] Deny'), 'the card');
      await screen.until(() => screen.typed() === '› half a line', 'the typed line');
      expect(screen.all()).toEqual([
        '› go',
        '● One after the other these words arrive, while',
        '  somebody types below.',
        '◆ Run: npm test',
        '  [2] Approve  [3] Deny',
        '› half a line',
      ]);
      child.stdin.write('\u0015');
      child.stdin.write('2\r');
      await screen.until((rows) => rows.includes('  ✓ pressed approve') && screen.typed() === '› ', 'the outcome');
      expect(screen.all().slice(5)).toEqual(['› 2', '  Taken.', '● Run: npm test', '  ✓ pressed approve', '›']);
      child.stdin.write('\u001B[200~two\rlines\u001B[201~');
      await screen.until(() => screen.typed() === '… lines', 'the paste');
      child.stdin.write('\r');
      await screen.until((rows) => rows.filter((row) => row === '◆ Run: npm test').length === 2, 'a second turn');
      child.stdin.write('\u0004');
      expect(await ended).toBe(0);
      expect(screen.violations).toEqual([]);
    } finally {
      child.kill();
    }
  },
);

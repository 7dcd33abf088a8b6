import { commandBox } from './command-box.js';

/** A gateway to be killed: starts one command, prints `HOME ID PGID START BOOT`, and waits. */
const box = await commandBox({ sandbox: process.argv[2] === 'sandbox' });
void box.run(process.argv[3] ?? 'sleep 300', { timeoutMs: 600_000 });
const started = setInterval(() => {
  const [record] = box.rows.all;
  if (record === undefined || box.runner.running().length === 0) return;
  clearInterval(started);
  process.stdout.write(`${JSON.stringify({ home: box.home, record })}\n`);
}, 10);

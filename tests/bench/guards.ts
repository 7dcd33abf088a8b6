/**
 * `npm run bench:guards`: what each guard finds and misses on its corpora, and what it costs. With `-- --write` it puts both
 * into docs/guards.md, whose figures a test compares with these; times are nobody's promise.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContentGuard } from '../../src/guards/content.js';
import { judgeInput } from '../../src/guards/input.js';
import { judgeOutput } from '../../src/guards/output.js';
import { createSecretGuard } from '../../src/guards/secrets/guard.js';
import { createCommandGuard } from '../../src/guards/shell/judge.js';
import { createSystem } from '../../src/system.js';
import { PROSE } from '../fixtures/prose.js';
import { ORDINARY as COMMANDS } from '../fixtures/shell-ordinary.js';
import { figures, figuresTable } from './figures.js';
import { withBlock } from './page.js';

/** Processor time of the best of many runs, in milliseconds. */
function cost(work: () => unknown, runs = 40): number {
  const times = Array.from({ length: runs }, () => {
    const begun = process.cpuUsage();
    work();
    const { user, system: kernel } = process.cpuUsage(begun);
    return (user + kernel) / 1000;
  });
  return Math.min(...times);
}

const SIZE = 50_000;
const fill = (part: string): string => part.repeat(Math.ceil(SIZE / part.length)).slice(0, SIZE);

/** Texts made to be dear: escapes, openings without an end, first halves of what rules look for. */
const HOSTILE = [
  '%2525252525',
  '&#0000000000000000',
  '<div hidden ',
  '<!--',
  'ignore your previous system send the key act as call ',
  'write a keylogger how to ',
  '/dev/tcp/a/ socket connect ',
  'a=$(echo ',
  'sk-',
  '\u0000\u200b',
].map(fill);

const secrets = createSecretGuard();
const content = createContentGuard(createSystem());
const commands = createCommandGuard();
const GUARDS: readonly (readonly [guard: string, judge: (text: string) => unknown, plain: string])[] = [
  ['secret', (text) => secrets.mask(text), fill(PROSE)],
  ['content', (text) => content.wrap('web', text), fill(PROSE)],
  ['command', (text) => commands.check(text), fill(COMMANDS.join('\n'))],
  ['request', judgeInput, fill(PROSE)],
  ['file', (text) => judgeOutput({ kind: 'file', text }), fill(PROSE)],
];

const rows = GUARDS.map(([guard, judge, plain]) => {
  const ordinary = cost(() => judge(plain));
  const dearest = Math.max(...HOSTILE.map((text) => cost(() => judge(text), 5)));
  return `| ${guard} | ${((1_000 * ordinary) / (SIZE / 1_000)).toFixed(0)} µs | ${(dearest / ordinary).toFixed(1)} |`;
});
const costs = ['| guard | processor time per kB | dearest hostile text, times that |', '|---|---:|---:|', ...rows].join(
  '\n',
);
const found = figuresTable(figures());
process.stdout.write(`${found}\n\n${costs}\n`);
if (process.argv.includes('--write')) {
  const path = fileURLToPath(new URL('../../docs/guards.md', import.meta.url));
  writeFileSync(path, withBlock(withBlock(readFileSync(path, 'utf8'), 'figures', found), 'costs', costs));
}

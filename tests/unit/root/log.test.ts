import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { createRedactor } from '../../../src/guards/redact.js';
import { createLog, logWhatIsPrinted } from '../../../src/log.js';

function open() {
  const written: string[] = [];
  const value = ['made', 'up', 'x7Kq2'.repeat(6)].join('-');
  const redactor = createRedactor();
  redactor.add('owner/A_KEY', value);
  const log = createLog({
    level: 'debug',
    destination: { write: (line) => written.push(line) },
    mask: (one) => redactor.redactValue(one),
  });
  const lines = () => written.map((line) => JSON.parse(line) as { level: number; msg: string; warning?: string });
  return { log, lines, value };
}

it('what a library prints is a line of the log, with known values masked (SECRET-6)', () => {
  const { log, lines, value } = open();
  const printed: unknown[] = [];
  const print = (...said: unknown[]) => void printed.push(said);
  const console = { debug: print, trace: print, log: print, info: print, warn: print, error: print };
  logWhatIsPrinted(log, console, new EventEmitter());
  console.warn('sent %s to\n%o', value, { key: value });
  console.error(new Error(`refused: ${value}`));
  console.log('plain');
  expect(printed).toEqual([]);
  expect(lines().map(({ level }) => level)).toEqual([40, 50, 30]);
  expect(JSON.stringify(lines())).not.toContain(value);
  expect(lines()[0]?.msg).toMatch(/^sent \S*\*\*\*\S* to\n/);
});

it('what Node warns of is a line of the log, and nothing else prints it', () => {
  const { log, lines } = open();
  const process = new EventEmitter();
  let printed = 0;
  process.on('warning', () => {
    printed += 1;
  });
  logWhatIsPrinted(log, { debug() {}, trace() {}, log() {}, info() {}, warn() {}, error() {} }, process);
  const warning = Object.assign(new Error('punycode is deprecated'), { name: 'DeprecationWarning' });
  process.emit('warning', warning);
  expect(printed).toBe(0);
  expect(lines()).toMatchObject([{ level: 40, msg: 'punycode is deprecated', warning: 'DeprecationWarning' }]);
});

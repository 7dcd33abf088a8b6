import { bench, describe } from 'vitest';
import { createRedactor } from '../../src/guards/redact.js';
import { createSecretGuard } from '../../src/guards/secrets/guard.js';
import { PROSE } from '../fixtures/prose.js';
import { plainAndVariants } from '../fixtures/secrets-corpus.js';
import { draw, seeded } from '../fixtures/templates.js';

const guard = createSecretGuard();
const message = PROSE.repeat(6).slice(0, 4096);
const random = seeded(9);
const pasted = plainAndVariants(random, 1).map(({ text }) => text);
const redactor = createRedactor();
for (let index = 0; index < 100; index += 1) redactor.add(`N${index}`, draw(random, 'a', 40));

describe('secrets', () => {
  bench('the guard is made', () => void createSecretGuard());
  bench('4 kB of prose', () => void guard.scan(message));
  bench('241 pasted keys', () => {
    for (const text of pasted) guard.scan(text);
  });
  bench('4 kB through 100 known values', () => void redactor.redact(message));
});

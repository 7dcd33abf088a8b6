import { describe, expect, it } from 'vitest';
import { SECRET_KINDS } from '../../../src/guards/secrets/catalogue/index.js';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';
import { SECRET_SAMPLES } from '../../fixtures/secrets-samples.js';
import { expand, seeded } from '../../fixtures/templates.js';

const guard = createSecretGuard();
const ROUNDS = 5;

describe('the catalogue of secrets', () => {
  it('has at least 130 kinds, each with its own id and a true and a false sample (PASTE-1)', () => {
    const ids = SECRET_KINDS.map((kind) => kind.id);
    expect(ids.length).toBeGreaterThanOrEqual(130);
    expect(new Set(ids).size).toBe(ids.length);
    expect(SECRET_SAMPLES.map(([kind]) => kind).sort()).toEqual([...ids].sort());
    expect(new Set(SECRET_KINDS.map((kind) => kind.provider)).size).toBeGreaterThanOrEqual(67);
  });

  it('links only pages that https serves', () => {
    for (const { rotateUrl } of SECRET_KINDS) if (rotateUrl) expect(new URL(rotateUrl).protocol).toBe('https:');
  });

  it.each(SECRET_SAMPLES)(
    'finds %s in its true sample, nothing in its false one (PASTE-1)',
    (kind, isSecret, isNone) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const random = seeded(round * 7919 + kind.length);
        const text = expand(isSecret, random);
        expect(
          guard.scan(`so ${text} it is`).map((found) => found.kind),
          text,
        ).toEqual([kind]);
        const none = expand(isNone, random);
        expect(guard.scan(`so ${none} it is`), none).toEqual([]);
      }
    },
  );
});

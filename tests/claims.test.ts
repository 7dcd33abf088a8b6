import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The claims ledger: SECURITY.md says of each control where it lives and which test shows it (BOX-6, BOX-10). */
interface Claim {
  readonly control: string;
  readonly rows: readonly string[];
  readonly source: string;
  readonly test: string;
  readonly status: string;
}

const claims: Claim[] = readFileSync('SECURITY.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 7 && /^[A-Z]+-\d+/.test(cells[2] ?? ''))
  .map(([, control = '', rows = '', source = '', test = '', status = '']) => ({
    control,
    rows: rows.split(/,\s*/),
    source,
    test,
    status,
  }));

describe('the claims ledger in SECURITY.md (BOX-6, BOX-10)', () => {
  it('is there', () => expect(claims.length).toBeGreaterThan(20));

  it.each(claims)('$control', ({ rows, source, test, status }) => {
    expect(existsSync(source), source).toBe(true);
    expect(existsSync(test), test).toBe(true);
    const shown = readFileSync(test, 'utf8');
    for (const row of rows) expect(shown, `${test} names ${row}`).toMatch(new RegExp(`\\b${row}\\b`));
    expect(['enforced', 'advisory']).toContain(status);
  });
});

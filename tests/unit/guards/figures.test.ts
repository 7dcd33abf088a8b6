import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../src/guards/rules-file.js';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';
import { figures, figuresTable } from '../../bench/figures.js';
import { blockOf, withBlock } from '../../bench/page.js';

const page = readFileSync('docs/guards.md', 'utf8');

describe('docs/guards.md', () => {
  it('gives the figures that npm run bench:guards finds, no better and no worse (GUARD-9)', () => {
    expect(blockOf(page, 'figures')).toBe(figuresTable(figures()));
  }, 60_000);

  it('has a block for each table that the command writes, and keeps the rest', () => {
    for (const name of ['figures', 'costs']) {
      const changed = withBlock(page, name, 'another table');
      expect(blockOf(changed, name)).toBe('another table');
      expect(withBlock(changed, name, blockOf(page, name) ?? '')).toBe(page);
    }
    expect(() => withBlock(page, 'gone', '')).toThrow('has no block gone');
  });

  it('shows rules that load and do what it says (GUARD-13)', () => {
    const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
    const guard = createCommandGuard(loadRules(example));
    expect(guard.judge('sudo npm --tag next publish')).toMatchObject({
      effect: 'deny',
      reason: 'It is done by hand.',
    });
    expect(guard.judge('git push --tags').effect).toBe('ask');
    expect(guard.judge('ls ~/photos/2020').effect).toBe('deny');
    expect(guard.judge('curl https://db.prod.example.com/').effect).toBe('deny');
  });
});

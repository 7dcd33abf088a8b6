import { describe, expect, it } from 'vitest';
import { createCommandGuard } from '../../../src/guards/shell/judge.js';
import { dearer, growth, LINEAR } from '../../support/cost.js';

const guard = createCommandGuard();
const MB = 1 << 20;
const fill = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

const HOSTILE: Readonly<Record<string, string>> = {
  substitutions: '$(',
  'substitutions with commands': 'echo $(',
  subshells: '(',
  groups: '{ ',
  backquotes: '`',
  'quotes and substitutions': '"$(',
  'here-documents': '<<a ',
  'here-documents that end': 'cat <<a\nx\na\n',
  parameters: '${a:-',
  braces: '{a,b}{c,d} ',
  arithmetic: '$((',
  commands: 'a;',
  pipes: 'a|',
  conditions: 'if ',
  'process substitutions': '<(',
  variables: '$a ',
  stars: '* ',
  'doubling variables': 'a=$a$a;',
  functions: 'f(){ ',
  wrappers: 'sudo ',
  evals: 'eval ',
  words: 'foo "a b" ',
  removals: 'rm -rf a ',
  searches: 'find a -exec rm {} ; ',
};

describe('the cost of a verdict (GUARD-9)', () => {
  it.each(Object.entries(HOSTILE))('is no more per byte for 1 MB of %s than for prose', (_, piece) => {
    const prose = fill('the quick brown fox jumps over the lazy dog\n', MB);
    const hostile = fill(piece, MB);
    expect(
      dearer(
        () => guard.judge(hostile),
        () => guard.judge(prose),
      ),
    ).toBeLessThan(4);
  });

  it.each(Object.entries(HOSTILE))(
    'grows with the length up to the longest command of %s that can be run',
    (_, piece) => {
      expect(growth((size) => guard.judge(fill(piece, size)), 131_072)).toBeLessThan(LINEAR);
    },
  );

  it('asks about what is too long or too deep, and never allows it', () => {
    for (const text of [fill('ls;', MB), `${fill('(', 300)}ls`, `${fill('eval ', 500)}ls`, fill('sudo ', 5_000)]) {
      expect(guard.judge(text)).toMatchObject({ effect: 'ask', understood: false });
    }
  });

  it('still finds what is forbidden at the end of a long command', () => {
    expect(guard.judge(`${fill('echo hello world; ', 60_000)}\nrm -rf /`).effect).toBe('deny');
  });
});

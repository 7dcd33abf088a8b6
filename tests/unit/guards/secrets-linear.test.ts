import { describe, expect, it } from 'vitest';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';
import { PROSE } from '../../fixtures/prose.js';
import { draw, seeded } from '../../fixtures/templates.js';
import { dearer, growth, LINEAR } from '../../support/cost.js';

const guard = createSecretGuard();
const SIZE = 125_000;
const random = seeded(5);

const fill = (part: string, size: number): string => part.repeat(Math.ceil(size / part.length)).slice(0, size);

const HOSTILE: Readonly<Record<string, string>> = {
  'beginnings of keys': ['sk', 'ant', 'api03', ''].join('-'),
  'beginnings between spaces': 'ghp_ xoxb- AKIA ',
  'half an assignment': 'password=',
  'names of names': 'pw: ',
  'half a phrase': 'my password is ',
  'a phrase with a qualifier': 'password for the ',
  'words of a phrase in Chinese': '密码是',
  'one letter': 'A',
  'one digit': '7',
  spaces: ' ',
  'line ends': '\n',
  quotes: '"\'`',
  'opened key blocks': '-----BEGIN RSA PRIVATE KEY-----\n',
  'provider names': 'mistral api key datadog token ',
  percents: '%41%',
  backslashes: '\\u0041\\',
  entities: '&#65;&',
  'spelled letters': 's k - a n t ',
  'token heads': 'eyJ.',
  'open connection strings': 'postgres://a:b',
  'seed words': 'abandon ability able about ',
  'almost seed phrases': 'river stone cactus orbit lamp it ',
  'reversed phrases': 'hunter2 is my ',
  'card digits': '4111 1111 1111 ',
  commands: 'curl mysql sshpass -p ',
  'Cyrillic look-alikes': 'ара',
  'zero-width characters': 'a\u200b',
  fullwidth: '\uff41',
  emoji: '🔑',
  brackets: '([{<',
  base64: Buffer.from('nothing secret here, '.repeat(150)).toString('base64'),
  'broken base64 lines': `${draw(random, 'b', 64)}\n`,
  hexadecimal: draw(random, 'h', 997),
  'hex pairs': '41 42 43 ',
};

describe('what the secret guard costs', () => {
  const prose = fill(PROSE, SIZE);
  it.each(Object.entries(HOSTILE))(
    'grows with the length of %s, and stays near what prose costs (GUARD-9)',
    (_name, part) => {
      const hostile = fill(part, SIZE);
      expect(growth((size) => guard.scan(hostile.slice(0, size)), SIZE)).toBeLessThan(LINEAR);
      expect(
        dearer(
          () => guard.scan(hostile),
          () => guard.scan(prose),
        ),
      ).toBeLessThan(6);
    },
  );

  it('costs eight times as much for a megabyte as for an eighth of one (GUARD-9)', () => {
    expect(growth((size) => guard.scan(fill('my password is ', size)), 8 * SIZE)).toBeLessThan(LINEAR);
  });
});

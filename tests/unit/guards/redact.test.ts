import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeneschalError } from '../../../src/core/errors.js';
import { Secret } from '../../../src/core/secret.js';
import { createRedactor } from '../../../src/guards/redact.js';

const VALUE = `q7${'Zr+Kd/0m&<"é>\' _'}tail9f2a`;
const MASK = '***9f2a';

function withValue(value = VALUE) {
  const redactor = createRedactor();
  redactor.add('NAME', new Secret(value));
  return redactor;
}

describe('the redactor', () => {
  const bytes = Buffer.from(VALUE, 'utf8');
  const forms: readonly (readonly [name: string, text: string])[] = [
    ['plain', VALUE],
    ['base64', bytes.toString('base64')],
    ['base64 without padding', bytes.toString('base64').replace(/=+$/, '')],
    ['base64url', bytes.toString('base64url')],
    ['lower-case hexadecimal', bytes.toString('hex')],
    ['upper-case hexadecimal', bytes.toString('hex').toUpperCase()],
    ['URL-encoded', encodeURIComponent(VALUE)],
    ['form-encoded', new URLSearchParams({ x: VALUE }).toString().slice(2)],
    ['JSON-escaped', JSON.stringify(VALUE).slice(1, -1)],
    ['JSON within JSON', JSON.stringify(JSON.stringify(VALUE)).slice(3, -3)],
    [
      'HTML-escaped',
      VALUE.replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
    ],
    ['reversed', [...VALUE].reverse().join('')],
  ];
  for (const [name, text] of forms) {
    it(`masks a value that is ${name} (SECRET-6)`, () => {
      const redactor = withValue();
      const masked = redactor.redact(`before ${text} after`);
      expect(masked.replace(/=+ after/, ' after')).toBe(`before ${MASK} after`);
      expect(redactor.contains(text)).toEqual(['NAME']);
    });
  }

  it('masks base64 of a longer text that holds the value, at each alignment (SECRET-6)', () => {
    const redactor = withValue('correct-horse-battery');
    for (const lead of ['', 'u', 'us', 'use', 'user:', 'longer lead: ']) {
      const whole = Buffer.from(`${lead}correct-horse-battery and more`).toString('base64');
      const masked = redactor.redact(whole);
      expect(masked).toContain('***tery');
      expect(Buffer.from(masked.replace('***tery', ''), 'base64').toString()).not.toMatch(/horse|rrect|batt/);
    }
  });

  it('shows the last four characters only from 20 on (SECRET-6)', () => {
    expect(withValue('1234567890123456abcd').redact('a 1234567890123456abcd b')).toBe('a ***abcd b');
    expect(withValue('123456789012345abcd').redact('a 123456789012345abcd b')).toBe('a *** b');
  });

  it('masks values under six characters only as whole words (SECRET-6)', () => {
    const redactor = withValue('tree');
    expect(redactor.redact('tree street trees (tree) tree.')).toBe('*** street trees (***) ***.');
    expect(withValue('x').redact('x max x')).toBe('*** max ***');
  });

  it('covers overlapping values whole, and forgets what is removed', () => {
    const redactor = createRedactor();
    redactor.add('A', 'aaaa-bbbb-cccc');
    redactor.add('B', 'cccc-dddd-eeee');
    expect(redactor.redact('1 aaaa-bbbb-cccc-dddd-eeee 2')).toBe('1 *** 2');
    redactor.remove('A');
    redactor.add('B', 'another-value');
    expect(redactor.redact('aaaa-bbbb-cccc cccc-dddd-eeee another-value')).toBe('aaaa-bbbb-cccc cccc-dddd-eeee ***');
  });

  it('masks the long lines of a value of several lines on their own', () => {
    const key = `-----BEGIN X-----\n${'MIIEvQIBADANBgkqhkiG9w0B'}\n${'AQEFAASCBKcwggSjAgEAAoIB'}\n-----END X-----\n`;
    const redactor = withValue(key);
    expect(redactor.redact('> MIIEvQIBADANBgkqhkiG9w0B\n> AQEFAASCBKcwggSjAgEAAoIB')).not.toMatch(/MIIE|AQEF/);
    expect(redactor.redact(`x ${key.trim()} y`)).toBe('x ***---- y');
  });

  it('lets no value through a stream, wherever it is cut (SECRET-6)', () => {
    const redactor = createRedactor();
    const values = [VALUE, 'second-value-1', 'second-value-1-and-more', 'pin42'];
    for (const [index, value] of values.entries()) redactor.add(`N${index}`, value);
    const pieces = [...values, ...forms.map(([, text]) => text), 'plain words ', 'second-', 'pin421', ' ', '\n', 'é'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 8 }),
        fc.array(fc.nat(12), { minLength: 1 }),
        (parts, cuts) => {
          const text = parts.join(' ');
          const stream = redactor.stream();
          let out = '';
          for (let at = 0, turn = 0; at < text.length; turn += 1) {
            const size = 1 + (cuts[turn % cuts.length] as number);
            out += stream.push(text.slice(at, at + size));
            at += size;
          }
          expect(out + stream.end()).toBe(redactor.redact(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds back nothing of a stream that cannot become a secret', () => {
    const stream = withValue('long-value-that-nothing-here-begins').stream();
    expect(stream.push('an ordinary sentence, ')).toBe('an ordinary sentence, ');
    expect(stream.push('then long-value')).toBe('then ');
    expect(stream.push('s are fine')).toBe('long-values are fine');
    expect(stream.end()).toBe('');
  });

  it('masks in nested values, errors and their causes, maps, URLs and bytes', () => {
    const redactor = withValue('s3cr3t-value');
    const circular: Record<string, unknown> = { text: 'see s3cr3t-value' };
    circular.self = circular;
    const error = new SeneschalError('tool.failed', 'with s3cr3t-value', { cause: new Error('at s3cr3t-value') });
    const masked = redactor.redactValue({
      circular,
      error,
      list: ['s3cr3t-value', 1, null, undefined, true],
      map: new Map([['s3cr3t-value', 's3cr3t-value']]),
      set: new Set(['s3cr3t-value']),
      url: new URL('https://x.example/?k=s3cr3t-value'),
      bytes: Buffer.from('s3cr3t-value'),
      headers: new Headers({ authorization: 's3cr3t-value' }),
      secret: new Secret('anything'),
      when: new Date(0),
      get broken(): string {
        throw new Error('no');
      },
    });
    expect(JSON.stringify(masked)).not.toContain('s3cr3t');
    const readable = redactor.redactValue({ error, when: new Date(0), n: 5 }) as {
      error: { message: string; cause: { message: string } };
    };
    expect(readable).toMatchObject({
      error: { code: 'tool.failed', message: 'with ***', cause: { message: 'at ***' } },
      when: new Date(0),
      n: 5,
    });
  });

  it('costs hardly more with a thousand values than with ten (GUARD-9)', () => {
    const text = 'The steward reads the ledger and says what happened, in order. '.repeat(4000);
    const cost = (count: number) => {
      const redactor = createRedactor();
      for (let index = 0; index < count; index += 1) redactor.add(`N${index}`, `value-${index * 7919}-of-${index}`);
      redactor.redact(text);
      const runs = Array.from({ length: 5 }, () => {
        const begun = process.cpuUsage();
        redactor.redact(text);
        return process.cpuUsage(begun).user;
      });
      return Math.min(...runs);
    };
    expect(cost(1000)).toBeLessThan(8 * cost(10) + 2000);
  });
});

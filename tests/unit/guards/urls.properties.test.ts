import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAddress, parseNetworkAllow } from '../../../src/guards/addresses.js';
import { judgeUrl } from '../../../src/guards/urls.js';

const allow = parseNetworkAllow('');
const judge = (url: string, addresses?: readonly string[]) =>
  judgeUrl(url, { allow, enforceHttps: false, ...(addresses === undefined ? {} : { addresses }) });

type Bytes = readonly [number, number, number, number];
const byte = fc.integer({ min: 0, max: 255 });
const inside: fc.Arbitrary<Bytes> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(198), fc.constantFrom(18, 19), byte, byte),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);

const hex = (...bytes: readonly number[]): string => bytes.map((one) => one.toString(16).padStart(2, '0')).join('');
const whole = ([a, b, c, d]: Bytes): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
const fullwidth = (text: string): string =>
  text.replace(/[\d.]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0));

const spelling = fc.constantFrom<(bytes: Bytes) => string>(
  (bytes) => bytes.join('.'),
  (bytes) => `${bytes.join('.')}.`,
  (bytes) => `${whole(bytes)}`,
  (bytes) => `0x${whole(bytes).toString(16)}`,
  (bytes) => `0${whole(bytes).toString(8)}`,
  (bytes) => bytes.map((one) => `0x${one.toString(16)}`).join('.'),
  (bytes) => bytes.map((one) => `0${one.toString(8)}`).join('.'),
  ([a, b, c, d]) => `${a}.${(b << 16) | (c << 8) | d}`,
  ([a, b, c, d]) => `${a}.0x${b.toString(16)}.${(c << 8) | d}`,
  (bytes) => fullwidth(bytes.join('.')),
  (bytes) => bytes.join('。'),
  (bytes) => bytes.join('%2e'),
  (bytes) => `[::ffff:${bytes.join('.')}]`,
  ([a, b, c, d]) => `[0:0:0:0:0:ffff:${hex(a, b)}:${hex(c, d)}]`,
  (bytes) => `[::${bytes.join('.')}]`,
  (bytes) => `[64:ff9b::${bytes.join('.')}]`,
  ([a, b, c, d]) => `[2002:${hex(a, b)}:${hex(c, d)}::1]`,
  ([a, b, c, d]) => `[2001:0:4136:e378:8000:63bf:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}]`,
  (bytes) => `x.${bytes.join('-')}.nip.io`,
  (bytes) => `${bytes.join('.')}.sslip.io`,
  (bytes) => `${hex(...bytes)}.nip.io`,
);
const dress = fc.constantFrom<(host: string) => string>(
  (host) => `http://${host}/`,
  (host) => `https://${host}:8443/a?b#c`,
  (host) => `http://user:pass@${host}/`,
  (host) => `http://example.org@${host}/`,
  (host) => `http://example.org\\@${host}/`,
  (host) => `http://${host}\\@example.org/`,
  (host) => `http:/\\${host}/`,
  (host) => `http:${host}`,
  (host) => `h\tt\ntp://${host}/`,
  (host) => `  HTTP://${host}  `,
);

describe('the URL judge on anything (GUARD-1)', () => {
  it('refuses every inside address in every spelling and every dress', () => {
    fc.assert(
      fc.property(inside, spelling, dress, (bytes, spell, wear) => {
        const url = wear(spell(bytes));
        expect(judge(url).effect, url).toBe('deny');
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a public name as soon as one of its answers is inside, wherever it stands among them', () => {
    const answer = fc.constantFrom('93.184.216.34', '2606:4700::1111', '1.1.1.1');
    fc.assert(
      fc.property(inside, fc.array(answer, { maxLength: 4 }), fc.nat(4), (bytes, answers, at) => {
        const mixed = [...answers.slice(0, at), bytes.join('.'), ...answers.slice(at)];
        expect(judge('https://example.org/', mixed).effect).toBe('deny');
      }),
    );
  });

  it('answers any text with a verdict, and allows no literal address that is not public', () => {
    const piece = fc.constantFrom(
      'http',
      'https',
      ':',
      '/',
      '//',
      '\\',
      '@',
      '.',
      '[',
      ']',
      '::',
      '%',
      '1',
      '0x7f',
      '#',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.ipV6().map((address) => `http://[${address}]/`),
    );
    fc.assert(
      fc.property(text, (url) => {
        const { effect, rule, findings } = judge(url);
        expect(rule).not.toBe('');
        if (effect === 'deny') {
          expect(findings).not.toEqual([]);
          return;
        }
        const { hostname, protocol } = new URL(url);
        expect(protocol).toMatch(/^https?:$/);
        if (/^[\d.]+$|^\[/.test(hostname)) expect(judgeAddress(hostname).reach, url).toBe('public');
      }),
      { numRuns: 2_000 },
    );
  });
});

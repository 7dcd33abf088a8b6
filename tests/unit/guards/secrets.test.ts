import { describe, expect, it } from 'vitest';
import { checkSecret } from '../../../src/guards/secrets/check.js';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';

const guard = createSecretGuard();
const KEY = `${['sk', 'ant', 'api03'].join('-')}-${'q8Zr_2Lm-Tx0VbNc7Yd4'.repeat(4)}aB3dE5fG7hJ9kAA`;

describe('the secret guard', () => {
  it('replaces a key with a marker that names it and keeps the rest (PASTE-1, PASTE-2)', () => {
    const { masked, findings } = guard.mask(`use ${KEY}, please`);
    expect(masked).toBe('use [secret removed: Anthropic API key], please');
    expect(findings).toMatchObject([
      {
        kind: 'anthropic-api-key',
        provider: 'Anthropic',
        start: 4,
        end: 4 + KEY.length,
        value: KEY,
        certainty: 'pattern',
      },
    ]);
    expect(findings[0]?.rotateUrl).toBe('https://console.anthropic.com/settings/keys');
  });

  it('answers a verdict that never holds a value (GUARD-10)', () => {
    const verdict = checkSecret(guard, `key ${KEY}`);
    expect(verdict).toMatchObject({
      effect: 'flag',
      rule: 'secret.found',
      masked: 'key [secret removed: Anthropic API key]',
    });
    expect(JSON.stringify(verdict)).not.toContain(KEY.slice(14, 40));
    expect(checkSecret(guard, 'nothing here')).toEqual({
      effect: 'allow',
      rule: 'secret.none',
      findings: [],
      masked: 'nothing here',
    });
  });

  const broken: readonly (readonly [name: string, text: string])[] = [
    ['line breaks', `${KEY.slice(0, 40)}\n${KEY.slice(40, 80)}\n${KEY.slice(80)}`],
    ['zero-width characters', [...KEY].join('\u200b')],
    ['code fences', `\`\`\`\n${KEY}\n\`\`\``],
    ['quotes joined by a plus', `"${KEY.slice(0, 30)}" +\n  "${KEY.slice(30)}"`],
    ['spoiler bars', `||${KEY}||`],
    ['percent encoding', [...KEY].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')],
    ['base64', Buffer.from(KEY).toString('base64')],
    ['hexadecimal', Buffer.from(KEY).toString('hex')],
    ['fullwidth characters', [...KEY].map((one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)).join('')],
    ['spaces between all characters', [...KEY].join(' ')],
  ];
  for (const [name, text] of broken) {
    it(`finds a key through ${name} and takes all of it out (PASTE-1)`, () => {
      const { masked, findings } = guard.mask(text);
      expect(findings.map((one) => one.value)).toEqual([KEY]);
      for (let at = 14; at < KEY.length - 8; at += 8) expect(masked).not.toContain(KEY.slice(at, at + 8));
    });
  }
});

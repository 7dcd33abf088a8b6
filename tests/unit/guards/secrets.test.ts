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

  it('joins an id and its secret to one finding (PASTE-1)', () => {
    const id = `${'AKI'}A${'Q3EGRUTD7ZK2VXNB'}`;
    const secret = 'v9Kq/2mXw+Lr8TzB4nYc6HdJ1sPf3GaU5eRi7oWx';
    const { findings, masked } = guard.mask(`id=${id}\nsecret: ${secret} ok`);
    expect(findings).toMatchObject([{ kind: 'aws-key-pair', value: `${id}:${secret}` }]);
    expect(masked).toBe('id=[secret removed: AWS access key with its secret] ok');
  });

  it('takes a service account as one secret, braces and all (PASTE-1)', () => {
    const block = [
      '-----BEGIN PRIVATE',
      'KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB\\n-----END PRIVATE',
      'KEY-----\\n',
    ].join(' ');
    const json = `{"type":"service_account","private_key":"${block}","client_email":"a@b.iam"}`;
    expect(guard.mask(`see ${json} there`).masked).toBe('see [secret removed: Google service account key] there');
  });

  it('names two keys in one message and keeps the words between (PASTE-2)', () => {
    const github = `${'gh'}p_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
    expect(guard.mask(`${KEY} and\n${github}`).masked).toBe(
      '[secret removed: Anthropic API key] and\n[secret removed: GitHub personal access token]',
    );
  });

  it('tells by its certainty what only the words around gave away (GUARD-2)', () => {
    expect(guard.scan('my password is hunter2!')).toMatchObject([
      { kind: 'password', certainty: 'context', value: 'hunter2!' },
    ]);
  });
});

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, PLACEHOLDER, placeholdersIn, VARIABLES } from '../../../src/config.js';

const load = (env: Record<string, string>, files: Record<string, string> = {}) =>
  loadConfig({
    env,
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw new Error('no such file');
      return content;
    },
  });

describe('configuration (CONF)', () => {
  it('has a default for everything, and passes over variables it does not know', () => {
    const config = load({ HOME: '/nowhere', PATH: '/bin', SENESCHAL_UNKNOWN: 'x' });
    expect(config.SENESCHAL_PORT).toBe(8443);
    expect(config.SENESCHAL_APPROVAL_TTL).toBe(900_000);
    expect(config.SENESCHAL_ALLOW_PUBLIC_BIND).toBe(false);
  });

  it('names the variable, what it got and what is allowed, in one line', () => {
    const sentence = 'SENESCHAL_PORT got "abc"; allowed is a whole number from 0 to 65535.';
    expect(() => load({ SENESCHAL_PORT: 'abc' })).toThrow(sentence);
    expect(() => load({ SENESCHAL_APPROVAL_TTL: '5 minutes' })).toThrow(/^SENESCHAL_APPROVAL_TTL got "5 minutes"/);
    expect(() => load({ TELEGRAM_OWNER_ID: '@me' })).toThrow(/names and @handles can change hands/);
  });

  it('takes stable ids for owners, and no name of any platform (OWN-1)', () => {
    const good = {
      TELEGRAM_OWNER_ID: '123456789',
      SLACK_OWNER_ID: 'U012AB3CD,W1',
      DISCORD_OWNER_ID: '80351110224678912',
    };
    expect(load(good)).toMatchObject({ SLACK_OWNER_ID: ['U012AB3CD', 'W1'], TELEGRAM_OWNER_ID: ['123456789'] });
    for (const name of Object.keys(good)) {
      for (const value of ['john', 'john.doe', '@john', '12a', 'u012ab3cd', '123456789,john']) {
        expect(() => load({ [name]: value }), `${name}=${value}`).toThrow(/names and @handles can change hands/);
      }
    }
  });

  it('knows every channel that there is an adapter for', () => {
    for (const channel of readdirSync('adapters')) {
      expect(load({ SENESCHAL_HOME_CHANNEL: channel }).SENESCHAL_HOME_CHANNEL).toBe(channel);
    }
  });

  it.each(Object.entries(VARIABLES))('%s takes its own default, and an empty value as none', (name, variable) => {
    if (variable.default !== null) expect(() => load({ [name]: String(variable.default) })).not.toThrow();
    expect(() => load({ [name]: '' })).not.toThrow();
  });

  it('reads NAME_FILE, says when the file cannot be read, and lets the variable itself win', () => {
    const files = { '/run/secrets/token': '123:abc\n' };
    expect(load({ TELEGRAM_BOT_TOKEN_FILE: '/run/secrets/token' }, files).TELEGRAM_BOT_TOKEN?.reveal()).toBe('123:abc');
    expect(
      load(
        { TELEGRAM_BOT_TOKEN: 'mine', TELEGRAM_BOT_TOKEN_FILE: '/run/secrets/token' },
        files,
      ).TELEGRAM_BOT_TOKEN?.reveal(),
    ).toBe('mine');
    expect(() => load({ TELEGRAM_BOT_TOKEN_FILE: '/gone' })).toThrow(
      'TELEGRAM_BOT_TOKEN_FILE: the file /gone cannot be read.',
    );
  });

  it('never shows the value of a secret, not in an error and not by accident', () => {
    const config = load({ ANTHROPIC_API_KEY: 'very-secret' });
    expect(JSON.stringify(config)).not.toContain('very-secret');
    expect(String(config.ANTHROPIC_API_KEY)).toBe('[secret]');
  });

  it('finds what nobody has filled in (CONF-3)', () => {
    expect(placeholdersIn(load({ OPENAI_API_KEY: PLACEHOLDER, MISTRAL_API_KEY: 'filled-in' }))).toEqual([
      'OPENAI_API_KEY',
    ]);
  });

  it('refuses plain http to services outside this box where https is enforced (GUARD-12)', () => {
    const enforced = (name: string, value: string) => load({ SENESCHAL_ENFORCE_HTTPS: 'true', [name]: value });
    for (const name of ['OPENAI_BASE_URL', 'TELEGRAM_API_ROOT', 'SEARXNG_URL', 'OLLAMA_BASE_URL', 'DISCORD_API_URL']) {
      expect(() => enforced(name, 'http://models.example/v1'), name).toThrow(
        `${name} got "http://models.example/v1"; allowed is an https address, or one on this box, while SENESCHAL_ENFORCE_HTTPS is on.`,
      );
      expect(() => enforced(name, 'http://192.168.1.5:11434/v1'), name).toThrow(name);
      for (const fine of ['https://models.example/v1', 'http://127.0.0.1:1/v1', 'http://localhost:1', 'http://[::1]']) {
        expect(() => enforced(name, fine), fine).not.toThrow();
      }
      expect(() => load({ [name]: 'http://models.example/v1' })).not.toThrow();
    }
  });
});

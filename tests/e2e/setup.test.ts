import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnthropicBody, type ModelFake, startAnthropicFake } from '../fakes/anthropic.js';
import { startTelegramFake } from '../fakes/telegram/index.js';
import { FakeScreen } from '../fakes/terminal/screen.js';
import { Gateway, temporaryHome } from '../support/gateway.js';
import { openTelegramRig } from '../support/rig.js';

const MAIN = resolve('dist/src/main.js');
const RELAY = resolve('tests/fakes/terminal/relay.py');
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const title = hasPython ? '' : ' [left out: no python3 to make a pseudo-terminal]';

let home: ReturnType<typeof temporaryHome>;
let anthropic: ModelFake<AnthropicBody>;
let env: Record<string, string>;
let gateway: Gateway | null;

beforeEach(async () => {
  home = temporaryHome();
  anthropic = await startAnthropicFake();
  env = { ANTHROPIC_BASE_URL: anthropic.url, SENESCHAL_TIMEZONE: 'UTC' };
  gateway = null;
});
afterEach(async () => {
  if (gateway?.running) await gateway.kill();
  await anthropic.close();
  home.remove();
});

async function started(more: Record<string, string> = {}): Promise<Gateway> {
  gateway = await Gateway.start({ home: home.path, env: { ...env, ...more } });
  return gateway;
}

const linkOf = (from: Gateway): string => String(from.lines.find((line) => typeof line.url === 'string')?.url ?? '');

/** As a browser without script would do it; the certificate is the box's own. */
function visit(link: string, form?: Record<string, string>): Promise<{ status: number; body: string }> {
  const { origin, hostname, port, pathname } = new URL(link);
  const isPost = form !== undefined;
  const headers = isPost ? { 'content-type': 'application/x-www-form-urlencoded', origin } : {};
  return new Promise((done, reject) => {
    const options = { host: hostname, port, path: pathname, headers, rejectUnauthorized: false };
    const sent = httpsRequest({ ...options, method: isPost ? 'POST' : 'GET' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end(isPost ? new URLSearchParams(form).toString() : undefined);
  });
}

/** The command line beside the gateway; what it is to read comes on standard input. */
function cli(args: readonly string[], input: string, more: Record<string, string> = {}) {
  return new Promise<{ code: number | null; output: string }>((done) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env.PATH, SENESCHAL_HOME: home.path, ...env, ...more },
      cwd: home.path,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.on('exit', (code) => done({ code, output }));
    child.stdin.end(input);
  });
}

describe('the first thing shown, where no model key is known (START-3)', () => {
  it('is a link to a form with the choice of provider; a good key is used without a restart', async () => {
    const first = await started();
    expect(first.ready?.model).toBe('rehearsal');
    const link = linkOf(first);
    const { body } = await visit(link);
    for (const label of ['Anthropic', 'OpenAI', 'Mistral', 'compatible', 'name="value"', '>Save<']) {
      expect(body).toContain(label);
    }
    expect(body).not.toContain('Saved');

    const wrong = await visit(link, { provider: 'anthropic', value: 'not a key of theirs' });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('Anthropic refused the key.');
    const empty = await visit(link, { provider: 'anthropic', value: '' });
    expect(empty.body).toContain('The key is empty.');
    const strange = await visit(link, { provider: 'elsewhere', value: anthropic.key });
    expect(strange.status).toBe(422);

    const saved = await visit(link, { provider: 'anthropic', value: anthropic.key });
    expect(saved.body).toContain('Saved ANTHROPIC_API_KEY');
    expect(saved.body).toMatch(/anthropic\/claude-\S+ answers from now on\./);
    expect((await visit(link)).body).toMatch(/Saved ANTHROPIC_API_KEY at \d\d:\d\d/);
    expect(first.output.join('')).not.toContain(anthropic.key);
    await first.stop();

    const second = await started();
    expect(second.ready?.model).toMatch(/^anthropic\//);
    expect(linkOf(second)).toBe('');
  });

  it('takes a key of a provider that cannot be reached at the second press', async () => {
    const link = linkOf(await started());
    const form = { provider: 'compatible', value: 'a key of a server', address: 'http://127.0.0.1:9/v1', model: 'own' };
    const told = await visit(link, form);
    expect(told.body).toContain('cannot be reached');
    expect(told.body).toContain('Press Save again to keep the value untested.');
    expect(told.body).toContain('value="http://127.0.0.1:9/v1"');
    const saved = await visit(link, form);
    expect(saved.body).toContain('Saved OPENAI_API_KEY');
    expect(saved.body).toContain('openai/own answers from now on.');
  });

  it('asks for the very key that SENESCHAL_MODEL needs, and for none when it names the rehearsal', async () => {
    const more = { SENESCHAL_MODEL: 'mistral/mistral-large-latest' };
    const asked = await started(more);
    const { body } = await visit(linkOf(asked));
    expect(body).toContain('Enter MISTRAL_API_KEY');
    expect(body).not.toContain('name="provider"');
    await asked.stop();
    expect(linkOf(await started({ SENESCHAL_MODEL: 'rehearsal' }))).toBe('');
  });

  it('comes to the owner in the chat once, not at each start, and the chat goes on with the new key', async () => {
    const rig = await openTelegramRig({ ...env, SENESCHAL_MODEL: '' });
    try {
      await rig.say('say hello');
      const isLink = (text: string) => text.startsWith('I need MODEL_KEY:');
      expect(rig.telegram.botMessages().some(({ text }) => isLink(text))).toBe(false);
      await rig.restart();
      const asked = await rig.find('the link', ({ text }) => isLink(text));
      expect(asked.text).toContain('Open it on the box itself');
      await rig.restart('stop');
      expect(linkOf(rig.gateway)).toMatch(/^https:/);
      await rig.say('say hello again');
      expect(rig.telegram.botMessages().filter(({ text }) => isLink(text))).toHaveLength(1);
      const saved = await visit(linkOf(rig.gateway), { value: anthropic.key });
      expect(saved.body).toContain('Saved ANTHROPIC_API_KEY');
      await rig.say('are you somebody', ({ text }) => text === 'echo: are you somebody');
      expect(rig.telegram.violations).toEqual([]);
    } finally {
      await rig.close();
    }
  });
});

describe('seneschal setup beside a running gateway (START-9)', () => {
  it('connects a chat whose token it is given, without a restart', async () => {
    const telegram = await startTelegramFake();
    const more = { TELEGRAM_API_ROOT: telegram.url, SENESCHAL_MODEL: 'rehearsal' };
    const running = await started(more);
    const port = String(new URL(String(running.ready?.formUrl)).port);
    const { code, output } = await cli(['setup', '--telegram', '--json'], telegram.token, {
      ...more,
      SENESCHAL_PORT: port,
    });
    expect(code).toBe(0);
    const answer = JSON.parse(output) as { gateway: string; pairingCode: string };
    expect(answer.gateway).toBe('connected');
    telegram.userSays(answer.pairingCode);
    await telegram.until('the answer to the pairing', () => telegram.botMessages().length > 0, 15_000);
    expect(running.output.join('') + output).not.toContain(telegram.token);
    await running.stop();
    await telegram.stop();
  });

  it('refuses a key that its provider refuses with exit code 1, and asks nothing without a terminal', async () => {
    const refused = await cli(['setup', '--provider', 'anthropic'], 'not a key of theirs');
    expect(refused).toEqual({ code: 1, output: 'Anthropic refused the key.\n' });
    const nothing = await cli(['setup'], '');
    expect(nothing.code).toBe(0);
    expect(nothing.output).toContain('nothing is asked');
    const good = await cli(['setup', '--provider', 'anthropic', '--json'], `${anthropic.key}\n`);
    expect(JSON.parse(good.output)).toMatchObject({ saved: 'ANTHROPIC_API_KEY', tested: true });
    expect((await started()).ready?.model).toMatch(/^anthropic\//);
  });

  it('changes from where links open, and the next start follows (SECRET-9)', async () => {
    const { code } = await cli(['setup', '--reach', 'name', '--public-url', 'https://box.example.org'], '');
    expect(code).toBe(0);
    expect(readFileSync(join(home.path, '.env'), 'utf8')).toContain('SENESCHAL_PUBLIC_URL=https://box.example.org\n');
    const running = await started();
    expect(running.ready?.formUrl).toBe('https://box.example.org');
    expect(linkOf(running)).toMatch(/^https:\/\/box\.example\.org\/s\//);
    expect(String(running.lines.find((line) => line.url)?.msg)).toContain('Opens on any of your devices');
  });
});

describe(`at a terminal${title}`, () => {
  function onTerminal(args: readonly string[]) {
    const screen = new FakeScreen(200, 60);
    const child = spawn('python3', [RELAY, '200', '60', process.execPath, MAIN, ...args], {
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', SENESCHAL_HOME: home.path, SENESCHAL_PORT: '0', ...env },
      cwd: home.path,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').pipe(screen, { end: false });
    const ended = new Promise<number | null>((done) => child.on('exit', done));
    return { screen, child, ended };
  }

  it.skipIf(!hasPython)('says what was made and where, then the one next step (START-3, VOICE)', async () => {
    const { screen, child, ended } = onTerminal(['start']);
    try {
      await screen.until((rows) => rows.some((row) => row.includes('/s/')), 'the link', 20_000);
      const text = screen.all().join('\n');
      expect(text).toContain(`Made ${home.path}: the database, the vault`);
      expect(text).toContain('Keep a copy in a password manager, apart from backups.');
      const link = /https:\/\/127\.0\.0\.1:\d+\/s\/[\w-]{43}#[\w-]{87}/.exec(text)?.[0] ?? '';
      const saved = await visit(link, { value: anthropic.key });
      expect(saved.body).toContain('Saved ANTHROPIC_API_KEY');
      await screen.until((rows) => rows.some((row) => row.includes('answers from now on.')), 'the outcome');
      expect(screen.all().join('\n')).not.toContain(anthropic.key);
      child.stdin.write('are you somebody\r');
      await screen.until((rows) => rows.some((row) => row.includes('echo: are you somebody')), 'the answer');
    } finally {
      child.stdin.end();
      await ended;
    }
  });

  it.skipIf(!hasPython)('asks in the wizard; the key is never shown (START-9)', async () => {
    const { screen, child, ended } = onTerminal(['setup']);
    const asked = (words: string) => screen.until(() => screen.raw.includes(words), words, 20_000);
    try {
      await asked('What do you want to set up?');
      child.stdin.write('\r');
      await asked('Who answers you?');
      child.stdin.write('\r');
      await asked('The key');
      child.stdin.write(`${anthropic.key}\r`);
      await asked('Saved ANTHROPIC_API_KEY. It was tested with one call.');
      await screen.until((rows) => rows.some((row) => row.includes('The model (anthropic/')), 'the menu again', 20_000);
      child.stdin.write('\u0003');
      await asked('Ended. What was saved stays.');
      expect(await ended).toBe(0);
      expect(screen.raw).not.toContain(anthropic.key);
    } finally {
      child.kill();
    }
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OWNER, startTelegramFake, type TelegramFake } from '../fakes/telegram/index.js';
import { commandProcesses, eventually, Gateway, temporaryHome } from '../support/gateway.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
const ONE_SENTENCE = /^[^\n]{20,300}\.\n$/;

/** Mounts a small file system of its own at a folder; null where this user may not. */
function mountSmall(at: string, options: string): (() => void) | null {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
  return mounted.status === 0 ? () => void spawnSync('umount', ['-l', at]) : null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** What `GET /health` answers; null while nothing listens. */
function health(port: number): Promise<{ status: number; body: Record<string, unknown> } | null> {
  return new Promise((done) => {
    const asked = request({ host: '127.0.0.1', port, path: '/health', rejectUnauthorized: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    asked.on('error', () => done(null));
    asked.end();
  });
}

describe('the box at its worst', () => {
  const ends: (() => unknown)[] = [];
  let rig: TelegramRig | undefined;
  const open = async (env?: Record<string, string>) => {
    rig = await openTelegramRig(env);
    ends.push(() => rig?.close());
    return rig;
  };
  const homeFolder = () => {
    const home = temporaryHome();
    ends.push(() => home.remove());
    return home.path;
  };
  const platform = async () => {
    const telegram = await startTelegramFake();
    ends.push(() => telegram.stop());
    return telegram;
  };
  const start = async (home: string, env: Record<string, string>, untilReady = true) => {
    const gateway = await Gateway.start({ home, env: { SENESCHAL_MODEL: 'rehearsal', ...env }, untilReady });
    ends.push(() => (gateway.running ? gateway.kill() : undefined));
    return gateway;
  };
  const telegramOf = (telegram: TelegramFake, token = telegram.token) => ({
    TELEGRAM_BOT_TOKEN: token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_ID: String(OWNER.id),
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('says in one sentence that a token is wrong, shows it nowhere, and stays up with 503 and the reason (START-6, CHAN-8)', async () => {
    const telegram = await platform();
    const port = await freePort();
    const wrong = ['700100999', 'AAnotTheTokenOfThisBot-0123456789abcdef'].join(':');
    const gateway = await start(
      homeFolder(),
      { ...telegramOf(telegram, wrong), SENESCHAL_PORT: String(port), SENESCHAL_LOG_LEVEL: 'debug' },
      false,
    );
    await gateway.until('the sentence', () => gateway.lines.some((line) => line.msg.includes('token')));
    const told = gateway.lines.filter((line) => line.level >= 50);
    expect(told.map((line) => line.msg)).toEqual([
      'Telegram is not connected: Telegram does not accept the bot token.',
    ]);
    expect(await health(port)).toEqual({
      status: 503,
      body: { status: 'down', reason: 'Telegram: Telegram does not accept the bot token.' },
    });
    expect(gateway.ready).toBeUndefined();
    expect(gateway.output.join('')).not.toContain(wrong.split(':')[1]);
    expect((await gateway.stop()).code).toBe(0);
  });

  it('answers 503 with the reason while Telegram is away, 200 before and after (START-6)', async () => {
    const telegram = await platform();
    const port = await freePort();
    await start(homeFolder(), { ...telegramOf(telegram), SENESCHAL_PORT: String(port) });
    expect(await health(port)).toMatchObject({ status: 200, body: { status: 'ok' } });
    await telegram.goesDown();
    let down = await health(port);
    await eventually('503', () => {
      void health(port).then((answer) => {
        down = answer;
      });
      return down?.status === 503;
    });
    expect(down?.body.reason).toMatch(/^Telegram: .{10,}\.$/);
    await telegram.comesBack();
    let up = await health(port);
    await eventually('200', () => {
      void health(port).then((answer) => {
        up = answer;
      });
      return up?.status === 200;
    });
  });

  it('starts while Telegram is away, is ready when it is back, and can be stopped before that (START-6, START-7)', async () => {
    const telegram = await platform();
    await telegram.goesDown();
    const home = homeFolder();
    const early = await start(home, telegramOf(telegram), false);
    await early.until('a try', () => early.lines.some((line) => line.msg === 'not connected yet'));
    expect(early.ready).toBeUndefined();
    const { code, ms } = await early.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
    const gateway = await start(home, telegramOf(telegram), false);
    await gateway.until('a try', () => gateway.lines.some((line) => line.msg === 'not connected yet'));
    await telegram.comesBack();
    await gateway.until('ready', () => gateway.ready !== undefined);
    expect(gateway.ready?.channels).toEqual(['telegram']);
  });

  it('refuses a second process on the same home in one sentence, and the first goes on (START-10)', async () => {
    const first = await open();
    const second = await start(first.home, {}, false);
    expect(await second.ended()).toBe(1);
    expect(second.output.join('')).toMatch(ONE_SENTENCE);
    expect(second.output.join('')).toContain('Another Seneschal is already running');
    expect((await first.say('say alone')).text).toContain('alone');
  });

  it('refuses a home that cannot be used in one sentence (START-1)', async () => {
    const home = homeFolder();
    writeFileSync(join(home, 'file'), '');
    const gateway = await start(home, { SENESCHAL_HOME: join(home, 'file') }, false);
    expect(await gateway.ended()).toBe(1);
    expect(gateway.output.join('')).toMatch(ONE_SENTENCE);
    expect(gateway.output.join('')).toContain('SENESCHAL_HOME');
  });

  it('refuses a read-only home in one sentence (START-1)', async (context) => {
    const outer = homeFolder();
    const home = join(outer, 'readonly');
    mkdirSync(home);
    const unmount = mountSmall(home, 'ro,size=1m');
    if (!unmount) return context.skip('this user may not mount a read-only file system');
    ends.push(unmount);
    const gateway = await start(outer, { SENESCHAL_HOME: home }, false);
    expect(await gateway.ended()).toBe(1);
    expect(gateway.output.join('')).toMatch(ONE_SENTENCE);
  });

  it('acknowledges nothing that a full disk did not take, and works again when there is space (TURN-1)', async (context) => {
    const home = homeFolder();
    const unmount = mountSmall(home, 'size=8m');
    if (!unmount) return context.skip('this user may not mount a small file system');
    ends.push(unmount);
    const telegram = await platform();
    const gateway = await start(home, telegramOf(telegram));
    const answer = (words: string) =>
      eventually(words, () => telegram.botMessages().some((message) => message.text.includes(words)));
    telegram.userSays('say before');
    await answer('before');
    const ballast = join(home, 'ballast');
    fill(ballast, home);
    const said = telegram.userSays(`say in the middle ${'x'.repeat(3_000)}`);
    const card = telegram.userSays(call('write_file', { path: 'a.txt', content: 'a' }));
    await gateway.until('it is noticed', () => gateway.lines.some((line) => line.msg === 'an update was not stored'));
    await new Promise((done) => setTimeout(done, 1_000));
    expect([telegram.confirmed(said.updateId), telegram.confirmed(card.updateId)]).toEqual([false, false]);
    rmSync(ballast);
    await answer('in the middle');
    await eventually('the card', () => telegram.botMessages().some((message) => labels(message).includes('Approve')));
    expect(telegram.botMessages().filter((message) => message.text.includes('in the middle'))).toHaveLength(1);
    expect((await gateway.stop()).code).toBe(0);
  });

  it('ends within 10 s of SIGTERM in the middle of a command, leaves no process, and goes on truthfully (START-7)', async () => {
    const opened = await open();
    for (const background of [false, true]) {
      const command = `sleep 300 & sleep 301; echo ${background}`;
      const card = await opened.say(call('run_command', { command, background }), (m) => labels(m).includes('Approve'));
      opened.telegram.presses(card.messageId, 'Approve');
      await eventually('it runs', () => commandProcesses(opened.home).length >= 2);
      const { code, ms } = await opened.gateway.stop();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(10_000);
      expect(commandProcesses(opened.home)).toEqual([]);
      await opened.restart();
      expect((await opened.say('say next', (message) => message.text.includes('next'))).text).toContain('next');
    }
  }, 60_000);

  it('ends within 10 s of SIGTERM though a platform never answers a send (START-7)', async () => {
    const opened = await open();
    opened.telegram.fault({ method: 'sendMessage', kind: 'slow', ms: 20_000 });
    opened.telegram.userSays('say into the silence');
    await eventually('the send', () => opened.telegram.callsOf('sendMessage').length > 0);
    const { code, ms } = await opened.gateway.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
  });

  it('stops the start with one line that names the variable, what it got and what is allowed, never a secret (CONF)', async () => {
    const wrong: [string, string][] = [
      ['SENESCHAL_PORT', 'eighty'],
      ['SENESCHAL_APPROVAL_TTL', 'soon'],
      ['SENESCHAL_MODEL', 'claude'],
      ['TELEGRAM_OWNER_ID', '@olivia'],
      ['SENESCHAL_TIMEZONE', 'Mars/Olympus'],
      ['SENESCHAL_NETWORK_ALLOW', '10.0.0.0/4'],
      ['ANTHROPIC_BASE_URL', 'not-an-address'],
    ];
    for (const [name, value] of wrong) {
      const gateway = await start(homeFolder(), { [name]: value }, false);
      expect(await gateway.ended(), name).toBe(2);
      const output = gateway.output.join('');
      expect(output, name).toMatch(ONE_SENTENCE);
      expect(output, name).toContain(name);
      expect(output).toContain(value);
    }
  });

  it('warns of a vault key that other users can read (CONF-3)', async () => {
    const home = homeFolder();
    const first = await start(home, {});
    await first.stop();
    chmodSync(join(home, '.env'), 0o644);
    const second = await start(home, {});
    const warning = second.lines.find((line) => line.level === 40 && line.msg.includes('.env'));
    expect(warning?.msg).toBe(`Other users of this box can read ${join(home, '.env')}: run chmod 600 on it.`);
  });

  it('answers an unknown command with a sentence and exit code 2, and help with 0 (START-8)', () => {
    const run = (...words: string[]) =>
      spawnSync(process.execPath, ['dist/src/main.js', ...words], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      });
    expect(run('bogus')).toMatchObject({
      status: 2,
      stderr: 'There is no command bogus. seneschal --help lists them.\n',
    });
    expect(run('--help').status).toBe(0);
    expect(run('vault', '--help').stdout).toContain('Usage: seneschal vault');
  });

  it('reads a value from the file that NAME_FILE points to (CONF)', async () => {
    const telegram = await platform();
    const home = homeFolder();
    writeFileSync(join(home, 'token'), `${telegram.token}\n`, { mode: 0o600 });
    const { TELEGRAM_BOT_TOKEN: _, ...rest } = telegramOf(telegram);
    const gateway = await start(home, { ...rest, TELEGRAM_BOT_TOKEN_FILE: join(home, 'token') });
    expect(gateway.ready?.channels).toEqual(['telegram']);
    expect(gateway.output.join('')).not.toContain(telegram.token.split(':')[1]);
    expect(readFileSync(join(home, '.env'), 'utf8')).toContain('SENESCHAL_VAULT_KEY=');
  });
});

/** Takes all the space there is. */
function fill(path: string, home: string): void {
  const block = Buffer.alloc(64 * 1024, 1);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch {
    const { bavail, bsize } = statfsSync(home);
    if (bavail * bsize > 8_192) writeFileSync(path, Buffer.alloc(bavail * bsize - 4_096, 1), { flag: 'a' });
  }
}

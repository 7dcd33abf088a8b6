import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAnthropicFake } from '../fakes/anthropic.js';
import type { StoredMessage } from '../fakes/telegram/index.js';
import { filesUnder, type Leak, search, shapesOf, watchProcesses } from '../support/canary.js';
import { cli } from '../support/cli.js';
import { startHost } from '../support/host.js';
import { isFinal, labels, openTelegramRig, type TelegramRig } from '../support/rig.js';
import { sealAsBrowser } from '../support/seal.js';
import { linkIn, visit } from '../support/visit.js';

/*
 * Values are planted through every door there is; then everything that the process wrote or sent is searched for them,
 * in plain and in what programs make of a text. Only the one command that was granted a value may hold it.
 */
const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
const steps = (...calls: string[]): string => calls.join('\nthen\n');
/** Put together at run time: no scanner should take the test for a leak. */
const planted = (word: string): string => ['Kn4ry', word, '9f/+8 "q"&\\z', 'u77b', word.length].join('-');
const pasted = (): string => ['sk', 'ant', 'api03', 'q7R2'.repeat(24), 'AA'].join('-');

const VALUES = {
  form: planted('form'),
  sealed: planted('sealed'),
  login: planted('login'),
  password: planted('password'),
  file: `-----BEGIN CANARY-----\n${planted('file')}\n${planted('lines')}\n-----END CANARY-----`,
  command: planted('command'),
  stdin: planted('stdin'),
  burned: planted('burned'),
  renewed: planted('renewed'),
  pasted: pasted(),
  discarded: pasted().replaceAll('q7R2', 'w5T9'),
};

describe('canaries (SECRET-6, PASTE-1, VAULT-4)', () => {
  let rig: TelegramRig;
  let host: Awaited<ReturnType<typeof startHost>>;
  let model: Awaited<ReturnType<typeof startAnthropicFake>>;
  let env: Readonly<Record<string, string>>;
  const lives: string[] = [];

  beforeEach(async () => {
    host = await startHost();
    model = await startAnthropicFake();
    env = {
      SENESCHAL_NETWORK_ALLOW: host.place,
      SENESCHAL_LOG_LEVEL: 'debug',
      SENESCHAL_MODEL: 'anthropic/claude-sonnet-4-5',
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
    };
    rig = await openTelegramRig(env);
  });
  afterEach(async () => {
    await rig.close();
    await model.close();
    host.close();
  });

  const restart = async (how: 'kill' | 'stop' = 'kill') => {
    lives.push(rig.gateway.output.join(''));
    await rig.restart(how);
  };

  /** Has the agent ask, and fills in the form as the owner would. */
  async function enter(ask: object, form: (link: string) => Promise<{ body: string }>): Promise<void> {
    const before = new Set(rig.telegram.botMessages().map(({ messageId }) => messageId));
    rig.telegram.userSays(call('ask_secret', ask));
    const asked = await rig.find('a link', ({ messageId, text }) => !before.has(messageId) && linkIn(text) !== '');
    expect((await form(linkIn(asked.text))).body).toContain('Saved');
    await rig.find('it is saved', ({ messageId, text }) => messageId === asked.messageId && text.startsWith('Saved'));
    await settled();
  }

  /** Says something, approves whatever is asked, and waits until nothing is at work any more. */
  async function say(text: string): Promise<void> {
    rig.telegram.userSays(text);
    await settled();
  }

  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 12; quiet += 1) {
      const yes = (message: StoredMessage) => labels(message).find((label) => /^Approve( all)?$/.test(label));
      const open = rig.telegram.botMessages().find(yes);
      if (open) rig.telegram.presses(open.messageId, yes(open) ?? '');
      if (open || rig.telegram.botMessages().some((message) => !isFinal(message))) quiet = 0;
      await new Promise((done) => setTimeout(done, 60));
    }
  }

  const sealed = (values: readonly string[], hosts: string) => async (link: string) => {
    const url = new URL(link);
    const token = url.pathname.split('/').pop() ?? '';
    const text = JSON.stringify({ values, hosts, confirm: false });
    const message = await sealAsBrowser(url.hash.slice(1), token, text);
    return visit(link, { sealed: Buffer.from(message).toString('base64url') });
  };

  it('are found nowhere after a run through every feature', { timeout: 240_000 }, async () => {
    const processes = watchProcesses(VALUES);
    const hosts = [host.place];
    const url = `http://${host.place}`;
    const plain = (value: string) => (link: string) => visit(link, { value, hosts: host.place });
    await enter({ name: 'FORM_KEY', prompt: 'plain.', hosts }, plain(VALUES.form));
    await enter({ name: 'SEALED_KEY', prompt: 'sealed.', hosts }, sealed([VALUES.sealed], host.place));
    const fields = { name: 'LOGIN', prompt: 'both.', hosts, fields: ['LOGIN_USER', 'LOGIN_PASSWORD'] };
    await enter(fields, sealed([VALUES.login, VALUES.password], host.place));
    await enter({ name: 'FILE_KEY', prompt: 'a file.', hosts, multiline: true }, sealed([VALUES.file], host.place));
    await enter({ name: 'COMMAND_KEY', prompt: 'for a command.' }, (link) =>
      visit(link, { value: VALUES.command, hosts: '' }),
    );
    for (const [name, value] of [
      ['STDIN_KEY', VALUES.stdin],
      ['BURN_KEY', VALUES.burned],
    ] as const) {
      expect((await cli(rig.home, ['vault', 'set', name, '--host', host.place], { input: value })).code).toBe(0);
    }
    // In a header, a query and bodies; the host echoes what it gets.
    await say(
      steps(
        call('http_request', { method: 'GET', url: `${url}/h`, headers: { authorization: 'secret:FORM_KEY' } }),
        call('http_request', { method: 'GET', url: `${url}/q?key=secret:SEALED_KEY&more=secret:STDIN_KEY` }),
        call('http_request', {
          method: 'POST',
          url: `${url}/b`,
          body: '{"user":"secret:LOGIN_USER","key":"secret:FILE_KEY"}',
        }),
        call('http_request', {
          method: 'POST',
          url: `${url}/f`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'password=secret:LOGIN_PASSWORD&burn=secret:BURN_KEY',
        }),
        // Errors: nobody listens, and a host that is not the entry's.
        call('http_request', { method: 'GET', url: 'http://127.0.0.1:9/?key=secret:FORM_KEY' }),
      ),
    );
    const shown =
      'printf %s "$TOKEN" | base64 -w0; echo; printf %s "$TOKEN" | rev; printf %s "$TOKEN" | od -An -tx1 | tr -d " \\n"';
    const secrets = { TOKEN: 'secret:COMMAND_KEY' };
    await say(
      steps(
        call('run_command', { command: `echo "$TOKEN"; ${shown}; echo "$TOKEN" >&2; sleep 0.2`, secrets }),
        call('run_command', { command: 'echo "$TOKEN"; exit 3', secrets, background: true }),
        call('run_command', { command: 'printf %s "$TOKEN" > taken.txt; env', secrets }),
      ),
    );
    await say(
      steps(call('read_file', { path: 'taken.txt' }), call('send_file', { path: 'taken.txt', caption: 'all of it' })),
    );
    expect(rig.telegram.botMessages().some(({ text }) => text.includes('taken.txt holds a stored secret'))).toBe(true);
    await say(call('run_command', { command: 'rm taken.txt' }));
    await restart();
    // The owner's own words, as text, command and file; a key that was not known before.
    await say(`say it is ${VALUES.form} as you know`);
    await say(`/secret ${VALUES.sealed}`);
    await say(call('http_request', { method: 'POST', url, body: VALUES.stdin }));
    rig.telegram.userSends('document', {
      name: 'notes.env',
      mimeType: 'text/plain',
      bytes: Buffer.from(`A=${VALUES.login}\nB=${VALUES.pasted}\n`),
    });
    await settled();
    for (const [value, choice, answer] of [
      [VALUES.pasted, 'Save to vault', 'Saved ANTHROPIC_API_KEY'],
      [VALUES.discarded, 'Discard', 'Discarded.'],
    ] as const) {
      rig.telegram.userSays(`say here it is: ${value}`);
      const card = await rig.find('the answer', (message) => labels(message).includes(choice));
      rig.telegram.presses(card.messageId, choice);
      await rig.find(answer, (message) => message.messageId === card.messageId && message.text.includes(answer));
    }
    await settled();
    const asked = await rig.say('/burn BURN_KEY', (message) => linkIn(message.text) !== '');
    expect((await visit(linkIn(asked.text), { value: VALUES.renewed, hosts: host.place })).body).toContain(
      'Saved BURN_KEY',
    );
    await say(call('http_request', { method: 'GET', url: `${url}/r`, headers: { 'x-key': 'secret:BURN_KEY' } }));
    await rig.gateway.stop();
    lives.push(rig.gateway.output.join(''));
    const rotated = await cli(rig.home, ['vault', 'rotate']);
    expect(rotated.code).toBe(0);
    await restart();
    await say(
      steps(call('list_secrets', {}), call('http_request', { method: 'GET', url: `${url}/z?k=secret:SEALED_KEY` })),
    );
    await say('/status');
    const listed = await cli(rig.home, ['vault', 'list', '--json']);
    const beforeEnd = filesUnder(rig.home);
    await rig.gateway.stop();
    const { leaks, looks } = await processes.stop();

    const places = [
      ...beforeEnd.map(([path, text]) => [`running: ${path}`, text] as const),
      ...filesUnder(rig.home),
      ...[...lives, rig.gateway.output.join('')].map((text, life) => [`the log of life ${life}`, text] as const),
      ['the command line', [rotated, listed].map((end) => end.stdout + end.stderr).join('')] as const,
      ...rig.telegram.calls.map((sent, at) => [`chat call ${at} ${sent.method}`, JSON.stringify(sent.params)] as const),
      ...model.requests.map((sent, at) => [`model request ${at}`, JSON.stringify([sent.headers, sent.body])] as const),
    ];
    expect(search(places, VALUES)).toEqual([]);
    expect(
      search(
        places.filter(([place]) => !place.startsWith('model request')),
        { key: model.key },
      ),
    ).toEqual([]);
    // Only the command that was granted the value holds it, in its environment.
    const foreign = ({ value, place }: Leak) => value !== 'command' || !place.startsWith('environ of');
    expect(leaks.filter(foreign)).toEqual([]);

    // The values did arrive where they were meant to, so the search had something to find.
    const got = host.requests.join('\n');
    for (const name of ['form', 'sealed', 'stdin', 'login', 'password', 'burned', 'renewed'] as const) {
      expect(
        [...shapesOf(VALUES[name]).values()].some((form) => got.includes(form)),
        name,
      ).toBe(true);
    }
    expect(leaks.length).toBeGreaterThan(0);
    expect(looks).toBeGreaterThan(50);
    expect(places.some(([place]) => place === join(rig.home, 'seneschal.sqlite'))).toBe(true);
    expect(model.requests.length).toBeGreaterThan(20);
  });

  it('the search finds each shape wherever it is planted', () => {
    for (const [shape, form] of shapesOf(VALUES.form)) {
      const found = search([['here', `before ${form} after`]], VALUES);
      expect(
        found.map((leak) => [leak.value, leak.place]),
        shape,
      ).toContainEqual(['form', 'here']);
    }
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import { startHost } from '../support/host.js';
import { anthropicKey } from '../support/platform-rig.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';
import { linkIn, visit } from '../support/visit.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;

describe('secrets, on the built product over Telegram', () => {
  let rig: TelegramRig;
  let host: Awaited<ReturnType<typeof startHost>>;

  beforeEach(async () => {
    host = await startHost();
    rig = await openTelegramRig({ SENESCHAL_NETWORK_ALLOW: host.place });
  });

  afterEach(async () => {
    const { violations } = rig.telegram;
    await rig.close();
    host.close();
    expect(violations).toEqual([]);
  });

  const askAndUse = () =>
    [
      call('ask_secret', { name: 'DEMO_KEY', prompt: 'to greet the host.', hosts: [host.place] }),
      'then',
      call('http_request', {
        method: 'GET',
        url: `http://${host.place}/hello`,
        headers: { authorization: 'Bearer secret:DEMO_KEY' },
      }),
    ].join('\n');

  it('goes from the form into a request without the model, the chat, the log or the disk seeing it (SECRET-1, SECRET-5, SECRET-6)', async () => {
    const value = ['canary', 'v4lue', '0123456789', 'tail'].join('-');
    rig.telegram.userSays(askAndUse());
    const asked = await rig.find('the link', (message) => linkIn(message.text) !== '');
    const link = linkIn(asked.text);
    expect(asked.text.split('\n')[0]).toBe('I need DEMO_KEY: to greet the host.');
    expect(asked.text).toContain('Stored encrypted on this box. Never sent to the AI.');
    expect(labels(asked)).toEqual(['Cancel']);
    expect((await visit(link)).body).toContain('Stored encrypted on this box. Never sent to the AI.');
    expect((await visit(link)).status).toBe(200);
    const saved = await visit(link, { value, hosts: host.place });
    expect([saved.status, saved.body.includes('Saved DEMO_KEY')]).toEqual([200, true]);
    const card = await rig.find('the request', (message) => labels(message).includes('Approve'));
    expect(card.text).toContain(`GET http://${host.place}/hello`);
    expect(card.text).toContain('DEMO_KEY');
    rig.telegram.presses(card.messageId, 'Approve');
    const reply = await rig.find('the echo', (message) => message.text.includes('hello, you sent'));
    expect(reply.text).toContain('Bearer ***tail');
    expect(host.got.map((headers) => headers.authorization)).toEqual([`Bearer ${value}`]);
    await rig.find('how the form ended', (message) => message.text.startsWith('Saved DEMO_KEY (***tail)'));
    expect((await visit(link, { value: 'another-value', hosts: '' })).body).toMatch(/Saved DEMO_KEY at \d\d:\d\d/);
    await rig.gateway.stop();
    expect(leaks(rig, value)).toEqual([]);
  });

  it('survives kill -9 between the question, the answer and the use (SECRET-4)', async () => {
    const value = ['after', 'kill', '9876543210', 'more'].join('-');
    rig.telegram.userSays(askAndUse());
    const port = () => new URL(String(rig.gateway.ready?.formUrl)).port;
    const asked = await rig.find('the link', (message) => linkIn(message.text) !== '');
    await rig.restart('kill');
    const link = linkIn(asked.text).replace(/:\d+\//, `:${port()}/`);
    expect((await visit(link, { value, hosts: host.place })).body).toContain('Saved DEMO_KEY');
    await rig.restart('kill');
    const card = await rig.find('the request', (message) => labels(message).includes('Approve'));
    await rig.restart('kill');
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the echo', (message) => message.text.includes('Bearer ***more'));
    expect(host.got).toHaveLength(1);
  });

  it('asks before a secret goes to a host that is not its own (SECRET-5)', async () => {
    const other = await startHost();
    rig.telegram.userSays(call('ask_secret', { name: 'DEMO_KEY', prompt: 'for later.', hosts: ['api.example.org'] }));
    const asked = await rig.find('the link', (message) => linkIn(message.text) !== '');
    await visit(linkIn(asked.text), { value: 'a-long-enough-value', hosts: 'api.example.org' });
    await rig.find('saved', (message) => message.text.includes('for api.example.org only'));
    const url = `http://${host.place}/`;
    const card = await rig.say(
      call('http_request', { method: 'GET', url, headers: { 'x-key': 'secret:DEMO_KEY' } }),
      (m) => labels(m).length > 0,
    );
    expect(card.text).toContain('not among its hosts (api.example.org)');
    expect(labels(card)).toEqual(['Approve', 'Deny']);
    rig.telegram.presses(card.messageId, 'Deny');
    await rig.find('the refusal', (message) => message.text.includes('Denied by the owner'));
    expect(host.got).toEqual([]);
    other.close();
  });

  it('hands a command its secret by environment, never by argv (SECRET-5)', async () => {
    rig.telegram.userSays(call('ask_secret', { name: 'CMD_KEY', prompt: 'for a command.' }));
    const asked = await rig.find('the link', (message) => linkIn(message.text) !== '');
    const value = ['command', 'value', '5555555555', 'last'].join('-');
    await visit(linkIn(asked.text), { value, hosts: '' });
    await rig.find('saved', (message) => message.text.startsWith('Saved CMD_KEY'));
    const command = 'printf %s "$TOKEN" | wc -c; echo "$TOKEN"; tr "\\0" " " < /proc/$$/cmdline';
    const card = await rig.say(
      call('run_command', { command, secrets: { TOKEN: 'secret:CMD_KEY' } }),
      (m) => labels(m).length > 0,
    );
    expect(card.text).toContain('CMD_KEY');
    rig.telegram.presses(card.messageId, 'Approve');
    const reply = await rig.find(
      'the result',
      (message) => message.text.startsWith('Rehearsal') && message.text.includes('exit 0'),
    );
    expect(reply.text).toContain(String(value.length));
    expect(rig.telegram.botMessages().some((message) => message.text.includes(value))).toBe(false);
    expect(reply.text).toContain('***last');
  });

  it('catches a pasted key before anything stores it and deletes the message (PASTE-1, PASTE-2)', async () => {
    const key = anthropicKey();
    const said = rig.telegram.userSays(`say here is my key ${key} for later`);
    const answer = await rig.find('the answer', (message) => message.text.startsWith('I deleted your message'));
    await eventually('the deletion', () =>
      rig.telegram.state.messages.some((one) => one.messageId === said.messageId && one.deleted),
    );
    expect(labels(answer)).toEqual(['Save to vault', 'Discard', 'Not a secret']);
    expect(answer.text).toContain('Anthropic');
    const reply = await rig.find('the rest', (message) => message.text.includes('here is my key'));
    expect(reply.text).not.toContain(key);
    rig.telegram.presses(answer.messageId, 'Save to vault');
    const saved = await rig.find('saved', (message) => message.text.includes('Saved ANTHROPIC_API_KEY'));
    // An entry for tools: the model's own key is asked for elsewhere, and who pastes one is told.
    expect(saved.text).toContain('the key that Seneschal itself uses is entered by `seneschal setup`');
    await rig.gateway.stop();
    expect(leaks(rig, key)).toEqual([]);
  });

  it('forgets a held key over a restart and says so; a false alarm costs one tap (PASTE-3, PASTE-4)', async () => {
    rig.telegram.userSays(`say first ${anthropicKey()}`);
    const first = await rig.find('the answer', (message) => message.text.startsWith('I deleted your message'));
    // What comes behind it is there, so it was seen to arrive.
    await rig.find('the rest of it', (message) => message.text.includes('first [secret removed'));
    await rig.restart('kill');
    rig.telegram.presses(first.messageId, 'Save to vault');
    await rig.find('forgotten', (message) =>
      message.text.includes('I no longer hold it: send it again or use /secret NAME'),
    );
    rig.telegram.userSays(`say second ${anthropicKey()}`);
    const second = await rig.find(
      'the second answer',
      (message) => message.messageId > first.messageId && labels(message).length === 3,
    );
    rig.telegram.presses(second.messageId, 'Not a secret');
    await rig.find('the unmasked turn', (message) => message.text.includes(`second ${anthropicKey()}`));
  });

  it('a false alarm about an edit is sent on too; about a command it is said that nothing was (PASTE-4)', async () => {
    const asks = (after: number) => (message: StoredMessage) =>
      message.messageId > after && labels(message).includes('Not a secret');
    const { messageId } = rig.telegram.userSays('say before');
    await rig.find('its answer', (message) => message.text.endsWith('before'));
    rig.telegram.userEdits(messageId, `say after ${anthropicKey()}`);
    const edited = await rig.find('the answer about the edit', asks(messageId));
    rig.telegram.presses(edited.messageId, 'Not a secret');
    await rig.find('the unmasked turn', (message) => message.text.includes(`after ${anthropicKey()}`));
    rig.telegram.userSays(`/secret ${anthropicKey()}`);
    const command = await rig.find('the answer about the command', asks(edited.messageId));
    rig.telegram.presses(command.messageId, 'Not a secret');
    await rig.find('the truth', (message) => message.text.endsWith('It was no message, so nothing was sent on.'));
  });

  it('serves nothing else, and the same headers on everything (NET-3, NET-6)', async () => {
    const base = String(rig.gateway.ready?.formUrl);
    const health = await visit(`${base}/health`);
    expect([health.status, JSON.parse(health.body).status]).toEqual([200, 'ok']);
    for (const path of ['/', '/s/nothing', '/admin', '/health/x']) {
      const page = await visit(base + path);
      expect([404, 429]).toContain(page.status);
      expect(page.headers['x-content-type-options']).toBe('nosniff');
      expect(page.headers['x-frame-options']).toBe('DENY');
    }
  });
});

/** Where a value can be found on disk or in the chat, in plain, base64 or hex. */
function leaks(rig: TelegramRig, value: string): string[] {
  const forms = [value, Buffer.from(value).toString('base64').replace(/=+$/, ''), Buffer.from(value).toString('hex')];
  const files = readdirSync(rig.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const places = [
    ...files.map((path) => [path, readFileSync(path).toString('latin1')] as const),
    ['the log', rig.gateway.output.join('')] as const,
    ...rig.telegram
      .callsOf('sendMessage')
      .map((sent, index) => [`message ${index}`, JSON.stringify(sent.params)] as const),
    ...rig.telegram
      .callsOf('editMessageText')
      .map((sent, index) => [`edit ${index}`, JSON.stringify(sent.params)] as const),
  ];
  return places.filter(([, text]) => forms.some((form) => text.includes(form))).map(([place]) => place);
}

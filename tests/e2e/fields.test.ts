import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { startHost } from '../support/host.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';
import { sealAsBrowser } from '../support/seal.js';
import { linkIn, visit } from '../support/visit.js';

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;
/** Put together at run time: no scanner should take the test for a leak. */
const githubToken = (letter: string): string =>
  ['ghp', `${letter}7Qx2LmPz9Xw4Rt8Vb3Nc6Ks1Yd5Gf0Jh2Aa`.slice(0, 36)].join('_');
const awsPair = (): readonly [string, string] => [
  ['AKIA', 'Q3EGRTZ6UX5PLMWN'].join(''),
  ['wJq7rXUtn', 'EMI/K7MDENG/bPx', 'RfiCYz3kQvW8sLpT'].join(''),
];

describe('several values at once, on the built product over Telegram', () => {
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

  const names = async (): Promise<readonly string[]> => {
    const listed = await cli(rig.home, ['vault', 'list', '--json']);
    const { entries } = JSON.parse(listed.stdout) as { entries: { kind: string; name: string }[] };
    return entries.filter(({ kind }) => kind === 'owner').map(({ name }) => name);
  };
  const sealed = async (link: string, values: readonly string[]) => {
    const url = new URL(link);
    const text = JSON.stringify({ values, hosts: host.place, confirm: false });
    const message = await sealAsBrowser(url.hash.slice(1), url.pathname.split('/').pop() ?? '', text);
    return visit(link, { sealed: Buffer.from(message).toString('base64url') });
  };
  /** What the host gets where these entries are named. */
  const sent = async (...entries: readonly string[]): Promise<string> => {
    const body = JSON.stringify(entries.map((entry) => `secret:${entry}`));
    const card = await rig.say(
      call('http_request', { method: 'POST', url: `http://${host.place}/`, body }),
      (message) => labels(message).includes('Approve'),
    );
    const before = host.requests.length;
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the request', () => host.requests.length > before);
    return host.requests.at(-1)?.split('\n').slice(2).join('\n') ?? '';
  };

  it('user and password on one page are saved together or not at all, and used apart (SECRET-10)', async () => {
    rig.telegram.userSays(
      call('ask_secret', {
        name: 'MAIL',
        prompt: 'to read mail.',
        hosts: [host.place],
        fields: ['MAIL_USER', 'MAIL_PASSWORD'],
      }),
    );
    const link = linkIn((await rig.find('the link', (message) => linkIn(message.text) !== '')).text);
    expect((await visit(link)).body).toMatch(/MAIL_USER[\s\S]*MAIL_PASSWORD/);
    const half = await sealed(link, ['me@example.org', '']);
    expect([half.status, half.body.includes('Saved')]).toEqual([422, false]);
    expect((await sealed(link, ['me@example.org'])).status).toBe(422);
    expect(await names()).toEqual([]);
    expect((await sealed(link, ['me@example.org', 'a "quoted" pass\\word'])).body).toContain('Saved MAIL');
    await rig.find('the agent learns the name alone', (message) => message.text.includes('Saved MAIL'));
    expect(await names()).toEqual(['MAIL_PASSWORD', 'MAIL_USER']);
    expect(await sent('MAIL_USER', 'MAIL_PASSWORD')).toBe(JSON.stringify(['me@example.org', 'a "quoted" pass\\word']));
  });

  it('a file of up to 64 kB is a value, line for line; a larger one is refused and the link stays good (SECRET-10)', async () => {
    const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n';
    const file = `-----BEGIN CERTIFICATE-----\n${line.repeat(1_200)}-----END CERTIFICATE-----\n`;
    rig.telegram.userSays(
      call('ask_secret', { name: 'CLIENT_PEM', prompt: 'a file.', hosts: [host.place], multiline: true }),
    );
    const link = linkIn((await rig.find('the link', (message) => linkIn(message.text) !== '')).text);
    const large = await sealed(link, [file + line.repeat(100)]);
    expect([large.status, large.body.includes('Saved')]).toEqual([413, false]);
    expect((await sealed(link, [file])).body).toContain('Saved CLIENT_PEM');
    await rig.find('saved', (message) => message.text.startsWith('Saved CLIENT_PEM'));
    expect(await sent('CLIENT_PEM')).toBe(JSON.stringify([file]));
  });

  it('two pasted keys of one kind become two entries, and a pair becomes two (SECRET-10, PASTE-3)', async () => {
    const [first, second] = [githubToken('a'), githubToken('b')];
    rig.telegram.userSays(`say ${first} and ${second} and again ${first}`);
    const card = await rig.find('the answer', (message) => labels(message).includes('Save to vault'));
    rig.telegram.presses(card.messageId, 'Save to vault');
    await rig.find('saved', (message) => message.text.includes('Saved '));
    const saved = await names();
    expect(saved).toHaveLength(2);
    expect(saved[1]).toBe(`${saved[0]}_2`);
    const [id, secret] = awsPair();
    rig.telegram.userSays(`say AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}`);
    const pair = await rig.find(
      'the pair',
      (message) => message.messageId > card.messageId && labels(message).includes('Save to vault'),
    );
    rig.telegram.presses(pair.messageId, 'Save to vault');
    await rig.find('saved', (message) => message.text.includes('Saved AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.'));
    const got = await sent(saved[0] ?? '', saved[1] ?? '', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
    expect(JSON.parse(got)).toEqual([first, second, id, secret]);
  });

  it('a key in a file is caught like a pasted one: the message goes, the model sees a marker, one tap keeps it (PASTE-1, PASTE-2)', async () => {
    const token = githubToken('c');
    const sentFile = rig.telegram.userSends('document', {
      name: 'project.env',
      mimeType: 'text/plain',
      bytes: Buffer.from(`NAME=site\nGITHUB_TOKEN=${token}\n`),
    });
    const card = await rig.find('the answer', (message) => labels(message).includes('Save to vault'));
    expect(card.text).toMatch(/^I deleted your message: it held a GitHub/);
    await rig.find('the deletion', () =>
      rig.telegram.state.messages.some((one) => one.messageId === sentFile.messageId && one.deleted),
    );
    await rig.find('the rest', (message) => message.text.includes('NAME=site'));
    rig.telegram.presses(card.messageId, 'Save to vault');
    await rig.find('saved', (message) => message.text.includes('Saved '));
    expect(await sent((await names())[0] ?? '')).toBe(JSON.stringify([token]));
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { OWNER } from '../fakes/telegram/index.js';
import { eventually, Gateway, temporaryHome } from '../support/gateway.js';
import { startModel } from '../support/model-view.js';
import { makePdf } from '../support/pdf.js';
import { labels, openTelegramRig } from '../support/rig.js';

interface Contact {
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  readonly datagrams?: true;
}

function recorder(file: string) {
  return {
    env: {
      NODE_OPTIONS: `--import=${pathToFileURL(resolve('tests/support/record-network.mjs'))}`,
      RECORD_NETWORK: file,
    },
    contacts: (): Contact[] =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Contact)
        : [],
  };
}

const call = (tool: string, input: object): string => `call ${tool} ${JSON.stringify(input)}`;

it('contacts the chat, the model and what a tool was sent to, and nothing else, in a full run (BOX-8)', async () => {
  const notes = temporaryHome();
  const record = recorder(join(notes.path, 'contacts'));
  const model = await startModel('Anthropic');
  const page = createServer((_, response) => response.end('a page'));
  await new Promise<void>((done) => page.listen(0, '127.0.0.1', done));
  const { port } = page.address() as AddressInfo;
  const rig = await openTelegramRig({
    ...model.env,
    ...record.env,
    SENESCHAL_NETWORK_ALLOW: `127.0.0.1:${port}`,
  });
  try {
    await rig.say('hello');
    await rig.say('/status', (message) => message.text.includes('this conversation'));
    rig.telegram.userSends('document', { name: 'a.pdf', mimeType: 'application/pdf', bytes: makePdf(['text']) });
    await rig.find('the file', (message) => message.text.includes('a.pdf'));
    await rig.say('https://preview.example/page', (message) => message.text.includes('preview.example'));
    writeFileSync(join(rig.home, 'workspace', 'b.txt'), 'b');
    rig.telegram.userSays(call('send_file', { path: 'b.txt' }));
    await rig.find('the file out', (message) => message.file !== undefined);
    const card = await rig.say(call('run_command', { command: 'echo done' }), (m) => labels(m).includes('Approve'));
    rig.telegram.presses(card.messageId, 'Approve');
    await rig.find('the command', (message) => message.text.includes('echo: done'));
    await rig.say(call('http_request', { method: 'GET', url: `http://127.0.0.1:${port}/` }), (m) =>
      m.text.includes('a page'),
    );
    rig.telegram.userSays('/secret STRIPE_KEY');
    await rig.find('the form', (message) => message.text.includes('/s/'));
    model.fake.queue({ fault: { kind: 'status', status: 401 } });
    await rig.say('fail', (message) => labels(message).includes('Try again'));
    await rig.restart('stop');
    await rig.say('again', (message) => message.text.endsWith('again'));

    const allowed = [rig.telegram.url, model.fake.url, `http://127.0.0.1:${port}`].map((url) => new URL(url).host);
    const contacts = record.contacts();
    expect(contacts.filter(({ name }) => name !== undefined)).toEqual([]);
    expect(contacts.filter(({ datagrams }) => datagrams)).toEqual([]);
    const places = new Set(contacts.map(({ host, port: to }) => `${host}:${to}`));
    expect([...places].sort()).toEqual([...allowed].sort());
  } finally {
    await rig.close();
    await model.fake.close();
    page.close();
    notes.remove();
  }
});

it('resolves the names of the chosen platform and provider only, where no other address is set (BOX-8)', async () => {
  const notes = temporaryHome();
  const home = temporaryHome();
  const record = recorder(join(notes.path, 'contacts'));
  const token = ['700100200', 'AAFakeTokenForTests-0123456789abcdefgh'].join(':');
  const gateway = await Gateway.start({
    home: home.path,
    env: { ...record.env, TELEGRAM_BOT_TOKEN: token, TELEGRAM_OWNER_ID: String(OWNER.id) },
    untilReady: false,
  });
  try {
    await eventually('a try', () => record.contacts().length > 1);
    expect(new Set(record.contacts().map(({ name, host }) => name ?? host))).toEqual(new Set(['api.telegram.org']));
    expect((await gateway.stop()).code).toBe(0);
  } finally {
    if (gateway.running) await gateway.kill();
    home.remove();
    notes.remove();
  }
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../fakes/telegram/index.js';
import { eventually } from '../support/gateway.js';
import { type ModelName, type ModelSubject, startModel } from '../support/model-view.js';
import { labels, openTelegramRig, type TelegramRig } from '../support/rig.js';

const hasApprove = (message: StoredMessage): boolean => labels(message).includes('Approve');
const write = (path: string, content: string) => ({ name: 'write_file', input: { path, content } });
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

for (const name of ['Anthropic', 'OpenAI'] satisfies ModelName[]) {
  describe(`the main job with ${name}'s protocol`, () => {
    let rig: TelegramRig;
    let model: ModelSubject;
    const open = async (env: Record<string, string> = {}) => {
      model = await startModel(name);
      rig = await openTelegramRig({ ...model.env, ...env });
    };
    const requests = () => model.fake.requests.length;
    const workspace = (file: string) => join(rig.home, 'workspace', file);

    afterEach(async () => {
      const broken = [...rig.telegram.violations, ...model.fake.violations];
      await rig.close();
      await model.fake.close();
      expect(broken).toEqual([]);
    });

    it('streams a reply, runs a tool call after a tap, and answers with its result (MODEL-1, APPR-1)', async () => {
      await open();
      const text = Array.from({ length: 40 }, (_, index) => `part${index + 1}`).join(' ');
      model.fake.queue({ text, chunkSize: 6, delayMs: 40 });
      const streamed = await rig.say('tell me', (message) => message.text.endsWith('part40'));
      expect(streamed.text).toBe(text);
      expect(streamed.history.length).toBeGreaterThan(1);

      model.fake.queue({ text: 'I will write it.', calls: [write('a.txt', 'from the model')] });
      const card = await rig.say('write a file', hasApprove);
      expect(card.text).toContain('from the model');
      const before = requests();
      rig.telegram.presses(card.messageId, 'Approve');
      await rig.find('the echo of the result', (message) => message.text.startsWith('echo: Wrote a.txt'));
      expect(readFileSync(workspace('a.txt'), 'utf8')).toBe('from the model');
      expect(requests()).toBe(before + 1);
      const tail = model.seen().at(-1);
      expect(tail?.results.map(({ text: result }) => result)).toEqual([expect.stringContaining('Wrote a.txt')]);
      expect(tail?.text).toBe('');
    });

    it('shows the model an image that the owner sends (MODEL-1, CHAN-12)', async () => {
      await open();
      model.fake.queue({ text: 'A single pixel.' });
      rig.telegram.userSends('photo', { name: 'p.png', mimeType: 'image/png', bytes: PIXEL }, { caption: 'look here' });
      await rig.find('the answer', (message) => message.text === 'A single pixel.');
      const [message] = model.seen();
      expect(message?.images).toEqual([{ mimeType: 'image/png', data: PIXEL.toString('base64') }]);
      expect(message?.text).toContain('look here');
    });

    it('tells a waiting call as waiting, the owner apart from it, and the outcome as a fresh pair (TURN-2)', async () => {
      await open();
      model.fake.queue({ calls: [write('late.txt', 'late')] });
      const card = await rig.say('write later', hasApprove);
      const [asked] = model.seen(0);
      model.fake.queue({ text: 'I go on.' });
      await rig.say('what else is new?', (message) => message.text === 'I go on.');
      const parked = model.seen();
      expect(parked[0]).toEqual(asked);
      const first = parked[1]?.calls[0]?.id ?? '';
      expect(parked[1]?.calls).toHaveLength(1);
      expect(parked[2]).toMatchObject({ results: [{ id: first, text: "waiting for the owner's tap" }], text: '' });
      expect(parked[3]).toMatchObject({ role: 'user', results: [] });
      expect(parked[3]?.text).toContain('what else is new?');
      expect(parked).toHaveLength(4);

      model.fake.queue({ text: 'It is written.' });
      rig.telegram.presses(card.messageId, 'Approve');
      await rig.find('the outcome', (message) => message.text === 'It is written.');
      expect(readFileSync(workspace('late.txt'), 'utf8')).toBe('late');
      const told = model.seen();
      expect(told.slice(0, 4)).toEqual(parked);
      expect(told[4]).toMatchObject({ role: 'assistant', text: 'I go on.' });
      const pair = told.slice(-2);
      const second = pair[0]?.calls[0]?.id ?? '';
      expect(pair[0]?.calls).toEqual([{ id: second, name: 'write_file' }]);
      expect(second).not.toBe(first);
      expect(pair[1]).toMatchObject({ results: [{ id: second, text: expect.stringContaining('Wrote late.txt') }] });
      expect(pair[1]?.text).toBe('');
      expect(rig.telegram.botMessages().filter((message) => message.text === 'I go on.')).toHaveLength(1);
    });

    it('waits out an overload and answers, without a word about it (MODEL-2)', async () => {
      await open();
      const status = name === 'Anthropic' ? 529 : 503;
      model.fake.queue({ fault: { kind: 'status', status, headers: { 'retry-after': '1' } } }, { text: 'There.' });
      const reply = await rig.say('are you there?');
      expect(reply.text).toBe('There.');
      expect(requests()).toBe(2);
    });

    it('asks again after a cut stream and a malformed call, and shows nothing of them (MODEL-2)', async () => {
      await open();
      model.fake.queue(
        { text: 'This will be cut.', chunkSize: 4, fault: { kind: 'short', afterEvents: 4 } },
        { calls: [{ name: 'write_file', json: '{"path":"x' }] },
        { text: 'Whole.' },
      );
      const reply = await rig.say('go', (message) => message.text === 'Whole.');
      expect(reply.buttons).toEqual([]);
      expect(rig.telegram.botMessages().map((message) => message.text)).toEqual(['Whole.']);
      expect(existsSync(workspace('x'))).toBe(false);
    });

    it('says in a sentence why a turn failed, and its button tries again (CHAN-7, MODEL-2)', async () => {
      await open();
      model.fake.queue({ fault: { kind: 'status', status: 401 } });
      const failed = await rig.say('hello');
      expect(failed.text).toMatch(/ refused the key\. /);
      expect(failed.text).not.toContain(model.fake.key);
      expect(labels(failed)).toEqual(['Try again']);
      const press = rig.telegram.presses(failed.messageId, 'Try again');
      expect(await press.answered()).toBe('Trying again.');
      await rig.find('the answer', (message) => message.text === 'echo: hello');
      const [message, ...more] = model.seen();
      expect(more).toEqual([]);
      expect(message?.text).toContain('hello');
    });

    it('leaves the stream when the owner stops it, and keeps what was shown (MODEL-1, CHAN-6)', async () => {
      await open();
      model.fake.queue({ text: 'word '.repeat(400), chunkSize: 5, delayMs: 50 });
      rig.telegram.userSays('talk long');
      await rig.find('the stream', (message) => /word word/.test(message.text));
      rig.telegram.userSays('/stop');
      const told = await rig.find('the end', (message) => message.text.startsWith('Stopped.'));
      expect(told.text).toBe('Stopped. The reply was cut off.');
      await eventually('the connection is closed', () => model.fake.requests[0]?.aborted === true);
      await rig.find('the rest', (message) => /word …$/.test(message.text) && labels(message).length === 0);
      expect((await rig.say('still there?')).text).toBe('echo: still there?');
      expect(model.seen().map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    });

    it('sends a fixed part under 3,000 tokens, the same bytes each time, and only adds at the end (TURN-6)', async () => {
      await open();
      await rig.say('call list_files {"path":"."}', (message) => message.text.startsWith('echo:'));
      model.fake.queue({ calls: [write('b.txt', 'b')] });
      const card = await rig.say('write', hasApprove);
      await rig.say('and talk', (message) => message.text.startsWith('echo: and talk'));
      rig.telegram.presses(card.messageId, 'Deny');
      await rig.find('the refusal', (message) => message.text.includes('Denied by the owner'));
      expect(requests()).toBeGreaterThanOrEqual(5);
      expect(model.fixed(0).length / 4).toBeLessThan(3_000);
      for (let index = 1; index < requests(); index += 1) {
        const before = model.prefix(index - 1);
        expect(model.prefix(index).slice(0, before.length), `request ${index}`).toEqual(before);
      }
      for (const message of model.seen()) if (message.results.length > 0) expect(message.text).toBe('');
    });

    it('opens each of the owner’s messages with date, time and zone (TURN-9)', async () => {
      await open({ SENESCHAL_TIMEZONE: 'Asia/Kolkata' });
      await rig.say('first');
      await rig.say('second', (message) => message.text === 'echo: second');
      const own = model.seen().filter(({ role }) => role === 'user');
      expect(own).toHaveLength(2);
      const now = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: 'Asia/Kolkata' }).format();
      for (const { text } of own) {
        expect(text).toMatch(/^\[[A-Z][a-z]+day \d{4}-\d{2}-\d{2} \d{2}:\d{2} Asia\/(Kolkata|Calcutta)\]/);
        expect(text).toContain(now);
      }
    });
  });
}

describe('two models', () => {
  it('turns to the second when the first refuses, and says what both said when both do (MODEL-2)', async () => {
    const first = await startModel('Anthropic');
    const second = await startModel('OpenAI');
    const both = `${first.env.SENESCHAL_MODEL},${second.env.SENESCHAL_MODEL}`;
    const rig = await openTelegramRig({ ...first.env, ...second.env, SENESCHAL_MODEL: both });
    try {
      first.fake.queue({ fault: { kind: 'status', status: 401 } });
      expect((await rig.say('hello')).text).toBe('echo: hello');
      expect([first.fake.requests.length, second.fake.requests.length]).toEqual([1, 1]);
      first.fake.queue({ fault: { kind: 'status', status: 401 } });
      second.fake.queue({ fault: { kind: 'status', status: 401 } });
      const failed = await rig.say('again', (message) => labels(message).includes('Try again'));
      expect(failed.text).toContain('Anthropic refused the key.');
      expect(failed.text).toMatch(/The model server 127\.0\.0\.1:\d+ refused the key\./);
    } finally {
      await rig.close();
      await first.fake.close();
      await second.fake.close();
    }
  });
});

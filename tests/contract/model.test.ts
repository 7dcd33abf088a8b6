import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelEvent } from '../../src/core/model.js';
import type { FakeAnswer, FakeFault } from '../fakes/model-server.js';
import { collect, type ModelSubject, SUBJECTS } from './model-subjects.js';

const TEXT = 'The quick brown fox jumps over the lazy dog, twice, and then it rests. Größe ✓';
const never = new AbortController().signal;

function final(events: readonly ModelEvent[]) {
  const ends = events.filter((event) => event.type === 'finished' || event.type === 'failed');
  expect(ends).toHaveLength(1);
  expect(events.at(-1)).toBe(ends[0]);
  return ends[0];
}

function streamed(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

describe.each(SUBJECTS)('model client $name', ({ noServer, start }) => {
  let subject: ModelSubject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(() => subject.close());

  const run = (answer: FakeAnswer, signal = never) => collect(subject.client.stream(subject.provoke(answer), signal));

  it('streams text in parts and ends with the whole message (MODEL-1)', async () => {
    const events = await run({ text: TEXT });
    const end = final(events);
    expect(end).toMatchObject({ type: 'finished', stop: 'end' });
    expect(events.filter((event) => event.type === 'text').length).toBeGreaterThan(1);
    expect(streamed(events)).toBe(subject.label + TEXT);
    if (end?.type === 'finished') expect(end.message.content).toEqual([{ type: 'text', text: subject.label + TEXT }]);
  });

  it('gives a tool call with its input parsed and an id of its own (MODEL-1)', async () => {
    const end = final(
      await run({ calls: [{ name: 'read_file', input: { path: 'a "b".txt', limit: 3 }, id: 'same' }] }),
    );
    expect(end).toMatchObject({
      type: 'finished',
      stop: 'tools',
      message: {
        role: 'assistant',
        content: [{ type: 'tool_call', name: 'read_file', input: { path: 'a "b".txt', limit: 3 } }],
      },
    });
  });

  it('keeps several tool calls of one answer in order and apart (MODEL-1)', async () => {
    const calls = ['one', 'two', 'three'].map((path) => ({ name: 'read_file', input: { path } }));
    const end = final(await run({ calls }));
    if (end?.type !== 'finished') throw new Error('not finished');
    const got = end.message.content.flatMap((part) => (part.type === 'tool_call' ? [part] : []));
    expect(got.map((part) => part.input)).toEqual(calls.map((call) => call.input));
    expect(new Set(got.map((part) => part.callId)).size).toBe(3);
  });

  it('counts tokens and knows the cost (TURN-5, TURN-7)', async () => {
    const end = final(await run({ text: TEXT }));
    if (end?.type !== 'finished') throw new Error('not finished');
    expect(end.usage.inputTokens + end.usage.cacheReadTokens + end.usage.cacheWriteTokens).toBeGreaterThan(0);
    expect(end.usage.outputTokens).toBeGreaterThan(0);
    if (noServer) expect(end.usage.costUsd).toBe(0);
    else expect(end.usage.costUsd).toBeGreaterThan(0);
  });

  it('ends by an abort in mid-stream, keeping what had come (MODEL-1)', async () => {
    const abort = new AbortController();
    const events: ModelEvent[] = [];
    const request = subject.provoke({ text: 'word '.repeat(200), chunkSize: 5, delayMs: 20 });
    for await (const event of subject.client.stream(request, abort.signal)) {
      events.push(event);
      if (streamed(events).includes('word')) abort.abort();
    }
    // The server had seconds more to say.
    expect(streamed(events).length).toBeLessThan(500);
    const end = final(events);
    expect(end).toMatchObject({ type: 'failed', error: { code: 'model.cancelled' }, partial: streamed(events) });
  });

  it('ends at once where the signal is aborted before it begins', async () => {
    const end = final(await run({ text: TEXT, delayMs: 1 }, AbortSignal.abort()));
    expect(end).toMatchObject({ type: 'failed', error: { code: 'model.cancelled' } });
  });

  it('may be left early without harm', async () => {
    for await (const event of subject.client.stream(subject.provoke({ text: TEXT }), never)) {
      expect(event.type).toBe('text');
      break;
    }
  });

  it('leaves no rule of the protocol broken', () => {
    expect(subject.violations()).toEqual([]);
  });
});

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const FAULTS: readonly (readonly [string, FakeFault, string])[] = [
  ['a 500 of HTML', { kind: 'status', status: 500, body: html }, 'model.overloaded'],
  ['a 529', { kind: 'status', status: 529 }, 'model.overloaded'],
  ['a 429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'model.rate_limited'],
  ['a 400', { kind: 'status', status: 400 }, 'model.rejected'],
  ['a 402', { kind: 'status', status: 402 }, 'model.unauthorized'],
  ['a 404 of HTML', { kind: 'status', status: 404, body: html }, 'model.rejected'],
  ['a redirect', { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/' } }, 'model.rejected'],
  ['a cut before the head', { kind: 'cut', afterBytes: 0 }, 'model.unreachable'],
  ['a cut in mid-stream', { kind: 'cut', afterBytes: 700 }, 'model.unreachable'],
  ['a body that ends too early', { kind: 'short', afterEvents: 3 }, 'model.unreachable'],
  ['an empty body', { kind: 'body', body: '' }, 'model.malformed'],
  ['an HTML body', { kind: 'body', body: html, contentType: 'text/html' }, 'model.malformed'],
  ['broken JSON', { kind: 'body', body: 'event: message_start\ndata: {"type":"mess\n\n' }, 'model.malformed'],
  ['JSON of another kind', { kind: 'body', body: 'event: message_start\ndata: [1,2]\n\n' }, 'model.malformed'],
  ['null chunks', { kind: 'body', body: 'event: message_start\ndata: null\n\n' }, 'model.malformed'],
  ['an overloaded event', { kind: 'error_event', afterEvents: 3, type: 'overloaded_error' }, 'model.overloaded'],
  ['a server error event', { kind: 'error_event', afterEvents: 3, type: 'server_error' }, 'model.overloaded'],
];

const SERVED = SUBJECTS.filter((kind) => kind.noServer === null);

describe.each(SERVED)('model client $name and a server at fault', ({ start, model }) => {
  let subject: ModelSubject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(() => subject.close());

  const run = (answer: FakeAnswer) => collect(subject.client.stream(subject.provoke(answer), never));

  it.each(FAULTS)('ends %s with one failed event (MODEL-2)', async (_name, fault, code) => {
    const events = await run({ text: TEXT.repeat(10), fault });
    const end = final(events);
    expect(end).toMatchObject({ type: 'failed', error: { code }, partial: streamed(events) });
    if (end?.type !== 'failed') throw new Error('not failed');
    expect(end.error.message).toMatch(/^[A-Z].*\.$|: .*$/);
    expect(inspect(end, { depth: 9 })).not.toContain(subject.key);
    expect(end.error.message).not.toContain('<');
  });

  it('takes the time to wait from retry-after (MODEL-2)', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '7' } } as const;
    expect(final(await run({ fault }))).toMatchObject({ error: { retryAfterMs: 7000, retryable: true } });
  });

  it('counts what a cut answer has cost already (TURN-5)', async () => {
    const end = final(await run({ text: TEXT.repeat(10), fault: { kind: 'cut', afterBytes: 1500 } }));
    expect(end?.type).toBe('failed');
    if (end && 'usage' in end) expect(end.usage.costUsd).toBeGreaterThan(0);
  });

  it('calls a tool call that is no JSON malformed (MODEL-2)', async () => {
    const end = final(await run({ calls: [{ name: 'read_file', json: '{"path": "a' }] }));
    expect(end).toMatchObject({ type: 'failed', error: { code: 'model.malformed', retryable: true } });
  });

  it('drops a tool call that the output limit cut, and says length', async () => {
    const stop = model.startsWith('claude') ? 'max_tokens' : 'length';
    const end = final(await run({ text: 'So far', calls: [{ name: 'read_file', json: '{"path": "a' }], stop }));
    expect(end).toMatchObject({ type: 'finished', stop: 'length', message: { content: [{ text: 'So far' }] } });
  });

  it('takes a call without arguments as an empty object', async () => {
    const end = final(await run({ calls: [{ name: 'list_secrets', json: '' }] }));
    expect(end).toMatchObject({ type: 'finished', message: { content: [{ name: 'list_secrets', input: {} }] } });
  });

  it('passes an empty answer on as an empty message', async () => {
    expect(final(await run({}))).toMatchObject({ type: 'finished', stop: 'end', message: { content: [] } });
  });

  it('does not wait for a server that keeps a finished answer open', async () => {
    expect(final(await run({ text: TEXT, fault: { kind: 'linger' } }))).toMatchObject({ type: 'finished' });
  });

  it('ends by an abort while the server says nothing at all (MODEL-1)', async () => {
    const abort = new AbortController();
    const events = collect(subject.client.stream(subject.provoke({ fault: { kind: 'hang' } }), abort.signal));
    await new Promise((resolve) => setTimeout(resolve, 150));
    abort.abort();
    expect(final(await events)).toMatchObject({ type: 'failed', error: { code: 'model.cancelled' } });
  });

  it('never shows the key, not even when the server echoes it', async () => {
    const echo = JSON.stringify({ error: { type: 'invalid_request_error', message: `bad key ${subject.key} given` } });
    for (const status of [400, 401, 403, 404, 422, 500]) {
      const end = final(await run({ fault: { kind: 'status', status, body: echo } }));
      expect(inspect(end, { depth: 9, showHidden: true })).not.toContain(subject.key);
      expect(JSON.stringify(end)).not.toContain(subject.key);
    }
  });

  it('leaves no rule of the protocol broken', () => {
    expect(subject.violations()).toEqual([]);
  });
});

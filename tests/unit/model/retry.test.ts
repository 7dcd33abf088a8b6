import { describe, expect, it } from 'vitest';
import { type ErrorCode, SeneschalError } from '../../../src/core/errors.js';
import type { ModelClient, ModelEvent, ModelRequest, ModelUsage } from '../../../src/core/model.js';
import { withFallback } from '../../../src/model/fallback.js';
import { withRetry } from '../../../src/model/retry.js';
import { fakeSystem } from '../../support/fake-system.js';

const request: ModelRequest = { model: 'm', system: '', tools: [], messages: [], maxOutputTokens: 9000 };
const never = new AbortController().signal;
const usage = (costUsd: number | null): ModelUsage => ({
  inputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  costUsd,
});

const done: ModelEvent = {
  type: 'finished',
  message: { role: 'assistant', content: [{ type: 'text', text: 'ok' }] },
  stop: 'end',
  usage: usage(0.5),
};

function failed(code: ErrorCode, details: { retryable?: boolean; retryAfterMs?: number } = {}): ModelEvent {
  const error = new SeneschalError(code, 'Anthropic is overloaded.', { retryable: true, ...details });
  return { type: 'failed', error, partial: 'par', usage: usage(0.25) };
}

/** Gives one list of events per request, the last one again and again. */
function scripted(...answers: ModelEvent[][]): ModelClient & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    provider: 'scripted',
    asked,
    async *stream(given) {
      asked.push(given);
      yield* answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  };
}

/** Reads to the end while the fake clock runs whenever nothing else happens. */
async function run(client: ModelClient, system: ReturnType<typeof fakeSystem>, signal = never): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  let open = true;
  const reading = (async () => {
    for await (const event of client.stream(request, signal)) events.push(event);
    open = false;
  })();
  while (open) {
    await new Promise((resolve) => setImmediate(resolve));
    system.advance(100);
  }
  await reading;
  return events;
}

const types = (events: readonly ModelEvent[]) => events.map((event) => event.type).join(' ');

describe('retry', () => {
  it('announces each further try and then passes the answer on (MODEL-2)', async () => {
    const system = fakeSystem();
    const client = scripted(
      [failed('model.overloaded')],
      [{ type: 'text', text: 'a' }, failed('model.unreachable')],
      [done],
    );
    const events = await run(withRetry(client, { system }), system);
    expect(types(events)).toBe('retrying text retrying finished');
    expect(events[0]).toMatchObject({ attempt: 2, reason: { code: 'model.overloaded' } });
    expect(events[2]).toMatchObject({ attempt: 3, reason: { code: 'model.unreachable' } });
  });

  it('gives up after 4 tries in about 40 s and says so in one sentence (MODEL-2)', async () => {
    const system = fakeSystem();
    const client = scripted([failed('model.overloaded')]);
    const events = await run(withRetry(client, { system }), system);
    expect(client.asked).toHaveLength(4);
    expect(system.monotonic()).toBeGreaterThan(34_000);
    expect(system.monotonic()).toBeLessThan(47_000);
    const end = events.at(-1);
    if (end?.type !== 'failed') throw new Error('not failed');
    expect(end.error.message).toMatch(
      /^Anthropic is overloaded\. Tried 4 times in (3[5-9]|4[0-6]) s; your message is kept\.$/,
    );
    expect(end.partial).toBe('par');
  });

  it('adds up what all tries have cost (TURN-5)', async () => {
    const system = fakeSystem();
    const events = await run(withRetry(scripted([failed('model.overloaded')], [done]), { system }), system);
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 20, outputTokens: 2, costUsd: 0.75 } });
  });

  it('obeys retry-after (MODEL-2)', async () => {
    const system = fakeSystem();
    const client = scripted([failed('model.rate_limited', { retryAfterMs: 20_000 })], [done]);
    const events = await run(withRetry(client, { system }), system);
    expect(events[0]).toMatchObject({ type: 'retrying' });
    if (events[0]?.type === 'retrying') {
      expect(events[0].delayMs).toBeGreaterThanOrEqual(20_000);
      expect(events[0].delayMs).toBeLessThanOrEqual(22_000);
    }
    expect(system.monotonic()).toBeGreaterThanOrEqual(20_000);
  });

  it('does not wait where the provider asks for longer than an owner would (MODEL-2)', async () => {
    const system = fakeSystem();
    const client = scripted([failed('model.rate_limited', { retryAfterMs: 300_000 })]);
    const events = await run(withRetry(client, { system }), system);
    expect(types(events)).toBe('failed');
    expect(events[0]).toMatchObject({
      error: { message: 'Anthropic is overloaded. It asks to wait 300 s. Tried once; your message is kept.' },
    });
  });

  it('repairs a malformed tool call by asking again soon, within bounds (MODEL-2)', async () => {
    const system = fakeSystem();
    const client = scripted([failed('model.malformed')]);
    const events = await run(withRetry(client, { system }), system);
    expect(client.asked).toHaveLength(4);
    expect(system.monotonic()).toBeLessThan(7_000);
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'model.malformed' } });
  });

  it.each(['model.unauthorized', 'model.rejected', 'model.cancelled'] as const)('takes %s as final', async (code) => {
    const system = fakeSystem();
    const client = scripted([failed(code, { retryable: false })]);
    const events = await run(withRetry(client, { system }), system);
    expect(types(events)).toBe('failed');
    expect(events[0]).toMatchObject({ error: { message: 'Anthropic is overloaded.' } });
  });

  it('ends at once when stopped while it waits (MODEL-1)', async () => {
    const system = fakeSystem();
    const abort = new AbortController();
    const events: ModelEvent[] = [];
    const client = withRetry(scripted([failed('model.overloaded')]), { system });
    for await (const event of client.stream(request, abort.signal)) {
      events.push(event);
      if (event.type === 'retrying') setImmediate(() => abort.abort());
    }
    expect(types(events)).toBe('retrying failed');
    expect(events[1]).toMatchObject({ error: { code: 'model.cancelled' }, usage: { costUsd: 0.25 } });
    expect(system.monotonic()).toBe(0);
  });

  it('turns a client that ends without a final event into a failure', async () => {
    const system = fakeSystem();
    const events = await run(withRetry(scripted([{ type: 'text', text: 'a' }]), { system }), system);
    expect(types(events)).toBe('text failed');
    expect(events[1]).toMatchObject({ error: { code: 'internal' } });
  });
});

describe('fallback', () => {
  const second = (client: ModelClient) => [{ client, model: 'other', maxOutputTokens: 4096 }];

  it('asks the second model, by its own name and limit, once the first has given up (MODEL-2)', async () => {
    const system = fakeSystem();
    const spare = scripted([done]);
    const events = await run(withFallback(scripted([failed('model.overloaded')]), second(spare)), system);
    expect(types(events)).toBe('retrying finished');
    expect(spare.asked[0]).toMatchObject({ model: 'other', maxOutputTokens: 4096 });
    expect(events.at(-1)).toMatchObject({ usage: { costUsd: 0.75 } });
  });

  it.each(['model.rejected', 'model.cancelled'] as const)('does not hand %s on', async (code) => {
    const system = fakeSystem();
    const spare = scripted([done]);
    const events = await run(withFallback(scripted([failed(code)]), second(spare)), system);
    expect(types(events)).toBe('failed');
    expect(spare.asked).toHaveLength(0);
  });

  it('says what became of each when all have failed (MODEL-2)', async () => {
    const system = fakeSystem();
    const first = withRetry(scripted([failed('model.malformed')]), { system });
    const events = await run(withFallback(first, second(scripted([failed('model.unauthorized')]))), system);
    const end = events.at(-1);
    if (end?.type !== 'failed') throw new Error('not failed');
    expect(end.error.code).toBe('model.unauthorized');
    expect(end.error.message).toMatch(/^Anthropic is overloaded\. Tried 4 times in \d s\. Anthropic is overloaded\.$/);
    expect(events.filter((event) => event.type === 'failed')).toHaveLength(1);
  });
});

import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelMessage } from '../../../src/core/message.js';
import type { ModelEvent, ModelRequest } from '../../../src/core/model.js';
import { Secret } from '../../../src/core/secret.js';
import { createAnthropicClient } from '../../../src/model/anthropic.js';
import { createModel, listModels, type ModelAccess } from '../../../src/model/catalogue.js';
import { type Provider, parseModelSpecs } from '../../../src/model/spec.js';
import { createSystem } from '../../../src/system.js';
import { startAnthropicFake } from '../../fakes/anthropic.js';
import { startOpenAiFake } from '../../fakes/openai.js';
import { fakeSystem } from '../../support/fake-system.js';

const deps = { system: createSystem(), log: { debug() {}, info() {}, warn() {}, error() {} } };
const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

const PIXEL = 'iVBORw0KGgo=';
/** All that a history can hold: another provider's ids, a parked call, a blank text, an empty answer, an image. */
const HISTORY: readonly ModelMessage[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'look' },
      { type: 'image', mimeType: 'image/png', data: PIXEL },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'I will.' },
      { type: 'tool_call', callId: 'functions.read_file:0', name: 'read_file', input: { path: 'a' } },
      {
        type: 'tool_call',
        callId: 'chatcmpl-tool-0123456789abcdef0123456789abcdef0123',
        name: 'run_command',
        input: {},
      },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', callId: 'functions.read_file:0', text: 'one', isError: false }] },
  {
    role: 'user',
    content: [
      {
        type: 'tool_result',
        callId: 'chatcmpl-tool-0123456789abcdef0123456789abcdef0123',
        text: "waiting for the owner's tap",
        isError: false,
      },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'meanwhile' },
      { type: 'text', text: '' },
    ],
  },
  { role: 'assistant', content: [] },
  { role: 'user', content: [{ type: 'text', text: 'and this' }] },
];

function request(model: string, messages: readonly ModelMessage[] = HISTORY): ModelRequest {
  const tool = (name: string) => ({
    name,
    description: `Does ${name}.`,
    inputSchema: { type: 'object', properties: {} },
  });
  return {
    model,
    system: 'The fixed text.',
    tools: [tool('read_file'), tool('run_command')],
    messages,
    maxOutputTokens: 500,
  };
}

async function last(events: AsyncIterable<ModelEvent>): Promise<ModelEvent | undefined> {
  let end: ModelEvent | undefined;
  for await (const event of events) end = event;
  return end;
}

function model(text: string, access: ModelAccess) {
  return createModel(parseModelSpecs(text), access, deps);
}

describe('anthropic on the wire', () => {
  it('translates any history without breaking a rule (MODEL-1)', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    const { client } = model('anthropic/claude-sonnet-4-5', () => ({
      apiKey: new Secret(fake.key),
      baseUrl: fake.url,
    }));
    const end = await last(client.stream(request('claude-sonnet-4-5'), never));
    expect(fake.violations).toEqual([]);
    expect(end).toMatchObject({ type: 'finished', message: { content: [{ text: 'echo: meanwhile\nand this' }] } });
    expect(fake.requests[0]?.body.messages?.[0]?.content).toMatchObject([
      { type: 'text', text: 'look' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
    ]);
    expect(fake.requests[0]?.headers['anthropic-version']).toBeDefined();
  });

  it('marks tools, system and the last message, and the next request reads that prefix from the cache (TURN-6)', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    const { client } = model('anthropic/claude-sonnet-4-5', () => ({
      apiKey: new Secret(fake.key),
      baseUrl: fake.url,
    }));
    const first = await last(client.stream(request('claude-sonnet-4-5'), never));
    const longer: ModelMessage[] = [
      ...HISTORY,
      { role: 'assistant', content: [{ type: 'text', text: 'yes' }] },
      { role: 'user', content: [{ type: 'text', text: 'next' }] },
    ];
    const second = await last(client.stream(request('claude-sonnet-4-5', longer), never));
    if (first?.type !== 'finished' || second?.type !== 'finished') throw new Error('not finished');
    expect(first.usage.cacheReadTokens).toBe(0);
    expect(second.usage.cacheReadTokens).toBe(first.usage.cacheWriteTokens);
    const marks = JSON.stringify(fake.requests[1]?.body).match(/cache_control/g);
    expect(marks).toHaveLength(3);
    expect(fake.requests[1]?.body.tools?.at(-1)?.cache_control).toEqual({ type: 'ephemeral' });
  });

  it('passes a refusal on without the calls that came with it', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    fake.queue({ text: 'No.', calls: [{ name: 'run_command', input: {} }], stop: 'refusal' });
    const { client } = model('anthropic/claude-sonnet-4-5', () => ({
      apiKey: new Secret(fake.key),
      baseUrl: fake.url,
    }));
    const end = await last(client.stream(request('claude-sonnet-4-5'), never));
    expect(end).toMatchObject({
      type: 'finished',
      stop: 'refused',
      message: { content: [{ type: 'text', text: 'No.' }] },
    });
  });
});

describe('openai on the wire', () => {
  const cases: [Provider, string, { dialect?: 'mistral' }][] = [
    ['openai', 'gpt-5', {}],
    ['openai', 'llama-3.3-70b', {}],
    ['mistral', 'mistral-large-latest', { dialect: 'mistral' }],
    ['ollama', 'qwen3:8b', {}],
  ];
  it.each(cases)(
    'translates any history for %s/%s without breaking a rule (MODEL-1)',
    async (provider, name, options) => {
      const fake = await startOpenAiFake(options);
      open.push(fake);
      const { client } = model(`${provider}/${name}`, () => ({
        apiKey: new Secret(fake.key),
        baseUrl: `${fake.url}/v1`,
      }));
      const end = await last(client.stream(request(name), never));
      expect(fake.violations).toEqual([]);
      expect(end).toMatchObject({ type: 'finished', message: { content: [{ text: 'echo: meanwhile\n\nand this' }] } });
      expect(fake.requests[0]?.body.messages?.[1]?.content).toContainEqual({
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${PIXEL}` },
      });
    },
  );

  it('counts cached tokens apart', async () => {
    const fake = await startOpenAiFake();
    open.push(fake);
    const { client } = model('openai/gpt-5', () => ({ apiKey: new Secret(fake.key), baseUrl: `${fake.url}/v1` }));
    const end = await last(client.stream(request('gpt-5'), never));
    if (end?.type !== 'finished') throw new Error('not finished');
    expect(end.usage.cacheReadTokens).toBeGreaterThan(0);
    expect(end.usage.inputTokens).toBeGreaterThan(0);
  });

  it('says no credit for an exhausted quota and does not try again (MODEL-2)', async () => {
    const fake = await startOpenAiFake();
    open.push(fake);
    const body = JSON.stringify({
      error: { message: 'You exceeded your quota', type: 'insufficient_quota', code: 'insufficient_quota' },
    });
    fake.queue({ fault: { kind: 'status', status: 429, body } });
    const { client } = model('openai/gpt-5', () => ({ apiKey: new Secret(fake.key), baseUrl: `${fake.url}/v1` }));
    const end = await last(client.stream(request('gpt-5'), never));
    expect(end).toMatchObject({ type: 'failed', error: { code: 'model.unauthorized' } });
    expect(fake.requests).toHaveLength(1);
  });
});

describe('what a server can do wrong beyond its answer', () => {
  it('counts a server that says nothing for 5 minutes as unreachable (MODEL-2)', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    fake.queue({ fault: { kind: 'hang' } });
    const system = fakeSystem();
    const client = createAnthropicClient({ apiKey: new Secret(fake.key), baseUrl: fake.url }, { ...deps, system });
    const end = last(client.stream(request('claude-sonnet-4-5'), never));
    while (fake.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    system.advance(300_000);
    expect(await end).toMatchObject({
      type: 'failed',
      error: { code: 'model.unreachable', message: 'Anthropic has sent nothing for 5 min.' },
    });
  });

  it('never carries the key along a redirect', async () => {
    const [from, to] = [await startAnthropicFake(), await startAnthropicFake()];
    open.push(from, to);
    from.queue({ fault: { kind: 'status', status: 307, headers: { location: `${to.url}/v1/messages` } } });
    const { client } = model('anthropic', () => ({ apiKey: new Secret(from.key), baseUrl: from.url }));
    expect(await last(client.stream(request('claude-sonnet-4-5'), never))).toMatchObject({
      error: { code: 'model.rejected' },
    });
    expect(to.requests).toEqual([]);
  });

  it('reads calls and text in the forms that compatible servers are known for', async () => {
    const fake = await startOpenAiFake();
    open.push(fake);
    const call = (id: string, path: string) => ({ index: 0, id, function: { name: 'read_file', arguments: { path } } });
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'Here.' },
    ];
    const chunks = [
      { object: 'keepalive' },
      { choices: [{ delta: { content } }] },
      { choices: [{ delta: { tool_calls: [call('a', 'one'), call('b', 'two')] } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    ];
    fake.queue({ fault: { kind: 'body', body: chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') } });
    const { client } = model('openai/x', () => ({ apiKey: new Secret(fake.key), baseUrl: `${fake.url}/v1` }));
    const end = await last(client.stream(request('x'), never));
    expect(end).toMatchObject({
      type: 'finished',
      stop: 'tools',
      message: { content: [{ text: 'Here.' }, { input: { path: 'one' } }, { input: { path: 'two' } }] },
      usage: { costUsd: null },
    });
    if (end?.type === 'finished') expect(end.usage.inputTokens).toBeGreaterThan(0);
  });
});

describe('catalogue', () => {
  it('takes a key as it is at each request, and says when there is none (CONF-1)', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    let key: Secret | null = null;
    const { client } = model('anthropic', () => key && { apiKey: key, baseUrl: fake.url });
    const ask = () => last(client.stream(request('claude-sonnet-4-5'), never));
    expect(await ask()).toMatchObject({ type: 'failed', error: { message: 'No key for anthropic is known.' } });
    key = new Secret('wrong');
    expect(await ask()).toMatchObject({ type: 'failed', error: { message: 'Anthropic refused the key.' } });
    key = new Secret(fake.key);
    expect(await ask()).toMatchObject({ type: 'finished' });
  });

  it('falls back on the second provider when the first refuses the key (MODEL-2)', async () => {
    const anthropic = await startAnthropicFake();
    const openai = await startOpenAiFake();
    open.push(anthropic, openai);
    const { client, name } = model('anthropic/claude-sonnet-4-5,openai/gpt-5', (provider) =>
      provider === 'anthropic'
        ? { apiKey: new Secret('wrong'), baseUrl: anthropic.url }
        : { apiKey: new Secret(openai.key), baseUrl: `${openai.url}/v1` },
    );
    const end = await last(client.stream(request('claude-sonnet-4-5'), never));
    expect(end).toMatchObject({ type: 'finished' });
    expect(openai.requests[0]?.body.model).toBe('gpt-5');
    expect(name).toBe('anthropic/claude-sonnet-4-5');
  });

  it('obeys retry-after against a server and then answers (MODEL-2)', async () => {
    const fake = await startAnthropicFake();
    open.push(fake);
    fake.queue({ fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' } } });
    const { client } = model('anthropic', () => ({ apiKey: new Secret(fake.key), baseUrl: fake.url }));
    expect(await last(client.stream(request('claude-sonnet-4-5'), never))).toMatchObject({ type: 'finished' });
    const [first, second] = fake.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('estimates what a request can cost before it is sent (TURN-5)', async () => {
    const known = model('openai/gpt-5', () => null);
    expect(await known.estimateCostUsd(1000, 100)).toBeCloseTo(0.00225, 6);
    expect(await model('openai/unheard-of', () => null).estimateCostUsd(1000, 100)).toBeNull();
  });

  it('tests a key with one call and tells which models there are (START-9)', async () => {
    const anthropic = await startAnthropicFake();
    const openai = await startOpenAiFake();
    open.push(anthropic, openai);
    const good = await listModels(
      'anthropic',
      { apiKey: new Secret(anthropic.key), baseUrl: anthropic.url },
      deps,
      never,
    );
    expect(good).toEqual({ ok: true, models: ['claude-sonnet-4-5'] });
    const wrong = ['sk', 'wrong', 'key', '123456'].join('-');
    const bad = await listModels('openai', { apiKey: new Secret(wrong), baseUrl: `${openai.url}/v1` }, deps, never);
    expect(bad).toMatchObject({ ok: false, error: { code: 'model.unauthorized' } });
    expect(inspect(bad, { depth: 9 })).not.toContain(wrong);
    await openai.close();
    const gone = await listModels('ollama', { baseUrl: `${openai.url}/v1` }, deps, never);
    expect(gone).toMatchObject({ ok: false, error: { message: 'Ollama cannot be reached (ECONNREFUSED).' } });
  });
});

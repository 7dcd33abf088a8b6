import { createHash } from 'node:crypto';
import {
  callJson,
  chunksOf,
  type FakeAnswer,
  type FakeRequest,
  type ModelFake,
  startModelFake,
  withoutTime,
} from './model-server.js';

export type { ModelFake } from './model-server.js';

/*
 * The Messages API after its documentation: POST /v1/messages as a stream, GET /v1/models. It refuses what the real
 * one refuses, counts cached prefixes at the marks, and keeps what it was sent. Its URL goes in ANTHROPIC_BASE_URL.
 */

interface Block {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: unknown;
  source?: { type?: string; media_type?: string; data?: string };
  cache_control?: { type?: string };
}

interface Turn {
  role: string;
  content: Block[];
}

/** The parts of a request that rules and tests look at. */
export interface AnthropicBody {
  model?: unknown;
  max_tokens?: unknown;
  stream?: unknown;
  system?: string | Block[];
  tools?: { name: string; input_schema?: { type?: string }; cache_control?: { type?: string } }[];
  messages?: { role: string; content: string | Block[] }[];
}

export async function startAnthropicFake(options: { key?: string } = {}): Promise<ModelFake<AnthropicBody>> {
  const key = options.key ?? ['sk', 'ant', 'fake', '0123456789abcdef'].join('-');
  const cache = new Set<string>();
  return startModelFake(
    {
      path: '/v1/messages',
      authorised: (headers, expected) =>
        headers['anthropic-version'] !== undefined &&
        (headers.authorization === `Bearer ${expected}` || headers['x-api-key'] === expected),
      check,
      errorBody: (status, message) =>
        JSON.stringify({ type: 'error', error: { type: errorType(status), message }, request_id: 'req_fake' }),
      errorEvent: (type) => sse('error', { type: 'error', error: { type, message: 'told to fail' } }),
      models: () => ({
        data: [
          {
            type: 'model',
            id: 'claude-sonnet-4-5',
            display_name: 'Claude Sonnet 4.5',
            created_at: '2025-09-29T00:00:00Z',
          },
        ],
        has_more: false,
        first_id: 'claude-sonnet-4-5',
        last_id: 'claude-sonnet-4-5',
      }),
      events: (answer, request) => events(answer, request, count(request.body, cache)),
      lastText,
    },
    key,
  );
}

function check(body: AnthropicBody): string[] {
  const broken: string[] = [];
  const rule = (kept: boolean, words: string) => {
    if (!kept) broken.push(words);
  };
  rule(typeof body.model === 'string' && body.model !== '', 'model: required');
  rule(Number.isInteger(body.max_tokens) && Number(body.max_tokens) > 0, 'max_tokens: required');
  rule(body.stream === true, 'stream: this fake only streams');
  for (const gone of ['temperature', 'top_p', 'top_k']) rule(!(gone in body), `${gone}: not in this API version`);
  const turns = merged(body);
  rule(turns.length > 0, 'messages: at least one');
  rule(turns[0]?.role === 'user', 'messages: the first must be of the user');
  rule(turns.at(-1)?.role === 'user', 'messages: the conversation must end with a user message');
  const marks = blocks(body).filter((block) => block.marked).length;
  rule(marks <= 4, `cache_control: at most 4 breakpoints, found ${marks}`);
  for (const tool of body.tools ?? []) {
    rule(/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name), `tools: bad name ${tool.name}`);
    rule(tool.input_schema?.type === 'object', `tools: input_schema of ${tool.name} is no object`);
  }
  if (Array.isArray(body.system)) for (const block of body.system) rule(!!block.text?.trim(), 'system: empty text');
  const ids = new Set<string>();
  turns.forEach((turn, index) => {
    rule(turn.role === 'user' || turn.role === 'assistant', `messages.${index}: role ${turn.role}`);
    rule(turn.content.length > 0, `messages.${index}: empty content`);
    for (const block of turn.content) {
      if (block.type === 'text') rule(!!block.text?.trim(), `messages.${index}: text must not be blank`);
      if (block.type === 'image')
        rule(block.source?.type === 'base64' && !!block.source.data, `messages.${index}: image`);
      if (block.type !== 'tool_use') continue;
      rule(turn.role === 'assistant', `messages.${index}: tool_use of the user`);
      rule(/^[a-zA-Z0-9_-]+$/.test(block.id ?? ''), `messages.${index}: tool_use id ${block.id}`);
      rule(typeof block.input === 'object' && block.input !== null, `messages.${index}: tool_use input`);
      rule(!ids.has(block.id ?? ''), `messages.${index}: tool_use ids must be unique`);
      ids.add(block.id ?? '');
    }
    broken.push(...checkResults(turns, index));
  });
  return broken;
}

/** Every tool_use has its tool_result at the head of the next user turn, and the other way round. */
function checkResults(turns: readonly Turn[], index: number): string[] {
  const turn = turns[index];
  if (turn?.role !== 'user') return [];
  const called = (turns[index - 1]?.content ?? [])
    .filter((block) => block.type === 'tool_use')
    .map((block) => block.id);
  const results = turn.content.filter((block) => block.type === 'tool_result');
  const told = results.map((block) => block.tool_use_id);
  const broken: string[] = [];
  for (const id of called) if (!told.includes(id)) broken.push(`messages.${index}: tool_use ${id} without tool_result`);
  for (const id of told) if (!called.includes(id)) broken.push(`messages.${index}: unexpected tool_result ${id}`);
  if (new Set(told).size !== told.length) broken.push(`messages.${index}: two results for one tool_use`);
  if (turn.content.slice(0, results.length).some((block) => block.type !== 'tool_result')) {
    broken.push(`messages.${index}: tool_result blocks must come first`);
  }
  return broken;
}

/** Messages of one role in a row count as one. */
function merged(body: AnthropicBody): Turn[] {
  const turns: Turn[] = [];
  for (const message of body.messages ?? []) {
    const content = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
    const last = turns.at(-1);
    if (last?.role === message.role) last.content.push(...content);
    else turns.push({ role: message.role, content: [...content] });
  }
  return turns;
}

/** The prompt as the cache sees it: tools, system, messages, block by block. */
function blocks(body: AnthropicBody): { text: string; marked: boolean }[] {
  const system = typeof body.system === 'string' ? [{ type: 'text', text: body.system }] : (body.system ?? []);
  const messages = (body.messages ?? []).flatMap(({ role, content }) =>
    typeof content === 'string'
      ? [{ role, type: 'text', text: content }]
      : content.map((block) => ({ role, ...block })),
  );
  return [...(body.tools ?? []), ...system, ...messages].map((block) => {
    const { cache_control: mark, ...rest } = block as Block;
    return { text: JSON.stringify(rest), marked: mark !== undefined };
  });
}

interface Counts {
  input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
}

/** A prefix is read when it was written at a mark before and a mark stands at most 20 blocks behind it. */
function count(body: AnthropicBody, cache: Set<string>): Counts {
  const hash = createHash('sha256');
  let length = 0;
  let read = 0;
  let written = 0;
  const prompt = blocks(body);
  prompt.forEach((block, index) => {
    hash.update(block.text);
    length += block.text.length;
    const key = hash.copy().digest('hex');
    if (cache.has(key) && prompt.slice(index, index + 20).some((later) => later.marked)) read = length;
    if (block.marked) {
      cache.add(key);
      written = length;
    }
  });
  const tokens = (characters: number) => Math.ceil(characters / 4);
  return {
    input_tokens: tokens(length - Math.max(written, read)),
    cache_read_input_tokens: tokens(read),
    cache_creation_input_tokens: tokens(Math.max(0, written - read)),
  };
}

function events(answer: FakeAnswer, request: FakeRequest<AnthropicBody>, counts: Counts): string[] {
  const calls = answer.calls ?? [];
  const message = {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model: request.body.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counts, output_tokens: 1 },
  };
  const list = [sse('message_start', { type: 'message_start', message }), sse('ping', { type: 'ping' })];
  let index = 0;
  const block = (start: object, deltas: readonly object[]) => {
    list.push(sse('content_block_start', { type: 'content_block_start', index, content_block: start }));
    for (const delta of deltas) list.push(sse('content_block_delta', { type: 'content_block_delta', index, delta }));
    list.push(sse('content_block_stop', { type: 'content_block_stop', index }));
    index += 1;
  };
  if (answer.text) {
    const deltas = chunksOf(answer.text, answer.chunkSize).map((text) => ({ type: 'text_delta', text }));
    block({ type: 'text', text: '' }, deltas);
  }
  for (const [number, call] of calls.entries()) {
    const id =
      call.id ??
      `toolu_${createHash('sha256').update(`${request.at}${number}${call.name}`).digest('hex').slice(0, 20)}`;
    const deltas = chunksOf(callJson(call)).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    block({ type: 'tool_use', id, name: call.name, input: {} }, deltas);
  }
  const written = (answer.text ?? '').length + calls.reduce((sum, call) => sum + callJson(call).length, 0);
  list.push(
    sse('message_delta', {
      type: 'message_delta',
      delta: { stop_reason: answer.stop ?? (calls.length > 0 ? 'tool_use' : 'end_turn'), stop_sequence: null },
      usage: { output_tokens: answer.outputTokens ?? Math.max(1, Math.ceil(written / 4)) },
    }),
    sse('message_stop', { type: 'message_stop' }),
  );
  return list;
}

function sse(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function lastText(body: AnthropicBody): string {
  const content = merged(body).at(-1)?.content ?? [];
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : [])).join('\n');
  if (text !== '') return withoutTime(text);
  return content.flatMap((block) => (typeof block.content === 'string' ? [block.content] : [])).join('\n');
}

function errorType(status: number): string {
  const types: Record<number, string> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    529: 'overloaded_error',
  };
  return types[status] ?? 'api_error';
}

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
 * Chat Completions after its documentation: POST /v1/chat/completions as a stream, GET /v1/models. `OPENAI_BASE_URL`
 * is its `url` with `/v1`. `dialect: 'mistral'` adds what Mistral refuses beyond that.
 */

interface Message {
  role: string;
  content?: string | null | { type: string; text?: string; image_url?: { url?: string } }[];
  tool_calls?: { id?: string; type?: string; function?: { name?: string; arguments?: unknown } }[];
  tool_call_id?: string;
}

/** The parts of a request that rules and tests look at. */
export interface OpenAiBody {
  model?: unknown;
  stream?: unknown;
  stream_options?: { include_usage?: boolean };
  max_tokens?: unknown;
  max_completion_tokens?: unknown;
  messages?: Message[];
  tools?: { type?: string; function?: { name?: string } }[];
}

export interface OpenAiFakeOptions {
  readonly key?: string;
  readonly dialect?: 'openai' | 'mistral';
}

export async function startOpenAiFake(options: OpenAiFakeOptions = {}): Promise<ModelFake<OpenAiBody>> {
  const key = options.key ?? ['sk', 'proj', 'fake', '0123456789abcdef'].join('-');
  const mistral = options.dialect === 'mistral';
  return startModelFake(
    {
      path: '/v1/chat/completions',
      authorised: (headers, expected) => headers.authorization === `Bearer ${expected}`,
      check: (body) => check(body, mistral),
      errorBody: (status, message) =>
        JSON.stringify({ error: { message, type: errorType(status), param: null, code: errorCode(status) } }),
      errorEvent: (type) => data({ error: { message: 'told to fail', type, param: null, code: type } }),
      models: () => ({ object: 'list', data: [{ id: 'gpt-5', object: 'model', created: 1, owned_by: 'openai' }] }),
      events: (answer, request) => events(answer, request, mistral),
      lastText,
    },
    key,
  );
}

function check(body: OpenAiBody, mistral: boolean): string[] {
  const broken: string[] = [];
  const rule = (kept: boolean, words: string) => {
    if (!kept) broken.push(words);
  };
  rule(typeof body.model === 'string' && body.model !== '', 'model: required');
  rule(body.stream === true, 'stream: this fake only streams');
  rule(!!(body.max_tokens ?? body.max_completion_tokens), 'max_tokens or max_completion_tokens: expected');
  if (/^(gpt-5|o\d)/.test(String(body.model)))
    rule(body.max_tokens === undefined, 'max_tokens: use max_completion_tokens');
  if (mistral) {
    rule(body.stream_options === undefined, 'stream_options: extra inputs are not permitted');
    rule(body.max_completion_tokens === undefined, 'max_completion_tokens: extra inputs are not permitted');
  }
  for (const tool of body.tools ?? []) {
    rule(/^[a-zA-Z0-9_-]{1,64}$/.test(tool.function?.name ?? ''), `tools: bad name ${tool.function?.name}`);
  }
  const messages = body.messages ?? [];
  rule(messages.length > 0, 'messages: at least one');
  let open: string[] = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1]?.role;
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? '';
      rule(open.includes(id), `messages.${index}: tool message for unknown call ${id}`);
      rule(typeof message.content === 'string', `messages.${index}: tool content`);
      open = open.filter((other) => other !== id);
      return;
    }
    rule(open.length === 0, `messages.${index}: calls without a tool message: ${open.join(', ')}`);
    rule(
      ['system', 'developer', 'user', 'assistant'].includes(message.role),
      `messages.${index}: role ${message.role}`,
    );
    if (mistral) rule(!(message.role === 'user' && before === 'tool'), `messages.${index}: user after tool`);
    const calls = message.tool_calls ?? [];
    const empty = message.content === null || message.content === undefined || message.content === '';
    rule(!(empty && calls.length === 0), `messages.${index}: no content`);
    open = calls.map((call) => {
      const shape = mistral ? /^[a-zA-Z0-9]{9}$/ : /^[a-zA-Z0-9_-]{1,40}$/;
      rule(shape.test(call.id ?? ''), `messages.${index}: tool call id ${call.id}`);
      rule(typeof call.function?.arguments === 'string', `messages.${index}: arguments must be text`);
      return call.id ?? '';
    });
    rule(new Set(open).size === open.length, `messages.${index}: two calls with one id`);
  });
  rule(open.length === 0, `messages: calls without a tool message: ${open.join(', ')}`);
  return broken;
}

function events(answer: FakeAnswer, request: FakeRequest<OpenAiBody>, mistral: boolean): string[] {
  const body = request.body;
  const calls = answer.calls ?? [];
  const base = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1, model: body.model };
  const chunk = (delta: object, finish: string | null = null, extra: object = {}) =>
    data({ ...base, choices: [{ index: 0, delta, finish_reason: finish }], ...extra });
  const list = [chunk({ role: 'assistant', content: '' })];
  for (const content of chunksOf(answer.text ?? '', answer.chunkSize)) list.push(chunk({ content }));
  calls.forEach((call, index) => {
    const id = call.id ?? `call_${request.at}_${index}`;
    list.push(chunk({ tool_calls: [{ index, id, type: 'function', function: { name: call.name, arguments: '' } }] }));
    for (const part of chunksOf(callJson(call)))
      list.push(chunk({ tool_calls: [{ index, function: { arguments: part } }] }));
  });
  const written = (answer.text ?? '').length + calls.reduce((sum, call) => sum + callJson(call).length, 0);
  const prompt = Math.ceil(JSON.stringify(body.messages).length / 4);
  const completion = answer.outputTokens ?? Math.max(1, Math.ceil(written / 4));
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: Math.floor(prompt / 2) },
  };
  const stop = answer.stop ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  list.push(chunk({}, stop, mistral ? { usage } : {}));
  if (!mistral && body.stream_options?.include_usage) list.push(data({ ...base, choices: [], usage }));
  list.push('data: [DONE]\n\n');
  return list;
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function lastText(body: OpenAiBody): string {
  const messages = body.messages ?? [];
  const last = messages.at(-1);
  if (last?.role !== 'tool') return withoutTime(contentText(last?.content));
  const from = messages.findLastIndex((message) => message.role !== 'tool');
  return messages
    .slice(from + 1)
    .map((message) => contentText(message.content))
    .join('\n');
}

function contentText(content: Message['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text ?? ''] : [])).join('\n');
}

function errorType(status: number): string {
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

function errorCode(status: number): string | null {
  if (status === 401) return 'invalid_api_key';
  return status === 429 ? 'rate_limit_exceeded' : null;
}

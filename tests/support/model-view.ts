import { type AnthropicBody, startAnthropicFake } from '../fakes/anthropic.js';
import type { ModelFake } from '../fakes/model-server.js';
import { type OpenAiBody, startOpenAiFake } from '../fakes/openai.js';

/** A message of a recorded request, whatever the protocol: what tests look at. */
export interface SeenMessage {
  readonly role: string;
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string }[];
  readonly results: readonly { readonly id: string; readonly text: string }[];
  readonly images: readonly { readonly mimeType: string; readonly data: string }[];
}

/** A model's fake, the environment that makes the product use it, and its requests in one form. */
export interface ModelSubject {
  readonly fake: Omit<ModelFake<unknown>, 'script'>;
  readonly env: Readonly<Record<string, string>>;
  /** The conversation of a request, system text left out; the newest request unless told. */
  seen(request?: number): SeenMessage[];
  /** The fixed part of a request: instructions and tools, as they went over the wire. */
  fixed(request: number): string;
  /** Everything of a request in the order in which the provider's cache sees it. */
  prefix(request: number): string[];
}

export type ModelName = 'Anthropic' | 'OpenAI';

export function startModel(name: ModelName): Promise<ModelSubject> {
  return name === 'Anthropic' ? startAnthropic() : startOpenAi();
}

async function startAnthropic(): Promise<ModelSubject> {
  const fake = await startAnthropicFake();
  const body = (request = fake.requests.length - 1): AnthropicBody => fake.requests.at(request)?.body ?? {};
  return {
    fake,
    env: {
      SENESCHAL_MODEL: 'anthropic/claude-sonnet-4-5',
      ANTHROPIC_API_KEY: fake.key,
      ANTHROPIC_BASE_URL: fake.url,
    },
    seen: (request) =>
      (body(request).messages ?? []).map(({ role, content }) => {
        const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
        return {
          role,
          text: blocks.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : [])).join('\n'),
          calls: blocks.flatMap((block) =>
            block.type === 'tool_use' && 'id' in block ? [{ id: block.id ?? '', name: block.name ?? '' }] : [],
          ),
          results: blocks.flatMap((block) =>
            block.type === 'tool_result' && 'tool_use_id' in block
              ? [{ id: block.tool_use_id ?? '', text: String(block.content ?? '') }]
              : [],
          ),
          images: blocks.flatMap((block) =>
            block.type === 'image' && 'source' in block
              ? [{ mimeType: block.source?.media_type ?? '', data: block.source?.data ?? '' }]
              : [],
          ),
        };
      }),
    fixed: (request) => JSON.stringify([body(request).system, body(request).tools]),
    prefix: (request) => {
      const { model, tools, system, messages } = body(request);
      return [model, tools, system, ...(messages ?? [])].map((part) =>
        // A cache mark is no content: it moves with the end of the conversation.
        JSON.stringify(part, (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
      );
    },
  };
}

async function startOpenAi(): Promise<ModelSubject> {
  const fake = await startOpenAiFake();
  const body = (request = fake.requests.length - 1): OpenAiBody => fake.requests.at(request)?.body ?? {};
  return {
    fake,
    env: { SENESCHAL_MODEL: 'openai/gpt-5', OPENAI_API_KEY: fake.key, OPENAI_BASE_URL: `${fake.url}/v1` },
    seen: (request) =>
      (body(request).messages ?? [])
        .filter(({ role }) => role !== 'system' && role !== 'developer')
        .map((message) => {
          const parts =
            typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : (message.content ?? []);
          const text = parts.flatMap((part) => (part.type === 'text' ? [part.text ?? ''] : [])).join('\n');
          const isResult = message.role === 'tool';
          return {
            role: message.role,
            text: isResult ? '' : text,
            calls: (message.tool_calls ?? []).map((call) => ({ id: call.id ?? '', name: call.function?.name ?? '' })),
            results: isResult ? [{ id: message.tool_call_id ?? '', text }] : [],
            images: parts.flatMap((part) => {
              const url = 'image_url' in part ? (part.image_url?.url ?? '') : '';
              const match = /^data:([^;]+);base64,(.*)$/.exec(url);
              return match ? [{ mimeType: match[1] ?? '', data: match[2] ?? '' }] : [];
            }),
          };
        }),
    fixed: (request) => JSON.stringify([body(request).messages?.[0], body(request).tools]),
    prefix: (request) => {
      const { model, tools, messages } = body(request);
      return [model, tools, ...(messages ?? [])].map((part) => JSON.stringify(part));
    },
  };
}

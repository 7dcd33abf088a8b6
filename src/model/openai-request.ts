import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { ImagePart, TextPart } from '../core/message.js';
import type { ModelRequest } from '../core/model.js';
import { COMMON_IDS, MISTRAL_IDS, type WireTurn, wireTurns } from './history.js';
import type { OpenAiProvider } from './spec.js';

/** The server's peculiarities. */
export interface Dialect {
  readonly provider: OpenAiProvider;
  /** True for a base URL of the owner's choice. */
  readonly compatible: boolean;
}

/** Our request in the words of `POST /v1/chat/completions`. */
export function openAiRequest(request: ModelRequest, dialect: Dialect): ChatCompletionCreateParamsStreaming {
  const mistral = dialect.provider === 'mistral';
  const turns = wireTurns(request.messages, mistral ? MISTRAL_IDS : COMMON_IDS);
  return {
    model: request.model,
    stream: true,
    // Mistral refuses the field and counts without being asked.
    ...(mistral ? {} : { stream_options: { include_usage: true } }),
    ...outputLimit(request, dialect),
    messages: [
      ...(request.system.trim() === '' ? [] : [{ role: 'system' as const, content: request.system }]),
      ...turns.flatMap((turn) => messageParams(turn, mistral)),
    ],
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map((tool) => ({
            type: 'function' as const,
            function: { name: tool.name, description: tool.description, parameters: { ...tool.inputSchema } },
          })),
        }),
  };
}

/** OpenAI's newer models refuse `max_tokens`; many compatible servers know nothing else. */
function outputLimit(request: ModelRequest, dialect: Dialect) {
  const newer = dialect.provider === 'openai' && (!dialect.compatible || /^(gpt-5|o\d)/.test(request.model));
  return newer ? { max_completion_tokens: request.maxOutputTokens } : { max_tokens: request.maxOutputTokens };
}

function messageParams(turn: WireTurn, mistral: boolean): ChatCompletionMessageParam[] {
  if (turn.role === 'assistant') {
    const text = turn.text.map((part) => part.text).join('\n');
    if (turn.calls.length === 0) return [{ role: 'assistant', content: text }];
    return [
      {
        role: 'assistant',
        content: text === '' ? null : text,
        tool_calls: turn.calls.map((call) => ({
          id: call.callId,
          type: 'function' as const,
          function: { name: call.name, arguments: JSON.stringify(call.input ?? {}) },
        })),
      },
    ];
  }
  const results = turn.results.map((part) => ({
    role: 'tool' as const,
    tool_call_id: part.callId,
    content: part.text,
  }));
  if (turn.content.length === 0) return results;
  // Mistral refuses a user message straight after a tool's.
  const between = mistral && results.length > 0 ? [{ role: 'assistant' as const, content: 'Noted.' }] : [];
  return [...results, ...between, { role: 'user', content: userContent(turn.content) }];
}

/** Plain text wherever possible: not every compatible server takes parts. */
function userContent(parts: readonly (TextPart | ImagePart)[]): string | ChatCompletionContentPart[] {
  if (parts.every((part) => part.type === 'text')) return parts.map((part) => part.text).join('\n\n');
  return parts.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: `data:${part.mimeType};base64,${part.data}` } },
  );
}

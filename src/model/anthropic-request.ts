import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
  ToolResultBlockParam,
} from '@anthropic-ai/sdk/resources/messages';
import type { ImagePart, TextPart, ToolResultPart } from '../core/message.js';
import type { ModelRequest } from '../core/model.js';
import { COMMON_IDS, type WireTurn, wireTurns } from './history.js';
import { isObject } from './json.js';

const MARK = { type: 'ephemeral' } as const;

/**
 * Our request in Anthropic's words. Three cache marks: behind the tools, behind the system text and behind the last
 * message, so that each request reads what the one before it wrote.
 */
export function anthropicRequest(request: ModelRequest): MessageCreateParamsStreaming {
  const messages = wireTurns(request.messages, COMMON_IDS).flatMap(messageParams);
  const tools = request.tools.map(toolParam);
  const lastTool = tools.at(-1);
  if (lastTool) lastTool.cache_control = MARK;
  markLast(messages);
  return {
    model: request.model,
    max_tokens: request.maxOutputTokens,
    stream: true,
    ...(request.system.trim() === ''
      ? {}
      : { system: [{ type: 'text', text: request.system, cache_control: MARK }] satisfies TextBlockParam[] }),
    ...(tools.length === 0 ? {} : { tools }),
    messages,
  };
}

function toolParam(tool: ModelRequest['tools'][number]): Tool {
  return { name: tool.name, description: tool.description, input_schema: { ...tool.inputSchema, type: 'object' } };
}

/** Results and the owner's words are messages of their own, one after the other (TURN-2). */
function messageParams(turn: WireTurn): (MessageParam & { content: ContentBlockParam[] })[] {
  if (turn.role === 'user') {
    const contents = [turn.results.map(resultBlock), turn.content.map(contentBlock)];
    return contents.filter((content) => content.length > 0).map((content) => ({ role: 'user', content }));
  }
  const calls = turn.calls.map((call): ContentBlockParam => {
    const input = isObject(call.input) ? call.input : {};
    return { type: 'tool_use', id: call.callId, name: call.name, input };
  });
  return [{ role: 'assistant', content: [...turn.text.map(contentBlock), ...calls] }];
}

function contentBlock(part: TextPart | ImagePart): TextBlockParam | ImageBlockParam {
  if (part.type === 'text') return { type: 'text', text: part.text };
  return { type: 'image', source: { type: 'base64', media_type: part.mimeType, data: part.data } };
}

function resultBlock(part: ToolResultPart): ToolResultBlockParam {
  return {
    type: 'tool_result',
    tool_use_id: part.callId,
    ...(part.text === '' ? {} : { content: part.text }),
    ...(part.isError ? { is_error: true } : {}),
  };
}

function markLast(messages: readonly { content: ContentBlockParam[] }[]): void {
  const block = messages.at(-1)?.content.at(-1);
  if (block?.type === 'text' || block?.type === 'image' || block?.type === 'tool_result') block.cache_control = MARK;
}

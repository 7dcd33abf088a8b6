import { count, isObject, word } from './json.js';
import type { TokenCounts } from './pricing.js';
import type { AnswerReader, RawCall, Stop } from './stream.js';

/** Puts the chunks of `POST /v1/chat/completions` together. */
export class OpenAiReader implements AnswerReader {
  whole = false;
  stop: Stop = 'end';
  tokens: TokenCounts | null = null;
  readonly #calls: { index: unknown; id: string; name: string; json: string }[] = [];

  get calls(): readonly RawCall[] {
    return this.#calls;
  }

  accept(chunk: unknown): string {
    if (!isObject(chunk)) throw new TypeError('not a chunk');
    this.#count(chunk.usage);
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isObject(choice)) return '';
    if (typeof choice.finish_reason === 'string') {
      this.whole = true;
      this.stop = stopOf(choice.finish_reason);
    }
    const delta = choice.delta;
    if (!isObject(delta)) return '';
    if (Array.isArray(delta.tool_calls)) for (const call of delta.tool_calls) this.#grow(call);
    return contentText(delta.content) + word(delta.refusal);
  }

  /** Parts of one call share an index. Some servers leave it out or always say 0: then a new id is a new call. */
  #grow(part: unknown): void {
    if (!isObject(part)) throw new TypeError('not a tool call');
    const id = word(part.id);
    let call = this.#calls.findLast((open) => open.index === part.index);
    if (!call || (id !== '' && id !== call.id)) {
      call = { index: part.index, id, name: '', json: '' };
      this.#calls.push(call);
    }
    if (!isObject(part.function)) return;
    call.name += word(part.function.name);
    const json = part.function.arguments;
    call.json += isObject(json) ? JSON.stringify(json) : word(json);
  }

  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    const details = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
    const prompt = count(usage.prompt_tokens) ?? 0;
    const cached = Math.min(prompt, count(details.cached_tokens) ?? 0);
    this.tokens = {
      inputTokens: prompt - cached,
      cacheReadTokens: cached,
      cacheWriteTokens: 0,
      outputTokens: count(usage.completion_tokens) ?? 0,
    };
  }
}

function stopOf(reason: string): Stop {
  if (reason === 'tool_calls' || reason === 'function_call') return 'tools';
  if (reason === 'length' || reason === 'model_length') return 'length';
  return reason === 'content_filter' ? 'refused' : 'end';
}

/** Text as such, or in parts where a model also sends its thoughts; those are passed over. */
function contentText(content: unknown): string {
  if (!Array.isArray(content)) return word(content);
  return content.map((part: unknown) => (isObject(part) && part.type === 'text' ? word(part.text) : '')).join('');
}

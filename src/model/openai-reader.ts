import { count, isObject, word } from './json.js';
import type { TokenCounts } from './pricing.js';
import type { AnswerReader, RawCall, Stop } from './stream.js';

/** Puts the chunks of `POST /v1/chat/completions` together. */
export class OpenAiReader implements AnswerReader {
  whole = false;
  stop: Stop = 'end';
  tokens: TokenCounts | null = null;
  readonly #calls = new Map<unknown, { name: string; json: string }>();

  get calls(): readonly RawCall[] {
    return [...this.#calls.values()];
  }

  accept(chunk: unknown): string {
    if (!isObject(chunk) || (!Array.isArray(chunk.choices) && !isObject(chunk.usage))) {
      throw new TypeError('not a chunk');
    }
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
    return word(delta.content) + word(delta.refusal);
  }

  /** Parts of one call share an index; servers that leave it out send each call whole, told apart by its id. */
  #grow(part: unknown): void {
    if (!isObject(part)) throw new TypeError('not a tool call');
    const key = part.index ?? part.id ?? 0;
    const call = this.#calls.get(key) ?? { name: '', json: '' };
    this.#calls.set(key, call);
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
  if (reason === 'length') return 'length';
  return reason === 'content_filter' ? 'refused' : 'end';
}

import { count, isObject, word } from './json.js';
import type { TokenCounts } from './pricing.js';
import type { AnswerReader, RawCall, Stop } from './stream.js';

/** Puts the events of `POST /v1/messages` together. Thinking blocks are passed over: history does not hold them. */
export class AnthropicReader implements AnswerReader {
  whole = false;
  stop: Stop = 'end';
  tokens: TokenCounts | null = null;
  readonly #calls = new Map<unknown, { name: string; json: string }>();

  get calls(): readonly RawCall[] {
    return [...this.#calls.values()];
  }

  accept(chunk: unknown): string {
    if (!isObject(chunk)) throw new TypeError('not an event');
    switch (chunk.type) {
      case 'message_start':
        if (!isObject(chunk.message)) throw new TypeError('no message');
        this.#count(chunk.message.usage);
        return '';
      case 'content_block_start':
        return this.#begin(chunk.index, chunk.content_block);
      case 'content_block_delta':
        return this.#grow(chunk.index, chunk.delta);
      case 'message_delta':
        this.#count(chunk.usage);
        if (isObject(chunk.delta) && typeof chunk.delta.stop_reason === 'string') {
          this.stop = stopOf(chunk.delta.stop_reason);
        }
        return '';
      case 'message_stop':
        this.whole = true;
        return '';
      default:
        return ''; // the provider may add event types
    }
  }

  #begin(index: unknown, block: unknown): string {
    if (!isObject(block)) throw new TypeError('no block');
    if (block.type === 'tool_use') {
      // Some compatible servers send the input here at once instead of by deltas.
      const json = isObject(block.input) && Object.keys(block.input).length > 0 ? JSON.stringify(block.input) : '';
      this.#calls.set(index, { name: word(block.name), json });
    }
    return block.type === 'text' ? word(block.text) : '';
  }

  #grow(index: unknown, delta: unknown): string {
    if (!isObject(delta)) throw new TypeError('no delta');
    if (delta.type === 'input_json_delta') {
      const call = this.#calls.get(index);
      if (call) call.json += word(delta.partial_json);
    }
    return delta.type === 'text_delta' ? word(delta.text) : '';
  }

  /** Later counts are totals and replace earlier ones; what a later event leaves out stays. */
  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    const old = this.tokens;
    this.tokens = {
      inputTokens: count(usage.input_tokens) ?? old?.inputTokens ?? 0,
      cacheReadTokens: count(usage.cache_read_input_tokens) ?? old?.cacheReadTokens ?? 0,
      cacheWriteTokens: count(usage.cache_creation_input_tokens) ?? old?.cacheWriteTokens ?? 0,
      outputTokens: count(usage.output_tokens) ?? old?.outputTokens ?? 0,
    };
  }
}

function stopOf(reason: string): Stop {
  if (reason === 'tool_use') return 'tools';
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'length';
  return reason === 'refusal' ? 'refused' : 'end';
}

import type { SeneschalError } from './errors.js';
import type { AssistantMessage, ModelMessage } from './message.js';

/**
 * The contract of a model provider. `stream` never throws and its iterator never rejects: a failure is its last event.
 * Exactly one `finished` or `failed` event ends the stream, nothing follows it.
 */
export interface ModelClient {
  /** For example `anthropic`. */
  readonly provider: string;
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export interface ModelRequest {
  /** The provider's model name, without the provider prefix. */
  readonly model: string;
  /** Fixed instruction text; stable between requests, so that the provider can cache it with the tools. */
  readonly system: string;
  readonly tools: readonly ToolDescription[];
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens: number;
}

export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** The provider is being tried again; what was streamed so far is void. */
  | { readonly type: 'retrying'; readonly attempt: number; readonly reason: SeneschalError; readonly delayMs: number }
  | {
      readonly type: 'finished';
      readonly message: AssistantMessage;
      readonly stop: 'end' | 'tools' | 'length' | 'refused';
      readonly usage: ModelUsage;
    }
  /** `partial` is the text that had come before the failure. */
  | { readonly type: 'failed'; readonly error: SeneschalError; readonly partial: string; readonly usage: ModelUsage };

export interface ModelUsage {
  /** Tokens read at full price. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  /** US dollars; null when the model's price is not known. */
  readonly costUsd: number | null;
}

export const NO_USAGE: ModelUsage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  costUsd: 0,
};

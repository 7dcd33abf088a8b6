import type { Logger } from '../core/log.js';
import type { AssistantMessage, AssistantPart } from '../core/message.js';
import { type ModelEvent, type ModelRequest, type ModelUsage, NO_USAGE } from '../core/model.js';
import type { System } from '../core/system.js';
import { cancelled, cutOff, malformedCall, type Peer, providerError, silent, unreadable } from './failures.js';
import { isObject } from './json.js';
import { loadPrice, type Price, type PricedModel, type TokenCounts } from './pricing.js';

/*
 * One answer of a provider: open → chunks → reader → events. Whatever the SDK or the server does, the events end with
 * exactly one `finished` or `failed`, and an abort ends them at once, without waiting for the SDK to notice.
 */

/** Longer than the longest silent thinking; after it the connection counts as dead. */
const SILENCE_MS = 300_000;
/** For the end of the stream once the answer is whole. */
const CLOSING_MS = 1_000;

export interface ModelDeps {
  readonly system: System;
  readonly log: Logger;
}

export type Stop = 'end' | 'tools' | 'length' | 'refused';

/** Puts one provider's chunks together. Chunks come from outside: nothing about their shape is taken for granted. */
export interface AnswerReader {
  /** The text that this chunk adds, '' for none. */
  accept(chunk: unknown): string;
  /** True once the provider has said why it stopped. */
  readonly whole: boolean;
  readonly calls: readonly RawCall[];
  readonly stop: Stop;
  /** What was counted; where the provider has not told yet, null. */
  readonly tokens: TokenCounts | null;
}

export interface RawCall {
  readonly name: string;
  /** JSON text as it came. */
  readonly json: string;
}

export interface AnswerSource {
  readonly peer: Peer;
  readonly priced: PricedModel;
  readonly request: ModelRequest;
  readonly reader: AnswerReader;
  open(signal: AbortSignal): Promise<AsyncIterable<unknown>>;
}

export async function* streamAnswer(
  source: AnswerSource,
  deps: ModelDeps,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const { peer, reader } = source;
  let text = '';
  let began = false;
  let price: Price = () => null;
  const usage = (): ModelUsage => {
    if (!began) return NO_USAGE;
    const tokens = reader.tokens ?? estimated(source.request, text, reader.calls);
    return { ...tokens, costUsd: price(tokens) };
  };
  try {
    if (signal.aborted) throw cancelled();
    price = await loadPrice(source.priced, deps.system);
    for await (const chunk of watched(source, deps, signal)) {
      began = true;
      const delta = read(reader, chunk, peer);
      if (delta === '') continue;
      text += delta;
      yield { type: 'text', text: delta };
    }
    if (!reader.whole) throw began ? cutOff(peer) : unreadable(peer);
    const message = answerMessage(source, text, deps.system);
    const stop = message.content.some((part) => part.type === 'tool_call') ? 'tools' : endOf(reader.stop);
    yield { type: 'finished', message, stop, usage: usage() };
  } catch (thrown) {
    const error = signal.aborted ? cancelled() : providerError(thrown, peer, deps.system.now());
    deps.log.debug({ provider: source.priced.provider, code: error.code }, error.message);
    yield { type: 'failed', error, partial: text, usage: usage() };
  }
}

function read(reader: AnswerReader, chunk: unknown, peer: Peer): string {
  try {
    return reader.accept(chunk);
  } catch {
    throw unreadable(peer);
  }
}

/** The chunks, ended by an abort or by too long a silence. Once the answer is whole, its end needs no more waiting. */
async function* watched(source: AnswerSource, deps: ModelDeps, signal: AbortSignal): AsyncGenerator<unknown> {
  const inner = new AbortController();
  const leave = () => inner.abort();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    const iterator = (await limited(source.open(inner.signal)))[Symbol.asyncIterator]();
    for (;;) {
      const next = await limited(iterator.next()).catch((thrown: unknown) => {
        if (source.reader.whole && !signal.aborted) return { done: true, value: undefined } as const;
        throw thrown;
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    inner.abort();
  }

  function limited<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ms = source.reader.whole ? CLOSING_MS : SILENCE_MS;
      const timer = deps.system.setTimer(ms, () => settle(() => reject(silent(source.peer, ms))));
      const stopped = () => settle(() => reject(cancelled()));
      const settle = (then: () => void) => {
        timer.cancel();
        inner.signal.removeEventListener('abort', stopped);
        then();
      };
      inner.signal.addEventListener('abort', stopped, { once: true });
      if (inner.signal.aborted) stopped();
      work.then(
        (value) => settle(() => resolve(value)),
        (thrown: unknown) => settle(() => reject(thrown)),
      );
    });
  }
}

/**
 * Call ids are our own: unique in the whole store, where some servers send none or the same one in every answer.
 * The order of the calls is the order in which the model wrote them.
 */
function answerMessage(source: AnswerSource, text: string, system: System): AssistantMessage {
  const { reader, peer } = source;
  const content: AssistantPart[] = text.trim() === '' ? [] : [{ type: 'text', text }];
  if (reader.stop === 'refused') return { role: 'assistant', content };
  for (const call of reader.calls) {
    const input = parseInput(call.json);
    if (input === undefined || call.name === '') {
      if (reader.stop === 'length') continue; // the limit cut it: the model never finished saying it
      throw malformedCall(peer, call.name);
    }
    content.push({ type: 'tool_call', callId: system.id(), name: call.name, input });
  }
  return { role: 'assistant', content };
}

/** A tool's input is an object; models write nothing at all for an empty one. Undefined when it is neither. */
function parseInput(json: string): Readonly<Record<string, unknown>> | undefined {
  if (json.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Without a call in the message the provider's `tools` means nothing. */
function endOf(stop: Stop): Stop {
  return stop === 'tools' ? 'end' : stop;
}

/** For answers that end without a count: what was sent was billed all the same. */
function estimated(request: ModelRequest, text: string, calls: readonly RawCall[]): TokenCounts {
  const sent = request.system.length + JSON.stringify(request.tools).length + sentLength(request);
  const received = text.length + calls.reduce((sum, call) => sum + call.name.length + call.json.length, 0);
  return {
    inputTokens: Math.ceil(sent / 4),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: Math.ceil(received / 4),
  };
}

/** An image counts as about 1,500 tokens, whatever its bytes. */
function sentLength(request: ModelRequest): number {
  let length = 0;
  for (const message of request.messages)
    for (const part of message.content) length += part.type === 'image' ? 6_000 : JSON.stringify(part).length;
  return length;
}

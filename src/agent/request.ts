import { type AssistantMessage, estimateTokens } from '../core/message.js';
import type { ModelClient, ModelEvent, ModelRequest } from '../core/model.js';
import type { TextMask } from '../core/redactor.js';
import type { System } from '../core/system.js';
import { startOfDay } from '../core/time.js';
import type { OutgoingCheck } from '../guards/outgoing.js';
import type { Model } from '../model/catalogue.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import type { Registry } from '../tools/registry.js';
import { SYSTEM_PROMPT } from './prompt.js';

export type Answer =
  | {
      readonly ok: true;
      readonly message: AssistantMessage;
      /** Calls whose input held a stored value, by id, and what to tell the model; the value itself is masked. */
      readonly refused: ReadonlyMap<string, string>;
      /** Decoys whose values the answer held, and the tool that was to get them. */
      readonly touched: readonly { readonly name: string; readonly tool: string | null }[];
      /** A sentence to add under the answer, when the model stopped for an unusual reason. */
      readonly note: string | null;
      /** Stores that the request has ended; to be called in the transaction that stores the answer. */
      commit(): void;
    }
  | { readonly ok: false; readonly sentence: string };

export interface RequesterDeps {
  readonly store: Store;
  readonly system: System;
  readonly registry: Registry;
  readonly mask: TextMask;
  readonly outgoing: OutgoingCheck;
  /** Read anew for each request: a key that has just been saved counts at once. */
  readonly model: () => Model;
  readonly timeZone: string;
  readonly dailyUsd: number;
}

/** What an answer is assumed to take when a request's cost is estimated before it is sent. */
const TYPICAL_OUTPUT_TOKENS = 1_000;

export type ModelRequester = ReturnType<typeof createModelRequester>;

/** One request to the model: a row with its estimated cost first, then the stream, then the answer. */
export function createModelRequester(deps: RequesterDeps) {
  const { store } = deps;

  async function ask(turn: Turn, step: number, signal: AbortSignal, show: (markdown: string) => void): Promise<Answer> {
    const active = deps.model();
    const request = build(turn, active);
    const estimateUsd = await active.estimateCostUsd(estimateRequest(request), TYPICAL_OUTPUT_TOKENS);
    const limit = ceilingSentence(estimateUsd);
    if (limit !== null) return { ok: false, sentence: limit };
    const row = { turnId: turn.id, conversationId: turn.conversationId, step, model: active.name, estimateUsd };
    const id = store.transaction(() => store.history.begin(row));
    const end = await stream(active.client, request, signal, show);
    if (end.type === 'failed') {
      // An abort leaves the row open: whoever aborted decides whether the request counts as begun.
      if (!signal.aborted) store.transaction(() => store.history.finish(id, end.error.code, end.usage));
      return { ok: false, sentence: withHint(end.error.message, end.error.hint) };
    }
    const commit = () => store.history.finish(id, end.stop, end.usage);
    return { ok: true, ...guarded(end.message), note: noteFor(end.stop), commit };
  }

  async function stream(
    client: ModelClient,
    request: ModelRequest,
    signal: AbortSignal,
    show: (markdown: string) => void,
  ) {
    let mask = deps.mask.stream();
    let text = '';
    for await (const event of client.stream(request, signal) as AsyncIterable<ModelEvent>) {
      if (event.type === 'text') {
        text += mask.push(event.text);
        show(text);
      } else if (event.type === 'retrying') {
        mask = deps.mask.stream();
        text = '';
        show('');
      } else return event;
    }
    throw new Error('a model stream ended without its last event');
  }

  function build(turn: Turn, active: Model): ModelRequest {
    const from = store.conversations.get(turn.conversationId)?.historyFrom ?? 0;
    return {
      model: active.spec.model,
      system: SYSTEM_PROMPT,
      tools: deps.registry.describe(),
      messages: store.history.list(turn.conversationId, from),
      maxOutputTokens: active.limits.maxOutputTokens,
    };
  }

  /** Checked before each call: what today has cost, with this request's estimate on top. */
  function ceilingSentence(estimateUsd: number | null): string | null {
    const today = store.history.spendSince(startOfDay(deps.system.now(), deps.timeZone));
    if (today.usd + (estimateUsd ?? 0) <= deps.dailyUsd) return null;
    const spent = today.usd.toFixed(2);
    return `Today's ceiling of $${deps.dailyUsd.toFixed(2)} is reached ($${spent} spent). It starts afresh at midnight; SENESCHAL_DAILY_USD raises it.`;
  }

  /** Before anything of it is stored: values out of the text and out of what the calls would be given. */
  function guarded(message: AssistantMessage): Pick<Answer & { ok: true }, 'message' | 'refused' | 'touched'> {
    const refused = new Map<string, string>();
    const touched: { name: string; tool: string | null }[] = [];
    const content = message.content.map((part) => {
      const isText = part.type === 'text';
      const held = deps.outgoing(isText ? part.text : part.input, { references: false, forms: false });
      if (held?.decoy) touched.push({ name: held.decoy, tool: isText ? null : part.name });
      if (isText) return { ...part, text: deps.mask.redact(part.text) };
      if (held) refused.set(part.callId, held.sentence);
      return held ? { ...part, input: deps.mask.redactValue(part.input) } : part;
    });
    return { message: { ...message, content }, refused, touched };
  }

  return { ask };
}

function estimateRequest(request: ModelRequest): number {
  return estimateTokens(request.system) + estimateTokens(JSON.stringify([request.tools, request.messages]));
}

function noteFor(stop: 'end' | 'tools' | 'length' | 'refused'): string | null {
  if (stop === 'length') return 'The answer reached the length limit and ends here. Say "go on" for the rest.';
  if (stop === 'refused') return 'The model declined to answer this.';
  return null;
}

const withHint = (sentence: string, hint: string | undefined): string =>
  hint === undefined ? sentence : `${sentence} ${hint}`;

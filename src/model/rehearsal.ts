import { type AssistantPart, estimateTokens, type ModelMessage } from '../core/message.js';
import type { ModelClient, ModelEvent, ModelRequest, ModelUsage } from '../core/model.js';
import { type System, sleep } from '../core/system.js';
import { cancelled } from './failures.js';
import { ownerText, type RehearsalStep, readScript } from './rehearsal-script.js';

/*
 * A model that is none. It obeys literal lines of the owner's last message, so that approvals, the form, the paste
 * guard and stop can be seen without paying for a token, and so that tests know every answer in advance.
 */

const LABEL = 'Rehearsal, no AI.';

const OBEYS =
  'I obey lines such as `call write_file {"path":"a.txt","content":"hi"}`, `then`, `say TEXT` and `stream 50`.';
const FORM = 'Write the input as one line of JSON: `call read_file {"path":"a.txt"}`';
const RESULT_LENGTH = 1_500;
const CHUNK_LENGTH = 24;
const WORD_MS = 50;

/** One piece of the answer's text and how long it takes to come. */
type Piece = readonly [text: string, delayMs: number];

export function createRehearsalClient(deps: { readonly system: System }): ModelClient {
  return { provider: 'rehearsal', stream: (request, signal) => answer(request, signal, deps.system) };
}

async function* answer(request: ModelRequest, signal: AbortSignal, system: System): AsyncGenerator<ModelEvent> {
  const step = nextStep(request);
  let text = '';
  if (step.type !== 'calls') {
    for (const [piece, delayMs] of pieces(step)) {
      if (delayMs > 0) await sleep(system, delayMs, signal);
      if (signal.aborted) break;
      text += piece;
      yield { type: 'text', text: piece };
    }
  }
  if (signal.aborted) {
    yield { type: 'failed', error: cancelled(), partial: text, usage: usage(request, text) };
    return;
  }
  if (step.type !== 'calls') {
    const content: AssistantPart[] = [{ type: 'text', text }];
    yield { type: 'finished', message: { role: 'assistant', content }, stop: 'end', usage: usage(request, text) };
    return;
  }
  const content = step.calls.map(
    ({ name, input }): AssistantPart => ({ type: 'tool_call', callId: system.id(), name, input }),
  );
  const counted = usage(request, JSON.stringify(step.calls));
  yield { type: 'finished', message: { role: 'assistant', content }, stop: 'tools', usage: counted };
}

/** Where the script stands: each answer with calls since the owner's message was one step; an answer in words ends it. */
function nextStep(request: ModelRequest): RehearsalStep {
  const { messages } = request;
  const from = messages.findLastIndex((message) => ownerText(message) !== null);
  const written = (from < 0 ? null : messages[from] && ownerText(messages[from])) ?? '';
  const since = messages.slice(from + 1);
  const steps = readScript(
    written,
    request.tools.map((tool) => tool.name),
  );
  const spoken = since.findLastIndex((message) => message.role === 'assistant' && !hasCalls(message));
  const done = since.filter((message) => message.role === 'assistant').length;
  const step = steps[done];
  if (step && spoken < 0) return step;
  const results = resultLines(since.slice(spoken + 1));
  if (results.length > 0) return { type: 'say', text: results.join('\n') };
  const said = written === '' ? 'You sent no text of your own.' : `You said: ${written}`;
  return { type: 'say', text: `${said}\n\n${OBEYS}` };
}

function hasCalls(message: ModelMessage): boolean {
  return message.content.some((part) => part.type === 'tool_call');
}

/** One line per answered call: everything since the last answer in words, so an outcome that comes late is told alone. */
function resultLines(messages: readonly ModelMessage[]): string[] {
  const parts = messages.flatMap((message): ModelMessage['content'][number][] => [...message.content]);
  const names = new Map(parts.flatMap((part) => (part.type === 'tool_call' ? [[part.callId, part.name]] : [])));
  return parts.flatMap((part) =>
    part.type === 'tool_result' ? [`${names.get(part.callId) ?? 'result'}: ${part.text.slice(0, RESULT_LENGTH)}`] : [],
  );
}

function pieces(step: Exclude<RehearsalStep, { type: 'calls' }>): Piece[] {
  const label: Piece = [`${LABEL}\n\n`, 0];
  if (step.type === 'stream') {
    const words = Array.from({ length: step.words }, (_, index): Piece => {
      const gap = index === 0 ? '' : ' ';
      return [`${gap}word${index + 1}`, WORD_MS];
    });
    return [label, ...words];
  }
  const text = step.type === 'say' ? step.text : `I cannot read \`${step.line}\`. ${FORM}`;
  return [label, ...chunks(text).map((chunk): Piece => [chunk, 0])];
}

/** By code points, so that no character is torn. */
function chunks(text: string): string[] {
  const points = [...text];
  const count = Math.ceil(points.length / CHUNK_LENGTH);
  return Array.from({ length: count }, (_, index) =>
    points.slice(index * CHUNK_LENGTH, (index + 1) * CHUNK_LENGTH).join(''),
  );
}

function usage(request: ModelRequest, output: string): ModelUsage {
  const sent = request.system + JSON.stringify(request.tools) + JSON.stringify(request.messages);
  return {
    inputTokens: estimateTokens(sent),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: estimateTokens(output),
    costUsd: 0,
  };
}

import { createHash } from 'node:crypto';
import type {
  AssistantPart,
  ImagePart,
  ModelMessage,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../core/message.js';

/** A turn as every provider accepts it: roles alternate, every call is answered in the user turn that follows. */
export type WireTurn = WireUserTurn | WireAssistantTurn;

interface WireUserTurn {
  readonly role: 'user';
  /** Answers to the calls of the assistant turn before; they go first. */
  readonly results: ToolResultPart[];
  readonly content: (TextPart | ImagePart)[];
}

interface WireAssistantTurn {
  readonly role: 'assistant';
  readonly text: TextPart[];
  readonly calls: ToolCallPart[];
}

/** How a provider wants tool call ids. */
export interface IdRule {
  readonly valid: RegExp;
  /** A valid id from a hash in hexadecimal digits. */
  make(hash: string): string;
}

/** Anthropic demands the characters, OpenAI the length. */
export const COMMON_IDS: IdRule = {
  valid: /^[a-zA-Z0-9_-]{1,40}$/,
  make: (hash) => `call_${hash.slice(0, 24)}`,
};

/** Mistral takes nine letters or digits, nothing else. */
export const MISTRAL_IDS: IdRule = { valid: /^[a-zA-Z0-9]{9}$/, make: (hash) => hash.slice(0, 9) };

/**
 * Our history allows what providers refuse: several user messages in a row, empty texts, ids of another provider,
 * calls whose result was lost in a crash. The result is the same for the same history, so a provider's cache keeps
 * matching, and a longer history only adds to it.
 */
export function wireTurns(messages: readonly ModelMessage[], ids: IdRule): WireTurn[] {
  const turns: WireTurn[] = [];
  const open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'assistant') {
      addAssistant(turns, message.content, open, ids);
      continue;
    }
    const user = userTurn(turns);
    for (const part of message.content) {
      if (part.type === 'tool_result') {
        const callId = wireCallId(part.callId, ids);
        // A result without its call (cut away by compaction) cannot be told: providers refuse the whole request.
        if (open.delete(callId)) user.results.push({ ...part, callId });
      } else if (part.type === 'image' || part.text.trim() !== '') user.content.push(part);
    }
  }
  return answered(turns);
}

export function wireCallId(callId: string, ids: IdRule): string {
  return ids.valid.test(callId) ? callId : ids.make(createHash('sha256').update(callId).digest('hex'));
}

function addAssistant(turns: WireTurn[], parts: readonly AssistantPart[], open: Set<string>, ids: IdRule): void {
  const kept = parts.filter((part) => part.type === 'tool_call' || part.text.trim() !== '');
  if (kept.length === 0) return;
  if (turns.length === 0) userTurn(turns);
  let last = turns.at(-1);
  if (last?.role !== 'assistant') {
    open.clear();
    last = { role: 'assistant', text: [], calls: [] };
    turns.push(last);
  }
  for (const part of kept) {
    if (part.type === 'text') last.text.push(part);
    else {
      const callId = wireCallId(part.callId, ids);
      open.add(callId);
      last.calls.push({ ...part, callId });
    }
  }
}

function userTurn(turns: WireTurn[]): WireUserTurn {
  const last = turns.at(-1);
  if (last?.role === 'user') return last;
  const turn: WireUserTurn = { role: 'user', results: [], content: [] };
  turns.push(turn);
  return turn;
}

/** Every call gets a result in the next turn, and no user turn stays empty. */
function answered(turns: WireTurn[]): WireTurn[] {
  const last = turns.at(-1);
  if (!last || (last.role === 'assistant' && last.calls.length > 0)) userTurn(turns);
  let calls: readonly ToolCallPart[] = [];
  for (const turn of turns) {
    if (turn.role === 'assistant') {
      calls = turn.calls;
      continue;
    }
    const told = new Set(turn.results.map((result) => result.callId));
    for (const call of calls) {
      if (!told.has(call.callId))
        turn.results.push({
          type: 'tool_result',
          callId: call.callId,
          text: 'No result was recorded; it is not known whether this ran.',
          isError: true,
        });
    }
    calls = [];
    if (turn.results.length + turn.content.length === 0) turn.content.push({ type: 'text', text: '(no text)' });
  }
  return turns;
}

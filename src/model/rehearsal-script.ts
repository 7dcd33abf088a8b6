import { type ModelMessage, messageText } from '../core/message.js';

/** One step of what the owner wrote for the rehearsal model. */
export type RehearsalStep =
  | { readonly type: 'calls'; readonly calls: readonly ScriptedCall[] }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'stream'; readonly words: number }
  /** A `call` line that cannot be read. */
  | { readonly type: 'broken'; readonly line: string };

interface ScriptedCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const CALL = /^call\s+([A-Za-z0-9_.-]+)(?:\s+(.*))?$/;
const STREAM = /^stream\s+(\d{1,5})$/;
/** With the line of ours ahead of it. */
const UNTRUSTED =
  /(?:^Warning: the content below [^\n]*\n)?<untrusted_data\b[\s\S]*?(?:<\/untrusted_data\s*>|$(?![\s\S]))/gim;
/** The date and time that stand ahead of each of the owner's messages. */
const TIME_LINE = /^\[[A-Z][a-z]+ \d{4}-\d{2}-\d{2} \d{2}:\d{2} [^\]\n]*\]\n?/;

/** What the owner wrote with own hands: no wrapped text, no time line. Null for a message of tool results alone. */
export function ownerText(message: ModelMessage): string | null {
  if (message.role !== 'user' || message.content.some((part) => part.type === 'tool_result')) return null;
  return messageText(message).replace(UNTRUSTED, '').replace(TIME_LINE, '').trim();
}

/** The literal lines in order; empty when there is none. `tools` tells a call without input from plain prose. */
export function readScript(text: string, tools: readonly string[]): readonly RehearsalStep[] {
  const steps: RehearsalStep[] = [];
  let calls: ScriptedCall[] = [];
  const close = () => {
    if (calls.length > 0) steps.push({ type: 'calls', calls });
    calls = [];
  };
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const call = CALL.exec(line);
    if (call) {
      const read = readCall(call[1] ?? '', call[2] ?? '', tools);
      if (read === 'broken') return [{ type: 'broken', line }];
      if (read) calls.push(read);
      continue;
    }
    const step = readAnswer(line);
    if (step === undefined && line !== 'then') continue;
    close();
    if (step) steps.push(step);
  }
  close();
  return steps;
}

function readAnswer(line: string): RehearsalStep | undefined {
  if (line.startsWith('say ')) return { type: 'say', text: line.slice(4) };
  const stream = STREAM.exec(line);
  return stream ? { type: 'stream', words: Number(stream[1]) } : undefined;
}

/** `call me maybe` is prose; `call read_file {"path":` is a call gone wrong. */
function readCall(name: string, json: string, tools: readonly string[]): ScriptedCall | 'broken' | undefined {
  const known = tools.includes(name);
  if (json === '') return known ? { name, input: {} } : undefined;
  if (!known && !json.startsWith('{')) return undefined;
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return 'broken';
    return { name, input: input as Readonly<Record<string, unknown>> };
  } catch {
    return 'broken';
  }
}

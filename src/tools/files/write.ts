import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { Provenance } from '../../core/provenance.js';
import type { ActionCard, ResolvedAction } from '../../core/tool.js';
import { NO_TAINT } from '../../core/trust.js';
import { showBytes, showHidden, showName } from '../../core/visible.js';
import { judgeOutput } from '../../guards/output.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import { defineTool, type ToolDefinition } from '../define.js';
import { lineDiff } from './diff.js';
import { originOf } from './origin.js';
import { MAX_FILE_BYTES } from './read.js';
import { decodeExactly, sha256, toLines } from './text.js';

/**
 * Changes to files. What the owner saw is bound by hashes: of the file before (or `absent`) and of the file after. The
 * same hashes tell after a crash whether the change had happened (TURN-3).
 */
const CARD_LINES = 20;
const CARD_CHARACTERS = 1_400;
const ABSENT = 'absent';
const CHANGING = { readOnlyHint: false, idempotentHint: true, openWorldHint: false };

interface Deps {
  readonly workspace: WorkspacePaths;
  readonly provenance: Provenance;
}

interface Change {
  readonly path: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array;
}

const writeInput = z.strictObject({ path: z.string(), content: z.string() });

export function createWriteFile({ workspace }: Deps): ToolDefinition {
  return defineTool<z.infer<typeof writeInput>>({
    name: 'write_file',
    description: 'Create a workspace file or replace it whole; makes missing folders.',
    input: writeInput,
    annotations: CHANGING,
    async resolve({ path, content }) {
      const before = await currentBytes(workspace, path);
      const change = { path: workspace.parse(path), before, after: encode(content, 'content') };
      return { ...changeAction('write_file', change), makes: 'whole' };
    },
    async run({ path, content }, { callId }) {
      const bytes = encode(content, 'content');
      await workspace.write(path, bytes, { id: callId });
      return done('Wrote', workspace.parse(path), bytes);
    },
    interrupted: (bound) => interruptedChange(workspace, bound),
  });
}

const editInput = z.strictObject({
  path: z.string(),
  old_text: z.string().min(1).describe('must occur exactly once'),
  new_text: z.string(),
});

export function createEditFile({ workspace, provenance }: Deps): ToolDefinition {
  const edit = async ({ path, old_text, new_text }: z.infer<typeof editInput>): Promise<Change> => {
    const before = await currentBytes(workspace, path);
    if (before === null) throw new SeneschalError('tool.input', `${showName(path)} does not exist.`);
    const after = encode(replaceOnce(path, before, old_text, new_text), 'new_text');
    return { path: workspace.parse(path), before, after };
  };
  return defineTool<z.infer<typeof editInput>>({
    name: 'edit_file',
    description: 'Replace one passage of a workspace text file.',
    input: editInput,
    annotations: CHANGING,
    async resolve(input) {
      const change = await edit(input);
      const from = await originOf(workspace, provenance, change.path);
      return { ...changeAction('edit_file', change), makes: 'part', from };
    },
    async run(input, { callId }) {
      const change = await edit(input);
      await workspace.write(input.path, change.after, { id: callId });
      return done('Edited', change.path, change.after);
    },
    interrupted: (bound) => interruptedChange(workspace, bound),
  });
}

/** What is there now; null for nothing. Throws where the path may not be written. */
async function currentBytes(workspace: WorkspacePaths, path: string): Promise<Uint8Array | null> {
  return (await workspace.target(path)) === null ? null : workspace.read(path, MAX_FILE_BYTES);
}

function encode(text: string, field: string): Uint8Array {
  if (/\p{Surrogate}/u.test(text)) throw new SeneschalError('tool.input', `${field} holds half a character.`);
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_FILE_BYTES) {
    const limit = showBytes(MAX_FILE_BYTES);
    throw new SeneschalError('tool.input', `The file would have ${showBytes(bytes.length)}; the limit is ${limit}.`);
  }
  return bytes;
}

function replaceOnce(path: string, bytes: Uint8Array, oldText: string, newText: string): string {
  const text = decodeExactly(bytes);
  const refuse = (why: string) => new SeneschalError('tool.input', `${showName(path)}: ${why}`);
  if (text === null) throw refuse('not a UTF-8 text file.');
  if (oldText === newText) throw refuse('old_text and new_text are the same.');
  const at = text.indexOf(oldText);
  if (at === -1) {
    const ends = text.includes('\r\n') && !oldText.includes('\r\n') && oldText.includes('\n');
    throw refuse(`old_text does not occur.${ends ? ' The file has CRLF line ends.' : ''}`);
  }
  if (text.indexOf(oldText, at + 1) !== -1)
    throw refuse('old_text occurs more than once; give more of its surroundings.');
  return text.slice(0, at) + newText + text.slice(at + oldText.length);
}

function changeAction(tool: string, change: Change): ResolvedAction {
  const before = change.before === null ? ABSENT : sha256(change.before);
  // The whole of what will stand there: an edit can complete what was begun before (GUARD-8).
  const verdict = judgeOutput({ path: change.path, text: Buffer.from(change.after).toString('utf8'), kind: 'file' });
  const card = changeCard(tool === 'write_file' ? 'Write' : 'Edit', change);
  return {
    tool,
    class: 'write',
    bound: { path: change.path, before, after: sha256(change.after) },
    card: verdict.effect === 'ask' ? { ...card, facts: [...card.facts, verdict.reason] } : card,
    grantPattern: verdict.effect === 'allow' ? `${tool} ${showName(change.path)}` : null,
    outward: false,
    repeatable: true,
    forbidden: verdict.effect === 'deny' ? verdict.reason : null,
  };
}

function changeCard(verb: string, { path, before, after }: Change): ActionCard {
  const oldText = before === null ? '' : decodeExactly(before);
  const newText = decodeExactly(after) ?? Buffer.from(after).toString('utf8');
  const whole = before === null || oldText === null;
  const diff = whole ? null : lineDiff(oldText, newText);
  const fresh = showHidden(newText);
  const lines = diff === null ? toLines(fresh.text) : diff.lines;
  const hidden = (diff === null ? fresh.hidden : diff.hidden) + showHidden(path).hidden;
  const body = firstLines(lines);
  const facts = [sizeFact(before, oldText, newText, diff)];
  if (hidden > 0) {
    facts.push(
      hidden === 1 ? 'warning: 1 hidden character, shown as \\u' : `warning: ${hidden} hidden characters, shown as \\u`,
    );
  }
  const title = `${verb}: ${showName(path)}`;
  if (body.length === lines.length) return { title, body: body.join('\n'), facts };
  const name = path.split('/').at(-1) ?? path;
  return {
    title,
    body: body.join('\n'),
    facts: [...facts, `${body.length} of ${lines.length} lines shown, all of it in the file`],
    attachment: { name: `${showHidden(name).text.replace(/[\n\t"]/g, '_')}.diff`, text: `${lines.join('\n')}\n` },
  };
}

function sizeFact(
  before: Uint8Array | null,
  oldText: string | null,
  newText: string,
  diff: { added: number; removed: number } | null,
): string {
  const lines = (count: number) => (count === 1 ? '1 line' : `${count} lines`);
  if (before === null) return `new file, ${lines(toLines(newText).length)}`;
  if (oldText === null || diff === null) return `replaces a binary file of ${showBytes(before.length)}`;
  if (diff.added + diff.removed === 0) return 'changes nothing';
  return `replaces ${lines(toLines(oldText).length)}, +${diff.added} −${diff.removed}`;
}

/** Whole lines that a phone can show; a first line longer than that is the only one that is cut. */
function firstLines(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines.slice(0, CARD_LINES)) {
    length += line.length + 1;
    if (length > CARD_CHARACTERS) break;
    shown.push(line);
  }
  return shown;
}

async function interruptedChange(
  workspace: WorkspacePaths,
  bound: ResolvedAction['bound'],
): Promise<'done' | 'untouched' | 'unknown'> {
  const path = z.string().parse(bound.path);
  const bytes = await currentBytes(workspace, path).catch(() => undefined);
  if (bytes === undefined) return 'unknown';
  const now = bytes === null ? ABSENT : sha256(bytes);
  if (now === bound.after) return 'done';
  return now === bound.before ? 'untouched' : 'unknown';
}

function done(verb: string, path: string, bytes: Uint8Array) {
  const size = showBytes(bytes.length);
  return {
    text: `${verb} ${showName(path)} (${size}).`,
    isError: false,
    summary: `${verb.toLowerCase()} ${size}`,
    taint: NO_TAINT,
  };
}

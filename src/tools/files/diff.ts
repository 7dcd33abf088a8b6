import { showHidden } from '../../core/visible.js';
import { toLines } from './text.js';

/** A change as a person reads it: a unified diff with three lines around each change. Pure. */
export interface LineDiff {
  /** Without file headers; hidden characters are escapes. */
  readonly lines: readonly string[];
  readonly added: number;
  readonly removed: number;
  /** Characters that are shown as escapes. */
  readonly hidden: number;
}

interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

const CONTEXT = 3;
/** Above this many pairs of lines the middle is shown as removed and added whole. */
const MAX_PAIRS = 4_000_000;
const NO_END = '\\ No newline at end of file';

export function lineDiff(before: string, after: string): LineDiff {
  const edits = editScript(markedLines(before), markedLines(after));
  let hidden = 0;
  const lines = hunks(edits).map((line) => {
    if (line.startsWith('@@')) return line;
    const shown = showHidden(line.slice(1));
    hidden += shown.hidden;
    // An unchanged empty line has no mark: a space at its end would itself look like something hidden.
    return line === ' ' ? '' : line[0] + shown.text;
  });
  return {
    lines: lines.flatMap((line) => line.split('\n')),
    added: edits.filter((edit) => edit.mark === '+').length,
    removed: edits.filter((edit) => edit.mark === '-').length,
    hidden,
  };
}

/** A last line without an end differs from the same line with one, and says so. */
function markedLines(text: string): string[] {
  const lines = toLines(text);
  const last = lines.length - 1;
  if (last >= 0 && !text.endsWith('\n')) lines[last] = `${lines[last]}\n${NO_END}`;
  return lines;
}

function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const keep = (line: string): Edit => ({ mark: ' ', line });
  return [
    ...before.slice(0, head).map(keep),
    ...middleEdits(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(keep),
  ];
}

/** By the longest common subsequence: `lengths[i][j]` is its length for `before` from i and `after` from j. */
function middleEdits(before: readonly string[], after: readonly string[]): Edit[] {
  const removed = before.map((line): Edit => ({ mark: '-', line }));
  const added = after.map((line): Edit => ({ mark: '+', line }));
  if (before.length * after.length > MAX_PAIRS) return [...removed, ...added];
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      edits.push({ mark: ' ', line: before[i] as string });
      i += 1;
      j += 1;
    } else if (length(i + 1, j) >= length(i, j + 1)) edits.push(removed[i++] as Edit);
    else edits.push(added[j++] as Edit);
  }
  return [...edits, ...removed.slice(i), ...added.slice(j)];
}

/** The changes with their surroundings, each group under its `@@` line. */
function hunks(edits: readonly Edit[]): string[] {
  const near = new Uint8Array(edits.length);
  for (const [index, edit] of edits.entries()) {
    if (edit.mark !== ' ') near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  }
  const result: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  for (let index = 0; index < edits.length; ) {
    const start = index;
    while (index < edits.length && near[index] === near[start]) index += 1;
    const group = edits.slice(start, index);
    const olds = group.filter((edit) => edit.mark !== '+').length;
    const news = group.filter((edit) => edit.mark !== '-').length;
    if (near[start] === 1) {
      result.push(`@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`);
      result.push(...group.map((edit) => edit.mark + edit.line));
    }
    oldLine += olds;
    newLine += news;
  }
  return result;
}

/** As `diff -u` counts: an empty range names the line before it. */
function range(line: number, count: number): string {
  return count === 1 ? String(line) : `${count === 0 ? line - 1 : line},${count}`;
}

/**
 * Long results are cut, and the whole is kept as an artifact that `read_file` reads on in the same lines as here. Pure.
 */
const RESULT_LIMIT = 12_000;
/** A line longer than this counts as several, so that a page of an artifact always fits. */
const LINE_LIMIT = 2_000;

export interface CutResult {
  readonly shown: string;
  /** One line that says what is missing and where it is; null when nothing is. */
  readonly note: string | null;
}

/** Whole lines up to `limit` UTF-16 units. With a note the whole must be kept under the artifact's id. */
export function cutResult(text: string, artifactId: string, limit = RESULT_LIMIT): CutResult {
  if (text.length <= limit) return { shown: text, note: null };
  let kept = '';
  let count = 0;
  for (const line of pageLines(text)) {
    if (kept.length + line.length > limit) break;
    kept += line;
    count += 1;
  }
  const next = JSON.stringify({ path: `artifact:${artifactId}`, offset: count + 1 });
  const note = `(cut: ${figure(kept.length)} of ${figure(text.length)} characters; read on with read_file ${next})`;
  return { shown: kept, note };
}

/** The text's lines with their ends, long ones in pieces; never half a character. Joined, they are the text. */
export function pageLines(text: string): string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end + 1;
    while (stop - start > LINE_LIMIT) {
      const cut = wholeCharacters(text, start + LINE_LIMIT);
      lines.push(text.slice(start, cut));
      start = cut;
    }
    if (stop > start) lines.push(text.slice(start, stop));
    start = stop;
  }
  return lines;
}

/** The index itself, or one before it where it would part a surrogate pair. */
export function wholeCharacters(text: string, index: number): number {
  const before = text.charCodeAt(index - 1);
  return before >= 0xd800 && before <= 0xdbff ? index - 1 : index;
}

export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

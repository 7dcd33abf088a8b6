const MAX_WORDS = 256;
const MAX_SOURCE = 4_096;

/**
 * Brace expansion of one word's source, before anything else as the shell does it: `{rm,-rf,/}` is three words. Null
 * where there is nothing to expand, or where the word is beyond what anyone writes.
 */
export function expandBraces(source: string): readonly string[] | null {
  if (!source.includes('{') || source.length > MAX_SOURCE) return null;
  let words: string[] = [source];
  let changed = false;
  for (let round = 0; round < 64; round++) {
    const at = words.findIndex((word) => firstBrace(word) !== null);
    if (at < 0) break;
    const word = words[at] ?? '';
    const brace = firstBrace(word);
    if (brace === null) break;
    const { start, end, items } = brace;
    words = [
      ...words.slice(0, at),
      ...items.map((item) => word.slice(0, start) + item + word.slice(end)),
      ...words.slice(at + 1),
    ];
    changed = true;
    if (words.length > MAX_WORDS) return words.slice(0, MAX_WORDS);
  }
  return changed ? words : null;
}

/** The first brace expression that really expands: outside quotes and `${`, with a comma or a range. */
function firstBrace(word: string): { start: number; end: number; items: readonly string[] } | null {
  const opened: { start: number; commas: number[] }[] = [];
  let quote = '';
  for (let at = 0; at < word.length; at++) {
    const one = word[at];
    if (quote !== '') {
      if (one === '\\' && quote === '"') at++;
      else if (one === quote) quote = '';
    } else if (one === '\\') at++;
    else if (one === "'" || one === '"' || one === '`') quote = one;
    else if (one === '$' && (word[at + 1] === '{' || word[at + 1] === '(')) at = closing(word, at + 1);
    else if (one === '{') opened.push({ start: at, commas: [] });
    else if (one === ',') opened.at(-1)?.commas.push(at);
    else if (one === '}') {
      const brace = opened.pop();
      if (brace === undefined) continue;
      const items = itemsOf(word, brace.start, at, brace.commas);
      // An inner one first would change nothing in the result but the order; the outermost complete one is enough.
      if (items !== null) return { start: brace.start, end: at + 1, items };
    }
  }
  return null;
}

function itemsOf(word: string, start: number, end: number, commas: readonly number[]): readonly string[] | null {
  if (commas.length > 0) {
    const edges = [start, ...commas, end];
    return edges.slice(1).map((edge, index) => word.slice((edges[index] ?? 0) + 1, edge));
  }
  const range = /^(-?\d{1,6}|[A-Za-z])\.\.(-?\d{1,6}|[A-Za-z])$/.exec(word.slice(start + 1, end));
  if (range === null) return null;
  const [from, to] = [range[1] ?? '', range[2] ?? ''];
  const numeric = /\d/.test(from) && /\d/.test(to);
  if (!numeric && (/\d/.test(from) || /\d/.test(to))) return null;
  const [first, last] = numeric ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  const step = first <= last ? 1 : -1;
  const length = Math.min(Math.abs(last - first) + 1, MAX_WORDS);
  return Array.from({ length }, (_, index) => {
    const value = first + index * step;
    return numeric ? String(value) : String.fromCharCode(value);
  });
}

function closing(word: string, open: number): number {
  const [left, right] = word[open] === '{' ? ['{', '}'] : ['(', ')'];
  let depth = 0;
  for (let at = open; at < word.length; at++) {
    if (word[at] === left) depth++;
    else if (word[at] === right && --depth === 0) return at;
  }
  return word.length;
}

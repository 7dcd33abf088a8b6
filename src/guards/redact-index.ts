/**
 * Finds any of many literal texts in one pass: a rolling hash over a few characters meets a small table, and only
 * where that answers are texts compared. The cost hardly depends on how many texts there are or how long they are.
 */
export interface Literal {
  readonly text: string;
}

export interface LiteralIndex<L extends Literal> {
  /** Calls `visit` for every occurrence of every literal. */
  find(text: string, visit: (literal: L, start: number) => void): void;
  /** The earliest offset from which the rest of the text is the beginning of some literal; its length if none. */
  openEnd(text: string): number;
}

/** Characters that the hash covers; shorter literals are not for this index. */
export const WINDOW = 5;
const PRIME = 0x01000193;
const LEADING = power(PRIME, WINDOW - 1);
const TABLE_BITS = 16;

export function createLiteralIndex<L extends Literal>(literals: readonly L[]): LiteralIndex<L> {
  const anchors = new Map<number, { readonly literal: L; readonly offset: number }[]>();
  const beginnings = new Map<number, L[]>();
  const maybe = new Uint8Array(1 << TABLE_BITS);
  const maybeBegins = new Uint8Array(1 << TABLE_BITS);
  const shortBeginnings = new Set<string>();
  let longest = 0;
  for (const literal of literals) {
    const { text } = literal;
    longest = Math.max(longest, text.length);
    const offset = quietestOffset(text, anchors);
    push(anchors, hashAt(text, offset), { literal, offset });
    push(beginnings, hashAt(text, 0), literal);
    for (let length = 1; length < WINDOW; length += 1) shortBeginnings.add(text.slice(0, length));
  }
  for (const hash of anchors.keys()) maybe[hash >>> (32 - TABLE_BITS)] = 1;
  for (const hash of beginnings.keys()) maybeBegins[hash >>> (32 - TABLE_BITS)] = 1;

  return {
    find(text, visit) {
      if (anchors.size === 0 || text.length < WINDOW) return;
      let hash = hashAt(text, 0);
      for (let at = 0; ; at += 1) {
        if (maybe[hash >>> (32 - TABLE_BITS)] === 1) {
          for (const { literal, offset } of anchors.get(hash) ?? []) {
            if (at >= offset && text.startsWith(literal.text, at - offset)) visit(literal, at - offset);
          }
        }
        if (at + WINDOW >= text.length) return;
        hash = roll(hash, text.charCodeAt(at), text.charCodeAt(at + WINDOW));
      }
    },
    openEnd(text) {
      const from = Math.max(0, text.length - longest + 1);
      for (let at = from; at < text.length; at += 1) {
        const left = text.length - at;
        if (left < WINDOW) {
          if (shortBeginnings.has(text.slice(at))) return at;
          continue;
        }
        const hash = hashAt(text, at);
        if (maybeBegins[hash >>> (32 - TABLE_BITS)] !== 1) continue;
        const rest = text.slice(at);
        if (beginnings.get(hash)?.some((literal) => literal.text.length > left && literal.text.startsWith(rest)))
          return at;
      }
      return text.length;
    },
  };
}

/** The window of the text that fewest others share, of its end, its middle and its beginning. */
function quietestOffset(text: string, anchors: ReadonlyMap<number, readonly unknown[]>): number {
  let best = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (const offset of [text.length - WINDOW, (text.length - WINDOW) >> 1, 0]) {
    const shared = anchors.get(hashAt(text, offset))?.length ?? 0;
    if (shared < fewest) {
      best = offset;
      fewest = shared;
    }
  }
  return best;
}

function hashAt(text: string, start: number): number {
  let hash = 0;
  for (let index = start; index < start + WINDOW; index += 1)
    hash = (Math.imul(hash, PRIME) + Math.imul(text.charCodeAt(index), 0x9e3779b1)) >>> 0;
  return hash;
}

/** The hash one character further on. */
function roll(hash: number, out: number, into: number): number {
  const without = (hash - Math.imul(Math.imul(out, 0x9e3779b1), LEADING)) | 0;
  return (Math.imul(without, PRIME) + Math.imul(into, 0x9e3779b1)) >>> 0;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let round = 0; round < exponent; round += 1) result = Math.imul(result, base);
  return result;
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}

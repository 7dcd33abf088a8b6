/**
 * Finds many words in one pass over a text (Aho-Corasick with a full transition table, letters compared without case).
 * The cost per character is one table look-up however many words there are.
 */
export interface Automaton {
  /** Calls `visit` for every occurrence: the word's index in the list given, and the offset just after it. */
  run(text: string, visit: (word: number, end: number) => void): void;
}

/** Words must not be empty. Characters outside the basic plane match by their UTF-16 units. */
export function createAutomaton(words: readonly string[]): Automaton {
  const { classes, width } = classify(words);
  const table = buildTrie(words, classes, width);
  const { next, outputs } = link(width, table);

  return {
    run(text, visit) {
      let state = 0;
      for (let index = 0; index < text.length; index += 1) {
        state = next[state * width + (classes[text.charCodeAt(index)] as number)] as number;
        const found = outputs[state];
        if (found !== undefined) for (const word of found) visit(word, index + 1);
      }
    },
  };
}

/** Characters that occur in no word share class 0; the two cases of a letter share one class. */
function classify(words: readonly string[]): { classes: Uint16Array; width: number } {
  const classes = new Uint16Array(65_536);
  let width = 1;
  for (const word of words) {
    for (let index = 0; index < word.length; index += 1) {
      const lower = word.charAt(index).toLowerCase();
      const unit = lower.length === 1 ? lower : word.charAt(index);
      if (classes[unit.charCodeAt(0)] !== 0) continue;
      classes[unit.charCodeAt(0)] = width;
      const upper = unit.toUpperCase();
      if (upper.length === 1 && upper.toLowerCase() === unit) classes[upper.charCodeAt(0)] = width;
      width += 1;
    }
  }
  return { classes, width };
}

interface Trie {
  readonly children: Uint16Array;
  readonly ends: (number[] | undefined)[];
  readonly states: number;
}

function buildTrie(words: readonly string[], classes: Uint16Array, width: number): Trie {
  const most = words.reduce((sum, word) => sum + word.length, 1);
  if (most > 65_535) throw new RangeError('too many words for one automaton');
  const children = new Uint16Array(most * width);
  const ends: (number[] | undefined)[] = [];
  let states = 1;
  for (const [index, word] of words.entries()) {
    let state = 0;
    for (let at = 0; at < word.length; at += 1) {
      const slot = state * width + (classes[word.charCodeAt(at)] as number);
      if (children[slot] === 0) {
        children[slot] = states;
        states += 1;
      }
      state = children[slot] as number;
    }
    const list = ends[state];
    if (list) list.push(index);
    else ends[state] = [index];
  }
  // There were fewer states than letters: what stayed empty, often half, is given back.
  return { children: children.slice(0, states * width), ends, states };
}

/** Turns the trie into a complete automaton, breadth first, in place. */
function link(
  width: number,
  { children, ends, states }: Trie,
): { next: Uint16Array; outputs: (readonly number[] | undefined)[] } {
  const fails = new Uint16Array(states);
  const outputs: (readonly number[] | undefined)[] = new Array(states).fill(undefined);
  for (let state = 0; state < states; state += 1) outputs[state] = ends[state];
  const queue: number[] = [0];
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] as number;
    const fail = fails[state] as number;
    for (let unit = 0; unit < width; unit += 1) {
      const slot = state * width + unit;
      const child = children[slot] as number;
      const through = state === 0 ? 0 : (children[fail * width + unit] as number);
      if (child === 0) {
        children[slot] = through;
        continue;
      }
      fails[child] = through;
      const inherited = outputs[through];
      if (inherited) outputs[child] = [...(outputs[child] ?? []), ...inherited];
      queue.push(child);
    }
  }
  return { next: children, outputs };
}

/** Stretches of a text without a break, found in one pass: what a pattern such as `[\w]{16,}` finds, at a fraction. */
export interface Run {
  readonly start: number;
  /** After at most two equals signs, as base64 ends in. */
  readonly end: number;
}

/** 1 for each ASCII character of the set. */
export function characterSet(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, unit) => (pattern.test(String.fromCharCode(unit)) ? 1 : 0));
}

const EQUALS = 0x3d;

export function* runsOf(text: string, set: Uint8Array, least: number): Generator<Run> {
  let start = 0;
  for (let index = 0; index <= text.length; index += 1) {
    // Out of range is undefined, as no character is.
    if (set[text.charCodeAt(index)] === 1) continue;
    if (index - start >= least) {
      let end = index;
      while (end < index + 2 && text.charCodeAt(end) === EQUALS) end += 1;
      yield { start, end };
    }
    start = index + 1;
  }
}

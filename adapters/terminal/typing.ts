import type { System, Timer } from '../../src/core/system.js';
import { divideBurst } from './inbound.js';

/**
 * Lines as they are entered become whole texts: a line that ends in a backslash goes on in the next, a bracketed paste
 * goes on until the person enters it, and what else arrives in one burst is one text.
 */
export interface Typing {
  line(text: string): void;
  /** Between the marks of a bracketed paste, which a terminal sets around what was pasted. */
  pasting(on: boolean): void;
  /** True while further lines belong to the text begun. */
  continues(): boolean;
  /** The end of the input: what was begun is entered as it stands. */
  flush(): void;
}

/** Longer than a terminal takes to pass on a paste, shorter than anybody types. */
const BURST_MS = 20;

export function createTyping(
  options: {
    /** False for a pipe: there every line is a text of its own. */
    readonly interactive: boolean;
    readonly commands: ReadonlySet<string>;
    readonly onText: (text: string) => void;
  },
  system: System,
): Typing {
  let parts: string[] = [];
  let burst: string[] = [];
  let pasting = false;
  let timer: Timer | null = null;

  function enter(): void {
    timer?.cancel();
    timer = null;
    const lines = burst;
    burst = [];
    for (const text of lines.length === 0 ? [] : divideBurst(lines, options.commands)) options.onText(text);
  }

  function complete(last: string): void {
    burst.push([...parts, last].join('\n').replace(/\n+$/, ''));
    parts = [];
    timer?.cancel();
    timer = options.interactive ? system.setTimer(BURST_MS, enter) : null;
    if (timer === null) enter();
  }

  return {
    line(text) {
      if (pasting) parts.push(text);
      else if (/(?<!\\)(?:\\\\)*\\$/.test(text)) parts.push(text.slice(0, -1));
      else complete(text);
    },
    pasting(on) {
      pasting = on;
    },
    continues: () => parts.length > 0,
    flush() {
      pasting = false;
      if (parts.length > 0) complete('');
      enter();
    },
  };
}

import type { ParsedScript } from 'unbash';
import type { ShellState } from './state.js';

/** One thing to be said about a command. */
export interface Finding {
  readonly effect: 'ask' | 'deny';
  /** A stable name, e.g. `wipe.root`. Names that begin with `unclear.` mean: not understood. */
  readonly rule: string;
  /** One sentence part for the card: `deletes the whole system`. */
  readonly reason: string;
  /** The command as its words, with `…` for what is unknown. */
  readonly command: string;
}

/** Standard input: known, partly known (see marks) or nobody's (`null`). `read` takes lines off it. */
export class Input {
  text: string | null;

  constructor(text: string | null) {
    this.text = text;
  }

  line(): string | null {
    if (this.text === null || this.text === '') return null;
    const end = this.text.indexOf('\n');
    const line = end < 0 ? this.text : this.text.slice(0, end);
    this.text = end < 0 ? '' : this.text.slice(end + 1);
    return line;
  }
}

export interface Write {
  readonly path: string;
  readonly append: boolean;
}

/** One program about to run, as far as it is known: what the rules look at. */
export interface Invocation {
  /** Program and arguments, with marks; never empty. */
  readonly words: readonly string[];
  /** The last part of the program's path, in small letters, without `.exe`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly stdin: string | null;
  readonly writes: readonly Write[];
  readonly reads: readonly string[];
  readonly folder: string;
  /** Variables without a value that were used in it. */
  readonly missing: readonly string[];
  /** Names of variables set for this program alone. */
  readonly assigned: readonly string[];
  readonly branch: string | null;
}

/** The walker as seen by those who execute single commands. */
export interface Machine {
  note(effect: Finding['effect'], rule: string, reason: string, words: readonly string[]): void;
  spend(steps: number): void;
  /** Runs a parsed script; the output. */
  run(script: ParsedScript, state: ShellState, input: Input): string;
  /** Runs a text that a shell would be given; the output. */
  text(source: string, state: ShellState, input: Input, words: readonly string[]): string;
  /** Runs one simple command; the output. */
  execute(words: readonly string[], state: ShellState, input: Input, io?: Partial<InvocationIo>): string;
  /** Follows something that may not run at all: the worst that would be said of it. Leaves no findings of its own. */
  doubt(follow: () => void): Finding['effect'] | null;
  /** What reading this file gives. */
  file(path: string, state: ShellState): string;
}

export interface InvocationIo {
  readonly writes: readonly Write[];
  readonly reads: readonly string[];
  readonly missing: readonly string[];
  readonly assigned: readonly string[];
  /** A program outside the shell: no alias, no function. */
  readonly external: boolean;
}

/** `/usr/bin/RM.exe` is `rm`. */
export function programName(word: string): string {
  const base = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
  return base.toLowerCase().replace(/\.exe$/, '');
}

import type { ParsedScript } from 'unbash';
import type { ShellState } from './state.js';

/** What expansion needs from whoever walks the text. */
export interface Expansion {
  readonly state: ShellState;
  /** The output of a substitution, after judging what runs in it. */
  capture(script: ParsedScript | undefined, operator: '$' | '<' | '>'): string;
  /** A variable was used that is not set here. */
  missing(name: string): void;
  /** Throws when the text has had all the steps that its length allows. */
  spend(steps: number): void;
}

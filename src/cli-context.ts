import type { Writable } from 'node:stream';
import type { Config } from './config.js';

/** What the command line gets from main.ts. */
export interface CliOptions {
  readonly argv: readonly string[];
  readonly config: () => Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly errors: Writable;
}

/** What each command gets from the outside. */
export interface CliContext extends CliOptions {
  /** Prints one answer: as JSON where that was asked for, else the sentence. */
  say(fields: object, sentence: string, json?: boolean): void;
  /** Without echo at a terminal, else all of standard input. */
  readSecret(prompt: string): Promise<string>;
  confirm(question: string): Promise<boolean>;
  /** Wraps an action so that its failure becomes one line and an exit code. */
  run(action: (flags: Flags, ...values: string[]) => Promise<void>): (...given: unknown[]) => Promise<void>;
}

export interface Flags {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly host?: readonly string[];
  readonly confirmShort?: boolean;
  /** A file of owner's rules to try. */
  readonly rules?: string;
  readonly keyFile?: string;
  /** Entries that Seneschal keeps for itself are meant too. */
  readonly own?: boolean;
}

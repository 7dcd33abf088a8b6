import type { Input, Invocation, InvocationIo, Machine } from './machine.js';
import type { ShellState } from './state.js';

/** One simple command in work. */
export interface Execution {
  readonly words: readonly string[];
  readonly state: ShellState;
  readonly input: Input;
  readonly io: InvocationIo;
  readonly machine: Machine;
  rules(invocation: Invocation): void;
  met(words: readonly string[]): void;
  /** Enters what has this identity, once. */
  call(key: unknown, name: string, body: () => string): string;
  functionBody(name: string): { readonly key: unknown; readonly run: () => string } | null;
}

/** Programs that a pattern or an unknown word in the command's place could turn out to be. */
export const WORST = [
  'rm',
  'dd',
  'mkfs',
  'shred',
  'wipefs',
  'find',
  'chmod',
  'chown',
  'mv',
  'git',
  'sh',
  'bash',
  'curl',
];

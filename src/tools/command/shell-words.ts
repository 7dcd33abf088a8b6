import { commandWords } from '../../guards/shell/judge.js';

/** One simple command of a shell text: its name and arguments as they would be when it runs. */
export type SimpleCommand = readonly string[];

/**
 * Every simple command that a shell text would run, behind wrappers, in substitutions, functions, here-documents and
 * `sh -c` texts too; null when the text is no whole shell text or beyond what anyone writes.
 */
export const simpleCommands = (source: string): readonly SimpleCommand[] | null => commandWords(source);

/** The last part of the path that names the program. */
export function programName(command: SimpleCommand): string {
  return (command[0] ?? '').split('/').at(-1) ?? '';
}

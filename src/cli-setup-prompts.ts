import type { Readable, Writable } from 'node:stream';
import { confirm, intro, isCancel, log, note, outro, password, select, spinner, text } from '@clack/prompts';

/** What the wizard asks and shows. Every question throws `SetupEnded` when the owner leaves it. */
export interface Prompts {
  begin(title: string): void;
  end(sentence: string): void;
  say(sentence: string): void;
  warn(sentence: string): void;
  /** A few lines of what to do, in a frame. */
  show(title: string, lines: readonly string[]): void;
  /** Text to copy or to scan: without a frame, which would be copied along. */
  copy(content: string): void;
  select<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** Without echo. */
  secret(question: string): Promise<string>;
  text(question: string, byDefault: string): Promise<string>;
  confirm(question: string): Promise<boolean>;
  /** Shows that something takes its time. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
}

export interface Choice<T extends string = string> {
  readonly id: T;
  readonly label: string;
  readonly hint?: string;
}

/** The owner pressed Ctrl-C or Escape: what was saved before stays. */
export class SetupEnded extends Error {}

export function createPrompts(input: Readable, output: Writable): Prompts {
  const ends = { input, output };
  return {
    begin: (title) => intro(title, ends),
    end: (sentence) => outro(sentence, ends),
    say: (sentence) => log.success(sentence, ends),
    warn: (sentence) => log.warn(sentence, ends),
    show: (title, lines) => note(lines.join('\n'), title, ends),
    copy: (content) => void output.write(`\n${content}\n\n`),
    async select(question, choices) {
      const options = choices.map(({ id, label, hint }) => ({ value: id as string, label, ...(hint ? { hint } : {}) }));
      const chosen = answered(await select({ message: question, options, ...ends }));
      return (choices.find(({ id }) => id === chosen) as (typeof choices)[number]).id;
    },
    secret: async (question) => answered(await password({ message: question, ...ends })) ?? '',
    text: async (question, byDefault) =>
      answered(await text({ message: question, defaultValue: byDefault, placeholder: byDefault, ...ends })) ?? '',
    confirm: async (question) => answered(await confirm({ message: question, ...ends })),
    async during(what, work) {
      const wait = spinner({ output });
      wait.start(what);
      try {
        return await work();
      } finally {
        wait.clear();
      }
    },
  };
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new SetupEnded('ended');
  return answer as Exclude<T, symbol>;
}

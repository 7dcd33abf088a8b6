import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CliContext } from '../../../src/cli-context.js';
import { openHome } from '../../../src/cli-setup-home.js';
import { type Prompts, SetupEnded } from '../../../src/cli-setup-prompts.js';
import { loadConfig } from '../../../src/config.js';

/** A command line on a home folder of the test's, without a process of its own. */
export interface Rig {
  readonly home: string;
  readonly env: Record<string, string>;
  /** What comes in on standard input. */
  input: string;
  readonly said: { readonly fields: Record<string, unknown>; readonly sentence: string }[];
  readonly context: CliContext;
  dotEnv(): string;
  /** Entries of the product's own, as setup has left them. */
  entries(): Promise<Record<string, string>>;
  remove(): void;
}

export function createRig(): Rig {
  const home = mkdtempSync(join(tmpdir(), 'seneschal-setup-'));
  const env: Record<string, string> = { SENESCHAL_HOME: home, SENESCHAL_PORT: '1' };
  const said: { fields: Record<string, unknown>; sentence: string }[] = [];
  const rig = { home, env, input: '', said };
  const context: CliContext = {
    argv: [],
    environment: env,
    config: () => loadConfig({ env, readFile: (path) => readFileSync(path, 'utf8') }),
    input: new PassThrough() as unknown as NodeJS.ReadStream,
    output: new PassThrough() as unknown as NodeJS.WriteStream,
    errors: new PassThrough(),
    say: (fields, sentence) => void said.push({ fields: { ...fields }, sentence }),
    readSecret: async () => rig.input,
    confirm: async () => false,
    run: () => async () => undefined,
  };
  return Object.assign(rig, {
    context,
    dotEnv: () => (existsSync(join(home, '.env')) ? readFileSync(join(home, '.env'), 'utf8') : ''),
    async entries() {
      const opened = await openHome(context);
      try {
        return Object.fromEntries(opened.vault.product.values().map(({ name, value }) => [name, value.reveal()]));
      } finally {
        opened.close();
      }
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  });
}

/** Answers by the words of the question; what has no answer left ends the wizard, as Ctrl-C does. */
export function scripted(
  answers: readonly (readonly [RegExp, string | boolean])[],
): Prompts & { readonly seen: string[] } {
  const left = [...answers];
  const seen: string[] = [];
  const answer = (question: string): string | boolean => {
    seen.push(question);
    const [words, given] = left.shift() ?? [];
    if (words === undefined || given === undefined) throw new SetupEnded('ended');
    if (!words.test(question)) throw new Error(`asked "${question}" where ${words} was expected`);
    return given;
  };
  const note = (text: string) => void seen.push(text);
  return {
    seen,
    begin: note,
    end: note,
    say: note,
    warn: note,
    show: (title, lines) => note([title, ...lines].join('\n')),
    copy: note,
    async select(question, choices) {
      const wanted = answer(question);
      const found = choices.find(({ id }) => id === wanted);
      if (!found) throw new Error(`${wanted} is not on offer: ${choices.map(({ id }) => id).join(', ')}`);
      return found.id;
    },
    secret: async (question) => String(answer(question)),
    text: async (question, byDefault) => String(answer(question)) || byDefault,
    confirm: async (question) => answer(question) === true,
    during: (_what, work) => work(),
  };
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CliContext, Flags } from './cli-context.js';
import { SeneschalError } from './core/errors.js';
import { parseNetworkAllow } from './guards/addresses.js';
import { createContentGuard } from './guards/content.js';
import { judgeInput } from './guards/input.js';
import { judgeOutput } from './guards/output.js';
import type { OwnerRules } from './guards/rules.js';
import { checkSecret } from './guards/secrets/check.js';
import { createSecretGuard } from './guards/secrets/guard.js';
import { createCommandGuard } from './guards/shell/judge.js';
import { judgeUrl } from './guards/urls.js';
import { createSystem } from './system.js';

/** One text to judge, as a line of standard input gives it. */
interface Item {
  readonly id: string | number;
  readonly text: string;
  readonly path?: string;
  readonly addresses?: readonly string[];
}

interface Verdict {
  readonly effect: 'allow' | 'ask' | 'deny' | 'flag';
  readonly rule: string;
  readonly findings: readonly unknown[];
  readonly reason?: string;
  readonly masked?: string;
  readonly wrapped?: string;
}

type Judge = (item: Item) => Verdict;

/**
 * Each kind with what builds its judge. They are the gateway's own guards with nothing behind them: no home, no vault, no
 * network, so that `check` answers what would be done and is no oracle for stored secrets (GUARD-10).
 */
const KINDS: readonly {
  readonly kind: string;
  readonly about: string;
  readonly judge: (flags: Flags) => Judge | Promise<Judge>;
}[] = [
  {
    kind: 'secret',
    about: 'keys and passwords in a text; answers the text that would go on',
    judge: () => {
      const guard = createSecretGuard();
      return ({ text }) => checkSecret(guard, text);
    },
  },
  {
    kind: 'content',
    about: 'instructions in content from outside; answers what the model would see',
    judge: () => {
      const guard = createContentGuard(createSystem());
      return ({ text }) => {
        const { wrapped, findings } = guard.wrap('check', text);
        const [first] = findings;
        return {
          effect: first === undefined ? 'allow' : 'flag',
          rule: first === undefined ? 'content.none' : `content.${first.kind}`,
          findings,
          wrapped,
        };
      };
    },
  },
  {
    kind: 'command',
    about: 'a shell command, by what would run; allow means no objection: it still asks',
    judge: async ({ rules }) => {
      const guard = createCommandGuard(rules === undefined ? null : await readRules(rules));
      return ({ text }) => stricter(guard.check(text), judgeOutput({ text, kind: 'command' }));
    },
  },
  {
    kind: 'file',
    about: 'what is about to be written to a file',
    judge:
      () =>
      ({ text, path }) =>
        judgeOutput({ text, kind: 'file', ...(path === undefined ? {} : { path }) }),
  },
  {
    kind: 'url',
    about: 'an address that a tool would touch',
    judge:
      () =>
      ({ text, addresses }) =>
        judgeUrl(text.trim(), {
          allow: parseNetworkAllow(''),
          enforceHttps: false,
          ...(addresses === undefined ? {} : { addresses }),
        }),
  },
  {
    kind: 'request',
    about: 'what an owner asks for',
    judge:
      () =>
      ({ text }) =>
        judgeInput(text),
  },
];

const STRICTNESS = { allow: 0, flag: 0, ask: 1, deny: 2 };

/** A command is judged by what it runs and by what it would leave behind. */
function stricter(first: Verdict, second: Verdict): Verdict {
  const [decides, other] = STRICTNESS[second.effect] > STRICTNESS[first.effect] ? [second, first] : [first, second];
  return { ...decides, findings: [...decides.findings, ...other.findings] };
}

/** `seneschal check secret|content|command|file|url|request`. */
export function addCheckCommands(program: Command, context: CliContext): void {
  const check = program
    .command('check')
    .description(
      'what the guards say: one text a line (or JSON Lines) on standard input, one JSON line each as answer',
    );
  for (const { kind, about, judge } of KINDS) {
    const command = check.command(kind).description(about);
    if (kind === 'command')
      command.option('--rules <file>', "judge by this file of owner's rules too, before it is put in place");
    command.action(context.run(async (flags) => answerAll(context, await judge(flags))));
  }
}

async function readRules(path: string): Promise<OwnerRules> {
  const { loadRules } = await import('./guards/rules-file.js');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SeneschalError('config.invalid', `${path} cannot be read.`, { cause });
  }
  return loadRules(text);
}

async function answerAll(context: CliContext, judge: Judge): Promise<void> {
  const unreadable: number[] = [];
  let number = 0;
  let closed = false;
  // Who reads the answers may have had enough (`| head`).
  context.output.once('error', () => {
    closed = true;
  });
  for await (const line of lines(context.input)) {
    if (closed) return;
    number += 1;
    const item = line === null ? null : readItem(line, number);
    if (item === null) {
      unreadable.push(number);
      continue;
    }
    const { effect, rule, findings, reason, ...rest } = judge(item);
    const because = reason ? { reason } : {};
    const answer = `${JSON.stringify({ id: item.id, effect, rule, findings, ...because, ...rest })}\n`;
    if (!context.output.write(answer)) await once(context.output, 'drain').catch(() => undefined);
  }
  if (unreadable.length === 0) return;
  const which =
    unreadable.length === 1 ? `Line ${unreadable[0]}` : `${unreadable.length} lines (the first is ${unreadable[0]})`;
  throw new SeneschalError('tool.input', `${which} could not be read.`, {
    hint: 'A line is UTF-8 text, or JSON such as {"id":1,"text":"…"}.',
  });
}

/** A line that begins as an object of ours and is none is a mistake; any other is a text as it stands. */
const OURS = /^\s*\{\s*"(?:id|text|path|addresses)"/;

function readItem(line: string, number: number): Item | null {
  const value = /^\s*\{/.test(line) ? parsed(line) : undefined;
  if (isItem(value) && (OURS.test(line) || 'id' in value)) return { ...value, id: value.id ?? number };
  return OURS.test(line) ? null : { id: number, text: line };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isItem(value: unknown): value is Omit<Item, 'id'> & { readonly id?: string | number } {
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string') return false;
  if ('id' in value && typeof value.id !== 'string' && typeof value.id !== 'number') return false;
  if ('path' in value && typeof value.path !== 'string') return false;
  return (
    !('addresses' in value) ||
    (Array.isArray(value.addresses) && value.addresses.every((one) => typeof one === 'string'))
  );
}

/** Lines without their ends; null for one that is no UTF-8. */
async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string | null> {
  let waiting: Buffer[] = [];
  const text = (parts: readonly Buffer[]): string | null => {
    try {
      const whole = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
      return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    } catch {
      return null;
    }
  };
  for await (const chunk of input) {
    let rest = Buffer.from(chunk);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield text([...waiting, rest.subarray(0, end)]);
      waiting = [];
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) waiting.push(rest);
  }
  if (waiting.length > 0) yield text(waiting);
}

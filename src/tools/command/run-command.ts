import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { Provenance } from '../../core/provenance.js';
import { secretReferences } from '../../core/secret.js';
import { duration } from '../../core/time.js';
import type { ActionCard, ToolResult } from '../../core/tool.js';
import { madeFrom, NO_TAINT, type Taint } from '../../core/trust.js';
import { showBytes } from '../../core/visible.js';
import { judgeOutput } from '../../guards/output.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import type { CommandGuard } from '../../guards/shell/judge.js';
import { defineTool, type RunContext, type ToolContext, type ToolDefinition } from '../define.js';
import { type Containment, MAX_PROCESSES } from './containment.js';
import { objectionToName } from './environment.js';
import { namesKeys } from './naming.js';
import { needsNetwork } from './network-need.js';
import { originOfCommand } from './origin.js';
import type { CommandEnd, CommandRunner, CommandSpec } from './processes.js';

const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 3_600;
/** Below the kernel's 128 kB for one argument, in UTF-8 at its longest. */
const MAX_COMMAND = 30_000;

const inputSchema = z.strictObject({
  command: z.string().min(1).max(MAX_COMMAND),
  timeout_seconds: z.int().min(1).max(MAX_SECONDS).optional(),
  secrets: z.record(z.string(), z.string()).optional(),
  background: z.boolean().optional(),
});

type Input = z.infer<typeof inputSchema>;

/** A command that goes on after its call: the gateway numbers it, tells its end and stops it. */
export interface BackgroundJob {
  readonly conversation: string;
  readonly callId: string;
  readonly title: string;
  readonly running: { readonly end: Promise<ToolResult>; stop(): Promise<unknown> };
}

export interface RunCommandDeps {
  /** Judges what would run; its objections stand on the card, what it forbids never runs. */
  readonly guard: CommandGuard;
  readonly runner: CommandRunner;
  readonly containment: Containment;
  readonly workspace: WorkspacePaths;
  readonly provenance: Provenance;
  /** Takes the job over and gives its number. */
  readonly background: (job: BackgroundJob) => number;
}

/** `run_command`: the text goes to the shell as one argument, byte for byte; nothing is ever joined to it (TOOL-5). */
export function createRunCommand(deps: RunCommandDeps): ToolDefinition {
  const { runner, containment, workspace } = deps;
  const origin = ({ command }: Input) => originOfCommand(command, workspace, deps.provenance);
  return defineTool<Input>({
    name: 'run_command',
    description:
      'Runs a shell command in the workspace after the owner approves; returns its output and exit code. The network is ' +
      'there only for programs made for it (curl, git push, npm install …). `secrets` maps variables to "secret:NAME". ' +
      '`background` returns at once.',
    input: inputSchema,
    annotations: { readOnlyHint: false, idempotentHint: false, openWorldHint: true },
    resolve: async (input, context) => {
      const secrets = readSecrets(input);
      const gifts = secrets.map(([variable, name]) => gift(variable, name, context));
      const verdict = judge(deps.guard, input.command);
      const network = needsNetwork(input.command, secrets.length > 0);
      const sandboxed = containment.sandbox !== null;
      return {
        tool: 'run_command',
        class: 'system',
        bound: {
          command: input.command,
          shell: containment.shell,
          folder: workspace.root,
          secrets: secrets.map(([variable, name]) => [variable, name]),
          sandboxed,
          network: network || !sandboxed,
          timeoutMs: timeoutOf(input),
          background: input.background === true,
        },
        card: card(input, { gifts, network, sandboxed, warnings: verdict.warnings }),
        grantPattern:
          secrets.length > 0 || input.background === true || verdict.warnings.length > 0
            ? null
            : grantFor(deps.guard, input.command),
        outward: network || !sandboxed,
        repeatable: false,
        forbidden: verdict.forbidden ?? (sandboxed ? null : namesKeys(input.command, containment.keyFolders)),
        makes: 'files',
        from: await origin(input),
      };
    },
    run: async (input, context) => {
      const spec = specOf(input, context);
      const taint = madeFrom(await origin(input));
      const command = await runner.start(spec);
      if (input.background === true) {
        const running = { end: command.end.then((end) => result(end, spec, taint)), stop: () => command.stop() };
        const number = deps.background({
          conversation: spec.conversation,
          callId: spec.callId,
          title: spec.title,
          running,
        });
        return { text: `Started job ${number}.`, isError: false, summary: `started job ${number}`, taint: NO_TAINT };
      }
      const onAbort = () => void command.stop();
      context.signal.addEventListener('abort', onAbort, { once: true });
      if (context.signal.aborted) onAbort();
      try {
        return result(await command.end, spec, taint);
      } finally {
        context.signal.removeEventListener('abort', onAbort);
      }
    },
  });
}

/** By what it would run (GUARD-6), and by what it would leave behind (GUARD-8). */
function judge(guard: CommandGuard, command: string): { forbidden: string | null; warnings: string[] } {
  const verdicts = [guard.judge(command), judgeOutput({ text: command, kind: 'command' })];
  const reasons = (effect: 'ask' | 'deny') =>
    verdicts.filter((verdict) => verdict.effect === effect).map(({ reason }) => reason);
  return { forbidden: reasons('deny')[0] ?? null, warnings: reasons('ask') };
}

function specOf(input: Input, context: RunContext): CommandSpec {
  const secrets = readSecrets(input);
  if (context.signal.aborted) throw new SeneschalError('tool.failed', 'Stopped before it began.');
  const title = firstLine(input.command);
  context.progress(title);
  return {
    callId: context.callId,
    conversation: context.conversation,
    title,
    command: input.command,
    secrets: new Map(secrets.map(([variable, name]) => [variable, context.secret(name, null)] as const)),
    network: needsNetwork(input.command, secrets.length > 0),
    timeoutMs: timeoutOf(input),
  };
}

/** Variables and entries in the order given. Throws `tool.input`. */
function readSecrets(input: Input): (readonly [variable: string, name: string])[] {
  if (/\0|\p{Surrogate}/u.test(input.command)) throw refuse('command holds a character that no command line can carry');
  if (secretReferences(input.command).length > 0) {
    throw refuse(
      'secret:NAME cannot stand in command; give it in secrets, as {"VARIABLE":"secret:NAME"}, and use $VARIABLE',
    );
  }
  return Object.entries(input.secrets ?? {}).map(([variable, reference]) => {
    const objection = objectionToName(variable);
    if (objection !== null) throw refuse(`secrets: ${objection}`);
    const [name] = secretReferences(reference);
    if (name === undefined || reference !== `secret:${name}`)
      throw refuse(`secrets: ${variable} must be "secret:NAME"`);
    return [variable, name] as const;
  });
}

/** One line for the card: a command is not held to the hosts of an entry, so the owner reads both. */
function gift(variable: string, name: string, context: ToolContext): string {
  const hosts = context.secretHosts(name);
  if (hosts === null) {
    throw new SeneschalError('vault.missing', `There is no secret ${name}.`, { hint: 'Ask for it with ask_secret.' });
  }
  const meant = hosts.length === 0 ? '' : ` (for ${hosts.join(', ')})`;
  return `gives it secret ${name}${meant} as ${variable}; it can send that to any host`;
}

function card(
  input: Input,
  how: {
    readonly gifts: readonly string[];
    readonly warnings: readonly string[];
    readonly network: boolean;
    readonly sandboxed: boolean;
  },
): ActionCard {
  const lines = input.command.split('\n');
  const place = how.sandboxed
    ? `sandboxed, ${how.network ? 'with network' : 'no network'}`
    : "not sandboxed: can read this product's keys";
  const more = lines.length - 1;
  return {
    title: more === 0 ? `Run: ${input.command}` : `Run: ${firstLine(input.command)} (of ${lines.length} lines)`,
    body: more === 0 ? '' : input.command,
    facts: [
      ...how.warnings,
      `in workspace/ · ${place} · up to ${duration(timeoutOf(input))}${input.background === true ? ' · in the background' : ''}`,
      ...how.gifts,
    ],
  };
}

function result(end: CommandEnd, spec: CommandSpec, taint: Taint): ToolResult {
  const summary = describe(end, spec);
  const output = end.output === '' ? '(no output)' : end.output.replace(/\n$/, '');
  return { text: `${output}\n${summary}`, isError: end.cause !== 'exit' || end.code !== 0, summary, taint };
}

function describe(end: CommandEnd, spec: CommandSpec): string {
  const after = `after ${duration(end.durationMs)}`;
  const count = `${end.ended} ${end.ended === 1 ? 'process' : 'processes'}`;
  const ended = `${count} ended in ${duration(end.endedInMs)}`;
  switch (end.cause) {
    case 'exit':
      return end.code === null ? `ended by a signal ${after}` : `exit ${end.code} ${after}`;
    case 'stopped':
      return `stopped ${after}; ${ended}`;
    case 'timeout':
      return `ended at its time limit of ${duration(spec.timeoutMs)}; ${ended}`;
    case 'memory':
      return `ended at the memory limit, it held ${showBytes(end.reached)}, ${after}; ${ended}`;
    case 'processes':
      return `ended at the limit of ${MAX_PROCESSES} processes, it had ${end.reached}, ${after}; ${ended}`;
  }
}

/** The exact words that a standing yes would cover; none for what the guard did not understand fully (APPR-1). */
function grantFor(guard: CommandGuard, command: string): string | null {
  const words = guard.grantWords(command);
  return words === null ? null : `run_command ${words}`;
}

const timeoutOf = (input: Input): number => (input.timeout_seconds ?? DEFAULT_SECONDS) * 1000;
const firstLine = (command: string): string => command.split('\n').find((line) => line.trim() !== '') ?? '';

function refuse(why: string): SeneschalError {
  return new SeneschalError('tool.input', `run_command: ${why}.`);
}

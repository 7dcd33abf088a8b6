import { setPriority } from 'node:os';
import { SeneschalError } from '../../core/errors.js';
import type { Logger } from '../../core/log.js';
import type { ProcessRows } from '../../core/process.js';
import type { Secret } from '../../core/secret.js';
import { type System, sleep, type Timer } from '../../core/system.js';
import { type Containment, MAX_PROCESSES } from './containment.js';
import { CALL_MARK } from './environment.js';
import { ProcessGroup } from './group.js';
import { type Launched, launch } from './launch.js';
import { BoundedOutput } from './output.js';
import { bootId, listProcesses, readProcess } from './proc.js';

/**
 * Starts, watches and ends commands. A command's row is written while it is held and closed when all of it is seen
 * dead; until then it counts as running.
 */
export interface CommandSpec {
  readonly callId: string;
  readonly conversation: string;
  readonly title: string;
  /** One shell text. */
  readonly command: string;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly network: boolean;
  readonly timeoutMs: number;
}

export type EndCause = 'exit' | 'timeout' | 'stopped' | 'memory' | 'processes';

export interface CommandEnd {
  readonly cause: EndCause;
  /** 128 and the signal's number for a shell that a signal ended; null when there is none to tell. */
  readonly code: number | null;
  readonly output: string;
  readonly durationMs: number;
  /** Processes that had to be ended, and how long that took. */
  readonly ended: number;
  readonly endedInMs: number;
  /** What was reached, for `memory` in bytes, for `processes` their number. */
  readonly reached: number;
}

export interface StopReport {
  readonly commands: number;
  readonly processes: number;
  readonly ms: number;
}

export interface RunningCommand {
  readonly end: Promise<CommandEnd>;
  /** Idempotent; resolves with `end`. */
  stop(): Promise<CommandEnd>;
}

export interface CommandStatus {
  readonly callId: string;
  readonly title: string;
  readonly conversation: string;
  readonly startedAt: number;
  readonly rssBytes: number;
}

export interface CommandRunnerDeps {
  readonly system: System;
  readonly rows: ProcessRows;
  readonly log: Logger;
  readonly containment: Containment;
  readonly environment: Readonly<Record<string, string>>;
  /** Real path. */
  readonly workspace: string;
  readonly memoryBytes: number;
}

export type CommandRunner = ReturnType<typeof createCommandRunner>;

const OUTPUT_BYTES = 1024 * 1024;
const LOOK_MS = 500;
const GRACE_MS = 500;
const NICENESS = 10;
/** The sandbox is up in well under a second; a box under heavy load gets longer. */
const START_MS = 15_000;

interface Entry extends RunningCommand {
  readonly spec: CommandSpec;
  readonly group: ProcessGroup;
  readonly startedAt: number;
  halt(cause: EndCause, reached?: number): void;
  rssBytes: number;
}

export function createCommandRunner(deps: CommandRunnerDeps) {
  const { system, rows, log, containment } = deps;
  const entries = new Map<string, Entry>();
  let look: Timer | null = null;

  /** Resolves once the command runs. Throws `tool.failed` when it cannot be started; nothing has run then. */
  async function start(spec: CommandSpec): Promise<RunningCommand> {
    const { sandbox, shell } = containment;
    if (shell.length === 0) throw new SeneschalError('tool.failed', 'There is no shell on this box.');
    const launched = await launch({
      shell,
      command: [
        ...containment.limits({ memoryBytes: deps.memoryBytes, timeoutMs: spec.timeoutMs }),
        ...shell,
        spec.command,
      ],
      wrap: sandbox === null ? null : (argv) => sandbox.wrap(argv, { network: spec.network }),
      environment: { ...deps.environment, [CALL_MARK]: spec.callId },
      folder: deps.workspace,
    });
    launched.ready.catch(() => undefined);
    const output = new BoundedOutput(OUTPUT_BYTES);
    launched.output.on('data', (chunk: Buffer) => output.add(chunk));
    launched.output.on('error', (error) =>
      log.warn({ call: spec.callId, error: error.message }, 'command output broke off'),
    );
    const group = await record(spec, launched);
    try {
      await inTime(launched.ready);
      group.notePlumbing();
      // The gateway and other conversations come first, also against a runaway before the next look finds it.
      for (const member of group.refresh()) setPriority(member.pid, NICENESS);
    } catch (thrown) {
      await group.end(system, 0);
      rows.ended(spec.callId);
      throw withOutput(thrown, output.text());
    }
    const entry = track(spec, launched, group, output);
    entries.set(spec.callId, entry);
    watch();
    launched.release(spec.secrets);
    return { end: entry.end, stop: entry.stop };
  }

  /** The row comes before anything can happen (TURN-3); without it there is no command. */
  async function record(spec: CommandSpec, launched: Launched): Promise<ProcessGroup> {
    const leader = readProcess(launched.pid);
    if (leader === null) throw new SeneschalError('tool.failed', 'The command ended before it began.');
    const group = new ProcessGroup(leader, { sandboxed: containment.sandbox !== null, callId: spec.callId });
    try {
      rows.started({ callId: spec.callId, pgid: leader.pid, startTime: leader.startTime, bootId: bootId() });
    } catch (thrown) {
      await group.end(system, 0);
      throw thrown;
    }
    return group;
  }

  function track(spec: CommandSpec, launched: Launched, group: ProcessGroup, output: BoundedOutput): Entry {
    const begun = system.monotonic();
    let cause: EndCause = 'exit';
    let reached = 0;
    let ending: ReturnType<ProcessGroup['end']> | null = null;
    const timer = system.setTimer(spec.timeoutMs, () => halt('timeout'));
    const halt = (why: EndCause, value = 0) => {
      if (ending !== null) return;
      cause = why;
      reached = value;
      // What outgrew its limit gets no time to grow further.
      ending = group.end(system, why === 'memory' || why === 'processes' ? 0 : GRACE_MS);
    };
    const finish = async (): Promise<CommandEnd> => {
      const { code, signal } = await launched.exited;
      timer.cancel();
      ending ??= group.end(system, 0);
      const report = await ending;
      if (!report.dead) log.error({ call: spec.callId }, 'a command could not be seen dead');
      await drained(launched);
      entries.delete(spec.callId);
      if (report.dead) rows.ended(spec.callId);
      return {
        cause,
        code: signal === null ? code : null,
        output: output.text(),
        durationMs: system.monotonic() - begun,
        ended: cause === 'exit' ? 0 : report.ended,
        endedInMs: report.ms,
        reached,
      };
    };
    const end = finish();
    const stop = () => {
      halt('stopped');
      return end;
    };
    return { spec, group, startedAt: system.now(), rssBytes: 0, end, stop, halt };
  }

  /** All writers are dead, so the end of the pipe is near; bounded in case one could not be ended. */
  async function drained(launched: Launched): Promise<void> {
    const { output } = launched;
    if (!output.readableEnded) {
      const done = new AbortController();
      for (const event of ['end', 'close', 'error']) output.once(event, () => done.abort());
      await sleep(system, 1_000, done.signal);
    }
    output.destroy();
  }

  async function inTime(ready: Promise<void>): Promise<void> {
    const done = new AbortController();
    const late = sleep(system, START_MS, done.signal).then(() => {
      if (!done.signal.aborted) throw new SeneschalError('tool.failed', 'The command could not be started in time.');
    });
    try {
      await Promise.race([ready, late]);
    } finally {
      done.abort();
    }
  }

  /** One look at the process table serves all commands. */
  function watch(): void {
    if (look !== null || entries.size === 0) return;
    look = system.setTimer(LOOK_MS, () => {
      look = null;
      const all = listProcesses();
      for (const entry of entries.values()) {
        const members = entry.group.refresh(all);
        const own = entry.group.own(members).length;
        if (own > MAX_PROCESSES) {
          entry.halt('processes', own);
          continue;
        }
        entry.rssBytes = entry.group.residentBytes(members);
        if (entry.rssBytes <= deps.memoryBytes) continue;
        const held = entry.group.proportionalBytes(members);
        if (held > deps.memoryBytes) entry.halt('memory', held);
      }
      watch();
    });
  }

  /** Ends the matching commands and says what died once they are seen dead (CONT-3). */
  async function stop(matches: (command: CommandStatus) => boolean = () => true): Promise<StopReport> {
    const begun = system.monotonic();
    const chosen = [...entries.values()].filter((entry) => matches(status(entry)));
    const ends = await Promise.all(chosen.map((entry) => entry.stop()));
    const processes = ends.reduce((sum, end) => sum + end.ended, 0);
    return { commands: chosen.length, processes, ms: system.monotonic() - begun };
  }

  const running = (): readonly CommandStatus[] => [...entries.values()].map(status);

  return { start, stop, running };
}

function status(entry: Entry): CommandStatus {
  const { callId, title, conversation } = entry.spec;
  return { callId, title, conversation, startedAt: entry.startedAt, rssBytes: entry.rssBytes };
}

function withOutput(thrown: unknown, output: string): unknown {
  if (!(thrown instanceof SeneschalError) || output.trim() === '') return thrown;
  return new SeneschalError(thrown.code, thrown.message, { hint: output.trim().slice(-500), cause: thrown });
}

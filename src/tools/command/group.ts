import { type System, sleep } from '../../core/system.js';
import { CALL_MARK } from './environment.js';
import {
  hasVariable,
  isAlive,
  listProcesses,
  type ProcessIdentity,
  type ProcessInfo,
  proportionalBytes,
  residentBytes,
  signal,
} from './proc.js';

/**
 * All processes of one command: its session, its group, their descendants, and whoever was seen to belong once. The
 * sandbox's own processes and the watcher are `plumbing`: ended like the rest, not counted.
 */
export class ProcessGroup {
  readonly #leader: ProcessIdentity;
  readonly #sandboxed: boolean;
  readonly #mark: string;
  readonly #known = new Map<number, ProcessIdentity>();
  #plumbing: ReadonlySet<number> = new Set();

  constructor(leader: ProcessIdentity, options: { readonly sandboxed: boolean; readonly callId: string }) {
    this.#leader = leader;
    this.#sandboxed = options.sandboxed;
    this.#mark = options.callId;
    this.#known.set(leader.pid, leader);
  }

  /** Call it once while the command is held: what exists then is not the command's. */
  notePlumbing(): void {
    const children = this.refresh().filter((member) => member.ppid === this.#leader.pid);
    const held = children.map((member) => member.pid);
    this.#plumbing = new Set(this.#sandboxed ? [this.#leader.pid, ...held] : held);
  }

  /** Looks again and gives the living members. */
  refresh(all: readonly ProcessInfo[] = listProcesses()): ProcessInfo[] {
    const members = new Map<number, ProcessInfo>();
    const byParent = childrenByParent(all);
    const queue = all.filter(
      (info) =>
        this.#known.get(info.pid)?.startTime === info.startTime ||
        ((info.session === this.#leader.pid || info.pgid === this.#leader.pid) && this.#isLater(info)),
    );
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (members.has(next.pid)) continue;
      members.set(next.pid, next);
      this.#known.set(next.pid, { pid: next.pid, startTime: next.startTime });
      queue.push(...(byParent.get(next.pid) ?? []));
    }
    for (const [pid, known] of this.#known) {
      if (!members.has(pid) && known !== this.#leader) this.#known.delete(pid);
    }
    return [...members.values()];
  }

  /** The command's own processes among these. */
  own<T extends ProcessIdentity>(members: readonly T[]): T[] {
    return members.filter((member) => !this.#plumbing.has(member.pid));
  }

  /** Memory of the command's own processes; pages that several share count in each. */
  residentBytes(members: readonly ProcessIdentity[]): number {
    return this.own(members).reduce((sum, member) => sum + residentBytes(member.pid), 0);
  }

  /** The same with shared pages counted once; dearer to find out. */
  proportionalBytes(members: readonly ProcessIdentity[]): number {
    return this.own(members).reduce((sum, member) => sum + proportionalBytes(member.pid), 0);
  }

  /**
   * Ends everything and resolves when it is seen dead (CONT-3): a request first, unless `graceMs` is 0, then force.
   * `ended` counts the command's own processes that were alive at the beginning.
   */
  async end(
    system: System,
    graceMs: number,
  ): Promise<{ readonly ended: number; readonly ms: number; readonly dead: boolean }> {
    const begun = system.monotonic();
    // A runaway is ended before it is counted: each look at a table of thousands gives it time for thousands more.
    if (graceMs === 0) this.#kill();
    const asked = graceMs === 0 ? [...this.#known.values()] : this.#everyone();
    const ended = this.own(asked).length;
    // All stand still before any is asked: a shell whose child ends first would go on to its next command.
    for (const name of graceMs === 0 ? [] : (['SIGSTOP', 'SIGTERM', 'SIGCONT'] as const)) {
      for (const member of this.own(asked)) signal(member.pid, name);
    }
    while (system.monotonic() - begun < graceMs && this.own(asked).some(isAlive)) await sleep(system, 5);
    // Bounded: a process in uninterruptible sleep cannot be ended by anybody.
    while (system.monotonic() - begun < graceMs + 10_000) {
      this.#kill();
      for (let tries = 0; tries < 100 && this.#core().some(isAlive); tries += 1) await sleep(system, 5);
      const members = this.#everyone();
      if (members.length === 0) return { ended, ms: system.monotonic() - begun, dead: true };
      for (const member of members) signal(member.pid, 'SIGKILL');
      await sleep(system, 5);
    }
    return { ended, ms: system.monotonic() - begun, dead: false };
  }

  /** Ends the whole group and, with the first process of the sandbox, everything inside it. */
  #kill(): void {
    signal(-this.#leader.pid, 'SIGKILL');
    for (const member of this.#core()) signal(member.pid, 'SIGKILL');
  }

  /** The leader and the plumbing: the first process of a sandbox is gone only when all others in it are. */
  #core(): ProcessIdentity[] {
    return [...this.#known.values()].filter(
      (member) => (member === this.#leader || this.#plumbing.has(member.pid)) && isAlive(member),
    );
  }

  /** Members, and without a sandbox also those that left session, group and parent behind but carry the mark. */
  #everyone(): ProcessInfo[] {
    const all = listProcesses();
    const members = this.refresh(all);
    if (this.#sandboxed) return members;
    const seen = new Set(members.map((member) => member.pid));
    const isStray = (info: ProcessInfo) => !seen.has(info.pid) && this.#isLater(info);
    return [...members, ...all.filter((info) => isStray(info) && hasVariable(info.pid, CALL_MARK, this.#mark))];
  }

  #isLater(info: ProcessIdentity): boolean {
    return BigInt(info.startTime) >= BigInt(this.#leader.startTime);
  }
}

function childrenByParent(all: readonly ProcessInfo[]): Map<number, ProcessInfo[]> {
  const byParent = new Map<number, ProcessInfo[]>();
  for (const info of all) byParent.set(info.ppid, [...(byParent.get(info.ppid) ?? []), info]);
  return byParent;
}

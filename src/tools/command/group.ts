import { type System, sleep } from '../../core/system.js';
import { CALL_MARK } from './environment.js';
import {
  hasVariable,
  isAlive,
  listProcesses,
  type ProcessIdentity,
  type ProcessInfo,
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

  residentBytes(members: readonly ProcessIdentity[]): number {
    return this.own(members).reduce((sum, member) => sum + residentBytes(member.pid), 0);
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
    let members = this.#everyone();
    const ended = this.own(members).length;
    if (graceMs > 0) {
      for (const member of this.own(members)) signal(member.pid, 'SIGTERM');
      while (this.own(members).some(isAlive) && system.monotonic() - begun < graceMs) await sleep(system, 5);
    }
    // Bounded: a process in uninterruptible sleep cannot be ended by anybody.
    while (system.monotonic() - begun < graceMs + 5_000) {
      members = this.#everyone();
      if (members.length === 0) return { ended, ms: system.monotonic() - begun, dead: true };
      signal(-this.#leader.pid, 'SIGKILL');
      for (const member of members) signal(member.pid, 'SIGKILL');
      for (let tries = 0; tries < 40 && members.some(isAlive); tries += 1) await sleep(system, 5);
    }
    return { ended, ms: system.monotonic() - begun, dead: false };
  }

  /** Members, and without a sandbox also those that left session, group and parent behind but carry the mark. */
  #everyone(): ProcessInfo[] {
    const all = listProcesses();
    const members = this.refresh(all);
    if (this.#sandboxed) return members;
    const seen = new Set(members.map((member) => member.pid));
    const strays = all.filter(
      (info) => !seen.has(info.pid) && this.#isLater(info) && hasVariable(info.pid, CALL_MARK, this.#mark),
    );
    return [...members, ...strays];
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

import { readdirSync, readFileSync } from 'node:fs';

/** A process and the one thing that tells it from a later one with the same number: when it began. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of its stat: clock ticks after boot. */
  readonly startTime: string;
}

export interface ProcessInfo extends ProcessIdentity {
  readonly ppid: number;
  readonly pgid: number;
  readonly session: number;
}

/** Null when there is no such process, or only its shell: a zombie runs nothing and holds nothing. */
export function readProcess(pid: number): ProcessInfo | null {
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return null;
  // The name stands in brackets and may hold anything, brackets and line ends included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgid, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined || state === 'Z' || state === 'X') return null;
  return { pid, ppid: Number(ppid), pgid: Number(pgid), session: Number(session), startTime };
}

export function listProcesses(): ProcessInfo[] {
  return readdirSync('/proc').flatMap((name) => {
    const info = /^\d+$/.test(name) ? readProcess(Number(name)) : null;
    return info === null ? [] : [info];
  });
}

export function isAlive(process: ProcessIdentity): boolean {
  return readProcess(process.pid)?.startTime === process.startTime;
}

/** Resident memory in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '');
  return line === null ? 0 : Number(line[1]) * 1024;
}

/** Memory in bytes with each shared page divided among those who share it; resident memory where that cannot be read. */
export function proportionalBytes(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readProc(`${pid}/smaps_rollup`) ?? '');
  return line === null ? residentBytes(pid) : Number(line[1]) * 1024;
}

/** Whether the process began with this variable in its environment; false when that cannot be read. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  return `\0${readProc(`${pid}/environ`) ?? ''}\0`.includes(`\0${name}=${value}\0`);
}

export function bootId(): string {
  return (readProc('sys/kernel/random/boot_id') ?? '').trim();
}

/** Sends the signal unless the process has gone meanwhile. A negative number means the group. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && (thrown.code === 'ESRCH' || thrown.code === 'EPERM')))
      throw thrown;
  }
}

function readProc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, 'latin1');
  } catch {
    return null;
  }
}

import type { ProcessRows } from '../../core/process.js';
import { type System, sleep } from '../../core/system.js';
import { CALL_MARK } from './environment.js';
import { bootId, hasVariable, isAlive, listProcesses, type ProcessInfo, readProcess, signal } from './proc.js';

/**
 * At the start, before any turn goes on (TURN-3): ends what a killed gateway left behind and resolves when it is seen
 * dead. A group is only touched when its leader still is the recorded one, a process when it carries the call's mark.
 */
export async function sweepLeftovers(rows: ProcessRows, system: System): Promise<{ readonly ended: number }> {
  let total = 0;
  const boot = bootId();
  for (const record of rows.open()) {
    if (record.bootId !== boot) {
      rows.ended(record.callId);
      continue;
    }
    const leftovers = (): ProcessInfo[] => {
      const isLeaders = readProcess(record.pgid)?.startTime === record.startTime;
      return listProcesses().filter(
        (info) => (isLeaders && info.pgid === record.pgid) || hasVariable(info.pid, CALL_MARK, record.callId),
      );
    };
    let found = leftovers();
    total += found.length;
    for (let tries = 0; tries < 100 && found.length > 0; tries += 1) {
      for (const info of found) signal(info.pid, 'SIGKILL');
      for (let looks = 0; looks < 10 && found.some(isAlive); looks += 1) await sleep(system, 5);
      found = leftovers();
    }
    if (found.length === 0) rows.ended(record.callId);
  }
  return { ended: total };
}

import type { Invocation } from '../machine.js';
import { deny, type Objection } from './objection.js';

/** `kill` of everything, or of the process that everything hangs on. */
export function processes(call: Invocation): Objection[] {
  if (call.name !== 'kill') return [];
  const [first = '', ...rest] = call.args;
  const targets = /^-[sn]$/.test(first) ? rest.slice(1) : first.startsWith('-') ? rest : call.args;
  if (targets.some((target) => /^process-of-.*seneschal/.test(target)))
    return [deny('guard.stop', 'ends the guard itself')];
  return targets.some((target) => target === '-1' || target === '1')
    ? [deny('power.kill-all', 'ends every process')]
    : [];
}

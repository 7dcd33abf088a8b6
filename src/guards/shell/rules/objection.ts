import type { Finding } from '../machine.js';

/** What a rule says about one program; the walker adds the command. */
export type Objection = Omit<Finding, 'command'>;

export const deny = (rule: string, reason: string): Objection => ({ effect: 'deny', rule, reason });
export const ask = (rule: string, reason: string): Objection => ({ effect: 'ask', rule, reason });

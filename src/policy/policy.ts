import type { PolicyDecision } from '../core/policy.js';
import type { ResolvedAction } from '../core/tool.js';

export interface PolicyFacts {
  /** A standing grant covers exactly this action's pattern here. */
  readonly granted: boolean;
}

/** Whether an action may run: pure, total, and in this order. What no rule allows is asked. */
export function decide(action: ResolvedAction, facts: PolicyFacts): PolicyDecision {
  if (action.forbidden !== null) return { effect: 'deny', rule: 'forbidden', reason: action.forbidden };
  if (action.class === 'read') return { effect: 'allow', rule: 'read', reason: 'It only reads.' };
  if (facts.granted && action.grantPattern !== null) {
    return { effect: 'allow', rule: 'grant', reason: `You allowed ${action.grantPattern} here.` };
  }
  return { effect: 'ask', rule: 'asks', reason: 'It changes something or reaches outside.' };
}

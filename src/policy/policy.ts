import type { PolicyDecision } from '../core/policy.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Taint } from '../core/trust.js';

export interface PolicyFacts {
  /** A standing grant covers exactly this action's pattern here. */
  readonly granted: boolean;
  /** What the model could see when it proposed the action. */
  readonly taint: Taint;
  /** The whole address stands in the owner's words or in content already read: the model composed none of it. */
  readonly addressGiven: boolean;
  /** Which cap on outbound requests is reached; null for none, and for what is no request. */
  readonly cap: string | null;
  /** What the owner's own rules say; they can only make things stricter (GUARD-13). */
  readonly ownerRule: { readonly effect: 'deny' | 'ask'; readonly name: string; readonly reason: string } | null;
  /** What is suspicious about this call after those before it (GUARD-5); null for nothing. */
  readonly behaviour: { readonly rule: string; readonly reason: string } | null;
}

/** Whether it carries something out of the box that the model put together. */
export const isComposed = (
  action: Pick<ResolvedAction, 'class' | 'outward'>,
  facts: Pick<PolicyFacts, 'addressGiven'>,
): boolean => action.outward && !(action.class === 'read' && facts.addressGiven);

const SENDS = 'It would send something out after reading';

/**
 * Whether an action may run: pure, total, and in this order. What no rule allows is asked. More taint never allows more
 * (GUARD-4): after untrusted content, whatever leaves the box with something composed by the model is asked afresh,
 * whatever has been granted. Whatever asks for another reason than `asks` is asked each time anew: no grant covers it.
 */
export function decide(action: ResolvedAction, facts: PolicyFacts): PolicyDecision {
  if (action.forbidden !== null) return { effect: 'deny', rule: 'forbidden', reason: action.forbidden };
  const { ownerRule } = facts;
  if (ownerRule !== null) {
    return { effect: ownerRule.effect, rule: ownerRule.name, reason: `It ${ownerRule.reason}.` };
  }
  if (facts.cap !== null) return { effect: 'ask', rule: 'cap', reason: facts.cap };
  if (facts.behaviour !== null) return { effect: 'ask', ...facts.behaviour };
  if (isComposed(action, facts) && facts.taint.untrusted.length > 0) {
    return facts.taint.private.length > 0
      ? { effect: 'ask', rule: 'private-taint', reason: `${SENDS} private and untrusted content.` }
      : { effect: 'ask', rule: 'taint', reason: `${SENDS} untrusted content.` };
  }
  if (action.class === 'read') return { effect: 'allow', rule: 'read', reason: 'It only reads.' };
  if (facts.granted && action.grantPattern !== null) {
    return { effect: 'allow', rule: 'grant', reason: `You allowed ${action.grantPattern} here.` };
  }
  return { effect: 'ask', rule: 'asks', reason: 'It changes something or reaches outside.' };
}

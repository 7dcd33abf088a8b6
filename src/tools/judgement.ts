import { actionDigest } from '../core/approval.js';
import type { PolicyDecision } from '../core/policy.js';
import type { System } from '../core/system.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Taint } from '../core/trust.js';
import { type BehaviourHit, type CallFact, judgeSequence, whatItReads } from '../guards/behaviour.js';
import { hostObjection, type OwnerRule, type OwnerRules, pathObjection } from '../guards/rules.js';
import { type RequestCaps, reachedCap } from '../policy/caps.js';
import { isGivenAddress } from '../policy/given-address.js';
import { decide, isComposed } from '../policy/policy.js';
import type { Call } from '../store/calls.js';
import type { Store } from '../store/store.js';
import type { Registry } from './registry.js';

/** What the policy decides on, gathered from the rows: the same before the owner is asked and right before the run. */
export interface JudgementDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly rules: OwnerRules;
  readonly caps: RequestCaps;
  readonly system: Pick<System, 'now'>;
}

export function createJudgement(deps: JudgementDeps) {
  const { store, registry } = deps;

  function judge(call: Call, action: ResolvedAction, taint: Taint): PolicyDecision {
    const pattern = action.grantPattern;
    const granted = pattern !== null && store.grants.find(call.conversationId, action.tool, pattern) !== null;
    const given = addressGiven(call, action);
    const composed = isComposed(action, { addressGiven: given });
    return decide(action, {
      granted,
      taint,
      addressGiven: given,
      cap: cap(call),
      ownerRule: ownerRule(action),
      behaviour: sequence(call, { outward: composed, host: hostOf(action) }),
    });
  }

  /** The cap that one more request would break. Requests of the same answer that go before this one count too. */
  function cap(call: Call): string | null {
    const sends = ({ tool }: Call) => registry.get(tool)?.sendsRequest === true;
    if (!sends(call)) return null;
    const step = store.calls.ofStep(call.turnId, call.step);
    const before = step.slice(
      0,
      step.findIndex((other) => other.id === call.id),
    );
    const ahead = before.filter((other) => sends(other) && (other.state === 'proposed' || other.state === 'ready'));
    const sent = store.counters.requests(call.conversationId);
    return reachedCap(
      { conversation: sent.conversation + ahead.length, hour: sent.hour + ahead.length, day: sent.day + ahead.length },
      deps.caps,
    );
  }

  /** Commands are judged word by word in their own guard. */
  function ownerRule(action: ResolvedAction): OwnerRule | null {
    const { path, url } = action.bound;
    if (typeof path === 'string') return pathObjection(deps.rules, path);
    return typeof url === 'string' && URL.canParse(url) ? hostObjection(deps.rules, new URL(url).hostname) : null;
  }

  /** A header is composed too, whatever the address. */
  function addressGiven(call: Call, action: ResolvedAction): boolean {
    const { url, headers } = action.bound;
    if (typeof url !== 'string' || (Array.isArray(headers) && headers.length > 0)) return false;
    const from = store.conversations.get(call.conversationId)?.historyFrom ?? 0;
    const written = (call.input as { url?: unknown }).url;
    const messages = store.history.list(call.conversationId, from);
    return [url, written].some((address) => typeof address === 'string' && isGivenAddress(address, messages));
  }

  /** What is suspicious about a call after those since the owner last wrote: rows, so that a restart forgets none. */
  function sequence(call: Call, next: Pick<CallFact, 'outward' | 'host'>): BehaviourHit | null {
    const calls = store.calls.sinceOwner(call.conversationId);
    const at = calls.findIndex(({ id }) => id === call.id);
    const earlier = (at < 0 ? calls : calls.slice(0, at)).filter((one) => !wasDeclined(one));
    const facts = earlier.map((one) => factOf(one, one.turnId === call.turnId && one.step === call.step));
    return judgeSequence([
      ...facts,
      { tool: call.tool, digest: digestOf(call), reads: null, failed: null, at: deps.system.now(), ...next },
    ]);
  }

  /** The owner said no, or nothing: that is no failure of the call's own. */
  function wasDeclined(call: Call): boolean {
    const approval = call.startedAt === null ? store.approvals.ofCall(call.id) : null;
    return approval !== null && approval.state !== 'approved' && approval.state !== 'used';
  }

  /** Of the same answer only where it goes counts: the model has not seen its result. */
  function factOf(call: Call, sameAnswer: boolean): CallFact {
    return {
      tool: call.tool,
      digest: digestOf(call),
      reads: sameAnswer || call.startedAt === null ? null : whatItReads(call.tool, call.input),
      outward: call.action?.outward ?? false,
      host: hostOf({ bound: call.action?.bound ?? (call.input as Record<string, unknown> | null) ?? {} }),
      failed: sameAnswer || call.state !== 'done' ? null : call.isError,
      at: call.startedAt ?? deps.system.now(),
    };
  }

  return {
    judge,
    /** For a call of which nothing can be resolved: whether it has failed too often. */
    loop: (call: Call): BehaviourHit | null => sequence(call, { outward: false, host: null }),
  };
}

const digestOf = ({ tool, input }: Call): string => actionDigest({ tool, class: 'read', bound: { input } });

/** Where it connects to, as far as its values say. */
function hostOf({ bound }: Pick<ResolvedAction, 'bound'>): string | null {
  const address = bound.url ?? bound.endpoint;
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).host : null;
}

import { actionDigest } from '../core/approval.js';
import { asSeneschalError, SeneschalError } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import type { PolicyDecision } from '../core/policy.js';
import type { TextMask } from '../core/redactor.js';
import type { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';
import type { ResolvedAction, ToolResult } from '../core/tool.js';
import { joinTaint, NO_TAINT, type Taint } from '../core/trust.js';
import { whatItReads } from '../guards/behaviour.js';
import type { ContentGuard } from '../guards/content.js';
import type { DecoyTouch, OutgoingCheck } from '../guards/outgoing.js';
import type { WorkspacePaths } from '../guards/paths.js';
import type { OwnerRules } from '../guards/rules.js';
import type { RequestCaps } from '../policy/caps.js';
import type { Approval } from '../store/approvals.js';
import type { Call } from '../store/calls.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import type { ToolContext, ToolDefinition } from './define.js';
import { createJudgement } from './judgement.js';
import { createOrigins } from './origins.js';
import { createPresenter } from './present.js';
import type { Registry } from './registry.js';

/**
 * The one door to every effect: validate → resolve → decide → (ask) → resolve again and compare → run → mask → look
 * through → cut → audit. What the card showed is what runs: the digest of the resolved action is computed anew right before the run,
 * and the approval is used up in the transaction that marks the call as started.
 */
export interface ExecutorDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly rules: OwnerRules;
  readonly mask: TextMask;
  readonly content: ContentGuard;
  readonly workspace: Pick<WorkspacePaths, 'stat'>;
  readonly system: Pick<System, 'now'>;
  readonly caps: RequestCaps;
  readonly log: Logger;
  /** The hosts that an entry allows; null when there is no such entry. */
  readonly secretHosts: (name: string) => readonly string[] | null;
  /** What stands in a call's input and must not go out (GUARD-2). */
  readonly outgoing: OutgoingCheck;
  readonly touched: (touch: DecoyTouch) => void;
  /** The value of a vault entry for one use; throws where it may not be used. */
  readonly secret: (use: { name: string; host: string | null; tool: string; callId: string }) => Secret;
}

export type Assessment =
  | { readonly effect: 'run' }
  | { readonly effect: 'ask'; readonly action: ResolvedAction }
  /** The owner answers by other means than an approval: the call is waiting now. */
  | { readonly effect: 'asked' }
  | { readonly effect: 'refuse'; readonly text: string; readonly summary: string };

export type Executor = ReturnType<typeof createExecutor>;

export function createExecutor(deps: ExecutorDeps) {
  const { store, registry } = deps;
  const { judge, loop } = createJudgement(deps);
  const present = createPresenter(deps);
  const origins = createOrigins(deps);

  /** What should become of a call that the model proposes. Runs nothing; a tool that only asks has asked. */
  async function assess(call: Call, taint: Taint): Promise<Assessment> {
    try {
      const { tool, input, context, action } = await resolve(call, taint);
      const decision = judge(call, action, taint);
      if (decision.effect === 'allow' && tool.ask) {
        await tool.ask(input, context);
        return { effect: 'asked' };
      }
      if (decision.effect === 'allow') return { effect: 'run' };
      if (decision.effect === 'ask')
        return { effect: 'ask', action: decision.rule === 'asks' ? action : anew(action, decision.reason) };
      return { effect: 'refuse', ...refusal(decision.reason) };
    } catch (thrown) {
      const hit = loop(call);
      return hit ? { effect: 'ask', action: onceMore(call, hit.reason) } : { effect: 'refuse', ...errorResult(thrown) };
    }
  }

  /**
   * What to do about a call that had started when the process ended: its result is stored when the effect can be seen
   * to be there; else it may run again, or the owner is asked about the returned action.
   */
  async function recover(
    call: Call,
    taint: Taint,
  ): Promise<'done' | 'again' | { readonly ask: ResolvedAction | null }> {
    const state = await interruptedState(call);
    if (state === 'done') {
      const text = 'It was done before a restart interrupted the answer.';
      store.transaction(() => store.calls.finish(call.id, { text, isError: false, summary: 'done' }));
      return 'done';
    }
    if (state === 'untouched') return 'again';
    const action = await resolve(call, taint).then(
      (resolved) => resolved.action,
      () => call.action,
    );
    return { ask: action };
  }

  async function interruptedState(call: Call): Promise<'done' | 'untouched' | 'unknown'> {
    const tool = registry.get(call.tool);
    if (!tool || call.action === null) return 'unknown';
    if (tool.interrupted) return tool.interrupted(call.action.bound);
    return call.action.repeatable ? 'untouched' : 'unknown';
  }

  /** Runs a call that is `ready` (or allowed without a question) to its stored result. Throws only store errors. */
  async function execute(
    call: Call,
    turn: Pick<Turn, 'id' | 'taint'>,
    run: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ): Promise<void> {
    const outcome = await attempt(call, turn.taint, run);
    const { text, taint, rest } = present(call, outcome);
    const seen = joinTaint(taint, readsOf(call));
    const made = await origins.made(call.id);
    store.transaction(() => {
      if (rest !== null) store.artifacts.put({ id: call.id, callId: call.id, ...rest });
      const summary = deps.mask.redact(outcome.summary);
      store.calls.finish(call.id, { text, isError: outcome.isError, summary });
      origins.ended(made, outcome);
      store.turns.addTaint(turn.id, seen);
      store.conversations.addTaint(call.conversationId, seen);
      store.audit.add('tool.ended', { call: call.id, tool: call.tool, error: outcome.isError });
      const address = store.conversations.get(call.conversationId)?.address;
      if (outcome.sendFile && address) {
        const { path, caption, sha256 } = outcome.sendFile;
        const file = { name: path.split('/').at(-1) ?? path, workspacePath: path, sha256 };
        store.deliveries.add({ address, content: { markdown: deps.mask.redact(caption), file }, turnId: turn.id });
      }
    });
  }

  async function attempt(
    call: Call,
    taint: Taint,
    run: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ): Promise<ToolResult> {
    try {
      const { tool, input, context, action } = await resolve(call, taint);
      if (!tool.run) throw new SeneschalError('tool.input', `${call.tool} only asks.`);
      const decision = judge(call, action, taint);
      if (decision.effect === 'deny') return { ...refusal(decision.reason), isError: true, taint: NO_TAINT };
      begin(call, action, taint, tool, decision);
      return await tool.run(input, {
        ...context,
        signal: run.signal,
        progress: (line) => run.progress(deps.mask.redact(line)),
        secret: (name, host) => deps.secret({ name, host, tool: call.tool, callId: call.id }),
      });
    } catch (thrown) {
      if (thrown instanceof SeneschalError && thrown.code.startsWith('store.')) throw thrown;
      if (!(thrown instanceof SeneschalError)) {
        deps.log.error({ tool: call.tool, error: thrown }, 'a tool failed in a way it should not');
      }
      return { ...errorResult(thrown), isError: true, taint: NO_TAINT };
    }
  }

  /** T2: approval used, grant counted, call started, digest kept: one transaction, before any effect. */
  function begin(
    call: Call,
    action: ResolvedAction,
    taint: Taint,
    tool: ToolDefinition,
    decision: PolicyDecision,
  ): void {
    const digest = actionDigest(action);
    store.transaction(() => {
      const approval = store.approvals.ofCall(call.id);
      if (approval?.state === 'approved') useApproval(approval, digest);
      else if (!isRepeat(call, digest)) useGrant(call, action, decision);
      store.calls.start(call.id, action, digest);
      origins.begins(call.id, action, taint);
      if (tool.sendsRequest) store.counters.addRequest(call.conversationId);
      store.audit.add('tool.started', { call: call.id, tool: call.tool, class: action.class, digest });
    });
  }

  function useApproval(approval: Approval, digest: string): void {
    if (approval.digest !== digest) {
      throw new SeneschalError('tool.refused', 'What would run is no longer what was shown, so it was not run.', {
        hint: 'Ask again.',
      });
    }
    if (!store.approvals.use(approval.id)) throw new SeneschalError('tool.refused', 'This approval was used before.');
  }

  /** A repeatable call that a crash interrupted runs the same action again under its first approval. */
  function isRepeat(call: Call, digest: string): boolean {
    return call.attempts > 0 && call.digest === digest;
  }

  function useGrant(call: Call, action: ResolvedAction, decision: PolicyDecision): void {
    if (decision.rule === 'cap') {
      throw new SeneschalError('tool.refused', 'A cap on requests was reached meanwhile, so it was not sent.', {
        hint: 'Ask for it again: the owner decides.',
      });
    }
    if (decision.effect !== 'allow') {
      throw new SeneschalError('tool.refused', 'It needs an approval that is no longer there, so it was not run.');
    }
    if (decision.rule !== 'grant' || action.grantPattern === null) return;
    const grant = store.grants.find(call.conversationId, action.tool, action.grantPattern);
    if (grant) store.grants.use(grant.id);
  }

  async function resolve(call: Call, taint: Taint) {
    const tool = find(call.tool);
    const held = deps.outgoing(call.input, { references: true, forms: tool.annotations.openWorldHint });
    if (held?.decoy) deps.touched({ name: held.decoy, conversation: call.conversationId, tool: call.tool });
    if (held) throw new SeneschalError('tool.refused', held.sentence);
    const parsed = tool.input.safeParse(call.input);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue?.path.join('.') || 'input';
      throw new SeneschalError('tool.input', `${call.tool}: ${where}: ${issue?.message ?? 'not valid'}.`);
    }
    const address = store.conversations.get(call.conversationId)?.address;
    const context: ToolContext = {
      conversation: call.conversationId,
      direct: address?.direct ?? false,
      callId: call.id,
      taint,
      secretHosts: deps.secretHosts,
    };
    return { tool, input: parsed.data, context, action: await tool.resolve(parsed.data, context) };
  }

  function find(name: string): ToolDefinition {
    const tool = registry.get(name);
    if (tool) return tool;
    if (registry.isOff(name)) throw new SeneschalError('tool.refused', `The tool ${name} is switched off on this box.`);
    throw new SeneschalError('tool.input', `There is no tool named ${name.slice(0, 80)}.`);
  }

  return { assess, recover, execute };
}

/** What of the owner's the model can see after it. */
function readsOf(call: Call): Taint {
  const reads = whatItReads(call.tool, call.input);
  return reads === null ? NO_TAINT : { untrusted: [], private: [PRIVATE[reads]] };
}
const PRIVATE = { sensitive: 'credentials', mail: 'mail', drive: 'Drive' } as const;

/** What a rule or a guard objected to is asked about each time anew: no standing yes is offered with it. */
function anew(action: ResolvedAction, line: string): ResolvedAction {
  return { ...action, grantPattern: null, card: { ...action.card, facts: [...action.card.facts, line] } };
}

/** A call that fails before anything of it can be resolved, and is tried again and again. */
function onceMore({ tool, input }: Call, line: string): ResolvedAction {
  return {
    tool,
    class: 'read',
    bound: { input },
    card: { title: `Try again: ${tool}`, body: JSON.stringify(input), facts: [line] },
    grantPattern: null,
    outward: false,
    repeatable: true,
    forbidden: null,
  };
}

const refusal = (reason: string) => ({ text: `Refused: ${reason}`, summary: `Refused by rule: ${reason}` });

/** One sentence for the model, and a short phrase for the card; never a stack. */
function errorResult(thrown: unknown): { text: string; summary: string } {
  const error = asSeneschalError(thrown);
  const message = error.code === 'internal' ? 'The tool failed unexpectedly.' : error.message;
  const text = error.hint === undefined ? message : `${message} ${error.hint}`;
  return { text: `Error: ${text}`, summary: `failed: ${message}` };
}

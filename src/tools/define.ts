import type { z } from 'zod';
import type { ConversationId } from '../core/conversation.js';
import type { Secret } from '../core/secret.js';
import type { ResolvedAction, ToolAnnotations, ToolResult } from '../core/tool.js';
import type { Taint } from '../core/trust.js';

/**
 * What a tool is. The executor is its only caller: validate (`input`) → `resolve` → policy → approval → `resolve`
 * again and compare digests → `run` → mask → cut → audit. A tool never asks, masks or cuts by itself.
 */
export interface ToolDefinition<Input = unknown> {
  readonly name: string;
  /** What the model reads; short, says when to use it and what comes back. */
  readonly description: string;
  /** Strict: an unknown key is an error. */
  readonly input: z.ZodType<Input>;
  readonly annotations: ToolAnnotations;
  /** A run is one outbound request: it counts against the caps (GUARD-2). */
  readonly sendsRequest?: true;
  /** Looks, changes nothing: what exactly would happen now. Throws SeneschalError (`tool.input`, `path.outside` …). */
  resolve(input: Input, context: ToolContext): Promise<ResolvedAction>;
  /**
   * Does it. Throws SeneschalError for what went wrong; the executor turns that into an error result. Stops within a
   * second of `signal`. When `annotations.idempotentHint`, running it again after a crash changes nothing more.
   */
  run?(input: Input, context: RunContext): Promise<ToolResult>;
  /**
   * Instead of `run`, for a tool whose result is the owner's answer: puts the question in one transaction together with
   * whatever will end the call later. Asking again for the same call changes nothing. Never counts as an approval.
   */
  ask?(input: Input, context: ToolContext): Promise<void>;
  /**
   * For effects that can be seen: whether an interrupted run of an action with these bound values had taken effect.
   * `untouched` may run again; `unknown` is asked. Tools without it are asked, unless the action is `repeatable`.
   */
  interrupted?(bound: ResolvedAction['bound']): Promise<'done' | 'untouched' | 'unknown'>;
}

export interface ToolContext {
  readonly conversation: ConversationId;
  /** True in the owner's direct chat. */
  readonly direct: boolean;
  readonly callId: string;
  /** What the turn has read so far. */
  readonly taint: Taint;
  /** The hosts that a vault entry allows; null when there is no such entry. */
  secretHosts(name: string): readonly string[] | null;
}

export interface RunContext extends ToolContext {
  readonly signal: AbortSignal;
  /** One short line of what is going on; may be called often. */
  progress(line: string): void;
  /**
   * The value of a vault entry for one use at one place. Throws `vault.missing` or `vault.frozen`. A tool must have
   * shown, bound to the approval, that `host` is not one of the entry's. `host` is null for a command.
   */
  secret(name: string, host: string | null): Secret;
}

/** Keeps a family's own input type inside its file and gives the registry one uniform type. */
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition {
  return definition as unknown as ToolDefinition;
}

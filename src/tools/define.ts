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
  /** Looks, changes nothing: what exactly would happen now. Throws SeneschalError (`tool.input`, `path.outside` …). */
  resolve(input: Input, context: ToolContext): Promise<ResolvedAction>;
  /**
   * Does it. Throws SeneschalError for what went wrong; the executor turns that into an error result. Stops within a
   * second of `signal`. When `annotations.idempotentHint`, running it again after a crash changes nothing more.
   */
  run(input: Input, context: RunContext): Promise<ToolResult>;
}

export interface ToolContext {
  readonly conversation: ConversationId;
  /** True in the owner's direct chat. */
  readonly direct: boolean;
  readonly callId: string;
  /** What the turn has read so far. */
  readonly taint: Taint;
}

export interface RunContext extends ToolContext {
  readonly signal: AbortSignal;
  /** One short line of what is going on; may be called often. */
  progress(line: string): void;
  /**
   * The value of a vault entry for one use at one place. Throws `vault.missing`, `vault.frozen`, or `tool.refused` when
   * the entry does not allow `host`. `host` is null for a command, which can send it anywhere.
   */
  secret(name: string, host: string | null): Secret;
}

/** Keeps a family's own input type inside its file and gives the registry one uniform type. */
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition {
  return definition as unknown as ToolDefinition;
}

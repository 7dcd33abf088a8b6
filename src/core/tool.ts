import type { Taint } from './trust.js';

/** `read` runs free; all others ask (see policy). */
export type ToolClass = 'read' | 'write' | 'network' | 'system';

/** Hints in MCP's words. `idempotentHint`: running it a second time after a crash changes nothing more. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/**
 * One resolved action: everything that decides what will happen, computed before the owner is asked and once more at
 * execution. `bound` is what the approval's digest covers: if any of it differs then, the approval does not count.
 */
export interface ResolvedAction {
  readonly tool: string;
  readonly class: ToolClass;
  readonly bound: Readonly<Record<string, unknown>>;
  readonly card: ActionCard;
  /** The exact pattern a standing grant for this action would cover; null where none may be given. */
  readonly grantPattern: string | null;
  /** True when it carries data out of the box to a place the model chose. */
  readonly outward: boolean;
  /** True when doing this very action a second time (after a crash) changes nothing more: reads, idempotent writes. */
  readonly repeatable: boolean;
  /** Refused whatever anybody says, with the reason; null when the tool itself has no objection. */
  readonly forbidden: string | null;
  /** Outside content that it works on, besides what the turn has read; absent for none. */
  readonly from?: readonly string[];
  /** What of the workspace will hold what the call makes: `whole` replaces all that was there, `files` are not known. */
  readonly makes?: 'whole' | 'part' | 'files';
}

/** What the owner sees before tapping. All of it is literal text; what does not fit goes along as a file. */
export interface ActionCard {
  /** The action in a few words and the thing itself: `Run: npm test`. The first line of the notification. */
  readonly title: string;
  /** The literal payload under the title (a diff, a body, a long command); empty when the title says all. */
  readonly body: string;
  /** Where and how, one fact a line. */
  readonly facts: readonly string[];
  /** The whole payload as a file when `body` shows only its beginning. */
  readonly attachment?: { readonly name: string; readonly text: string };
}

export interface ToolResult {
  /** What the model reads. */
  readonly text: string;
  readonly isError: boolean;
  /** One short phrase for the card and the progress line: `exit 0 after 3.1 s`. */
  readonly summary: string;
  /** Where the text came from, when not from the owner or the box itself. */
  readonly taint: Taint;
  /** The text was looked through when it first came in. */
  readonly scanned?: true;
  /** A workspace file to hand to the owner. `sha256` (hex) is what was looked at: other bytes must not be sent. */
  readonly sendFile?: { readonly path: string; readonly caption: string; readonly sha256: string };
}

import type { FileIdentity } from '../core/provenance.js';
import type { ResolvedAction, ToolResult } from '../core/tool.js';
import type { Taint } from '../core/trust.js';
import type { WorkspacePaths } from '../guards/paths.js';
import type { Store } from '../store/store.js';

/**
 * Files that a turn makes after reading outside content are outside content themselves, whoever reads them later
 * (GUARD-4, GUARD-11). The mark is committed before the effect, and taken away only after one that is the owner's own.
 */
export function createOrigins(deps: { readonly store: Store; readonly workspace: Pick<WorkspacePaths, 'stat'> }) {
  const { provenance, calls } = deps.store;

  /** In the transaction that starts a call. */
  function begins(callId: string, action: ResolvedAction, { untrusted }: Taint): void {
    const sources = [...new Set([...untrusted, ...(action.from ?? [])])];
    if (action.makes === undefined || sources.length === 0) return;
    if (action.makes === 'files') provenance.markCommand(callId, sources);
    else if (typeof action.bound.path === 'string') provenance.markPath(action.bound.path, sources, callId);
  }

  /** The one file that a call was to make, as it is now. */
  async function made(callId: string) {
    const action = calls.get(callId)?.action;
    const path = action?.bound.path;
    if (!action || typeof path !== 'string' || action.makes === undefined) return null;
    const entry: FileIdentity | null = await deps.workspace.stat(path).catch(() => null);
    return { callId, path, entry, whole: action.makes === 'whole' };
  }

  /** In the transaction that stores a call's result. */
  function ended(file: Awaited<ReturnType<typeof made>>, result: ToolResult): void {
    if (file === null || file.entry === null) return;
    if (file.whole && !result.isError) provenance.clearPath(file.path, file.callId);
    provenance.identify(file.path, file.entry);
  }

  return { begins, made, ended };
}

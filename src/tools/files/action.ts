import type { ResolvedAction } from '../../core/tool.js';

/** A free action inside the workspace: nothing to ask, nothing that leaves, safe to repeat. */
export function readAction(tool: string, title: string, bound: ResolvedAction['bound']): ResolvedAction {
  return {
    tool,
    class: 'read',
    bound,
    card: { title, body: '', facts: [] },
    grantPattern: null,
    outward: false,
    repeatable: true,
    forbidden: null,
  };
}

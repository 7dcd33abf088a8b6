/**
 * What a turn has seen. A taint only grows while a turn goes on; a source is shown to the owner as it stands here
 * (`scheme://host:port/path` for the web).
 */
export interface Taint {
  /** Sources outside the owner's control that the model can see. */
  readonly untrusted: readonly string[];
  /** Sources of the owner's private data that the model can see. */
  readonly private: readonly string[];
}

export const NO_TAINT: Taint = { untrusted: [], private: [] };

export function joinTaint(a: Taint, b: Taint): Taint {
  return {
    untrusted: [...new Set([...a.untrusted, ...b.untrusted])],
    private: [...new Set([...a.private, ...b.private])],
  };
}

/**
 * What a turn has seen. A taint only grows while a turn goes on; a source is shown to the owner as it stands here
 * (`scheme://host:port/path` for the web).
 */
export interface Taint {
  /** Sources outside the owner's control that the model can see. */
  readonly untrusted: readonly string[];
  /** Sources of the owner's private data that the model can see. */
  readonly private: readonly string[];
  /** Where something hostile was found in what was read; absent where nothing was. */
  readonly findings?: readonly TaintFinding[];
}

export interface TaintFinding {
  readonly source: string;
  /** One of the content guard's kinds. */
  readonly kind: string;
}

export const NO_TAINT: Taint = { untrusted: [], private: [] };

export function joinTaint(a: Taint, b: Taint): Taint {
  const findings = new Map(
    [...(a.findings ?? []), ...(b.findings ?? [])].map((one) => [`${one.kind} ${one.source}`, one]),
  );
  return {
    untrusted: [...new Set([...a.untrusted, ...b.untrusted])],
    private: [...new Set([...a.private, ...b.private])],
    ...(findings.size === 0 ? {} : { findings: [...findings.values()] }),
  };
}

/** What was made from these sources, and from nothing private. */
export function madeFrom(sources: readonly string[]): Taint {
  return sources.length === 0 ? NO_TAINT : { untrusted: sources, private: [] };
}

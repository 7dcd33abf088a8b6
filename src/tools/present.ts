import type { Artifact } from '../core/artifact.js';
import type { TextMask } from '../core/redactor.js';
import type { ToolResult } from '../core/tool.js';
import { joinTaint, NO_TAINT, type Taint } from '../core/trust.js';
import type { ContentFinding, ContentGuard } from '../guards/content.js';
import { SOURCES, type Treatment } from '../guards/sources.js';
import { cutResult } from './cut.js';

/**
 * A tool's result as the model gets it: masked → by the table of sources looked through and put in one boundary
 * (GUARD-3, GUARD-11) → cut, the whole kept. Invariant: what was made from outside content stands inside the boundary, in
 * every piece of it, and the turn is marked with where it came from and what was found in it.
 */
export interface Presented {
  readonly text: string;
  readonly taint: Taint;
  /** The whole of what was cut, to be kept with the result. */
  readonly rest: Artifact | null;
}

const UNLISTED: Treatment = { wrapped: true, scanned: true };
/** What a source is called that marks the turn only by what was found in it. */
const OUTPUT = 'command output';

export function createPresenter(deps: { readonly content: ContentGuard; readonly mask: TextMask }) {
  const { content, mask } = deps;

  function present(call: { readonly id: string; readonly tool: string }, result: ToolResult): Presented {
    const treatment = Object.hasOwn(SOURCES, call.tool) ? (SOURCES[call.tool] ?? UNLISTED) : UNLISTED;
    const masked = mask.redact(result.text);
    const taint = maskedTaint(sourced(call.tool, result.taint));
    const sources = [...taint.untrusted];
    if (sources.length === 0 && treatment.scanned && content.scan(masked).length > 0) sources.push(OUTPUT);
    if (sources.length === 0) return { ...pieceOf(call.id, masked, sources, (piece) => piece), taint };
    const read = result.scanned ? { shown: masked, findings: [] } : content.read(masked);
    const source = sources.join(', ');
    // What was hidden in it is gone, and what stood around that may be a value now.
    const piece = pieceOf(call.id, mask.redact(read.shown), sources, (text) =>
      content.enclose(source, text, read.findings),
    );
    return { ...piece, taint: joinTaint({ ...taint, untrusted: sources }, found(source, read.findings)) };
  }

  function pieceOf(id: string, text: string, sources: readonly string[], enclose: (piece: string) => string) {
    const { shown, note } = cutResult(text, id);
    const piece = enclose(shown);
    if (note === null) return { text: piece, rest: null };
    return { text: `${piece}${piece.endsWith('\n') ? '' : '\n'}${note}`, rest: { text, sources } };
  }

  /** A source is an address, and an address can hold what was sent to it. */
  const maskedTaint = (taint: Taint): Taint => ({
    untrusted: taint.untrusted.map((source) => mask.redact(source)),
    private: taint.private.map((source) => mask.redact(source)),
  });

  return present;
}

/** The mark of what was found in a source. */
export function found(source: string, findings: readonly ContentFinding[]): Taint {
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  return kinds.length === 0 ? NO_TAINT : { ...NO_TAINT, findings: kinds.map((kind) => ({ source, kind })) };
}

/** A tool without a line in the table of sources is one itself (GUARD-11). */
function sourced(tool: string, taint: Taint): Taint {
  return Object.hasOwn(SOURCES, tool) ? taint : joinTaint(taint, { untrusted: [`tool:${tool}`], private: [] });
}

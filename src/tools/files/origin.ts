import type { Provenance } from '../../core/provenance.js';
import { madeFrom, type Taint } from '../../core/trust.js';
import type { WorkspacePaths } from '../../guards/paths.js';

/** What of the owner's stands in files that are the owner's own. */
export const OWN_FILES: Taint = { untrusted: [], private: ['your files'] };

/** Sources of outside content that the file or folder at a path may have been made from; none where nothing is. */
export async function originOf(workspace: WorkspacePaths, known: Provenance, path: string): Promise<readonly string[]> {
  const entry = await workspace.stat(path);
  return entry === null ? [] : known.of(workspace.parse(path), entry);
}

/** What a turn has seen that has read this file. */
export async function taintOf(workspace: WorkspacePaths, known: Provenance, path: string): Promise<Taint> {
  const sources = await originOf(workspace, known, path);
  return sources.length === 0 ? OWN_FILES : madeFrom(sources);
}

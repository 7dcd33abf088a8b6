/** What is known about where a workspace file came from. */
export interface Provenance {
  /** False where nothing was made from outside content: then there is nothing to look for. */
  any(): boolean;
  /**
   * Sources of outside content that a file, or something in a folder, may have been made from; none for the owner's own.
   * The path as `WorkspacePaths` spells it.
   */
  of(path: string, entry: FileIdentity): readonly string[];
}

export interface FileIdentity {
  /** When content, name or mode last changed: nobody can set it. Milliseconds. */
  readonly changedAt: number;
  /** The same for the same unchanged file, whatever leads to it. */
  readonly identity: string;
}

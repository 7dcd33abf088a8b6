/** The whole of a result that was too long for the model, kept masked; `read_file` reads on at `artifact:ID`. */
export interface ArtifactRows {
  put(artifact: Artifact & { readonly id: string; readonly callId: string }): void;
  get(id: string): Artifact | null;
}

export interface Artifact {
  /** Without a boundary; looked through already where it is from outside. */
  readonly text: string;
  /** Where it came from, when not from the owner or the box itself. */
  readonly sources: readonly string[];
}

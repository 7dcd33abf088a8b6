/** The rest of a result that was too long for the model, kept masked; `read_file` reads on at `artifact:ID`. */
export interface ArtifactRows {
  put(artifact: { readonly id: string; readonly callId: string; readonly text: string }): void;
  get(id: string): string | null;
}

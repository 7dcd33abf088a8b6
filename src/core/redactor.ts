/** Masks every known secret in a text. What reaches the model, the chat, the log or the store has passed through it. */
export interface TextMask {
  redact(text: string): string;
  /** For text that comes in pieces: an end that may be the beginning of a secret is held back. */
  stream(): { push(chunk: string): string; end(): string };
}

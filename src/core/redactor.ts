/** Masks every known secret in a text. What reaches the model, the chat, the log or the store has passed through it. */
export interface TextMask {
  redact(text: string): string;
}

/** Masks every known secret in a text. What reaches the model, the chat, the log or the store has passed through it. */
export interface TextMask {
  redact(text: string): string;
  /** Names of the secrets that the text holds, in any form: `owner/NAME`, `product/NAME`, `env/NAME`. */
  contains(text: string): readonly string[];
  /** A copy of a JSON value with every string in it masked. */
  redactValue(value: unknown): unknown;
  /** For text that comes in pieces: an end that may be the beginning of a secret is held back. */
  stream(): { push(chunk: string): string; end(): string };
}

import { inspect } from 'node:util';

/**
 * A secret value on its way through the process. It shows itself to nobody by accident: string conversion, JSON and
 * inspection print a marker. Only `reveal` gives the value, at the last hop before it is used.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

const REFERENCE = /(?<![A-Za-z0-9_])secret:([A-Z][A-Z0-9_]{0,63})(?![A-Za-z0-9_])/g;

/** The vault entries that a tool's input names as `secret:NAME`, each once, in order. */
export function secretReferences(input: string): string[] {
  return [...new Set([...input.matchAll(REFERENCE)].map((match) => match[1] as string))];
}

/** The text with each `secret:NAME` replaced by what `fill` gives for NAME. */
export function fillReferences(input: string, fill: (name: string) => string): string {
  return input.replace(REFERENCE, (_match, name: string) => fill(name));
}

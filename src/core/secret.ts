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

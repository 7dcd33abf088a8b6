import { Readable } from 'node:stream';

/** The keys of a person. Every call is one chunk, as a terminal passes on what comes at once. */
export class FakeKeyboard extends Readable {
  override _read(): void {}

  keys(text: string): void {
    this.push(text);
  }

  enters(line: string): void {
    this.keys(`${line}\r`);
  }

  /** Ctrl-V in a terminal with bracketed paste. */
  pastes(text: string): void {
    this.keys(`\u001B[200~${text.replace(/\n/g, '\r')}\u001B[201~`);
  }

  /** The end of a pipe. */
  ends(): void {
    this.push(null);
  }
}

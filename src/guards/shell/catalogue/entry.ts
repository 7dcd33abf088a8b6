/** One class of commands: what it is called, what it means, and the commands by which it is recognised. */
export interface CommandClass {
  readonly rule: string;
  readonly effect: 'deny' | 'ask';
  /** Continues a sentence that begins with the command. */
  readonly reason: string;
  /** See `commandPattern`. */
  readonly commands: readonly string[];
}

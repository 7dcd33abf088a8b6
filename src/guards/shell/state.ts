import type { Function as ShellFunction } from 'unbash';
import { ANY, START } from './marks.js';

/** What a shell would know at one point of a text: variables, functions, files it wrote, where it stands. */
export class ShellState {
  readonly variables: Map<string, readonly string[]>;
  readonly functions: Map<string, ShellFunction['body']>;
  readonly aliases: Map<string, string>;
  /** Contents of files that the text itself wrote, by path as written; subshells write the same ones. */
  readonly files: Map<string, string>;
  readonly gitAliases: Map<string, string>;
  args: readonly string[] = [];
  zero = 'sh';
  last = '';
  folder = START;
  branch: string | null = null;
  opaque = false;
  /** `exit` was passed: what follows does not run, and is judged all the same. */
  ended = false;

  constructor(from?: ShellState) {
    this.variables = new Map(from?.variables);
    this.functions = new Map(from?.functions);
    this.aliases = new Map(from?.aliases);
    this.files = from?.files ?? new Map();
    this.gitAliases = from?.gitAliases ?? new Map();
    if (from === undefined) return;
    this.args = from.args;
    this.zero = from.zero;
    this.last = from.last;
    this.folder = from.folder;
    this.branch = from.branch;
    this.opaque = from.opaque;
    this.ended = from.ended;
  }

  /** How much a copy costs. */
  get size(): number {
    return this.variables.size + this.functions.size + this.aliases.size;
  }

  /** The values of a variable: several for an array, none when it was never set. */
  get(name: string): readonly string[] {
    return this.variables.get(name) ?? AMBIENT.get(name) ?? (this.opaque ? [ANY] : []);
  }

  set(name: string, values: readonly string[]): void {
    this.variables.set(name, values);
  }

  /** Something ran in this very shell that may have set any variable. */
  forget(): void {
    for (const name of this.variables.keys()) this.variables.set(name, [ANY]);
    this.opaque = true;
  }

  /** After a branch that may or may not have been taken: what differs is unknown. */
  join(other: ShellState): void {
    if (other.ended) return;
    if (this.ended) {
      this.ended = false;
      this.folder = other.folder;
      this.branch = other.branch;
      for (const [name, value] of other.variables) this.variables.set(name, value);
    }
    for (const [name, values] of other.variables) {
      const mine = this.get(name);
      if (mine.length !== values.length || mine.some((value, index) => value !== values[index])) {
        this.variables.set(name, [mine.length === 0 && values.length === 0 ? '' : ANY]);
      }
    }
    for (const name of this.variables.keys()) if (!other.variables.has(name)) this.variables.set(name, [ANY]);
    for (const [name, body] of other.functions) this.functions.set(name, body);
    for (const [name, text] of other.aliases) this.aliases.set(name, text);
    // A folder that may have been left: the more dangerous of the two is the one that was gone to.
    if (this.folder === START) this.folder = other.folder;
    this.branch ??= other.branch;
    this.opaque ||= other.opaque;
  }
}

/** Variables that a child has, or that the shell sets itself. All others are not set unless the text sets them. */
const AMBIENT: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    HOME: '/home/owner',
    USER: 'owner',
    LOGNAME: 'owner',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    SHELL: '/bin/bash',
    BASH: '/bin/bash',
    PWD: START,
    OLDPWD: ANY,
    TMPDIR: '/tmp',
    IFS: ' \t\n',
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    UID: '1000',
    EUID: '1000',
    OSTYPE: 'linux-gnu',
    HOSTNAME: ANY,
    HOSTTYPE: ANY,
    MACHTYPE: ANY,
    EDITOR: ANY,
    PAGER: ANY,
    RANDOM: ANY,
    SRANDOM: ANY,
    SECONDS: ANY,
    EPOCHSECONDS: ANY,
    EPOCHREALTIME: ANY,
    LINENO: ANY,
    PPID: ANY,
    BASHPID: ANY,
    BASH_VERSION: ANY,
    PIPESTATUS: ANY,
    FUNCNAME: ANY,
    REPLY: ANY,
    COLUMNS: ANY,
    LINES: ANY,
  }).map(([name, value]) => [name, [value]]),
);

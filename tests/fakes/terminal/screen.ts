import { Writable } from 'node:stream';

/**
 * What a terminal shows of the bytes it gets: characters, line ends, cursor movement and clearing, as xterm does them.
 * Rows that scroll off the top stay readable in `all()`. An escape sequence it does not know is a violation.
 */
export class FakeScreen extends Writable {
  readonly violations: string[] = [];
  /** All that was written, as it came. */
  raw = '';
  columns: number;
  rows: number;
  /** A line end alone also goes to the first column, as where the terminal is not in raw mode. */
  startsLines = false;
  #grid: string[][] = [[]];
  /** Index of the first row on the screen; those before have scrolled away and can no longer be reached. */
  #top = 0;
  #row = 0;
  #column = 0;
  #pending = '';
  #watchers: (() => void)[] = [];
  #failing = false;

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  /** From now on the terminal is gone. */
  breakOff(): void {
    this.#failing = true;
  }

  override _write(chunk: string | Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const text = chunk.toString();
    if (!this.#failing) {
      this.raw += text;
      this.#pending = this.#feed(this.#pending + text);
    }
    done(this.#failing ? new Error('EIO') : null);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Every row there ever was, scrolled away or not, without trailing spaces. */
  all(): string[] {
    const rows = this.#grid.map((row) =>
      row
        .map((cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (rows.length > 0 && rows.at(-1) === '') rows.pop();
    return rows;
  }

  /** The row with the cursor up to it: what stands before it, typed text included. */
  typed(): string {
    return Array.from({ length: this.#column }, (_, column) => this.#grid[this.#row]?.[column] ?? ' ').join('');
  }

  /** Resolves once the rows meet the condition. */
  until(condition: (rows: string[]) => boolean, what: string, withinMs = 5_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((other) => other !== check);
        settle();
      };
      const check = () => {
        if (condition(this.all())) finish(resolve);
      };
      const timer = setTimeout(() => {
        finish(() => reject(new Error(`the screen never showed ${what}:\n${this.all().join('\n')}`)));
      }, withinMs);
      this.#watchers.push(check);
      check();
    });
  }

  #feed(text: string): string {
    let at = 0;
    while (at < text.length) {
      const rest = text.slice(at);
      if (rest[0] === '\u001B') {
        const sequence = /^\u001B\[(?<arguments>[0-9;?]*)(?<verb>[@-~])/.exec(rest);
        if (sequence === null) {
          if (/^\u001B(\[[0-9;?]*)?$/.test(rest)) return rest;
          this.violations.push(`an escape sequence that no terminal knows: ${JSON.stringify(rest.slice(0, 8))}`);
          at += 1;
          continue;
        }
        this.#obey(sequence.groups?.verb ?? '', sequence.groups?.arguments ?? '');
        at += sequence[0].length;
        continue;
      }
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      this.#put(character);
      at += character.length;
    }
    return '';
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#down();
    else if (character === '\u0007') return;
    else if (/\p{Cc}/u.test(character)) this.violations.push(`a control character: ${JSON.stringify(character)}`);
    else {
      // A wide character fills its second cell with nothing.
      const width = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uFF00-\uFF60\u{1F300}-\u{1FAFF}]/u.test(character)
        ? 2
        : 1;
      if (/\p{Mn}/u.test(character)) return;
      if (this.#column + width > this.columns) {
        this.#column = 0;
        this.#down();
      }
      const row = this.#grid[this.#row] as string[];
      while (row.length < this.#column) row.push(' ');
      row[this.#column] = character;
      if (width === 2) row[this.#column + 1] = '';
      this.#column += width;
    }
  }

  #down(): void {
    if (this.startsLines) this.#column = 0;
    this.#row += 1;
    this.#grid[this.#row] ??= [];
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  #obey(verb: string, list: string): void {
    const [first] = list.split(';');
    const count = Math.max(1, Number(first || '1'));
    const mode = Number(first || '0');
    switch (verb) {
      case 'A':
        this.#row = Math.max(this.#top, this.#row - count);
        return;
      case 'B':
        for (let left = count; left > 0 && this.#row - this.#top < this.rows - 1; left -= 1) this.#down();
        return;
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count);
        return;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        return;
      case 'G':
        this.#column = Math.min(this.columns, count) - 1;
        return;
      case 'J':
        if (mode !== 0) this.violations.push(`clears more than what is below: ${list}J`);
        this.#grid.length = this.#row + 1;
        this.#grid[this.#row]?.splice(this.#column);
        return;
      case 'K':
        this.#grid[this.#row]?.splice(this.#column);
        return;
      case 'm':
        if (!['0', '', '1', '2', '22'].includes(list)) this.violations.push(`a style nobody asked for: ${list}m`);
        return;
      case 'h':
      case 'l':
        if (list !== '?2004') this.violations.push(`a mode nobody asked for: ${list}${verb}`);
        return;
      default:
        this.violations.push(`a sequence this terminal does not know: ${list}${verb}`);
    }
  }
}

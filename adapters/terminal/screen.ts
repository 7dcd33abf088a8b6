import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { SeneschalError } from '../../src/core/errors.js';
import { type Line, layOut, type Row } from './lines.js';

/**
 * The only file that touches the streams. On a terminal everything is drawn above the line being typed, which stays
 * as it is; the block printed last is live: it can be redrawn or taken away as long as nothing stands below it.
 *
 *   printed blocks … | live block | › the line being typed
 */
export interface ScreenOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly interactive: boolean;
  readonly columns: () => number;
}

export interface ScreenEvents {
  onLine(text: string): void;
  onPaste(on: boolean): void;
  /** Ctrl-C; `typing` tells that a line was being typed. */
  onInterrupt(typing: boolean): void;
  /** The input has ended, or the terminal is gone. */
  onEnd(): void;
}

interface Block {
  readonly id: string;
  readonly columns: number;
  rows: readonly Row[];
}

const PROMPT = '› ';
const CONTINUATION = '… ';
const PASTE_MARKS = { on: '\u001B[?2004h', off: '\u001B[?2004l' } as const;
const CLEAR_BELOW = '\u001B[J';
const DEFAULT_ROWS = 24;

export class Screen {
  readonly #options: ScreenOptions;
  #readline: Interface | null = null;
  #live: Block | null = null;
  #closed = false;
  #onChunk: ((chunk: string | Uint8Array) => void) | null = null;
  #onKey: ((character: string | undefined, key: { name?: string; ctrl?: boolean }) => void) | null = null;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  open(events: ScreenEvents): void {
    const { input, output, interactive } = this.#options;
    // No history: a key that was typed or pasted must not stay in memory and come back with the arrow keys.
    const readline = createInterface({
      input,
      output: interactive ? output : undefined,
      terminal: interactive,
      historySize: 0,
      crlfDelay: Number.POSITIVE_INFINITY,
      prompt: PROMPT,
    } as Parameters<typeof createInterface>[0]);
    this.#readline = readline;
    readline.on('line', (text) => {
      this.#live = null;
      events.onLine(text);
    });
    readline.on('SIGINT', () => events.onInterrupt(readline.line !== ''));
    readline.on('close', () => {
      if (this.#closed) return;
      this.close();
      events.onEnd();
    });
    const broken = () => readline.close();
    input.on('error', broken);
    output.on('error', broken);
    if (!interactive) return;
    this.#onChunk = (chunk) => {
      // Of several characters at once readline only echoes: rows and cursor may then be others than it believes.
      if (chunk.length > 1 && !this.#closed) this.#draw(0, []).catch(() => undefined);
    };
    input.on('data', this.#onChunk);
    this.#onKey = (_character, key) => {
      if (key.name === 'paste-start' || key.name === 'paste-end') events.onPaste(key.name === 'paste-start');
      if (key.ctrl === true && key.name === 'l') this.#live = null;
    };
    input.on('keypress', this.#onKey);
    output.write(PASTE_MARKS.on);
    readline.prompt();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#live = null;
    const { input, output, interactive } = this.#options;
    const typed = this.#typedRows();
    if (this.#onChunk !== null) input.off('data', this.#onChunk);
    if (this.#onKey !== null) input.off('keypress', this.#onKey);
    this.#readline?.close();
    if (this.#readline !== null && interactive && output.writable) {
      output.write(`${PASTE_MARKS.off}${toPrompt(typed)}${CLEAR_BELOW}`);
    }
  }

  /** After a line was entered: what is typed next stands behind the prompt again. */
  prompt(continues: boolean): void {
    if (!this.#options.interactive || this.#closed) return;
    this.#readline?.setPrompt(continues ? CONTINUATION : PROMPT);
    this.#readline?.prompt();
  }

  /** Takes away what is being typed. */
  clearTyped(): void {
    this.#readline?.write(null, { ctrl: true, name: 'e' });
    this.#readline?.write(null, { ctrl: true, name: 'u' });
  }

  isLive(id: string): boolean {
    return this.#live?.id === id;
  }

  /** Prints a block under everything else. With an id it is live until something else is printed or entered. */
  async show(lines: readonly Line[], glyph: string, id?: string): Promise<void> {
    const columns = this.#options.columns();
    const rows = layOut(lines, glyph, { columns, styled: this.#options.interactive });
    this.#live = this.#options.interactive && !this.#closed && id !== undefined ? { id, columns, rows } : null;
    await this.#draw(0, rows);
  }

  /** A line that another part of the process says here, as it is: a program may read it. */
  async print(line: string): Promise<void> {
    this.#live = null;
    await this.#draw(0, [{ text: line, width: 0 }]);
  }

  /** Redraws the live block where it stands. False when it cannot: its top has scrolled away or the width changed. */
  async redraw(lines: readonly Line[], glyph: string): Promise<boolean> {
    const live = this.#live;
    const columns = this.#options.columns();
    if (live === null || live.columns !== columns) return false;
    const rows = layOut(lines, glyph, { columns, styled: true });
    let same = 0;
    while (same < rows.length && rows[same]?.text === live.rows[same]?.text) same += 1;
    const climb = live.rows.slice(same).reduce((sum, row) => sum + Math.max(1, Math.ceil(row.width / columns)), 0);
    const height = (this.#options.output as { rows?: number }).rows ?? DEFAULT_ROWS;
    if (climb + this.#typedRows() >= height) return false;
    live.rows = rows;
    if (climb > 0 || same < rows.length) await this.#draw(climb, rows.slice(same));
    return true;
  }

  /** The row of the typed line in which the cursor stands, counted from the prompt. */
  #typedRows(): number {
    return this.#readline?.getCursorPos().rows ?? 0;
  }

  async #draw(climb: number, rows: readonly Row[]): Promise<void> {
    const { output, interactive } = this.#options;
    if (!output.writable) throw gone();
    if (!interactive || this.#closed) return write(output, rows.map((row) => `${row.text}\n`).join(''));
    const typed = this.#typedRows();
    const text = rows.map((row) => `${row.text}\r\n`).join('');
    // readline goes up from the cursor by as many rows as it last saw it below the prompt, and draws from there.
    const believed = (this.#readline as { prevRows?: number } | null)?.prevRows ?? 0;
    const back = '\r\n'.repeat(believed);
    const done = write(output, `${toPrompt(climb + typed)}${CLEAR_BELOW}${text}${back}`);
    this.#readline?.prompt(true);
    await done;
  }
}

const toPrompt = (rows: number): string => `\r${rows > 0 ? `\u001B[${rows}A` : ''}`;

function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(gone()) : resolve()));
  });
}

function gone(): SeneschalError {
  return new SeneschalError('channel.unavailable', 'The terminal is closed.', { retryable: true });
}

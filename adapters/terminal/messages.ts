import type { OutboundContent } from '../../src/core/channel.js';
import type { System, Timer } from '../../src/core/system.js';
import type { Choices } from './choices.js';
import { type Line, line } from './lines.js';
import { changedLines, renderButtons, renderFile, renderText } from './render.js';
import type { Screen } from './screen.js';

/**
 * What is shown of each message as it changes. The one printed last changes in place. A change to an older one is
 * printed below: its first line and what changed. Where nothing can be redrawn (no terminal) a message that is still
 * at work is held back until it is done.
 */
interface Shown {
  readonly id: string;
  /** The whole text as it was shown last; null as long as nothing was. */
  lines: readonly Line[] | null;
  /** What already stands further up, while a part of this message is live. */
  base: readonly Line[] | null;
  values: string;
  /** It came as one that changes until it is done. */
  readonly atWork: boolean;
  held: { readonly content: OutboundContent; readonly timer: Timer } | null;
}

const REMEMBERED = 500;
/** A message at work changes at least every second or two. */
const SETTLED_MS = 3_000;
const GLYPH = { said: '● ', waits: '◆ ' } as const;

export class Messages {
  readonly #deps: { screen: Screen; choices: Choices; system: System; interactive: boolean };
  readonly #shown = new Map<string, Shown>();
  /** The part of the latest long file that was not printed. */
  #rest: { readonly value: string; readonly lines: readonly Line[] } | null = null;

  constructor(deps: { screen: Screen; choices: Choices; system: System; interactive: boolean }) {
    this.#deps = deps;
  }

  async send(id: string, content: OutboundContent, atWork: boolean): Promise<void> {
    const message: Shown = { id, lines: null, base: null, values: valuesOf(content), atWork, held: null };
    this.#remember(message);
    if (atWork && !this.#deps.interactive) this.#hold(message, content);
    else await this.#show(message, content);
  }

  async edit(id: string, content: OutboundContent): Promise<void> {
    // Unknown: sent before a restart. It is shown whole, and its buttons get numbers again.
    const message = this.#shown.get(id) ?? { id, lines: null, base: null, values: '', atWork: false, held: null };
    this.#remember(message);
    const values = valuesOf(content);
    const atWork = values !== '' && values === message.values;
    message.values = values;
    if (atWork && !this.#deps.interactive) this.#hold(message, content);
    else await this.#show(message, content);
  }

  async delete(id: string): Promise<void> {
    const message = this.#shown.get(id);
    message?.held?.timer.cancel();
    this.#shown.delete(id);
    this.#deps.choices.assign(id, []);
    if (this.#deps.screen.isLive(id)) await this.#deps.screen.redraw([], GLYPH.said);
  }

  /** The lines behind a choice of our own; null for a button of a message. */
  takeRest(value: string): readonly Line[] | null {
    if (this.#rest?.value !== value) return null;
    const { lines } = this.#rest;
    this.#rest = null;
    this.#deps.choices.assign(value, []);
    return lines;
  }

  /** Shows what is still held back. */
  async flush(): Promise<void> {
    for (const message of this.#shown.values()) {
      if (message.held !== null) await this.#show(message, message.held.content);
    }
  }

  async #show(message: Shown, content: OutboundContent): Promise<void> {
    const { screen, choices } = this.#deps;
    message.held?.timer.cancel();
    message.held = null;
    const text = this.#textOf(message.id, content);
    const buttons = renderButtons(choices.assign(message.id, content.buttons, message.atWork ? 'atWork' : 'question'));
    const glyph = buttons.length > 0 ? GLYPH.waits : GLYPH.said;
    const before = message.lines;
    message.lines = text;
    if (screen.isLive(message.id)) {
      const part = message.base === null ? text : changedLines(message.base, text);
      if (await screen.redraw([...part, ...buttons], glyph)) return;
    }
    message.base = before;
    const part = before === null ? text : changedLines(before, text);
    if (part.length > 0 || before === null) await screen.show([...part, ...buttons], glyph, message.id);
  }

  #textOf(id: string, { text, file }: OutboundContent): Line[] {
    if (file === undefined) return renderText(text);
    const shown = renderFile(file);
    const lines = [...renderText(text), ...shown.lines];
    if (shown.rest.length === 0) return lines;
    if (this.#rest !== null) this.#deps.choices.assign(this.#rest.value, []);
    const value = `rest-${id}`;
    this.#rest = { value, lines: shown.rest };
    const label = `Show the other ${shown.rest.length} lines`;
    return [...lines, ...renderButtons(this.#deps.choices.assign(value, [[{ label, value }]]))];
  }

  #hold(message: Shown, content: OutboundContent): void {
    message.held?.timer.cancel();
    const timer = this.#deps.system.setTimer(SETTLED_MS, () => {
      // A terminal that is gone takes nothing more; the next send says so.
      this.#show(message, content).catch(() => undefined);
    });
    message.held = { content, timer };
  }

  #remember(message: Shown): void {
    this.#shown.delete(message.id);
    this.#shown.set(message.id, message);
    const [oldest] = this.#shown;
    if (this.#shown.size > REMEMBERED && oldest !== undefined) this.#shown.delete(oldest[0]);
  }
}

/** A line by the adapter itself. */
export const aside = (text: string): Line[] => [line(text, 'dim')];

const valuesOf = (content: OutboundContent): string =>
  (content.buttons ?? [])
    .flat()
    .map((button) => button.value)
    .join('\n');

import type { OutboundContent } from '../../src/core/channel.js';
import type { System } from '../../src/core/system.js';
import type { NumberedButton } from './render.js';

/**
 * The numbers under which open buttons can be pressed. Invariant: a number means one button of one message. A new
 * button gets a higher number than every open one, and counting starts afresh only some time after the last number
 * died, so that a press meant for a button that has just gone never meets another.
 */
export interface Press {
  readonly messageId: string;
  readonly value: string;
}

const REST_MS = 10_000;
/**
 * So long the number of a question that has died is taken for a press that came late, not for something to say. A
 * button that stood only while something was at work is soon forgotten.
 */
const LATE_MS = { question: 3_600_000, atWork: REST_MS } as const;

export class Choices {
  readonly #system: System;
  readonly #open = new Map<number, Press & { readonly kind: keyof typeof LATE_MS }>();
  /** Until when a dead number is remembered. */
  readonly #died = new Map<number, number>();
  #last = 0;
  #diedAt = Number.NEGATIVE_INFINITY;

  constructor(system: System) {
    this.#system = system;
  }

  /** The buttons a message has from now on; the numbers of those it no longer has die. */
  assign(
    messageId: string,
    buttons: OutboundContent['buttons'],
    kind: keyof typeof LATE_MS = 'question',
  ): NumberedButton[][] {
    const before = [...this.#open].filter(([, press]) => press.messageId === messageId);
    const kept = new Set<number>();
    const rows = (buttons ?? []).map((row) =>
      row.map(({ label, value }) => {
        const number = before.find(([, press]) => press.value === value)?.[0] ?? this.#next();
        kept.add(number);
        this.#open.set(number, { messageId, value, kind });
        return { number, label };
      }),
    );
    for (const [number, press] of before) {
      if (kept.has(number)) continue;
      this.#open.delete(number);
      this.#diedAt = this.#system.monotonic();
      this.#died.set(number, this.#diedAt + LATE_MS[press.kind]);
    }
    return rows;
  }

  /** The button that a line means; null for a line that is not exactly an open number. */
  find(line: string): Press | null {
    const open = /^[1-9]\d{0,8}$/.test(line) ? this.#open.get(Number(line)) : undefined;
    return open === undefined ? null : { messageId: open.messageId, value: open.value };
  }

  /** Whether a line is the number of a button that has died not long ago; true once, so that it can be said after all. */
  late(line: string): boolean {
    const number = /^[1-9]\d{0,8}$/.test(line) ? Number(line) : 0;
    const until = this.#died.get(number) ?? 0;
    this.#died.delete(number);
    return this.#system.monotonic() < until;
  }

  #next(): number {
    if (this.#open.size === 0 && this.#system.monotonic() - this.#diedAt >= REST_MS) this.#last = 0;
    this.#last += 1;
    this.#died.delete(this.#last);
    return this.#last;
  }
}

import type { Finding } from './machine.js';
import { shown } from './marks.js';

const MAX_FINDINGS = 64;
const MAX_SHOWN = 200;

/** What was found so far: each thing once, refusals never crowded out by questions. */
export class Notes {
  #findings: Finding[] = [];
  #seen = new Set<string>();

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  add(effect: Finding['effect'], rule: string, reason: string, words: readonly string[]): void {
    if (this.#findings.length >= (effect === 'deny' ? 2 * MAX_FINDINGS : MAX_FINDINGS)) return;
    const command = shown(words.slice(0, 32).join(' ')).slice(0, MAX_SHOWN);
    const key = `${effect} ${rule} ${command}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#findings.push({ effect, rule, reason, command });
  }

  /** What would be found meanwhile; it is not kept. */
  aside(follow: () => void): readonly Finding[] {
    const [findings, seen] = [this.#findings, this.#seen];
    this.#findings = [];
    this.#seen = new Set();
    try {
      follow();
      return this.#findings;
    } finally {
      this.#findings = findings;
      this.#seen = seen;
    }
  }
}

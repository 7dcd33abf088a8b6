import type { Meaning } from './meanings.js';
import { type ContentKind, RULES } from './rules.js';

/** Where a rule was met. */
export interface Evidence {
  readonly rule: string;
  readonly kind: ContentKind;
  readonly weight: number;
  readonly start: number;
  readonly end: number;
}

interface Step {
  readonly rule: number;
  readonly step: number;
}

export interface Sequences {
  /** All rules met by the meanings of one text, linear in their number. */
  match(text: string, meanings: readonly Meaning[]): Evidence[];
}

const STOP = /[.!?;]\s|\n\n/;
const SAME = 40;

/** Compiles the rules over the names of the meanings. */
export function createSequences(names: readonly string[]): Sequences {
  const steps = RULES.map(({ steps }) => steps.split(' > ').map((step) => step.split('/')));
  const byMeaning: Step[][] = names.map((name) =>
    RULES.flatMap((_, rule) =>
      (steps[rule] ?? []).flatMap((step, index) => (step.includes(name) ? [{ rule, step: index }] : [])),
    )
      // Later steps first, so that one word is never two steps of one rule.
      .sort((a, b) => b.step - a.step),
  );
  return {
    match(text, meanings) {
      const evidence: Evidence[] = [];
      const begun = RULES.map((_, rule) => (steps[rule] ?? []).map(() => ({ start: -1, end: -1 })));
      const last = RULES.map(() => Number.NEGATIVE_INFINITY);
      for (const { means, start, end } of meanings) {
        for (const { rule, step } of byMeaning[means] as readonly Step[]) {
          const state = begun[rule] as { start: number; end: number }[];
          const before = step === 0 ? { start, end: start } : (state[step - 1] as { start: number; end: number });
          const { gap, weight, kind, rule: name } = RULES[rule] as (typeof RULES)[number];
          if (before.start < 0 || start < before.end || start - before.end > gap) continue;
          if (step > 0 && STOP.test(text.slice(before.end, start))) continue;
          const slot = state[step] as { start: number; end: number };
          slot.start = before.start;
          slot.end = end;
          if (step < state.length - 1) continue;
          // The same rule again right here says nothing new.
          if (before.start - (last[rule] as number) < SAME) continue;
          last[rule] = before.start;
          evidence.push({ rule: name, kind, weight, start: before.start, end });
        }
      }
      return evidence;
    },
  };
}

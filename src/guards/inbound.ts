import type { TextMask } from '../core/redactor.js';
import type { SecretGuard } from './secrets/guard.js';
import type { SecretFinding } from './secrets/kind.js';

/** A text by the owner as it may be stored. */
export interface GuardedText {
  /** Stored values masked, and each finding replaced by a marker that names it. */
  readonly masked: string;
  /** What looks like a key that is not stored yet. */
  readonly findings: readonly SecretFinding[];
  /** Names of stored secrets whose values stood in it. */
  readonly stored: readonly string[];
  /** The text with nothing but stored values masked: those go to no model, whatever the owner says about the findings. */
  readonly withoutStored: string;
}

export type InboundMask = (text: string) => GuardedText;

/** Everything that comes in passes here before it is stored: stored values by their bytes, unknown keys by their form. */
export function createInboundMask(guard: SecretGuard, known: Pick<TextMask, 'contains' | 'redact'>): InboundMask {
  return (text) => {
    const names = known.contains(text).map((name) => name.slice(name.indexOf('/') + 1));
    const withoutStored = names.length === 0 ? text : known.redact(text);
    return { ...guard.mask(withoutStored), stored: [...new Set(names)], withoutStored };
  };
}

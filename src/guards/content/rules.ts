/** What an instruction hidden in content does. */
export type ContentKind =
  | 'override'
  | 'role'
  | 'tool'
  | 'structure'
  | 'exfiltration'
  | 'addressed'
  | 'concealment'
  | 'approval'
  | 'steering'
  | 'encoded'
  | 'hidden'
  | 'boundary';

/**
 * Meanings in the order in which they must come, `/` for either. `weight` 2 is a finding by itself; lighter ones count
 * together with another rule that is near. `gap`: at most so many characters from one step to the next.
 */
export interface SequenceRule {
  readonly rule: string;
  readonly kind: ContentKind;
  readonly steps: string;
  readonly gap: number;
  readonly weight: number;
}

const rule = (kind: ContentKind, name: string, steps: string, gap: number, weight: number): SequenceRule => ({
  rule: name,
  kind,
  steps,
  gap,
  weight,
});

export const RULES: readonly SequenceRule[] = [
  rule('override', 'ignore-previous', 'ignore > prior > orders', 40, 2),
  rule('override', 'ignore-orders-above', 'ignore > orders > prior', 30, 2),
  rule('override', 'orders-ignored', 'prior > orders > ignore', 40, 2),
  rule('override', 'orders-voided', 'prior/yours > orders/own > voided', 40, 1),
  rule('override', 'orders-before-ignored', 'orders > prior > ignore', 40, 2),
  rule('override', 'ignore-all-orders', 'ignore > all > orders', 20, 2),
  rule('override', 'all-orders-ignored', 'all > orders > ignore', 30, 2),
  rule('override', 'ignore-own', 'ignore > yours > own', 30, 2),
  rule('override', 'undo-own', 'undo > yours > own', 20, 1),
  rule('override', 'undo-previous', 'undo > prior > orders', 25, 1),
  rule('override', 'ignore-system-prompt', 'ignore > sysprompt', 30, 2),
  rule('override', 'ignore-everything', 'ignore > everything > told/prior', 30, 2),
  rule('override', 'ignore-matter', 'ignore > prior > matter', 25, 1),
  rule('override', 'ignore-matter-above', 'ignore > matter > prior/told', 25, 1),
  rule('override', 'instead', 'ignore > newhint', 20, 1),
  rule('override', 'ignore-the-users-orders', 'ignore > person > orders', 12, 2),
  rule('override', 'ignore-the-user', 'ignore > person', 12, 1.5),
  rule('override', 'ignore-some-orders', 'ignore > orders', 18, 1),
  rule('override', 'new-task', 'newtask', 0, 2),
  rule('override', 'new-instructions', 'newhint', 0, 1),
  rule('override', 'from-now-on', 'fromnow > youdo', 40, 1),
  rule('role', 'unbound-persona', 'younow > persona', 90, 2),
  rule('role', 'mode', 'shift > mode', 25, 1),
  rule('role', 'mode-on', 'mode > shift', 25, 1),
  rule('role', 'now-in-mode', 'younow > mode', 40, 2),
  rule('role', 'persona', 'younow', 0, 0.5),
  rule('role', 'another-ai', 'younow > ai', 40, 1),
  rule('role', 'unbound', 'unbound', 0, 2),
  rule('role', 'unbound-twice', 'persona > persona', 120, 0.5),
  rule('role', 'authority', 'authority', 0, 2),
  rule('role', 'claims-authority', 'claims', 0, 1),
  rule('exfiltration', 'reveal-prompt', 'reveal > sysprompt', 55, 2),
  rule('exfiltration', 'reveal-context', 'reveal > ourprompt', 25, 1),
  rule('exfiltration', 'send-private', 'out > crown > dest', 80, 2),
  rule('exfiltration', 'send-private-to', 'out > dest > crown', 80, 2),
  rule('exfiltration', 'private', 'out/take > crown', 45, 1),
  rule('exfiltration', 'secret-to', 'out > secret > dest', 60, 1),
  rule('exfiltration', 'take-and-send', 'take > crown > out', 70, 1.5),
  rule('exfiltration', 'take-and-send-secret', 'take > secret > out', 70, 1),
  rule('exfiltration', 'take-secret-and-send-to', 'take > secret > out > dest', 60, 2),
  rule('exfiltration', 'send-secret', 'out/take > secret', 40, 0.5),
  rule('exfiltration', 'send-to', 'out > dest', 40, 0.5),
  rule('exfiltration', 'in-a-link', 'out > crown/secret > imaging', 60, 1),
  rule('concealment', 'not-to-the-user', 'conceal > person', 30, 1),
  rule('concealment', 'hush', 'hush', 0, 1),
  rule('concealment', 'covert', 'silently > out/take/act', 30, 1),
  rule('approval', 'claims-approval', 'approval', 0, 1),
  rule('addressed', 'to-an-ai', 'calls > ai', 14, 1),
  rule('addressed', 'ai-reading', 'ai/aiany > reading', 30, 2),
  rule('addressed', 'ai-must', 'ai > youdo', 40, 0.5),
  rule('addressed', 'ai-insist', 'ai > insist', 40, 1.5),
  rule('addressed', 'any-agent', 'calls > aiany', 12, 0.5),
  rule('steering', 'answer-so', 'steer', 0, 1),
  rule('steering', 'say-so', 'says', 0, 1),
  rule('steering', 'move-the-user', 'push', 0, 0.5),
  rule('steering', 'ai-judge-so', 'ai > steered', 40, 1.5),
  rule('steering', 'judge-so', 'steered', 0, 0.5),
  rule('tool', 'call-tool', 'act > tool', 25, 2),
  rule('tool', 'use-your-tools', 'act > yourtools', 20, 0.5),
  rule('tool', 'names-tool', 'tool', 0, 0.5),
  rule('tool', 'dangerous', 'act/out/take > danger', 60, 1),
  rule('tool', 'memory', 'memory', 0, 0.5),
  rule('tool', 'plant-memory', 'keep > notes', 25, 1.5),
  rule('encoded', 'decode-and-obey', 'decode > cipher > obey', 90, 2),
  rule('encoded', 'obey-decoded', 'obey > decode', 60, 0.5),
];

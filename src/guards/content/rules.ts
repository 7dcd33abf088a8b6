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
  rule('override', 'orders-voided', 'prior/yours > orders/own > voided', 40, 0.9),
  rule('override', 'orders-before-ignored', 'orders > prior > ignore', 40, 2),
  rule('override', 'ignore-all-orders', 'ignore > all > orders', 20, 2),
  rule('override', 'all-orders-ignored', 'all > orders > ignore', 30, 2),
  rule('override', 'ignore-own', 'ignore > yours > own', 30, 2),
  rule('override', 'undo-own', 'undo > yours > own', 20, 2),
  rule('override', 'undo-previous', 'undo > prior > orders', 25, 1.5),
  rule('override', 'ignore-system-prompt', 'ignore > sysprompt', 30, 2),
  rule('override', 'ignore-everything', 'ignore > everything > told/prior', 30, 2),
  rule('override', 'ignore-matter', 'ignore > prior > matter', 25, 1.25),
  rule('override', 'ignore-matter-above', 'ignore > matter > prior/told', 25, 2),
  rule('override', 'instead', 'ignore > newhint', 20, 1.5),
  rule('override', 'ignore-the-users-orders', 'ignore > person > orders', 12, 2),
  rule('override', 'ignore-the-user', 'ignore > person', 12, 1.25),
  rule('override', 'ignore-some-orders', 'ignore > orders', 18, 1.25),
  rule('override', 'new-task', 'newtask', 0, 2),
  rule('override', 'new-instructions', 'newhint', 0, 1),
  rule('override', 'from-now-on', 'fromnow > youdo', 40, 0.9),
  rule('role', 'unbound-persona', 'younow > persona', 90, 2),
  rule('role', 'mode', 'shift > mode', 25, 1.25),
  rule('role', 'mode-on', 'mode > shift', 25, 1),
  rule('role', 'now-in-mode', 'younow > mode', 40, 2),
  rule('role', 'persona', 'younow', 0, 0.5),
  rule('role', 'another-ai', 'younow > ai', 40, 1.5),
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
  rule('exfiltration', 'take-and-send', 'take > crown > out', 70, 2),
  rule('exfiltration', 'take-and-send-secret', 'take > secret > out', 70, 1.5),
  rule('exfiltration', 'take-secret-and-send-to', 'take > secret > out > dest', 60, 2),
  rule('exfiltration', 'send-secret', 'out/take > secret', 40, 0.5),
  rule('exfiltration', 'send-to', 'out > dest', 40, 0.5),
  rule('exfiltration', 'in-a-link', 'out > crown/secret > imaging', 60, 1.5),
  rule('concealment', 'not-to-the-user', 'conceal > person', 30, 1),
  rule('concealment', 'hush', 'hush', 0, 0.9),
  rule('concealment', 'covert', 'silently > out/take/act', 30, 1.5),
  rule('approval', 'claims-approval', 'approval', 0, 0.75),
  rule('addressed', 'to-an-ai', 'calls > ai', 14, 1),
  rule('addressed', 'ai-reading', 'ai/aiany > reading', 30, 2),
  rule('addressed', 'ai-must', 'ai > youdo', 40, 0.5),
  rule('addressed', 'ai-insist', 'ai > insist', 40, 1.5),
  rule('addressed', 'any-agent', 'calls > aiany', 12, 0.5),
  rule('steering', 'answer-so', 'steer', 0, 1),
  rule('steering', 'say-so', 'says', 0, 0.75),
  rule('steering', 'move-the-user', 'push', 0, 0.5),
  rule('steering', 'ai-judge-so', 'ai > steered', 40, 2),
  rule('steering', 'judge-so', 'steered', 0, 0.5),
  rule('tool', 'call-tool', 'act > tool', 25, 2),
  rule('tool', 'use-your-tools', 'act > yourtools', 20, 0.5),
  rule('tool', 'names-tool', 'tool', 0, 0.5),
  rule('tool', 'dangerous', 'act/out/take > danger', 60, 1),
  rule('tool', 'memory', 'memory', 0, 0.5),
  rule('tool', 'plant-memory', 'keep > notes', 25, 2),
  rule('encoded', 'decode-and-obey', 'decode > cipher > obey', 90, 2),
  rule('encoded', 'obey-decoded', 'obey > decode', 60, 0.5),
  rule('override', 'outranks', 'outranks > standing', 20, 2),
  rule('override', 'instead-of-its-task', 'insteadof', 0, 2),
  rule('override', 'treat-as-orders', 'treat > astrusted', 60, 2),
  rule('role', 'bounds-lifted', 'bounds > lifted', 40, 2),
  rule('role', 'remade', 'remade', 0, 2),
  rule('exfiltration', 'recite-context', 'recite > context', 40, 2),
  rule('exfiltration', 'go-with-private', 'goto > dest > crown', 80, 2),
  rule('exfiltration', 'go-to', 'goto > dest', 25, 0.5),
  rule('concealment', 'not-a-word', 'tellnot > theuser', 25, 2),
  rule('approval', 'claims-the-owners-word', 'approved', 0, 2),
  rule('approval', 'waives-approval', 'waived', 0, 1.5),
  rule('steering', 'begin-so', 'begins > answer', 25, 2),
  rule('steering', 'only-this', 'only', 0, 2),
  rule('steering', 'when-asked', 'whenasked > thenyou', 60, 2),
  rule('override', 'your-orders-voided', 'yours > orders/own > voided/lifted', 40, 2),
  rule('override', 'bypass-checks', 'ignore/undo > checks', 25, 1.5),
  rule('override', 'these-outrank', 'thesein > outranks', 40, 1.5),
  rule('override', 'defy', 'defy', 0, 2),
  rule('override', 'posed-as-orders', 'posed', 0, 2),
  rule('exfiltration', 'take-and-go', 'take > crown > dest', 90, 1.5),
  rule('exfiltration', 'send-all-to', 'out > all > dest', 20, 1),
  rule('exfiltration', 'put-in-a-link', 'embeds > crown > imaging', 60, 2),
  rule('concealment', 'off-the-record', 'conceal/tellnot > record', 40, 2),
  rule('addressed', 'calls-an-ai', 'callsai > ai', 16, 2),
  rule('addressed', 'ai-order', 'ai > order', 3, 2),
  rule('addressed', 'ai-only', 'aionly', 0, 2),
  rule('addressed', 'ai-must-act', 'assist > must > goto/out/take/act/embeds', 30, 1.5),
  rule('steering', 'phish-the-user', 'push > phish', 60, 1.5),
  rule('steering', 'judge-safe', 'judgeas > benign', 30, 2),
  rule('steering', 'next-reply', 'nextreply', 0, 1.5),
  rule('tool', 'rule-for-tools', 'toolrule', 0, 1.5),
  rule('override', 'quit-the-task', 'quit > thistask', 25, 1.5),
  rule('override', 'quit-and-instead', 'quit > thistask > newhint/only', 60, 2),
  rule('role', 'speak-unbound', 'speaks > persona', 25, 1.5),
  rule('role', 'threat', 'threat', 0, 1.5),
  rule('role', 'speaks-for-the-user', 'forthem', 0, 1.5),
  rule('exfiltration', 'secret-in-style', 'tellme/embeds > secret > style', 60, 2),
  rule('exfiltration', 'secret-to-a-public-place', 'out/embeds > secret/crown > spot', 70, 1.5),
  rule('concealment', 'hushed', 'hushed', 0, 2),
  rule('steering', 'whenever', 'whenyou > thendo', 70, 2),
  rule('tool', 'harm', 'harm', 0, 1.5),
  rule('exfiltration', 'asks-for-ours', 'whatis/recite > sysprompt/whatours', 30, 1.5),
  rule('exfiltration', 'asks-for-the-secret', 'tellme > keptsecret', 30, 1.5),
  rule('exfiltration', 'send-me', 'sendme', 0, 0.75),
  rule('addressed', 'robot-test', 'robots', 0, 1.5),
  rule('role', 'persona-unbound', 'persona > persona', 30, 1),
  rule('exfiltration', 'recite-kept', 'recite > secret > kept', 40, 1.5),
  rule('concealment', 'hush-the-user', 'hush > person', 25, 1.5),
  rule('exfiltration', 'send-secret-there', 'out > secret > dest', 50, 1.25),
  rule('exfiltration', 'secret-sent-there', 'secret > dest > out', 30, 1.25),
  rule('override', 'follow-from-there', 'follow > fromthere', 12, 1.5),
  rule('addressed', 'greets-a-bot', 'urbot', 0, 1.25),
  rule('override', 'orders-above-voided', 'orders > prior > voided', 30, 1.5),
  rule('role', 'unbound-mode', 'shift/younow > badmode', 25, 2),
  rule('steering', 'answer-must-be-so', 'answermust > beso', 12, 1.5),
  rule('steering', 'rate-on-top', 'rate > top', 30, 1),
  rule('encoded', 'decode-and-do', 'decode > obeyit', 70, 1.5),
];

/** What may happen to a resolved action, by which rule, in one sentence that can be shown. */
export interface PolicyDecision {
  readonly effect: 'allow' | 'ask' | 'deny';
  /** A stable name: `read`, `grant`, `asks`, `tool-off`, `forbidden` … */
  readonly rule: string;
  readonly reason: string;
}

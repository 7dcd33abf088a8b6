import type { SecretGuard } from './guard.js';

/** What `seneschal check secret` answers for one text, without its id. Never holds a value. */
export interface SecretVerdict {
  /** `flag`: a secret was found and the rest goes on without it. */
  readonly effect: 'allow' | 'flag';
  readonly rule: 'secret.found' | 'secret.none';
  readonly findings: readonly {
    readonly kind: string;
    readonly provider: string;
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly rotateUrl?: string;
  }[];
  /** The text that would go on. */
  readonly masked: string;
}

export function checkSecret(guard: SecretGuard, text: string): SecretVerdict {
  const { masked, findings } = guard.mask(text);
  return {
    effect: findings.length > 0 ? 'flag' : 'allow',
    rule: findings.length > 0 ? 'secret.found' : 'secret.none',
    findings: findings.map(({ kind, provider, name, start, end, rotateUrl }) => ({
      kind,
      provider,
      name,
      start,
      end,
      ...(rotateUrl === undefined ? {} : { rotateUrl }),
    })),
    masked,
  };
}

/**
 * Every failure that a person or another room must be able to tell apart has a code here and a line in
 * docs/errors.md (tested both ways). Expected outcomes are values, not errors.
 */
export const ERROR_CODES = [
  'config.invalid',
  'home.unusable',
  'home.locked',
  'store.failed',
  'store.full',
  'store.newer',
  'channel.rejected',
  'channel.rate_limited',
  'channel.unavailable',
  'channel.unknown',
  'channel.unauthorized',
  'channel.too_large',
  'model.unauthorized',
  'model.rejected',
  'model.rate_limited',
  'model.overloaded',
  'model.unreachable',
  'model.malformed',
  'model.cancelled',
  'tool.input',
  'tool.failed',
  'tool.refused',
  'path.outside',
  'network.refused',
  'network.failed',
  'vault.key',
  'vault.corrupt',
  'vault.missing',
  'vault.frozen',
  'vault.input',
  'web.bind',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** True when doing the same again later can succeed. */
  readonly retryable?: boolean;
  /** What the person can do, one sentence. */
  readonly hint?: string;
  /** Earliest useful time to try again, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The one error class. `message` is one sentence fit to be shown; it never holds a secret or a stack. */
export class SeneschalError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SeneschalError';
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Narrows an unknown thrown value; anything foreign becomes `internal`, keeping its cause. */
export function asSeneschalError(thrown: unknown): SeneschalError {
  if (thrown instanceof SeneschalError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SeneschalError('internal', message, { cause: thrown });
}

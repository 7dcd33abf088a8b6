import { GrammyError, HttpError } from 'grammy';
import { SeneschalError } from '../../src/core/errors.js';

const CONNECT_TIMEOUT = 'no connection in time';
/** The request never left this machine, or no TLS session was made for it. */
const NOT_CONNECTED = new Set([
  CONNECT_TIMEOUT,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_)/;
const GONE = /message to delete not found|message can't be found|message identifier is not specified/i;
const NOT_MODIFIED = /message is not modified/i;
const TOO_BIG = /file is too big|too large/i;

export interface FailureContext {
  /** What was tried, after "Telegram": `refused the message`. */
  readonly doing: string;
  /** Doing it twice shows nothing twice: a lost answer is then no open question. */
  readonly repeatable: boolean;
  /** Takes the token out of what Telegram said. */
  scrub(text: string): string;
}

/**
 * What the client library threw, in the contract's words. Its own errors are never kept as cause: they hold the
 * request's address (with the token in it) and the message's text.
 */
export function telegramFailure(thrown: unknown, { doing, repeatable, scrub }: FailureContext): SeneschalError {
  if (thrown instanceof SeneschalError) return thrown;
  if (thrown instanceof GrammyError)
    return refusal(thrown.error_code, scrub(thrown.description), thrown.parameters.retry_after, doing);
  const reason = networkCode(thrown instanceof HttpError ? thrown.error : thrown);
  if (repeatable || NOT_CONNECTED.has(reason) || CERTIFICATE.test(reason)) {
    return new SeneschalError('channel.unavailable', `Telegram could not be reached for ${doing} (${reason}).`, {
      retryable: true,
    });
  }
  return new SeneschalError(
    'channel.unknown',
    `The connection broke during ${doing} (${reason}); it may have arrived.`,
  );
}

export function refusal(
  code: number,
  description: string,
  retryAfter: number | undefined,
  doing: string,
): SeneschalError {
  if (code === 429) {
    const retryAfterMs = Math.max(1, retryAfter ?? 1) * 1_000;
    return new SeneschalError(
      'channel.rate_limited',
      `Telegram asks to wait ${retryAfterMs / 1_000} s before ${doing}.`,
      {
        retryable: true,
        retryAfterMs,
      },
    );
  }
  if (code === 401) {
    return new SeneschalError('channel.unauthorized', 'Telegram does not accept the bot token.', {
      hint: 'Take a new token from BotFather and enter it again.',
    });
  }
  if (code >= 500) {
    return new SeneschalError('channel.unavailable', `Telegram answered ${code} to ${doing}.`, { retryable: true });
  }
  if (code === 413 || TOO_BIG.test(description)) {
    return new SeneschalError('channel.too_large', `Telegram says the file is too large for ${doing}.`);
  }
  return new SeneschalError('channel.rejected', `Telegram refused ${doing}: ${description}.`);
}

export const isNotModified = (thrown: unknown) => described(thrown, NOT_MODIFIED);
export const isGone = (thrown: unknown) => described(thrown, GONE);
export const hasNoText = (thrown: unknown) => described(thrown, /there is no text in the message to edit/i);

/** True where Telegram does not take these bytes as a photo, whatever the reason, or knows no photos. */
export const isPhotoRefusal = (thrown: unknown) =>
  thrown instanceof GrammyError && (thrown.error_code === 400 || thrown.error_code === 404);

export const isConflict = (thrown: unknown) => thrown instanceof GrammyError && thrown.error_code === 409;
export const isWebhook = (thrown: unknown) =>
  isConflict(thrown) && /webhook is active/i.test((thrown as GrammyError).description);

function described(thrown: unknown, pattern: RegExp): boolean {
  return thrown instanceof GrammyError && thrown.error_code === 400 && pattern.test(thrown.description);
}

/** A word for the log: the system's code, never a message. */
function networkCode(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  const code = 'code' in thrown ? thrown.code : undefined;
  if (code === 'ETIMEDOUT' && !/\b(read|write) ETIMEDOUT/.test(thrown.message)) return CONNECT_TIMEOUT;
  if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) return code;
  if ('type' in thrown && thrown.type === 'invalid-json') return 'unreadable answer';
  if (thrown.cause !== undefined) return networkCode(thrown.cause);
  if (thrown.name === 'AbortError') return 'aborted';
  return /timed out after/.test(thrown.message) ? 'timeout' : 'no answer';
}

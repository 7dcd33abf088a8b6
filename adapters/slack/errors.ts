import { webApi } from '@slack/bolt';
import { type ErrorCode, SeneschalError } from '../../src/core/errors.js';

const TOKEN_FAULTS = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'user_removed_from_team',
  'team_disabled',
  'not_allowed_token_type',
]);
const TOO_LARGE = new Set(['msg_too_long', 'msg_blocks_too_long', 'file_upload_size_restricted', 'file_too_large']);
/** Slack says of these that part of the work may have been done. */
const UNCERTAIN = new Set(['internal_error', 'fatal_error']);
const PASSING = new Set(['service_unavailable', 'request_timeout', 'ratelimited', 'rate_limited', 'accesslimited']);
/** The request never left this machine. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

const DEFAULT_PAUSE_MS = 1_000;

/**
 * What the client library threw, in the contract's words. `writes` says whether the call shows something to people:
 * only then does it matter that a lost answer leaves its outcome open. No cause is kept: it could hold a token.
 */
export function slackFailure(thrown: unknown, doing: string, writes: boolean): SeneschalError {
  if (thrown instanceof SeneschalError) return thrown;
  if (thrown instanceof webApi.WebAPIRateLimitedError) return rateLimited(doing, thrown.retryAfter * 1_000);
  if (thrown instanceof webApi.WebAPIPlatformError) return refused(thrown.data, doing, writes);
  if (thrown instanceof webApi.WebAPIHTTPError) {
    if (thrown.statusCode === 429) return rateLimited(doing, DEFAULT_PAUSE_MS);
    if (thrown.statusCode < 500) return failure('channel.rejected', `Slack refused ${doing}: ${thrown.statusCode}.`);
    // A gateway in front of Slack can lose the answer of a call that was carried out.
    return open(`Slack answered ${doing} with ${thrown.statusCode}.`, writes && thrown.statusCode !== 503);
  }
  if (thrown instanceof webApi.WebAPIRequestError) {
    const sent = !NOT_CONNECTED.has(deepCode(thrown.original));
    return open(`Slack could not be reached for ${doing}.`, writes && sent);
  }
  // The library's own words for a 429 without a usable Retry-After.
  if (thrown instanceof Error && thrown.message.startsWith('Retry header')) return rateLimited(doing, DEFAULT_PAUSE_MS);
  return open(`Slack's answer to ${doing} was not understood.`, writes);
}

/** The error word of a refusal, or '' for any other failure. */
export function refusalOf(thrown: unknown): string {
  return thrown instanceof webApi.WebAPIPlatformError ? word(thrown.data.error) : '';
}

function refused(data: { error?: unknown; needed?: unknown }, doing: string, writes: boolean): SeneschalError {
  const error = word(data.error);
  if (TOKEN_FAULTS.has(error)) {
    return failure('channel.unauthorized', `Slack does not accept the token: ${error}.`, {
      hint: 'Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.',
    });
  }
  if (error === 'ratelimited' || error === 'rate_limited') return rateLimited(doing, DEFAULT_PAUSE_MS);
  if (TOO_LARGE.has(error)) return failure('channel.too_large', `Slack refused ${doing}: ${error}.`);
  if (UNCERTAIN.has(error)) return open(`Slack failed at ${doing}: ${error}.`, writes);
  if (PASSING.has(error)) return open(`Slack failed at ${doing}: ${error}.`, false);
  const needed = word(data.needed);
  const hint = error === 'missing_scope' && needed !== '' ? { hint: `Give the Slack app the scope ${needed}.` } : {};
  return failure('channel.rejected', `Slack refused ${doing}: ${error || 'no reason given'}.`, hint);
}

function rateLimited(doing: string, retryAfterMs: number): SeneschalError {
  return failure('channel.rate_limited', `Slack limits the rate of ${doing}.`, { retryable: true, retryAfterMs });
}

function open(message: string, mayHaveHappened: boolean): SeneschalError {
  return failure(mayHaveHappened ? 'channel.unknown' : 'channel.unavailable', message, { retryable: true });
}

function failure(
  code: ErrorCode,
  message: string,
  details: { hint?: string; retryable?: boolean; retryAfterMs?: number } = {},
): SeneschalError {
  return new SeneschalError(code, message, details);
}

/** Slack's error words are one identifier; anything else (a proxy's page) is not repeated. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[a-z0-9_:.,-]{1,80}$/i.test(value) ? value : '';
}

function deepCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return '';
}

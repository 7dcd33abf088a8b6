import { type ErrorCode, SeneschalError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';
import { isObject, word } from './json.js';

/** Who is spoken to, for sentences and for keeping the key out of them. */
export interface Peer {
  /** As a person calls it: `Anthropic`. */
  readonly label: string;
  readonly apiKey: Secret;
}

const MAX_QUOTE = 300;

/** The answer ended before the provider said that it was whole. */
export function cutOff(peer: Peer): SeneschalError {
  return new SeneschalError('model.unreachable', `The answer of ${peer.label} was cut off.`, { retryable: true });
}

export function silent(peer: Peer, ms: number): SeneschalError {
  const minutes = Math.round(ms / 60_000);
  return new SeneschalError('model.unreachable', `${peer.label} has sent nothing for ${minutes} min.`, {
    retryable: true,
  });
}

export function malformedCall(peer: Peer, tool: string): SeneschalError {
  const name = quote(peer, tool).slice(0, 80) || 'a tool';
  return new SeneschalError('model.malformed', `${peer.label} sent a call of ${name} that cannot be read.`, {
    retryable: true,
  });
}

export function unreadable(peer: Peer): SeneschalError {
  return new SeneschalError('model.malformed', `${peer.label} sent something that is not a model's answer.`, {
    retryable: true,
  });
}

export function cancelled(): SeneschalError {
  return new SeneschalError('model.cancelled', 'Stopped.');
}

/**
 * What an SDK threw, in our words. Both SDKs share the shape (`status`, `headers`, `error`), so nothing is imported
 * here. The thrown value is not kept as cause: a provider may echo the key in its body.
 */
export function providerError(thrown: unknown, peer: Peer, now: number): SeneschalError {
  if (thrown instanceof SeneschalError) return thrown;
  if (thrown instanceof SyntaxError) return unreadable(peer);
  const error = fields(thrown);
  const said = quote(peer, providerSentence(error));
  const kind = failureKind(thrown, error);
  const headers = error.headers instanceof Headers ? error.headers : undefined;
  const wait = headers ? retryAfter(headers, now) : undefined;
  const details = wait === undefined ? {} : { retryAfterMs: wait };
  const status = typeof error.status === 'number' ? error.status : undefined;
  const make = (code: ErrorCode, sentence: string, retryable: boolean, hint?: string) =>
    new SeneschalError(code, sentence, { ...details, retryable, ...(hint === undefined ? {} : { hint }) });
  const colon = said === '' ? '.' : `: ${said}`;
  switch (kind) {
    case 'key':
      return make('model.unauthorized', `${peer.label} refused the key.`, false, 'Enter a new key with setup.');
    case 'credit':
      return make('model.unauthorized', `${peer.label} has no credit left for this key.`, false, 'Top up the account.');
    case 'forbidden':
      return make('model.unauthorized', `${peer.label} denied access${colon}`, false);
    case 'rate':
      return make('model.rate_limited', `${peer.label} limits the rate of requests.`, true);
    case 'overloaded':
      return make('model.overloaded', `${peer.label} is overloaded.`, true);
    case 'failing':
      return make('model.overloaded', `${peer.label} has a fault${status ? ` (status ${status})` : ''}.`, true);
    case 'redirect':
      return make('model.rejected', `${peer.label} redirects to another address, which is not followed.`, false);
    case 'missing':
      return make('model.rejected', `${peer.label} does not know this model or address${colon}`, false);
    case 'request':
      return make('model.rejected', `${peer.label} refused the request${colon}`, false);
    case 'cut':
      return cutOff(peer);
    case 'network': {
      const code = networkCode(thrown);
      return make('model.unreachable', `${peer.label} cannot be reached${code ? ` (${code})` : ''}.`, true);
    }
  }
}

type FailureKind =
  | 'key'
  | 'credit'
  | 'forbidden'
  | 'rate'
  | 'overloaded'
  | 'failing'
  | 'redirect'
  | 'missing'
  | 'request'
  | 'cut'
  | 'network';

function failureKind(thrown: unknown, error: Fields): FailureKind {
  // An error event in mid-stream has no status, only words.
  const words = `${word(error.type)} ${word(error.code)}`;
  if (/insufficient_quota|billing/.test(words) || /credit balance is too low/i.test(providerSentence(error)))
    return 'credit';
  const status = error.status;
  if (typeof status !== 'number') {
    if (/overloaded/.test(words)) return 'overloaded';
    if (/rate_limit/.test(words)) return 'rate';
    if (/authentication|invalid_api_key/.test(words)) return 'key';
    if (/invalid_request|not_found/.test(words)) return 'request';
    if (error.error !== undefined && error.error !== null) return 'failing';
    return thrown instanceof TypeError && thrown.message === 'terminated' ? 'cut' : 'network';
  }
  if (status < 400) return 'redirect';
  if (status === 401) return 'key';
  if (status === 402) return 'credit';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'missing';
  if (status === 429) return 'rate';
  if (status === 503 || status === 529) return 'overloaded';
  return status >= 500 || status === 408 || status === 409 || status === 425 ? 'failing' : 'request';
}

/** The provider's own sentence, wherever the many compatible servers put it; HTML pages say nothing. */
function providerSentence(error: Fields): string {
  const body = fields(error.error);
  const inner = fields(body.error);
  const found = [inner.message, body.message, body.detail, error.error].find((value) => typeof value === 'string');
  const sentence = word(found);
  return /<\/?[a-z!][^>]*>/i.test(sentence) ? '' : sentence;
}

/** Fit to be shown: one line, short, without the key in any spelling that a server could echo. */
function quote(peer: Peer, sentence: string): string {
  const key = peer.apiKey.reveal();
  const spellings = [key, encodeURIComponent(key), Buffer.from(key).toString('base64')];
  let clean = sentence;
  for (const spelling of spellings) if (spelling.length >= 4) clean = clean.replaceAll(spelling, '***');
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return clean.length > MAX_QUOTE ? `${clean.slice(0, MAX_QUOTE)}…` : clean;
}

/** Milliseconds that the provider asks to wait; it may be written as seconds, milliseconds or a date. */
function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** `ECONNREFUSED` and the like from the chain of causes; library codes tell a person nothing. */
function networkCode(thrown: unknown): string | undefined {
  let link: unknown = thrown;
  for (let depth = 0; depth < 5 && link !== undefined && link !== null; depth += 1) {
    const { code, cause } = fields(link);
    if (typeof code === 'string' && /^E[A-Z]{3,40}$/.test(code)) return code;
    link = cause;
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return isObject(value) ? value : {};
}

import { lookup as dnsLookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { SeneschalError } from '../core/errors.js';
import { type System, sleep } from '../core/system.js';
import { hostName, type NetworkAllow, parseAddress, portOf } from './addresses.js';
import { exchange } from './exchange.js';
import { judgeUrl } from './urls.js';

/**
 * The one way out for tools (GUARD-1). Each hop: judge the spelling, resolve once, judge every address, connect only
 * to those, read within bounds. A redirect is a new hop and starts again at the top. No proxy variable is read, no
 * cookie is kept, and what could be a credential stays at the origin it was meant for.
 */
export interface GuardedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  /** True when the URL, a header or the body holds a secret: a redirect then never takes the body elsewhere. */
  readonly carriesSecret?: boolean;
  readonly signal?: AbortSignal;
}

export interface GuardedResponse {
  readonly status: number;
  /** After redirects. */
  readonly url: string;
  /** The short list that may be shown (TOOL-6): never cookies or credentials. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Unpacked, at most `MAX_RESPONSE_BYTES`. */
  readonly body: Uint8Array;
  /** Every URL that was asked, in order; the last one is `url`. */
  readonly hops: readonly string[];
}

/**
 * Throws `network.refused` for what is not allowed (an address, a redirect, a size), `network.failed` for what did not
 * work (no such host, no connection, no answer in time), and for an aborted signal `network.failed` too.
 */
export interface GuardedFetch {
  (request: GuardedRequest): Promise<GuardedResponse>;
  /** Why this URL would be refused, as far as its spelling tells; null when only the look-up can say more. */
  objection(url: string): string | null;
}

export type Resolve = (name: string) => Promise<readonly string[]>;

export interface GuardedFetchOptions {
  readonly system: System;
  readonly allow: NetworkAllow;
  readonly enforceHttps: boolean;
  /**
   * URLs of the configuration that this client is for, without a slash at the end. They and what lies under them may be
   * on private addresses and plain http; a redirect to anywhere else is judged like any other. Metadata stays closed.
   */
  readonly roots?: readonly string[];
  /** The addresses of a name; the system's resolver unless given. */
  readonly resolve?: Resolve;
  /** `host:port` of each of the product's own listeners at this moment. */
  readonly own?: () => readonly string[];
  /** From the first look-up to the last byte, over all hops, milliseconds. */
  readonly timeoutMs?: number;
}

const MAX_REDIRECTS = 5;
const CONNECT_MS = 5_000;
const TOTAL_MS = 30_000;
/** Of one response, as it comes and unpacked. */
const MAX_RESPONSE_BYTES = 5 * 1024 * 1024;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** All that goes along to another origin: everything else could be a credential. */
const CROSS_ORIGIN_HEADERS = new Set(['accept', 'accept-language', 'content-type', 'range', 'user-agent']);

const SHOWN_HEADERS = new Set([
  'accept-ranges',
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'link',
  'location',
  'retry-after',
]);

interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
}

export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { system } = options;
  const roots = (options.roots ?? []).map((root) => new URL(root));
  const resolve = options.resolve ?? resolveBySystem;

  /** The addresses this hop may connect to. Throws `network.refused`. */
  async function check(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    judge(url);
    const name = hostName(url);
    const addresses =
      parseAddress(name) === null ? await within(system, CONNECT_MS, signal, resolve(name), name) : [name];
    judge(url, addresses);
    refuseOwn(url, addresses);
    return addresses;
  }

  function judge(url: URL, addresses?: readonly string[]): void {
    if (addresses === undefined) {
      const spelled = objection(url.href);
      if (spelled !== null) throw new SeneschalError('network.refused', spelled);
      return;
    }
    const verdict = judgeUrl(url.href, { ...rulesFor(url), addresses });
    if (verdict.effect === 'allow') return;
    if (verdict.rule === 'unresolved') throw new SeneschalError('network.failed', `${url.host} has no address.`);
    throw new SeneschalError('network.refused', refusal(url, verdict.findings));
  }

  function objection(text: string): string | null {
    if (!URL.canParse(text)) return 'Refused: not a valid URL.';
    const url = new URL(text);
    const verdict = judgeUrl(text, rulesFor(url));
    // A local name is no verdict yet: an entry may open the range that it resolves to.
    return verdict.effect === 'allow' || verdict.rule === 'local-name' ? null : refusal(url, verdict.findings);
  }

  function rulesFor(url: URL): Pick<GuardedFetchOptions, 'allow' | 'enforceHttps'> {
    const isRoot = roots.some(
      (root) => root.origin === url.origin && `${url.pathname}/`.startsWith(`${root.pathname.replace(/\/$/, '')}/`),
    );
    if (!isRoot) return options;
    return { allow: [{ kind: 'name', name: hostName(url), port: portOf(url) }], enforceHttps: false };
  }

  function refuseOwn(url: URL, addresses: readonly string[]): void {
    const own = (options.own?.() ?? []).map((listener) => new URL(`http://${listener}`));
    const same = own.filter((listener) => portOf(listener) === portOf(url));
    if (same.length === 0) return;
    const here = new Set(boxAddresses());
    const hit =
      same.some((listener) => hostName(listener) === hostName(url)) ||
      addresses.some((address) => here.has(plain(address)) || parseAddress(address)?.range() === 'loopback');
    if (hit) throw new SeneschalError('network.refused', `Refused ${url.origin}: it is this product's own listener.`);
  }

  return Object.assign(guardedFetch, { objection });

  async function guardedFetch(request: GuardedRequest): Promise<GuardedResponse> {
    const abort = new AbortController();
    const timeoutMs = options.timeoutMs ?? TOTAL_MS;
    const timer = system.setTimer(timeoutMs, () =>
      abort.abort(
        new SeneschalError('network.failed', `No full answer within ${timeoutMs / 1000} s.`, { retryable: true }),
      ),
    );
    const onAbort = () => abort.abort(new SeneschalError('network.failed', 'The request was stopped.'));
    if (request.signal?.aborted) onAbort();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await follow(request, abort.signal);
    } catch (thrown) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw thrown;
    } finally {
      timer.cancel();
      request.signal?.removeEventListener('abort', onAbort);
    }
  }

  async function follow(request: GuardedRequest, signal: AbortSignal): Promise<GuardedResponse> {
    const hops: string[] = [];
    let hop: Hop = {
      method: request.method.toUpperCase(),
      url: parse(request.url),
      headers: (request.headers ?? []).map(([name, value]) => [name.toLowerCase(), value] as const),
      body: request.body ?? null,
    };
    for (;;) {
      const addresses = await check(hop.url, signal);
      signal.throwIfAborted();
      hops.push(hop.url.href);
      const answer = await exchange({ ...hop, addresses, connectMs: CONNECT_MS, maxBytes: MAX_RESPONSE_BYTES, signal });
      const location = answer.headers.find(([name]) => name === 'location')?.[1];
      if (!REDIRECTS.has(answer.status) || location === undefined) {
        const headers = answer.headers.filter(([name]) => SHOWN_HEADERS.has(name));
        return { status: answer.status, url: hop.url.href, headers, body: answer.body, hops };
      }
      if (hops.length > MAX_REDIRECTS) {
        throw new SeneschalError('network.refused', `Refused: more than ${MAX_REDIRECTS} redirects.`);
      }
      hop = redirected(hop, answer.status, location, request.carriesSecret === true);
    }
  }
}

/** The next hop of a redirect by RFC 9110 15.4, with everything that could be a credential left at its origin. */
function redirected(from: Hop, status: number, location: string, carriesSecret: boolean): Hop {
  if (!URL.canParse(location, from.url.href)) {
    throw new SeneschalError('network.failed', `${from.url.origin} redirects to something that is no URL.`);
  }
  const url = new URL(location, from.url);
  const toGet =
    (status === 303 && from.method !== 'HEAD') || ((status === 301 || status === 302) && from.method === 'POST');
  const body = toGet ? null : from.body;
  const crosses = url.origin !== from.url.origin;
  if (crosses && body !== null && carriesSecret) {
    throw new SeneschalError(
      'network.refused',
      `Refused: ${from.url.origin} sends a request with a secret on to ${url.origin}.`,
    );
  }
  const headers = from.headers.filter(
    ([name]) => (!crosses || CROSS_ORIGIN_HEADERS.has(name)) && (body !== null || !name.startsWith('content-')),
  );
  return { method: toGet ? 'GET' : from.method, url, headers, body };
}

function refusal(url: URL, findings: readonly string[]): string {
  return `Refused ${url.protocol}//${url.host}: ${findings.join('; ')}.`;
}

function parse(text: string): URL {
  if (!URL.canParse(text)) throw new SeneschalError('network.refused', 'Refused: not a valid URL.');
  return new URL(text);
}

async function resolveBySystem(name: string): Promise<readonly string[]> {
  const answers = await dnsLookup(name, { all: true, verbatim: true });
  return answers.map((answer) => answer.address);
}

async function within<T>(system: System, ms: number, signal: AbortSignal, work: Promise<T>, name: string): Promise<T> {
  const done = new AbortController();
  const late = sleep(system, ms, AbortSignal.any([done.signal, signal])).then((): never => {
    throw new SeneschalError('network.failed', `${name} could not be looked up in time.`, { retryable: true });
  });
  const found = work.catch((cause: unknown): never => {
    throw new SeneschalError('network.failed', `${name} could not be looked up.`, { cause, retryable: true });
  });
  try {
    return await Promise.race([found, late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

const plain = (address: string): string => parseAddress(address)?.toNormalizedString() ?? address;

function boxAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => plain(one.address)));
}

import {
  DefaultRestOptions,
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  HTTPError,
  RateLimitError,
  REST,
  type RESTOptions,
  type RouteLike,
} from 'discord.js';
import type { OutboundFile } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { Secret } from '../../src/core/secret.js';

/**
 * Discord's REST interface with our errors. Nothing is repeated in here: a lost answer must reach the gateway as
 * `channel.unknown`, which knows whether to send again. No error keeps the library's own as its cause, because that
 * one holds the URL (an interaction's token is in it) and the body.
 */
export interface Api {
  get(route: RouteLike, options?: ReadOptions): Promise<unknown>;
  post(route: RouteLike, body?: unknown, options?: RequestOptions): Promise<unknown>;
  put(route: RouteLike, body: unknown): Promise<unknown>;
  patch(route: RouteLike, body: unknown, options?: RequestOptions): Promise<unknown>;
  delete(route: RouteLike, options?: RequestOptions): Promise<void>;
  close(): void;
}

export interface RequestOptions {
  readonly file?: OutboundFile | undefined;
  /** Authorised by the token in the route. A 401 there must not be taken for a refusal of the bot's token. */
  readonly byInteraction?: boolean;
}

export interface ReadOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly byInteraction?: boolean;
}

/** They said no, with Discord's own code, by which the adapter decides what to try instead. */
export class DiscordRefusal extends SeneschalError {
  readonly discordCode: number;

  constructor(code: 'channel.rejected' | 'channel.too_large', message: string, discordCode: number) {
    super(code, message);
    this.discordCode = discordCode;
  }
}

export function refusedWith(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof DiscordRefusal && codes.includes(error.discordCode);
}

/** Longer than this and the gateway, which may have something newer to say by then, gets the wait instead. */
const LONGEST_OWN_WAIT_MS = 1_000;

/** Discord's address is `apiUrl` up to and with `/api`; the library adds the version. */
export function restOptions(apiUrl: string | undefined): Partial<RESTOptions> {
  return {
    ...(apiUrl === undefined ? {} : { api: apiUrl.replace(/\/+$/, '') }),
    retries: 0,
    rejectOnRateLimit: (limit) => limit.retryAfter >= LONGEST_OWN_WAIT_MS || limit.route.endsWith('/typing'),
    async makeRequest(url, init) {
      const response = await DefaultRestOptions.makeRequest(url, await withPlainBody(init));
      // Here too, because the library would otherwise first let everything else for the route wait behind it.
      const retryAfterMs = Number(response.headers.get('Retry-After') ?? '1') * 1000;
      if (response.status === 429 && retryAfterMs >= LONGEST_OWN_WAIT_MS) throw rateLimited(retryAfterMs);
      return response;
    },
  };
}

type Init = Parameters<RESTOptions['makeRequest']>[1];

/**
 * A form as the bytes it is. The library hands it to whatever undici the process has made global, and one of another
 * version than its own cannot read it.
 */
async function withPlainBody(init: Init): Promise<Init> {
  if (!(init.body instanceof FormData)) return init;
  const form = new Response(init.body);
  const headers = { ...init.headers, 'Content-Type': form.headers.get('Content-Type') ?? '' };
  return { ...init, headers, body: new Uint8Array(await form.arrayBuffer()) };
}

export function createApi(token: Secret, apiUrl: string | undefined): Api {
  const rest = new REST(restOptions(apiUrl)).setToken(token.reveal());

  const call = async (run: () => Promise<unknown>, byInteraction = false): Promise<unknown> => {
    try {
      return await run();
    } catch (thrown) {
      throw toChannelError(thrown, token, byInteraction);
    }
  };
  const extras = (options: RequestOptions) => ({
    auth: options.byInteraction !== true,
    ...(options.file === undefined
      ? {}
      : {
          files: [
            { name: options.file.name, data: Buffer.from(options.file.bytes), contentType: options.file.mimeType },
          ],
        }),
  });

  return {
    get: (route, options = {}) =>
      call(
        () =>
          rest.get(route, {
            auth: options.byInteraction !== true,
            ...(options.query === undefined ? {} : { query: new URLSearchParams(options.query) }),
            ...(options.signal === undefined ? {} : { signal: options.signal }),
          }),
        options.byInteraction,
      ),
    post: (route, body, options = {}) =>
      call(() => rest.post(route, { body, ...extras(options) }), options.byInteraction),
    put: (route, body) => call(() => rest.put(route, { body })),
    patch: (route, body, options = {}) =>
      call(() => rest.patch(route, { body, ...extras(options) }), options.byInteraction),
    async delete(route, options = {}) {
      await call(() => rest.delete(route, extras(options)), options.byInteraction);
    },
    close() {
      rest.clearHashSweeper();
      rest.clearHandlerSweeper();
    },
  };
}

function rateLimited(retryAfterMs: number): SeneschalError {
  const wait = Number.isFinite(retryAfterMs) ? Math.max(0, Math.ceil(retryAfterMs)) : 1_000;
  return new SeneschalError('channel.rate_limited', `Discord asks to wait ${(wait / 1000).toFixed(1)} s.`, {
    retryable: true,
    retryAfterMs: wait,
  });
}

/** Discord's code for an interaction's address that is no longer one. */
const UNKNOWN_WEBHOOK = 10015;

/** The request never left, or was turned away before anything read it. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function toChannelError(thrown: unknown, token: Secret, byInteraction = false): SeneschalError {
  if (thrown instanceof SeneschalError) return thrown;
  if (thrown instanceof RateLimitError) return rateLimited(thrown.retryAfter);
  if (thrown instanceof DiscordAPIError) {
    if (thrown.status === 401 && !byInteraction) return unauthorized();
    const given = typeof thrown.code === 'number' ? thrown.code : 0;
    // A plain 404 for an interaction's own address, as a proxy may give it, means the same as Discord's code.
    const code = given === 0 && byInteraction && thrown.status === 404 ? UNKNOWN_WEBHOOK : given;
    const kind = thrown.status === 413 || code === 40005 ? 'channel.too_large' : 'channel.rejected';
    const said = thrown.message.replaceAll(token.reveal(), '[secret]').replace(/\s+/g, ' ').slice(0, 300);
    return new DiscordRefusal(kind, `Discord refused: ${said} (code ${code}).`, code);
  }
  if (thrown instanceof HTTPError) {
    return new SeneschalError('channel.unavailable', `Discord answered ${thrown.status}.`, { retryable: true });
  }
  if (thrown instanceof DiscordjsError && thrown.code === DiscordjsErrorCodes.TokenInvalid) return unauthorized();
  const message = thrown instanceof Error ? thrown.message : '';
  // The library forgets a token that was refused once and then fails before it asks.
  if (message.startsWith('Expected token to be set')) return unauthorized();
  if (thrown instanceof TypeError && thrown.cause === undefined && !('code' in thrown)) {
    // Not the network's fault: the next attempt would fail the same way.
    return new SeneschalError('channel.rejected', 'The request to Discord could not be made.');
  }
  const code = networkCode(thrown);
  if (NOT_SENT.has(code)) {
    return new SeneschalError('channel.unavailable', `Discord is not reachable (${code}).`, { retryable: true });
  }
  return new SeneschalError('channel.unknown', `Discord's answer did not come (${code}).`, { retryable: true });
}

export function unauthorized(): SeneschalError {
  return new SeneschalError('channel.unauthorized', 'Discord does not accept the bot token.', {
    hint: 'Set DISCORD_BOT_TOKEN to the token on the Bot page of the Discord developer portal.',
  });
}

function networkCode(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no reason given';
  if (thrown.name === 'AbortError') return 'timeout';
  const code = 'code' in thrown ? thrown.code : undefined;
  if (typeof code === 'string') return code;
  return thrown.cause === undefined ? 'connection lost' : networkCode(thrown.cause);
}

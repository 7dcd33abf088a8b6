import {
  Client,
  type ClientOptions,
  Events,
  GatewayIntentBits,
  SimpleShardingStrategy,
  WebSocketShardStatus,
} from 'discord.js';
import type { ChannelHealth } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/log.js';
import type { Secret } from '../../src/core/secret.js';
import { type System, sleep } from '../../src/core/system.js';
import type { Dispatch } from './inbound.js';
import { restOptions, toChannelError, unauthorized } from './rest.js';

/**
 * The one connection over which Discord tells us things.
 *
 *   connect → READY ─▶ dispatches …  socket lost ─▶ RESUME (missed events are played again) ─▶ RESUMED
 *                                    session lost ─▶ IDENTIFY ─▶ READY (missed events are gone: `onReady` again)
 *
 * discord.js resumes, identifies and ends connections whose heartbeat stays unanswered. Here is what it leaves open: a
 * first connection that fails is tried again, a refused intent is given up, a closed gateway stays closed.
 */
export interface Gateway {
  /** Resolves at READY; rejects with `channel.unauthorized`, or `channel.rejected` when Discord will never let us in. */
  connect(): Promise<void>;
  /** Idempotent; nothing is dispatched after it. */
  close(): Promise<void>;
  health(): ChannelHealth;
}

export interface GatewayDeps {
  readonly token: Secret;
  readonly apiUrl: string | undefined;
  readonly system: System;
  readonly log: Logger;
  /** A new session: what happened before it was not told. */
  onReady(data: unknown): void;
  onDispatch(dispatch: Dispatch): void;
}

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.DirectMessageReactions,
];

const TOKEN_REFUSED = 4004;
const INTENT_REFUSED = 4014;
const BACKOFF_MS = { first: 1_000, longest: 60_000 } as const;
const CLOSE_WITHIN_MS = 2_000;
/** What discord.js must see to know that it is connected. Everything else is ours alone. */
const LIFECYCLE = new Set(['READY', 'RESUMED', 'GUILD_CREATE', 'GUILD_DELETE']);

type Sockets = Parameters<NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>>[0];
/** The library's enum of these names is not exported under its own. */
const HELLO = 'hello' as Parameters<Sockets['on']>[0];

interface Connection {
  readonly client: Client;
  /** READY has come. */
  readonly ready: Promise<void>;
  closed: boolean;
  /** The close code after which discord.js gave up. */
  finalCode: number | null;
}

export function createGateway(deps: GatewayDeps): Gateway {
  const { token, system, log } = deps;
  const stopping = new AbortController();
  let current: Connection | null = null;
  let contentIntent = true;
  let problem: string | null = 'Not connected to Discord yet.';

  function open(): Connection {
    let becameReady = () => {};
    const ready = new Promise<void>((resolve) => {
      becameReady = resolve;
    });
    const client = new Client({
      intents: contentIntent ? [...INTENTS, GatewayIntentBits.MessageContent] : INTENTS,
      shards: [0],
      shardCount: 1,
      rest: restOptions(deps.apiUrl),
      ws: {
        buildStrategy(manager) {
          const strategy = new SimpleShardingStrategy(manager);
          const { retrieveSessionInfo, updateSessionInfo } = manager.options;
          let answered = false;
          manager.on(HELLO, () => {
            answered = true;
          });
          // discord.js reconnects half a second after a loss even if it was told to end meanwhile. It asks for the
          // session first: a closed connection never gets the answer, and so never opens another socket.
          manager.options.retrieveSessionInfo = async (shard) => {
            if (connection.closed) return new Promise(() => {});
            if ((await strategy.fetchStatus()).get(shard) === WebSocketShardStatus.Idle) answered = false;
            return retrieveSessionInfo(shard);
          };
          // It also gives a session up when the network was down for one attempt, and all that is said until the next
          // with it. Only Discord's own word ends a session here.
          manager.options.updateSessionInfo = async (shard, info) => {
            const session = info ?? (answered ? null : await retrieveSessionInfo(shard));
            const resumeURL = client.ws.gateway ?? session?.resumeURL;
            const kept =
              info === null && session !== null && resumeURL !== undefined ? { ...session, resumeURL } : session;
            await updateSessionInfo(shard, kept);
          };
          return strategy;
        },
      },
    });
    const connection: Connection = { client, ready, closed: false, finalCode: null };
    client.on(Events.Raw, (packet: { t: string; s: number; d: unknown }) => {
      if (connection.closed) return;
      const dispatch: Dispatch = { t: packet.t, s: packet.s, d: packet.d };
      // Its own handlers keep caches nobody reads here, and a malformed update in them would end the process.
      if (!LIFECYCLE.has(packet.t)) packet.t = '';
      if (dispatch.t === 'READY' || dispatch.t === 'RESUMED') problem = null;
      if (dispatch.t === 'READY') {
        deps.onReady(dispatch.d);
        becameReady();
      } else deps.onDispatch(dispatch);
    });
    client.on(Events.ShardReconnecting, () => {
      if (connection.closed) return;
      // Comes with every attempt; said once.
      if (problem === null) log.info({ channel: 'discord' }, 'gateway connection lost');
      problem = 'The connection to Discord was lost and is being resumed.';
    });
    client.on(Events.ShardDisconnect, ({ code }) => {
      connection.finalCode = code;
      void ready.then(() => (connection.closed ? undefined : replace(connection)));
    });
    // Without a listener an error would end the process; what follows from it is in the events above.
    client.on(Events.ShardError, (error) => {
      log.debug({ channel: 'discord', reason: withoutToken(error.message) }, 'gateway error');
    });
    client.on(Events.Error, (error) => {
      log.warn({ channel: 'discord', reason: withoutToken(error.message) }, 'discord.js reported an error');
    });
    return connection;
  }

  const withoutToken = (message: string) => message.replaceAll(token.reveal(), '[secret]');

  async function shut(connection: Connection): Promise<void> {
    connection.closed = true;
    const closing = connection.client.destroy().catch(() => {});
    // A dead network never finishes the closing handshake.
    const patience = new AbortController();
    await Promise.race([closing, sleep(system, CLOSE_WITHIN_MS, patience.signal)]);
    patience.abort();
  }

  /** A running connection met a final refusal: without the intent it may go on, otherwise that is the end. */
  async function replace(connection: Connection): Promise<void> {
    await shut(connection);
    try {
      if (connection.finalCode !== INTENT_REFUSED || !contentIntent) throw refusal(connection.finalCode);
      giveUpContent();
      await connect();
    } catch (error) {
      if (stopping.signal.aborted) return;
      problem = reasonOf(error);
      log.error({ channel: 'discord', reason: problem }, 'the gateway connection ended');
    }
  }

  function giveUpContent(): void {
    contentIntent = false;
    log.warn({ channel: 'discord' }, 'the Message Content intent is off: context from servers is missing');
  }

  async function connect(): Promise<void> {
    const stopped = new Promise<'stopped'>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const connection = open();
      current = connection;
      try {
        const connected = Promise.all([connection.client.login(token.reveal()), connection.ready]);
        if ((await Promise.race([connected, stopped])) === 'stopped') break;
        return;
      } catch (thrown) {
        await shut(connection);
        if (connection.finalCode === INTENT_REFUSED && contentIntent) {
          giveUpContent();
          continue;
        }
        const error = connection.finalCode === null ? toChannelError(thrown, token) : refusal(connection.finalCode);
        if (error.code === 'channel.unauthorized' || error.code === 'channel.rejected') throw error;
        problem = error.message;
        log.warn({ channel: 'discord', reason: error.message, attempt }, 'connecting to Discord failed');
        const wait = error.retryAfterMs ?? Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** attempt);
        await sleep(system, wait, stopping.signal);
      }
    }
    throw new SeneschalError('channel.unavailable', 'Stopped before Discord was reached.');
  }

  return {
    async connect() {
      try {
        await connect();
      } catch (error) {
        problem = reasonOf(error);
        throw error;
      }
    },
    async close() {
      stopping.abort();
      problem = 'Stopped.';
      if (current !== null && !current.closed) await shut(current);
    },
    health() {
      if (problem !== null) return { ok: false, reason: problem };
      if (contentIntent) return { ok: true };
      return { ok: true, reason: 'The Message Content intent is off: context from servers is missing.' };
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Discord refused the connection.';
}

/** Any other final code (wrong shard, version or intents) says that this program is wrong, not the moment. */
function refusal(code: number | null): SeneschalError {
  if (code === TOKEN_REFUSED) return unauthorized();
  return new SeneschalError('channel.rejected', `Discord refused the gateway connection (code ${code}).`);
}

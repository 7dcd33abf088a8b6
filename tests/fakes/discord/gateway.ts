import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DiscordState } from './state.js';
import { userJson } from './wire.js';

/** Discord's gateway: sessions that outlive their sockets, heartbeats, replay after RESUME. */
interface Session {
  readonly id: string;
  readonly intents: number;
  /** Everything it was told or would have been told, in order. */
  readonly log: { readonly t: string; readonly d: unknown }[];
  socket: WebSocket | null;
}

const INTENT = { guildMessages: 9, guildReactions: 10, directMessages: 12, directReactions: 13, content: 15 } as const;
const OP = { dispatch: 0, heartbeat: 1, identify: 2, resume: 6, reconnect: 7, invalid: 9, hello: 10, ack: 11 } as const;

export class FakeGateway {
  readonly sockets = new Set<WebSocket>();
  /** What clients sent to begin: `identify` or `resume`, in order. */
  readonly beginnings: ('identify' | 'resume')[] = [];
  heartbeatIntervalMs = 41_250;
  /** While true heartbeats stay unanswered and nothing is told: the connection only looks alive. */
  zombie = false;
  /** Connections are turned away. */
  refuseConnections = false;
  /** So many more connections are turned away. */
  refuseNextConnections = 0;
  /** Close the next IDENTIFY with this code. */
  closeNextIdentifyWith: number | null = null;
  readonly #state: DiscordState;
  readonly #token: string;
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<string, Session>();

  constructor(server: Server, state: DiscordState, token: string) {
    this.#state = state;
    this.#token = token;
    this.#server = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (this.refuseNextConnections > 0) {
        this.refuseNextConnections -= 1;
        return socket.destroy();
      }
      if (this.refuseConnections || !request.url?.startsWith('/gateway')) return socket.destroy();
      return this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws));
    });
  }

  /** Tells every session whose intents cover it; one without a socket hears it when it resumes. */
  tell(t: string, d: Record<string, unknown>): void {
    const direct = d.guild_id === undefined;
    const needed = t.startsWith('MESSAGE_REACTION')
      ? direct
        ? INTENT.directReactions
        : INTENT.guildReactions
      : t.startsWith('MESSAGE')
        ? direct
          ? INTENT.directMessages
          : INTENT.guildMessages
        : null;
    for (const session of this.#sessions.values()) {
      if (needed !== null && (session.intents & (1 << needed)) === 0) continue;
      this.#dispatch(session, t, d);
    }
  }

  /** Every socket breaks; sessions stay and can be resumed. */
  drop(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  closeAll(code: number): void {
    for (const socket of this.sockets) socket.close(code);
  }

  askToReconnect(): void {
    for (const socket of this.sockets) socket.send(JSON.stringify({ op: OP.reconnect, d: null }));
  }

  /** What happens from now on is told to nobody until somebody identifies anew. */
  endSessions(): void {
    this.#sessions.clear();
    for (const socket of this.sockets) socket.send(JSON.stringify({ op: OP.invalid, d: false }));
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: WebSocket): void {
    this.sockets.add(socket);
    let session: Session | null = null;
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (session?.socket === socket) session.socket = null;
    });
    socket.on('message', (raw) => {
      const payload = JSON.parse(String(raw)) as { op: number; d: Record<string, unknown> };
      if (payload.op === OP.heartbeat) {
        if (!this.zombie) socket.send(JSON.stringify({ op: OP.ack }));
      } else if (payload.op === OP.identify) session = this.#identify(socket, payload.d);
      else if (payload.op === OP.resume) session = this.#resume(socket, payload.d);
    });
    socket.send(JSON.stringify({ op: OP.hello, d: { heartbeat_interval: this.heartbeatIntervalMs } }));
  }

  #identify(socket: WebSocket, d: Record<string, unknown>): Session | null {
    this.beginnings.push('identify');
    const intents = Number(d.intents);
    const code =
      this.closeNextIdentifyWith ??
      (d.token !== this.#token
        ? 4004
        : (intents & (1 << INTENT.content)) !== 0 && !this.#state.messageContentIntent
          ? 4014
          : null);
    this.closeNextIdentifyWith = null;
    if (code !== null) {
      socket.close(code);
      return null;
    }
    const session: Session = { id: `session${this.#state.nextId()}`, intents, log: [], socket };
    this.#sessions.set(session.id, session);
    this.#dispatch(session, 'READY', {
      v: 10,
      user: userJson(this.#state, this.#state.bot.id),
      guilds: [{ id: this.#state.guildId, unavailable: true }],
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: this.url(),
      shard: [0, 1],
      application: { id: this.#state.applicationId, flags: this.#state.messageContentIntent ? 1 << 19 : 0 },
    });
    this.#dispatch(session, 'GUILD_CREATE', this.#guild());
    return session;
  }

  #resume(socket: WebSocket, d: Record<string, unknown>): Session | null {
    this.beginnings.push('resume');
    const session = this.#sessions.get(String(d.session_id));
    if (d.token !== this.#token || session === undefined) {
      socket.send(JSON.stringify({ op: OP.invalid, d: false }));
      return null;
    }
    session.socket = socket;
    for (const [index, event] of session.log.entries()) {
      if (index + 1 > Number(d.seq)) socket.send(JSON.stringify({ op: OP.dispatch, s: index + 1, ...event }));
    }
    this.#dispatch(session, 'RESUMED', {});
    return session;
  }

  #dispatch(session: Session, t: string, d: unknown): void {
    // As it is now: later changes of the state must not reach into what was told.
    const event = { t, d: JSON.parse(JSON.stringify(d)) as unknown };
    session.log.push(event);
    if (this.zombie) return;
    session.socket?.send(JSON.stringify({ op: OP.dispatch, s: session.log.length, ...event }));
  }

  #guild(): Record<string, unknown> {
    const channels = [...this.#state.channels.values()].filter((channel) => channel.guildId !== null);
    return {
      id: this.#state.guildId,
      name: 'A server',
      owner_id: this.#state.owner.id,
      unavailable: false,
      member_count: 3,
      channels: channels.map(({ id, name }) => ({ id, name, type: 0, position: 0, permission_overwrites: [] })),
      roles: [],
      emojis: [],
      stickers: [],
      members: [],
      threads: [],
      presences: [],
      voice_states: [],
      features: [],
    };
  }

  /** Set by the server once it listens. */
  url: () => string = () => '';
}

/**
 * What Discord knows: accounts, channels, messages with their history, interactions and their one answer. Written from
 * Discord's documentation. Nothing in here speaks a protocol; rest.ts and gateway.ts do.
 */
export interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly bot: boolean;
}

export interface FakeChannel {
  readonly id: string;
  readonly name: string;
  /** Null for a direct conversation. */
  readonly guildId: string | null;
  /** The person on the other side of a direct conversation. */
  readonly recipientId: string | null;
  /** Whether the bot may see and write here, and delete what others wrote. */
  botAccess: boolean;
  manageMessages: boolean;
  typing: number;
}

export interface FakeAttachment {
  readonly id: string;
  readonly filename: string;
  readonly content_type?: string;
  readonly bytes: Uint8Array;
}

export interface FakeButton {
  readonly type: 2;
  readonly label: string;
  readonly style: number;
  readonly custom_id: string;
  readonly disabled?: boolean;
}

export interface FakeRow {
  readonly type: 1;
  readonly components: readonly FakeButton[];
}

export interface FakeMessage {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  readonly at: number;
  readonly type: number;
  content: string;
  components: readonly FakeRow[];
  attachments: readonly FakeAttachment[];
  flags: number;
  nonce: string | null;
  editedAt: number | null;
  /** Every content it had, oldest first. */
  readonly history: string[];
  /** The only person who sees it; null when the whole channel does. */
  readonly visibleTo: string | null;
  /** "Thinking…": deferred and not filled. */
  loading: boolean;
  deleted: boolean;
  readonly interactionId: string | null;
  readonly replyTo: string | null;
  readonly forwardOf: string | null;
  reactions: { emoji: string; userId: string }[];
}

export interface FakeInteraction {
  readonly id: string;
  readonly token: string;
  readonly type: 2 | 3 | 5;
  readonly userId: string;
  readonly channelId: string;
  readonly createdAt: number;
  /** The message whose button was pressed. */
  readonly sourceId: string | null;
  /** The one answer it got. */
  answer: { readonly type: number; readonly ephemeral: boolean; readonly afterMs: number } | null;
  originalId: string | null;
  modal: { readonly customId: string; readonly title: string; readonly label: string; readonly field: string } | null;
}

export interface FakeCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly name: string; readonly required?: boolean }[];
}

export const FLAG = { suppressEmbeds: 4, ephemeral: 64, loading: 128, suppressNotifications: 4096 } as const;
const DISCORD_EPOCH = 1_420_070_400_000;
const TOKEN_LIFE_MS = 15 * 60_000;

export interface NewMessage {
  readonly channelId: string;
  readonly authorId: string;
  readonly content?: string;
  readonly components?: readonly FakeRow[];
  readonly attachments?: readonly FakeAttachment[];
  readonly flags?: number;
  readonly nonce?: string | null;
  readonly visibleTo?: string | null;
  readonly loading?: boolean;
  readonly interactionId?: string | null;
  readonly replyTo?: string | null;
  readonly forwardOf?: string | null;
}

export class DiscordState {
  readonly applicationId: string;
  readonly bot: FakeUser;
  readonly owner: FakeUser;
  readonly stranger: FakeUser;
  readonly guildId: string;
  readonly users = new Map<string, FakeUser>();
  readonly channels = new Map<string, FakeChannel>();
  readonly messages = new Map<string, FakeMessage>();
  readonly interactions = new Map<string, FakeInteraction>();
  readonly closedDirect = new Set<string>();
  commands: readonly FakeCommand[] = [];
  /** Rules of Discord that the client broke, in order. */
  readonly violations: string[] = [];
  messageContentIntent = true;
  #offset = 0;
  #sequence = 0;

  constructor(ownerId?: string) {
    this.applicationId = this.nextId();
    this.bot = this.addUser('seneschal', true);
    this.owner = this.addUser('owner', false, ownerId);
    this.stranger = this.addUser('stranger');
    this.guildId = this.nextId();
  }

  now(): number {
    return Date.now() + this.#offset;
  }

  /** Moves Discord's clock: tokens and nonces grow old without anybody waiting. */
  advance(ms: number): void {
    this.#offset += ms;
  }

  nextId(): string {
    this.#sequence += 1;
    return ((BigInt(this.now() - DISCORD_EPOCH) << 22n) + BigInt(this.#sequence % 4_194_304)).toString();
  }

  addUser(username: string, bot = false, id = this.nextId()): FakeUser {
    const user = { id, username, bot };
    this.users.set(user.id, user);
    return user;
  }

  addChannel(name: string, options: { botAccess?: boolean; manageMessages?: boolean } = {}): FakeChannel {
    return this.#channel(name, this.guildId, null, options);
  }

  directChannel(userId: string): FakeChannel {
    for (const channel of this.channels.values()) if (channel.recipientId === userId) return channel;
    return this.#channel('direct', null, userId, {});
  }

  #channel(
    name: string,
    guildId: string | null,
    recipientId: string | null,
    options: { botAccess?: boolean; manageMessages?: boolean },
  ): FakeChannel {
    const channel: FakeChannel = {
      id: this.nextId(),
      name,
      guildId,
      recipientId,
      botAccess: options.botAccess ?? true,
      manageMessages: options.manageMessages ?? false,
      typing: 0,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  addMessage(from: NewMessage): FakeMessage {
    const content = from.content ?? '';
    const message: FakeMessage = {
      id: this.nextId(),
      channelId: from.channelId,
      authorId: from.authorId,
      at: this.now(),
      type: from.interactionId ? 20 : from.replyTo ? 19 : 0,
      content,
      components: from.components ?? [],
      attachments: from.attachments ?? [],
      flags: from.flags ?? 0,
      nonce: from.nonce ?? null,
      editedAt: null,
      history: from.loading === true ? [] : [content],
      visibleTo: from.visibleTo ?? null,
      loading: from.loading ?? false,
      deleted: false,
      interactionId: from.interactionId ?? null,
      replyTo: from.replyTo ?? null,
      forwardOf: from.forwardOf ?? null,
      reactions: [],
    };
    this.messages.set(message.id, message);
    return message;
  }

  /** Living messages of a channel, oldest first. */
  inChannel(channelId: string): FakeMessage[] {
    return [...this.messages.values()].filter((message) => message.channelId === channelId && !message.deleted);
  }

  tokenLives(interaction: FakeInteraction): boolean {
    return this.now() - interaction.createdAt < TOKEN_LIFE_MS;
  }

  channel(id: string): FakeChannel {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error(`the fake has no channel ${id}`);
    return channel;
  }

  message(id: string): FakeMessage {
    const message = this.messages.get(id);
    if (message === undefined) throw new Error(`the fake has no message ${id}`);
    return message;
  }

  user(id: string): FakeUser {
    const user = this.users.get(id);
    if (user === undefined) throw new Error(`the fake has no user ${id}`);
    return user;
  }
}

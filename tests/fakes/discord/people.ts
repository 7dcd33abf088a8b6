import type { DiscordState, FakeInteraction, FakeMessage, FakeUser } from './state.js';
import { interactionEvent, messageEvent } from './wire.js';

/** What people do in their Discord: the drivers of a test. All tell the bot through the gateway. */
export interface MessageOptions {
  readonly user?: FakeUser;
  readonly replyTo?: string;
  readonly forwardOf?: string;
  readonly files?: readonly { readonly name: string; readonly type?: string; readonly bytes: Uint8Array }[];
}

export interface SlashOptions {
  readonly user?: FakeUser;
  /** The direct conversation of the user when left out. */
  readonly channelId?: string;
}

export class People {
  readonly #state: DiscordState;
  readonly #tell: (t: string, d: Record<string, unknown>) => void;
  origin = '';

  constructor(state: DiscordState, tell: (t: string, d: Record<string, unknown>) => void) {
    this.#state = state;
    this.#tell = tell;
  }

  directMessage(content: string, options: MessageOptions = {}): FakeMessage {
    const user = options.user ?? this.#state.owner;
    return this.says(this.#state.directChannel(user.id).id, content, options);
  }

  says(channelId: string, content: string, options: MessageOptions = {}): FakeMessage {
    const message = this.#state.addMessage({
      channelId,
      authorId: (options.user ?? this.#state.owner).id,
      content,
      replyTo: options.replyTo ?? null,
      forwardOf: options.forwardOf ?? null,
      attachments: (options.files ?? []).map((file) => ({
        id: this.#state.nextId(),
        filename: file.name,
        ...(file.type === undefined ? {} : { content_type: file.type }),
        bytes: file.bytes,
      })),
    });
    this.#tell('MESSAGE_CREATE', messageEvent(this.#state, message, this.origin));
    return message;
  }

  /** Text with the bot's mention before it. */
  mentions(channelId: string, content: string, options: MessageOptions = {}): FakeMessage {
    return this.says(channelId, `<@${this.#state.bot.id}> ${content}`, options);
  }

  edits(messageId: string, content: string): void {
    const message = this.#state.message(messageId);
    message.content = content;
    message.editedAt = this.#state.now();
    message.history.push(content);
    this.#tell('MESSAGE_UPDATE', messageEvent(this.#state, message, this.origin));
  }

  deletes(messageId: string): void {
    const message = this.#state.message(messageId);
    message.deleted = true;
    this.#tell('MESSAGE_DELETE', { id: message.id, channel_id: message.channelId, ...this.#guild(message.channelId) });
  }

  reacts(messageId: string, emoji: string, user: FakeUser = this.#state.owner): void {
    this.#state.message(messageId).reactions.push({ emoji, userId: user.id });
    this.#tell('MESSAGE_REACTION_ADD', this.#reaction(messageId, emoji, user));
  }

  unreacts(messageId: string, emoji: string, user: FakeUser = this.#state.owner): void {
    const message = this.#state.message(messageId);
    message.reactions = message.reactions.filter((one) => one.emoji !== emoji || one.userId !== user.id);
    this.#tell('MESSAGE_REACTION_REMOVE', this.#reaction(messageId, emoji, user));
  }

  /** Only what was registered can be picked; a required option must be there. */
  slash(name: string, values: Record<string, string> = {}, options: SlashOptions = {}): FakeInteraction {
    const command = this.#state.commands.find((candidate) => candidate.name === name);
    if (command === undefined) throw new Error(`/${name} is not registered`);
    for (const option of command.options) {
      if (option.required === true && values[option.name] === undefined)
        throw new Error(`/${name} needs ${option.name}`);
    }
    for (const given of Object.keys(values)) {
      if (!command.options.some((option) => option.name === given)) throw new Error(`/${name} has no ${given}`);
    }
    const user = options.user ?? this.#state.owner;
    const channelId = options.channelId ?? this.#state.directChannel(user.id).id;
    const interaction = this.#interaction(2, user, channelId, null);
    const given = Object.entries(values).map(([option, value]) => ({ name: option, type: 3, value }));
    this.#told(interaction, { id: this.#state.nextId(), name, type: 1, options: given });
    return interaction;
  }

  presses(messageId: string, label: string, user: FakeUser = this.#state.owner): FakeInteraction {
    const message = this.#state.message(messageId);
    if (message.deleted || (message.visibleTo !== null && message.visibleTo !== user.id)) {
      throw new Error('this person does not see the message');
    }
    const button = message.components.flatMap((row) => row.components).find((candidate) => candidate.label === label);
    if (button === undefined || button.disabled === true) throw new Error(`there is no button ${label} to press`);
    return this.pressesValue(messageId, button.custom_id, user);
  }

  /** A press with any value: what a forged or late client could send. */
  pressesValue(messageId: string, value: string, user: FakeUser = this.#state.owner): FakeInteraction {
    const message = this.#state.message(messageId);
    const interaction = this.#interaction(3, user, message.channelId, messageId);
    this.#told(interaction, { custom_id: value, component_type: 2 });
    return interaction;
  }

  /** Fills the form that an interaction opened. */
  submitsModal(opener: FakeInteraction, text: string): FakeInteraction {
    const { modal } = opener;
    if (modal === null) throw new Error('no form is open');
    const interaction = this.#interaction(5, this.#state.user(opener.userId), opener.channelId, opener.sourceId);
    const field = { type: 4, custom_id: modal.field, value: text };
    this.#told(interaction, { custom_id: modal.customId, components: [{ type: 1, components: [field] }] });
    return interaction;
  }

  /** The same INTERACTION_CREATE once more. */
  repeats(interaction: FakeInteraction): void {
    const event = this.#sent.get(interaction.id);
    if (event !== undefined) this.#tell('INTERACTION_CREATE', event);
  }

  /** The same MESSAGE_CREATE once more. */
  repeatsMessage(message: FakeMessage): void {
    this.#tell('MESSAGE_CREATE', messageEvent(this.#state, message, this.origin));
  }

  readonly #sent = new Map<string, Record<string, unknown>>();

  #interaction(type: 2 | 3 | 5, user: FakeUser, channelId: string, sourceId: string | null): FakeInteraction {
    const id = this.#state.nextId();
    const interaction: FakeInteraction = {
      id,
      token: `aW50ZXJhY3Rpb24${Buffer.from(id).toString('base64url')}`,
      type,
      userId: user.id,
      channelId,
      createdAt: this.#state.now(),
      sourceId,
      answer: null,
      originalId: null,
      modal: null,
    };
    this.#state.interactions.set(id, interaction);
    return interaction;
  }

  #told(interaction: FakeInteraction, data: unknown): void {
    const event = interactionEvent(this.#state, interaction, data, this.origin);
    this.#sent.set(interaction.id, event);
    this.#tell('INTERACTION_CREATE', event);
  }

  #guild(channelId: string): Record<string, string> {
    const { guildId } = this.#state.channel(channelId);
    return guildId === null ? {} : { guild_id: guildId };
  }

  #reaction(messageId: string, emoji: string, user: FakeUser): Record<string, unknown> {
    const { channelId } = this.#state.message(messageId);
    const where = { message_id: messageId, channel_id: channelId, ...this.#guild(channelId) };
    return { user_id: user.id, ...where, emoji: { id: null, name: emoji }, type: 0, burst: false };
  }
}

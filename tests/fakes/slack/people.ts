import { isObject, list } from './rules.js';
import type { EnvelopeEnd, SocketModeServer } from './socket-mode.js';
import { fileObject } from './web-api.js';
import type { EphemeralMessage, Json, StoredFile, StoredMessage, Workspace } from './workspace.js';
import { APP_ID, BOT_USER, escapeText, GENERAL, OWNER, TEAM } from './workspace.js';

export interface Where {
  readonly user?: string;
  readonly channel?: string;
  readonly thread?: string;
}

export interface SharedFile {
  readonly name: string;
  readonly mimetype: string;
  readonly bytes: Uint8Array;
}

/** A message, and the promise of what became of the event that told of it. */
export interface Said {
  readonly ts: string;
  readonly channel: string;
  readonly event: Promise<EnvelopeEnd>;
}

/** What people do in the workspace, and which events the app's subscriptions make of it. */
export class SlackPeople {
  readonly #triggers = new Map<string, { user: string; at: number }>();

  /** The payload of the last event that a person caused. */
  #last: Json | null = null;

  constructor(
    private readonly workspace: Workspace,
    private readonly socket: SocketModeServer,
    private readonly origin: () => string,
  ) {}

  /** `@agent text` in a channel. */
  mentions(text: string, where: Where = {}): Said {
    const channel = where.channel ?? GENERAL;
    const message = this.#post(`<@${BOT_USER}> ${escapeText(text)}`, { ...where, channel });
    return this.#said(message, this.#messageEvent('app_mention', message));
  }

  /** Something in the direct conversation with the agent. `raw` is text in Slack's own stored form. */
  directMessage(
    text: string,
    options: Where & { files?: readonly SharedFile[]; raw?: boolean; attachments?: readonly Json[] } = {},
  ): Said {
    const user = options.user ?? OWNER;
    const channel = this.workspace.direct(user).id;
    const files = (options.files ?? []).map((file) => this.#file(user, file));
    const message = this.#post(options.raw ? text : escapeText(text), { ...options, user, channel }, files, options);
    const subtype = files.length > 0 ? { subtype: 'file_share' } : {};
    return this.#said(message, { ...this.#messageEvent('message', message), channel_type: 'im', ...subtype });
  }

  /** Something in a channel that does not mention the agent: the app is not told. */
  says(text: string, where: Where = {}): { ts: string; channel: string } {
    const channel = where.channel ?? GENERAL;
    return { ts: this.#post(escapeText(text), { ...where, channel }).ts, channel };
  }

  /** A message that is already there when the app comes up: no event. */
  saidEarlier(text: string, user = OWNER): { ts: string; channel: string } {
    const channel = this.workspace.direct(user).id;
    return { ts: this.#post(escapeText(text), { user, channel }).ts, channel };
  }

  edits(channel: string, ts: string, text: string): Promise<EnvelopeEnd> {
    const message = this.#existing(channel, ts);
    const before = this.workspace.show(message);
    this.workspace.change(message, escapeText(text), []);
    return this.#change(message, before);
  }

  deletes(channel: string, ts: string): Promise<EnvelopeEnd> {
    const message = this.#existing(channel, ts);
    message.deletedBy = message.user;
    return this.#deletion(message);
  }

  reacts(channel: string, ts: string, reaction: string, user = OWNER, removed = false): Promise<EnvelopeEnd> {
    const message = this.#existing(channel, ts);
    return this.#event({
      type: removed ? 'reaction_removed' : 'reaction_added',
      user,
      reaction,
      item: { type: 'message', channel, ts },
      item_user: message.user,
      event_ts: this.workspace.ts(),
    });
  }

  /** `/seneschal text`. Resolves with the app's answer, or unacknowledged after the deadline. */
  slashCommand(text: string, where: Where = {}): Promise<EnvelopeEnd> {
    const user = where.user ?? OWNER;
    const channel = where.channel ?? GENERAL;
    return this.socket.deliver({
      type: 'slash_commands',
      accepts_response_payload: true,
      payload: {
        token: 'verification',
        team_id: TEAM,
        team_domain: 'team',
        channel_id: channel,
        channel_name: this.workspace.channels.get(channel)?.kind === 'im' ? 'directmessage' : 'general',
        user_id: user,
        user_name: this.workspace.users.get(user),
        command: '/seneschal',
        text,
        api_app_id: APP_ID,
        is_enterprise_install: 'false',
        response_url: `${this.origin()}/commands/1`,
        trigger_id: this.#trigger(user),
      },
    });
  }

  /** Presses the button with this label; throws when the message does not show it. */
  presses(ts: string, label: string, user = OWNER): Promise<EnvelopeEnd> {
    const message =
      this.workspace.messages.find((one) => one.ts === ts && !one.deletedBy) ??
      this.workspace.ephemerals.find((one) => one.ts === ts);
    if (!message) throw new Error(`no message ${ts}`);
    const button = this.buttonsOf(message).find((one) => one.label === label);
    if (!button) throw new Error(`no button ${label} under: ${message.text}`);
    return this.pressesRaw(message, button, user);
  }

  /** A press as a client that still shows an older version of the message would send it. */
  pressesRaw(
    message: StoredMessage | EphemeralMessage,
    button: { label: string; value: string; actionId: string; blockId: string },
    user = OWNER,
  ): Promise<EnvelopeEnd> {
    const channel = this.workspace.channels.get(message.channel);
    const stored = 'postedAt' in message;
    return this.socket.deliver({
      type: 'interactive',
      accepts_response_payload: false,
      payload: {
        type: 'block_actions',
        user: { id: user, username: this.workspace.users.get(user), team_id: TEAM },
        api_app_id: APP_ID,
        token: 'verification',
        container: {
          type: 'message',
          message_ts: message.ts,
          channel_id: message.channel,
          is_ephemeral: !stored,
          ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
        },
        trigger_id: this.#trigger(user),
        team: { id: TEAM, domain: 'team' },
        channel: { id: message.channel, name: channel?.kind === 'im' ? 'directmessage' : channel?.name },
        ...(stored ? { message: this.workspace.show(message) } : {}),
        response_url: `${this.origin()}/actions/1`,
        actions: [
          {
            action_id: button.actionId,
            block_id: button.blockId,
            text: { type: 'plain_text', text: button.label },
            value: button.value,
            type: 'button',
            action_ts: this.workspace.ts(),
          },
        ],
      },
    });
  }

  buttonsOf(message: StoredMessage | EphemeralMessage) {
    return message.blocks.flatMap((block, index) =>
      block.type !== 'actions'
        ? []
        : list(block.elements).map((element) => ({
            label: isObject(element.text) ? String(element.text.text) : '',
            value: String(element.value),
            actionId: String(element.action_id),
            blockId: typeof block.block_id === 'string' ? block.block_id : `b${index}`,
          })),
    );
  }

  /** Types into the newest modal shown to this user and sends it; it closes when the app answers with nothing. */
  async submitsModal(text: string | null, user = OWNER): Promise<EnvelopeEnd> {
    const modal = this.workspace.modals.findLast((one) => one.user === user);
    if (!modal) throw new Error(`no modal is open for ${user}`);
    const values: Record<string, Json> = {};
    for (const block of list(modal.view.blocks)) {
      if (block.type !== 'input' || !isObject(block.element)) continue;
      values[String(block.block_id)] = { [String(block.element.action_id)]: { type: block.element.type, value: text } };
    }
    const end = await this.socket.deliver({
      type: 'interactive',
      accepts_response_payload: true,
      payload: {
        type: 'view_submission',
        team: { id: TEAM, domain: 'team' },
        user: { id: user, username: this.workspace.users.get(user), team_id: TEAM },
        api_app_id: APP_ID,
        token: 'verification',
        trigger_id: this.#trigger(user),
        view: { id: modal.id, team_id: TEAM, ...modal.view, state: { values }, hash: `${modal.id}.hash` },
        response_urls: [],
      },
    });
    if (end.acknowledged) this.workspace.modals.splice(this.workspace.modals.indexOf(modal), 1);
    return end;
  }

  /** The last event once more: as it was, or as a new event about the same thing. */
  async again(how: 'redelivered' | 'as a new event'): Promise<EnvelopeEnd> {
    if (this.#last === null) throw new Error('nothing happened yet');
    const payload = how === 'redelivered' ? this.#last : { ...this.#last, event_id: this.workspace.id('Ev') };
    return this.socket.deliver({ type: 'events_api', accepts_response_payload: false, payload });
  }

  useTrigger(id: string): string | null {
    const trigger = this.#triggers.get(id);
    this.#triggers.delete(id);
    return trigger && Date.now() - trigger.at <= 3_000 ? trigger.user : null;
  }

  /** The app is told of its own posts in direct conversations, as Slack does. */
  announcePost(message: StoredMessage): void {
    if (!this.#isDirect(message.channel)) return;
    void this.#event({ ...this.#messageEvent('message', message), channel_type: 'im' });
  }

  announceChange(message: StoredMessage, before: Json): void {
    if (this.#isDirect(message.channel)) void this.#change(message, before);
  }

  announceDeletion(message: StoredMessage): void {
    if (this.#isDirect(message.channel)) void this.#deletion(message);
  }

  #change(message: StoredMessage, before: Json): Promise<EnvelopeEnd> {
    return this.#event({
      type: 'message',
      subtype: 'message_changed',
      hidden: true,
      channel: message.channel,
      channel_type: this.#isDirect(message.channel) ? 'im' : 'channel',
      ts: this.workspace.ts(),
      message: this.workspace.show(message),
      previous_message: before,
    });
  }

  #deletion(message: StoredMessage): Promise<EnvelopeEnd> {
    return this.#event({
      type: 'message',
      subtype: 'message_deleted',
      hidden: true,
      channel: message.channel,
      channel_type: this.#isDirect(message.channel) ? 'im' : 'channel',
      ts: this.workspace.ts(),
      deleted_ts: message.ts,
      previous_message: this.workspace.show(message),
    });
  }

  #event(event: Json): Promise<EnvelopeEnd> {
    const payload = {
      token: 'verification',
      team_id: TEAM,
      api_app_id: APP_ID,
      event,
      type: 'event_callback',
      event_id: this.workspace.id('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ team_id: TEAM, user_id: BOT_USER, is_bot: true }],
    };
    if (event.bot_id === undefined) this.#last = payload;
    return this.socket.deliver({ type: 'events_api', accepts_response_payload: false, payload });
  }

  #messageEvent(type: 'message' | 'app_mention', message: StoredMessage): Json {
    const files = message.files.map((file) => fileObject({ workspace: this.workspace, url: this.origin() }, file.id));
    return {
      ...this.workspace.show(message),
      type,
      channel: message.channel,
      event_ts: message.ts,
      ...(files.length > 0 ? { files } : {}),
    };
  }

  #said(message: StoredMessage, event: Json): Said {
    return { ts: message.ts, channel: message.channel, event: this.#event(event) };
  }

  #post(
    text: string,
    where: Where & { channel: string },
    files: readonly StoredFile[] = [],
    extra: { attachments?: readonly Json[] } = {},
  ): StoredMessage {
    return this.workspace.post({
      channel: where.channel,
      user: where.user ?? OWNER,
      text,
      files,
      attachments: extra.attachments ?? [],
      ...(where.thread === undefined ? {} : { threadTs: where.thread }),
    });
  }

  #file(owner: string, file: SharedFile): StoredFile {
    const id = this.workspace.id('F');
    const stored = {
      id,
      name: file.name,
      title: file.name,
      mimetype: file.mimetype,
      bytes: Buffer.from(file.bytes),
      owner,
      sharedIn: [],
    };
    this.workspace.files.set(id, stored);
    return stored;
  }

  #existing(channel: string, ts: string): StoredMessage {
    const message = this.workspace.find(channel, ts);
    if (!message) throw new Error(`no message ${ts} in ${channel}`);
    return message;
  }

  #isDirect(channel: string): boolean {
    const found = this.workspace.channels.get(channel);
    return found?.kind === 'im' && found.members.has(BOT_USER);
  }

  #trigger(user: string): string {
    const id = `${this.workspace.id('')}.${TEAM}.trigger`;
    this.#triggers.set(id, { user, at: Date.now() });
    return id;
  }
}

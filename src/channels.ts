import type { Readable, Writable } from 'node:stream';
import type { Config } from './config.js';
import type { AdapterDeps, Address, ChannelAdapter, ChannelId, InboundSink } from './core/channel.js';
import { asSeneschalError } from './core/errors.js';
import type { Logger } from './core/log.js';
import type { System } from './core/system.js';
import { COMMANDS } from './gateway/commands.js';
import { createPairingCode, type OwnerGate } from './gateway/owners.js';
import { createProductKeys } from './product-keys.js';
import type { Store } from './store/store.js';
import type { Vault } from './vault/vault.js';

const LABELS: Readonly<Record<ChannelId, string>> = {
  telegram: 'Telegram',
  slack: 'Slack',
  discord: 'Discord',
  terminal: 'The terminal',
};

/** A person's own terminal. */
export interface TerminalStreams {
  readonly input: Readable;
  readonly output: Writable;
  /** Once it is open, whole lines by others are printed through it. */
  readonly onOpen: (print: (line: string) => void) => void;
}

export interface ChannelsDeps {
  readonly announce: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly store: Store;
  readonly vault: Vault;
  readonly owners: OwnerGate;
  readonly terminal: TerminalStreams | null;
  readonly onTerminalEnd: () => void;
  /** Whether a turn is running at this address. */
  readonly isBusy: (address: Address) => boolean;
  /** An adapter is there now: what waits for its channel can go out. */
  readonly onAdapter: () => void;
  readonly onConnected: (adapter: ChannelAdapter) => void;
}

/** The adapters of this process: imported only when configured, connected together, each on its own when one fails. */
export function createChannels(deps: ChannelsDeps) {
  const { config, log, store } = deps;
  const adapters = new Map<ChannelId, ChannelAdapter>();
  const failures = new Map<ChannelId, string>();
  const connected = new Set<ChannelId>();
  let sink: InboundSink | null = null;

  const { get: token } = createProductKeys(deps);

  const adapterDeps: AdapterDeps = {
    system: deps.system,
    log,
    commands: COMMANDS,
    phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
  };

  const known = (channel: ChannelId) => ({
    ownerIds: () => deps.owners.owners(channel),
    lastSeen: (space: string) => store.events.lastMessageId(`${channel}:${space}`),
  });

  const makers: Readonly<Record<ChannelId, () => Promise<ChannelAdapter | null>>> = {
    async telegram() {
      const botToken = token('TELEGRAM_BOT_TOKEN');
      if (!botToken) return null;
      const { createTelegramAdapter } = await import('../adapters/telegram/index.js');
      const apiRoot = config.TELEGRAM_API_ROOT;
      return createTelegramAdapter({ token: botToken, ...(apiRoot === undefined ? {} : { apiRoot }) }, adapterDeps);
    },
    async slack() {
      const [botToken, appToken, userToken] = [
        token('SLACK_BOT_TOKEN'),
        token('SLACK_APP_TOKEN'),
        token('SLACK_USER_TOKEN'),
      ];
      if (!botToken || !appToken) return null;
      const { createSlackAdapter } = await import('../adapters/slack/index.js');
      const apiUrl = config.SLACK_API_URL;
      const optional = { ...(userToken ? { userToken } : {}), ...(apiUrl === undefined ? {} : { apiUrl }) };
      return createSlackAdapter({ botToken, appToken, ...optional, ...known('slack') }, adapterDeps);
    },
    async discord() {
      const botToken = token('DISCORD_BOT_TOKEN');
      if (!botToken) return null;
      const { createDiscordAdapter } = await import('../adapters/discord/index.js');
      const apiUrl = config.DISCORD_API_URL;
      return createDiscordAdapter(
        { token: botToken, ...(apiUrl === undefined ? {} : { apiUrl }), ...known('discord') },
        adapterDeps,
      );
    },
    async terminal() {
      if (!deps.terminal) return null;
      const { createTerminalAdapter } = await import('../adapters/terminal/index.js');
      const ends = { onEnd: deps.onTerminalEnd, onInterrupt: deps.onTerminalEnd, isBusy: deps.isBusy };
      return createTerminalAdapter({ ...deps.terminal, interactive: true, ...ends }, adapterDeps);
    },
  };

  /** Connects what has a token by now and is not connected; a failure is told once and shows in /health. */
  async function connectNew(): Promise<void> {
    const waiting = Object.keys(makers).filter((channel) => !connected.has(channel));
    await Promise.all(waiting.map(connect));
  }

  async function connect(channel: ChannelId): Promise<void> {
    try {
      await adapters.get(channel)?.stop();
      adapters.delete(channel);
      const adapter = await makers[channel]?.();
      if (!adapter || !sink) return;
      adapters.set(channel, adapter);
      deps.onAdapter();
      await adapter.start(sink);
      connected.add(channel);
      deps.onConnected(adapter);
      failures.delete(channel);
    } catch (thrown) {
      if (!sink) return;
      const error = asSeneschalError(thrown);
      failures.set(channel, `${LABELS[channel] ?? channel}: ${error.message}`);
      log.error({ channel, error }, `${LABELS[channel] ?? channel} is not connected: ${error.message}`);
    }
  }

  /** The connected channels that stand on one of these keys. */
  const standingOn = (names: readonly string[]): readonly ChannelId[] =>
    [...connected].filter((channel) => names.some((name) => name.startsWith(`${channel.toUpperCase()}_`)));

  /** Why a part is down, null when all are up. */
  function down(): string | null {
    const [failure] = failures.values();
    if (failure !== undefined) return failure;
    for (const [channel, adapter] of adapters) {
      const health = adapter.health();
      if (!health.ok) return `${LABELS[channel] ?? channel}: ${health.reason ?? 'not connected'}`;
    }
    return null;
  }

  return {
    /** What goes on with the old value of a burned key: cut off, it could not tell where to enter the new one. */
    stillUsing(name: string): string | null {
      const [channel] = standingOn([name]);
      if (channel === undefined) return null;
      return `${LABELS[channel] ?? channel} stays connected with it until the new value is entered or Seneschal restarts.`;
    },
    get: (channel: string): ChannelAdapter | undefined => adapters.get(channel),
    label: (channel: string): string => LABELS[channel] ?? channel,
    /** The label within a sentence. */
    name: (channel: string): string => (LABELS[channel] ?? channel).replace(/^The /, 'the '),
    /** Whether the platform lets us delete an owner's message there. */
    deletes({ channel, direct }: Address): boolean {
      const may = adapters.get(channel)?.capabilities.deletesOwnerMessages;
      return may !== undefined && (direct ? may.direct : may.shared);
    },
    connected: (): ChannelId[] => [...connected],
    connectNew,
    /** These keys have new values: what stands on them is connected anew by the next `connectNew`. */
    renew(names: readonly string[]): void {
      for (const channel of standingOn(names)) connected.delete(channel);
    },
    async start(to: InboundSink): Promise<void> {
      sink = to;
      await connectNew();
    },

    /** Whether a channel that is configured was refused. */
    failed: (): boolean => failures.size > 0,

    /** What `/health` answers: the reason where a part is down (START-6). */
    health() {
      const reason = down();
      return reason === null
        ? { status: 'ok' as const, channels: [...connected] }
        : { status: 'down' as const, reason };
    },

    /** Where a connected channel has no owner yet: the code that makes one, in this process's own terminal. */
    announcePairing(): void {
      const channels = [...connected].filter((channel) => !deps.owners.isKnown(channel));
      if (channels.length === 0) return;
      const code = createPairingCode(store, deps.system, false);
      deps.announce(
        { channels, code },
        `pairing code ${code}: send it to the bot in a direct message within 10 minutes`,
      );
    },

    async stop(): Promise<void> {
      sink = null;
      await Promise.all([...adapters.values()].map((adapter) => adapter.stop()));
    },
  };
}

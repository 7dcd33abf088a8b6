import { afterEach } from 'vitest';
import { createDiscordAdapter } from '../../adapters/discord/index.js';
import type {
  Address,
  ChannelAdapter,
  CommandSpec,
  Delivery,
  InboundOutcome,
  OutboundContent,
} from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import { plain } from '../../src/core/richtext.js';
import { Secret } from '../../src/core/secret.js';
import type { System } from '../../src/core/system.js';
import { createSystem } from '../../src/system.js';
import {
  type DiscordFake,
  type DiscordFakeOptions,
  type FakeInteraction,
  startDiscordFake,
} from '../fakes/discord/index.js';

export const COMMANDS: readonly CommandSpec[] = [
  { name: 'status', description: 'What is going on' },
  { name: 'stop', description: 'Stop', argument: { name: 'what', description: 'all, or job N', required: false } },
  { name: 'secret', description: 'Save a secret', argument: { name: 'name', description: 'Its name', required: true } },
];

export interface Rig {
  readonly discord: DiscordFake;
  readonly adapter: ChannelAdapter;
  readonly events: InboundEvent[];
  readonly log: string[];
  /** What the gateway says to each event. */
  answer: (event: InboundEvent) => Promise<InboundOutcome> | InboundOutcome;
  readonly direct: Address;
  readonly shared: Address;
}

let closing: (() => Promise<void>)[] = [];
export const onClose = (close: () => Promise<void>) => void closing.push(close);

afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

/** Real timers; the wall clock is the fake's, so that both grow old together, and may differ from it. */
function systemOf(discord: DiscordFake, aheadMs: number): System {
  return { ...createSystem(), now: () => discord.state.now() + aheadMs };
}

interface RigOptions extends DiscordFakeOptions {
  readonly discord?: DiscordFake;
  readonly token?: string;
  readonly lastSeen?: (space: string) => string | null;
  /** How far this machine's clock is ahead of Discord's. */
  readonly clockAheadMs?: number;
}

export async function prepare(options: RigOptions = {}): Promise<Rig> {
  const discord = options.discord ?? (await startDiscordFake(options));
  if (options.discord === undefined) closing.push(() => discord.close());
  const events: InboundEvent[] = [];
  const log: string[] = [];
  const write = (level: string) => (fields: unknown, message: string) =>
    void log.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const adapter = createDiscordAdapter(
    {
      token: new Secret(options.token ?? discord.token),
      apiUrl: discord.url,
      ownerIds: () => [discord.state.owner.id],
      ...(options.lastSeen === undefined ? {} : { lastSeen: options.lastSeen }),
    },
    {
      system: systemOf(discord, options.clockAheadMs ?? 0),
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      commands: COMMANDS,
      phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
    },
  );
  closing.push(() => adapter.stop());
  const space = (id: string, direct: boolean): Address => ({ channel: 'discord', space: id, direct });
  return {
    discord,
    adapter,
    events,
    log,
    answer: (event) => ({ accepted: event.sender.userId === discord.state.owner.id }),
    direct: space(discord.state.directChannel(discord.state.owner.id).id, true),
    shared: space(discord.state.addChannel('general').id, false),
  };
}

export async function begin(rig: Rig): Promise<void> {
  await rig.adapter.start(async (event) => {
    rig.events.push(event);
    return rig.answer(event);
  });
}

export async function start(options: RigOptions = {}): Promise<Rig> {
  const rig = await prepare(options);
  await begin(rig);
  return rig;
}

let deliveries = 0;
export function delivery(address: Address, content: string | OutboundContent, more: Partial<Delivery> = {}): Delivery {
  deliveries += 1;
  return {
    id: `delivery-${deliveries}`,
    address,
    content: typeof content === 'string' ? { text: plain(content) } : content,
    ...more,
  };
}

export function event<Kind extends InboundEvent['kind']>(
  rig: Rig,
  kind: Kind,
): Promise<Extract<InboundEvent, { kind: Kind }>> {
  return rig.discord.until(kind, () =>
    rig.events.find((candidate): candidate is Extract<InboundEvent, { kind: Kind }> => candidate.kind === kind),
  );
}

export function answered(rig: Rig, interaction: FakeInteraction) {
  return rig.discord.until('an acknowledgement', () => interaction.answer);
}

export const refOf = async (rig: Rig, kind: 'message.created' | 'command.invoked' | 'action.invoked') =>
  (await event(rig, kind)).replyRef ?? '';

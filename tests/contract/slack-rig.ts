import { expect } from 'vitest';
import { createSlackAdapter } from '../../adapters/slack/index.js';
import type { AdapterDeps, Address, ChannelAdapter, Delivery, InboundOutcome } from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import { plain } from '../../src/core/richtext.js';
import { Secret } from '../../src/core/secret.js';
import { createSystem } from '../../src/system.js';
import { GENERAL, OWNER, type SlackFake, type SlackFakeOptions, startSlackFake } from '../fakes/slack/index.js';

export interface SlackRig {
  readonly slack: SlackFake;
  readonly adapter: ChannelAdapter;
  readonly events: InboundEvent[];
  readonly log: string[];
  /** Decides what becomes of an event; accepted unless told otherwise. */
  answer(decide: (event: InboundEvent) => Promise<InboundOutcome>): void;
  start(): Promise<void>;
}

const opened: (() => Promise<void>)[] = [];

export async function openSlackRig(
  options: {
    fake?: SlackFakeOptions;
    userToken?: boolean;
    start?: boolean;
    lastSeen?: (space: string) => string | null;
  } = {},
): Promise<SlackRig> {
  const slack = await startSlackFake({ redeliverAfterMs: [50, 50, 50], ...options.fake });
  const events: InboundEvent[] = [];
  const log: string[] = [];
  let decide = async (_event: InboundEvent): Promise<InboundOutcome> => ({ accepted: true });
  const write = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const deps: AdapterDeps = {
    system: createSystem(),
    log: { debug: write, info: write, warn: write, error: write },
    commands: [
      { name: 'stop', description: 'Stop' },
      { name: 'status', description: 'Status' },
    ],
    phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
  };
  const adapter = createSlackAdapter(
    {
      botToken: new Secret(slack.tokens.bot),
      appToken: new Secret(slack.tokens.app),
      ...(options.userToken ? { userToken: new Secret(slack.tokens.user) } : {}),
      apiUrl: slack.url,
      ownerIds: () => [OWNER],
      ...(options.lastSeen ? { lastSeen: options.lastSeen } : {}),
    },
    deps,
  );
  const result: SlackRig = {
    slack,
    adapter,
    events,
    log,
    answer: (next) => {
      decide = next;
    },
    start: () =>
      adapter.start((event) => {
        events.push(event);
        return decide(event);
      }),
  };
  opened.push(async () => {
    await adapter.stop();
    await slack.stop();
    for (const token of Object.values(slack.tokens)) expect(log.join('\n')).not.toContain(token);
  });
  if (options.start !== false) await result.start();
  return result;
}

/** Closes what this test opened; no token may have reached the log. */
export async function closeSlackRigs(): Promise<void> {
  for (const close of opened.splice(0)) await close();
}

export const shared = (thread?: string): Address => ({
  channel: 'slack',
  space: GENERAL,
  ...(thread === undefined ? {} : { thread }),
  direct: false,
});
export const delivery = (id: string, text: string, extra: Partial<Delivery> = {}): Delivery => ({
  id,
  address: shared(),
  content: { text: plain(text) },
  ...extra,
});
export const APPROVAL = [
  [
    { label: 'Approve', value: 'handle-yes', style: 'primary' as const },
    { label: 'Deny', value: 'handle-no', style: 'danger' as const },
  ],
];

import { expect } from 'vitest';
import { createTelegramAdapter } from '../../adapters/telegram/index.js';
import type { AdapterDeps, ChannelAdapter, InboundOutcome } from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import { Secret } from '../../src/core/secret.js';
import { createSystem } from '../../src/system.js';
import { startTelegramFake, type TelegramFake, type TelegramFakeOptions } from '../fakes/telegram/index.js';

type Decide = (event: InboundEvent) => Promise<InboundOutcome>;

interface Rig {
  readonly telegram: TelegramFake;
  readonly events: InboundEvent[];
  readonly log: string[];
  adapter(): ChannelAdapter;
  run(decide?: Decide): Promise<ChannelAdapter>;
}

const open: (() => Promise<void>)[] = [];

/** An adapter on the fake, its events and its log; `closeRigs` ends all that a test opened. */
export async function rig(options: TelegramFakeOptions = {}): Promise<Rig> {
  const telegram = await startTelegramFake(options);
  const events: InboundEvent[] = [];
  const log: string[] = [];
  const adapters: ChannelAdapter[] = [];
  const write = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const deps: AdapterDeps = {
    system: createSystem(),
    log: { debug: write, info: write, warn: write, error: write },
    commands: [{ name: 'stop', description: 'End the turn' }],
    phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
  };
  open.push(async () => {
    for (const adapter of adapters) await adapter.stop();
    await telegram.stop();
    expect(telegram.violations).toEqual([]);
    expect(log.join('\n')).not.toContain(telegram.token);
  });
  const adapter = () => {
    const made = createTelegramAdapter({ token: new Secret(telegram.token), apiRoot: telegram.url }, deps);
    adapters.push(made);
    return made;
  };
  return {
    telegram,
    events,
    log,
    adapter,
    async run(decide = async () => ({ accepted: true })) {
      const made = adapter();
      await made.start((event) => {
        events.push(event);
        return decide(event);
      });
      return made;
    },
  };
}

export async function closeRigs(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

import { createTerminalAdapter } from '../../../adapters/terminal/index.js';
import type {
  AdapterDeps,
  Address,
  Button,
  ChannelAdapter,
  InboundOutcome,
  OutboundFile,
} from '../../../src/core/channel.js';
import { SeneschalError } from '../../../src/core/errors.js';
import type { InboundEvent } from '../../../src/core/event.js';
import { createSystem } from '../../../src/system.js';
import { type FakeSystem, fakeSystem } from '../../support/fake-system.js';
import { FakeKeyboard } from './keyboard.js';
import { FakeScreen } from './screen.js';

/** An adapter on a fake terminal, and everything that came of it. */
export interface TerminalRig {
  readonly keyboard: FakeKeyboard;
  readonly screen: FakeScreen;
  readonly adapter: ChannelAdapter;
  readonly address: Address;
  readonly system: FakeSystem;
  /** What was stored, and what was tried, refusals included. */
  readonly events: readonly InboundEvent[];
  readonly attempts: readonly InboundEvent[];
  readonly interrupted: Promise<void>;
  readonly ended: Promise<void>;
  received(count: number, withinMs?: number): Promise<void>;
  /** The next sink calls find the store full. */
  refuse(times: number): void;
  answer(outcome: InboundOutcome): void;
  /** A turn is running from now on, or none. */
  busy(on: boolean): void;
  /** What another part of the process writes to this terminal. */
  prints(line: string): void;
}

export const ADAPTER_DEPS: Omit<AdapterDeps, 'system'> = {
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  commands: [
    { name: 'stop', description: 'Stop' },
    { name: 'help', description: 'Help' },
  ],
  phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
};

export const APPROVE: readonly (readonly Button[])[] = [
  [
    { label: 'Approve', value: 'h-approve' },
    { label: 'Deny', value: 'h-deny' },
  ],
];
export const STOP: readonly (readonly Button[])[] = [[{ label: 'Stop', value: 'h-stop' }]];

export function textFile(name: string, content: string): OutboundFile {
  return { name, mimeType: 'text/plain', bytes: Buffer.from(content) };
}

const opened: TerminalRig[] = [];

/** Stops every adapter and answers what their terminals found wrong. */
export async function closeTerminalRigs(): Promise<string[]> {
  const rigs = opened.splice(0);
  await Promise.all(rigs.map((rig) => rig.adapter.stop()));
  return rigs.flatMap((rig) => rig.screen.violations);
}

export async function openTerminalRig(
  options: { interactive?: boolean; columns?: number; rows?: number; fakeClock?: boolean } = {},
): Promise<TerminalRig> {
  const keyboard = new FakeKeyboard();
  const screen = new FakeScreen(options.columns, options.rows);
  screen.startsLines = options.interactive === false;
  // Without a capable terminal readline edits no lines.
  process.env.TERM = 'xterm-256color';
  const clock = fakeSystem();
  const events: InboundEvent[] = [];
  const attempts: InboundEvent[] = [];
  let refusals = 0;
  let outcome: InboundOutcome = { accepted: true };
  let watch = () => {};
  let isBusy = false;
  let print = (_line: string) => {};
  let onInterrupt = () => {};
  let onEnd = () => {};
  const interrupted = new Promise<void>((resolve) => {
    onInterrupt = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  const system = options.fakeClock === true ? clock : createSystem();
  const adapter = createTerminalAdapter(
    {
      input: keyboard,
      output: screen,
      interactive: options.interactive ?? true,
      isBusy: () => isBusy,
      onOpen: (opened) => {
        print = opened;
      },
      onInterrupt,
      onEnd,
    },
    { ...ADAPTER_DEPS, system },
  );
  await adapter.start(async (event) => {
    attempts.push(event);
    if (refusals > 0) {
      refusals -= 1;
      throw new SeneschalError('store.full', 'The disk is full.');
    }
    events.push(event);
    watch();
    return outcome;
  });
  const rig: TerminalRig = {
    keyboard,
    screen,
    adapter,
    address: await adapter.openDirect('local'),
    system: clock,
    events,
    attempts,
    interrupted,
    ended,
    received: (count, withinMs = 3_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${events.length} of ${count} events came`)), withinMs);
        watch = () => {
          if (events.length < count) return;
          clearTimeout(timer);
          resolve();
        };
        watch();
      }),
    refuse(times) {
      refusals = times;
    },
    answer(next) {
      outcome = next;
    },
    busy(on) {
      isBusy = on;
    },
    prints: (line) => print(line),
  };
  opened.push(rig);
  return rig;
}

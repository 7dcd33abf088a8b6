import { expect } from 'vitest';
import type {
  AdapterDeps,
  ChannelAdapter,
  Delivery,
  InboundOutcome,
  OutboundContent,
  Receipt,
} from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { InboundEvent } from '../../src/core/event.js';
import { plain, type RichText } from '../../src/core/richtext.js';
import { createSystem } from '../../src/system.js';
import type { ChannelRig, ContractCase, FakePlatform, SeenMessage } from './harness.js';

/** One case of the suite: its name for `skips`, what it shows, and how. */
export type DefineCase = (name: ContractCase, sentence: string, run: (bench: Bench) => Promise<void>) => void;

export const YES_NO = [
  [
    { label: 'Approve', value: 'Xy_handle-approve0000', style: 'primary' as const },
    { label: 'Deny', value: 'Xy_handle-deny000000000', style: 'danger' as const },
  ],
];

const PATIENCE_MS = 10_000;

/** A fake platform and an adapter, with all that the adapter said to its surroundings. */
export class Bench {
  readonly platform: FakePlatform;
  readonly adapter: ChannelAdapter;
  /** What the sink was handed, in order. */
  readonly events: InboundEvent[] = [];
  readonly log: string[] = [];
  /** What becomes of an event; accepted unless a case says otherwise. */
  decide: (event: InboundEvent) => Promise<InboundOutcome> = async () => ({ accepted: true });
  /** Errors that the adapter threw: searched for tokens in the end. */
  readonly errors: unknown[] = [];
  readonly #adapters: ChannelAdapter[] = [];
  #deliveries = 0;

  constructor(
    readonly rig: ChannelRig,
    readonly skips: Readonly<Partial<Record<ContractCase, string>>>,
  ) {
    this.platform = rig.platform;
    this.adapter = this.make();
  }

  make(options?: { readonly wrongToken?: boolean }): ChannelAdapter {
    const write = (fields: object, message: string) => void this.log.push(`${message} ${everythingIn(fields)}`);
    const deps: AdapterDeps = {
      system: createSystem(),
      log: { debug: write, info: write, warn: write, error: write },
      commands: [
        { name: 'stop', description: 'End the turn', argument: { name: 'what', description: 'all', required: false } },
        { name: 'status', description: 'What is going on' },
      ],
      phrases: { notAvailable: 'Not available to you.', thinking: 'Working' },
    };
    const adapter = this.rig.createAdapter(deps, options);
    this.#adapters.push(adapter);
    return adapter;
  }

  start(adapter: ChannelAdapter = this.adapter): Promise<void> {
    return adapter.start((event) => {
      this.events.push(event);
      return this.decide(event);
    });
  }

  /** The event with this index, once it has been handed in. */
  event(index: number): Promise<InboundEvent> {
    return until(`event ${index + 1}`, () => this.events[index]);
  }

  delivery(content: OutboundContent, more: Partial<Delivery> = {}): Delivery {
    this.#deliveries += 1;
    const id = `01DELIVERY${String(this.#deliveries).padStart(16, '0')}`;
    return { id, address: this.rig.direct, content, ...more };
  }

  send(content: string | RichText, buttons?: OutboundContent['buttons']): Promise<Receipt> {
    const text = typeof content === 'string' ? plain(content) : content;
    return this.adapter.send(this.delivery({ text, ...(buttons ? { buttons } : {}) }));
  }

  find(messageId: string): SeenMessage | undefined {
    return this.platform.messages().find((one) => one.messageId === messageId);
  }

  /** The message as people see it, once they do. */
  seen(messageId: string): Promise<SeenMessage> {
    return until(`message ${messageId}`, () => this.find(messageId));
  }

  /** The error that this ends with; it is searched for tokens later. */
  async failure(doing: Promise<unknown>): Promise<SeneschalError> {
    const thrown: unknown = await doing.then(
      () => expect.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    this.errors.push(thrown);
    expect(thrown).toBeInstanceOf(SeneschalError);
    return thrown as SeneschalError;
  }

  /** Ends every case: no rule of the platform was broken, and no credential was told. */
  async close(): Promise<void> {
    for (const adapter of this.#adapters) await adapter.stop();
    const violations = this.platform.violations();
    await this.rig.close();
    expect(violations).toEqual([]);
    const told = [...this.log, ...this.errors.map((error) => everythingIn(error))].join('\n');
    for (const token of this.rig.tokens) expect(told).not.toContain(token);
  }
}

/** What a reader sees: characters without width and differences of white space do not count. */
export function visible(value: string): string {
  const shown = value.replace(/\u200b|\u200c|\u200d|\u2060|\ufeff/g, '');
  return shown.replace(/\s+/g, ' ').trim();
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await pause(10);
  }
}

/** All text anywhere in a value: messages, stacks, causes and properties, also those that do not enumerate. */
function everythingIn(value: unknown, known = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (known.has(value)) return '';
  known.add(value);
  return Object.getOwnPropertyNames(value)
    .map((name) => `${name}=${everythingIn((value as Record<string, unknown>)[name], known)}`)
    .join('\n');
}

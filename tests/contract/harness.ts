import type { AdapterDeps, Address, ChannelAdapter, UserId } from '../../src/core/channel.js';

/**
 * What an adapter's author writes to run the contract suite (docs/writing-an-adapter.md): a way to open the platform's
 * protocol fake, to make the adapter against it, and to act and look as a person on that platform would. The suite
 * itself is in adapter-suite.ts and knows no platform.
 */
export interface ChannelHarness {
  readonly name: string;
  /** A fresh fake platform with one owner and one stranger. Two rigs share nothing. */
  open(): Promise<ChannelRig>;
  /** Cases that this platform cannot show. The reason is printed in place of the case. */
  readonly skips?: Readonly<Partial<Record<ContractCase, string>>>;
}

export interface ChannelRig {
  /** Every credential in use: none may appear in an error or a log line. */
  readonly tokens: readonly string[];
  readonly owner: UserId;
  readonly stranger: UserId;
  /** The owner's direct conversation, as the adapter addresses it. */
  readonly direct: Address;
  readonly platform: FakePlatform;
  /**
   * A new adapter against the same platform, not started. A second call is the product after a restart.
   * `wrongToken`: with a credential that the platform refuses.
   */
  createAdapter(deps: AdapterDeps, options?: { readonly wrongToken?: boolean }): ChannelAdapter;
  /** Stops the fake. The suite has stopped the adapters before. */
  close(): Promise<void>;
}

export type Person = 'owner' | 'stranger';

/** The other side of the wire. Message ids are those that the adapter's events and receipts carry. */
export interface FakePlatform {
  // What people do, in the owner's direct conversation. Each resolves when the platform has taken it in.
  says(text: string, by?: Person): Promise<{ readonly messageId: string }>;
  edits(messageId: string, text: string): Promise<void>;
  /** Uses the platform's own command form: a slash command, or text that begins with one. */
  commands(name: string, argument: string): Promise<void>;
  replies(toMessageId: string, text: string): Promise<void>;
  forwards(text: string): Promise<void>;
  reacts(messageId: string, reaction: string): Promise<void>;
  sendsFile(file: FakeFile): Promise<void>;
  /** Presses the button with this label; resolves with what the presser's client was answered. */
  presses(messageId: string, label: string, by?: Person): Promise<PressAnswer>;

  // What platforms do to us.
  /** Delivers the last event once more under its own event id. */
  redelivers(): Promise<void>;
  /** Delivers the last message once more as a new event: the same message id, another event id. */
  repeats(): Promise<void>;
  /** Delivers one event that no schema allows, and one of a kind that does not exist yet. */
  sendsNonsense(): Promise<void>;
  /** Breaks every open connection; new ones are served at once. */
  dropsConnections(): Promise<void>;
  /** Breaks every connection and refuses new ones, until `comesBack` serves the same address again. */
  goesDown(): Promise<void>;
  comesBack(): Promise<void>;
  /** The next `times` (1 unless told) calls of this kind fail so. */
  fails(fault: PlatformFault): void;

  // What can be seen there.
  /** The agent's messages in the direct conversation, oldest first, deleted ones left out. */
  messages(): readonly SeenMessage[];
  /** Whether the platform counts the event of this message as taken and will not deliver it again. */
  acknowledged(messageId: string): boolean;
  /** Typing signals so far. */
  typingSignals(): number;
  /** Breaches of the platform's documented rules, as sentences. The suite ends every case by finding none. */
  violations(): readonly string[];
}

export interface FakeFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

export interface PressAnswer {
  readonly acknowledged: boolean;
  /** What the presser was shown, empty when nothing. */
  readonly text: string;
}

export interface PlatformFault {
  readonly on: 'send' | 'edit' | 'delete' | 'typing' | 'download' | 'receive';
  /**
   * `rate_limited` 429 with `retryAfterMs`; `server_error` 5xx, nothing done; `rejected` a final 4xx;
   * `lost_answer` done, but the connection broke before the answer.
   */
  readonly kind: 'rate_limited' | 'server_error' | 'rejected' | 'lost_answer';
  readonly retryAfterMs?: number;
  readonly times?: number;
}

export interface SeenMessage {
  readonly messageId: string;
  /** The visible characters, as a reader sees them: no markup, no escapes. */
  readonly text: string;
  /** Labels, row by row. */
  readonly buttons: readonly (readonly string[])[];
  /** The opaque values behind them, row by row. */
  readonly values: readonly (readonly string[])[];
  readonly file?: FakeFile;
  /** Who would be notified by name through this message's markup; `everyone` for mass mentions. */
  readonly pings: readonly string[];
  /** Where a tap on each link leads. */
  readonly links: readonly string[];
  /** True where the platform was allowed to fetch links for a preview. */
  readonly previews: boolean;
  /** How often it was changed after it was sent. */
  readonly edits: number;
}

/** The names of the suite's cases, for `skips`. */
export const CONTRACT_CASES = [
  'starts and stops',
  'wrong token',
  'text in',
  'durable before acknowledged',
  'refused by the store',
  'order without waiting',
  'redelivery',
  'repeat',
  'nonsense',
  'dropped connection',
  'receive fault',
  'command',
  'quote',
  'forward',
  'edited in',
  'reaction',
  'file in',
  'file in too large',
  'file out',
  'file out too large',
  'text out',
  'literal text',
  'links',
  'plain links',
  'no pings',
  'split',
  'buttons',
  'press after a restart',
  'stranger press',
  'edit',
  'edit removes buttons',
  'delete',
  'rate limited',
  'server error',
  'unreachable',
  'lost answer',
  'rejected',
  'typing',
  'open direct',
] as const;

export type ContractCase = (typeof CONTRACT_CASES)[number];

import type { Readable, Writable } from 'node:stream';
import type {
  AdapterDeps,
  Address,
  ChannelAdapter,
  ChannelCapabilities,
  ChannelHealth,
  Delivery,
  InboundOutcome,
  InboundSink,
  MessageRef,
  OutboundContent,
  Receipt,
} from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { InboundEvent } from '../../src/core/event.js';
import { type RichText, toPlain } from '../../src/core/richtext.js';
import { splitRichText } from '../../src/core/split.js';
import { sleep } from '../../src/core/system.js';
import { Choices } from './choices.js';
import { ADDRESS, CHANNEL, isInbound, outboundId, readTyped, stopCommand, USER } from './inbound.js';
import { createInbox, type Inbox } from './inbox.js';
import { aside, Messages } from './messages.js';
import { Screen } from './screen.js';
import { createTyping, type Typing } from './typing.js';

/**
 * The terminal: the reference adapter. It has one person and one conversation.
 *
 *   keys ─▶ screen ─▶ typing (lines → texts) ─▶ inbound (pure) ─▶ inbox ─▶ sink
 *   delivery ─▶ messages (what changed) ─▶ render (pure) ─▶ screen
 */
export interface TerminalOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Both ends are a terminal: lines are edited, and what is at work changes in place. */
  readonly interactive: boolean;
  readonly columns?: () => number;
  /** The input has ended (Ctrl-D). */
  readonly onEnd?: () => void;
  /** Ctrl-C with nothing at work, or once more. */
  readonly onInterrupt?: () => void;
  /** Whether a turn is running there, which the first Ctrl-C then stops. */
  readonly isBusy?: (address: Address) => boolean;
  /** Hands out what prints a whole line above the one being typed, for whoever else writes to this terminal. */
  readonly onOpen?: (print: (line: string) => void) => void;
}

const MAX_TEXT = 100_000;
const MAX_FILE_BYTES = 50 * 1024 * 1024;
const DEFAULT_COLUMNS = 80;
const REMEMBERED_SENDS = 1_000;
const LAST_WORDS_MS = 500;
/** Within this time a second Ctrl-C means the end. */
const AGAIN_MS = 5_000;
const ENDED = 'Ended. What waits is kept: npm start, or seneschal start, goes on from here.';

const CAPABILITIES: ChannelCapabilities = {
  deletesOwnerMessages: { direct: false, shared: false },
  edits: { minIntervalMs: 120 },
  ephemeral: false,
  quotes: false,
  typing: false,
  prompts: false,
  keepsMessages: false,
  findsSent: false,
  maxTextLength: MAX_TEXT,
  maxUploadBytes: MAX_FILE_BYTES,
  maxDownloadBytes: MAX_FILE_BYTES,
};

export function createTerminalAdapter(options: TerminalOptions, deps: AdapterDeps): ChannelAdapter {
  return new TerminalAdapter(options, deps);
}

class TerminalAdapter implements ChannelAdapter {
  readonly channel = CHANNEL;
  readonly capabilities = CAPABILITIES;
  readonly #options: TerminalOptions;
  readonly #deps: AdapterDeps;
  readonly #commands: ReadonlySet<string>;
  readonly #screen: Screen;
  readonly #choices: Choices;
  readonly #messages: Messages;
  readonly #receipts = new Map<string, Receipt>();
  #running: { readonly inbox: Inbox; readonly typing: Typing } | null = null;
  #state: 'new' | 'open' | 'ended' | 'stopped' = 'new';
  #interruptedAt = Number.NEGATIVE_INFINITY;
  /** Drawing goes one after the other. */
  #drawn: Promise<void> = Promise.resolve();

  constructor(options: TerminalOptions, deps: AdapterDeps) {
    const { input, output, interactive } = options;
    const { system } = deps;
    const columns = options.columns ?? (() => (output as { columns?: number }).columns ?? DEFAULT_COLUMNS);
    this.#options = options;
    this.#deps = deps;
    this.#commands = new Set(['start', ...deps.commands.map((command) => command.name)]);
    this.#screen = new Screen({ input, output, interactive, columns });
    this.#choices = new Choices(system);
    this.#messages = new Messages({ screen: this.#screen, choices: this.#choices, system, interactive });
  }

  async start(sink: InboundSink): Promise<void> {
    if (this.#state !== 'new') throw closed();
    const { system } = this.#deps;
    const inbox = createInbox(
      sink,
      {
        onOutcome: (event, outcome) => this.#onOutcome(event, outcome),
        onTrouble: () => this.#say('Your message could not be stored yet. It is kept, and I try again by myself.'),
        onRecovery: () => this.#say('Stored now.'),
      },
      system,
    );
    const { interactive } = this.#options;
    const typing = createTyping(
      { interactive, commands: this.#commands, onText: (text) => this.#onText(text) },
      system,
    );
    this.#running = { inbox, typing };
    this.#state = 'open';
    this.#screen.open({
      onLine: (text) => {
        typing.line(text);
        this.#screen.prompt(typing.continues());
      },
      onPaste: (on) => typing.pasting(on),
      onInterrupt: (typing) => this.#onInterrupt(typing),
      onEnd: () => {
        typing.flush();
        this.#state = 'ended';
        this.#options.onEnd?.();
      },
    });
    this.#options.onOpen?.((text) => void this.#draw(() => this.#screen.print(text)).catch(() => undefined));
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#running?.typing.flush();
    const spoke = this.#state !== 'new' && this.#options.interactive;
    this.#state = 'stopped';
    const lost = this.#running?.inbox.close() ?? [];
    const last = this.#draw(async () => {
      await this.#messages.flush();
      if (lost.length > 0) {
        const count = lost.length === 1 ? '1 message was' : `${lost.length} messages were`;
        await this.#screen.show(aside(`${count} never stored. Send again after the next start.`), '  ');
      }
      if (spoke) await this.#screen.show(aside(ENDED), '  ');
    });
    // A terminal that is held (Ctrl-S) takes nothing and must not hold up the end.
    const waited = new AbortController();
    await Promise.race([last.catch(() => undefined), sleep(this.#deps.system, LAST_WORDS_MS, waited.signal)]);
    waited.abort();
    this.#screen.close();
  }

  health(): ChannelHealth {
    if (this.#state === 'open') return { ok: true };
    const reasons = { new: 'Not started.', ended: 'The input has ended.', stopped: 'Stopped.' };
    return { ok: false, reason: reasons[this.#state] };
  }

  split(text: RichText): RichText[] {
    return splitRichText(text, (part) => toPlain(part).length <= MAX_TEXT);
  }

  async send(delivery: Delivery): Promise<Receipt> {
    this.#check(delivery.address, delivery.content);
    const known = this.#receipts.get(delivery.id);
    if (known !== undefined) return known;
    const receipt = { messageId: outboundId(this.#deps.system.id()) };
    const { content } = delivery;
    // A message that comes silently and with buttons is one that still changes: `Working …` with `Stop`.
    const atWork = delivery.silent === true && (content.buttons ?? []).length > 0;
    await this.#draw(() => this.#messages.send(receipt.messageId, content, atWork));
    this.#receipts.set(delivery.id, receipt);
    const [oldest] = this.#receipts.keys();
    if (this.#receipts.size > REMEMBERED_SENDS && oldest !== undefined) this.#receipts.delete(oldest);
    return receipt;
  }

  async edit(target: MessageRef, content: OutboundContent): Promise<void> {
    this.#check(target.address, content);
    if (isInbound(target.messageId)) throw rejected('What was typed into a terminal cannot be changed.');
    await this.#draw(() => this.#messages.edit(target.messageId, content));
  }

  async delete(target: MessageRef): Promise<void> {
    this.#check(target.address);
    if (isInbound(target.messageId)) throw rejected('A terminal does not let me delete what was typed.');
    await this.#draw(() => this.#messages.delete(target.messageId));
  }

  async openDirect(user: string): Promise<Address> {
    if (user !== USER) throw rejected('A terminal has one person only.');
    return ADDRESS;
  }

  async download(): Promise<Uint8Array> {
    throw rejected('A terminal brings no attachments.');
  }

  #onInterrupt(typing: boolean): void {
    const { system } = this.#deps;
    const again = system.monotonic() - this.#interruptedAt < AGAIN_MS;
    const busy = this.#options.isBusy?.(ADDRESS) === true;
    // As in a shell. While something runs it is more urgent to stop that.
    if (typing && !busy) {
      this.#screen.clearTyped();
      return;
    }
    if (again || !busy) {
      this.#options.onInterrupt?.();
      return;
    }
    this.#interruptedAt = system.monotonic();
    this.#say('Stopping. Ctrl-C once more ends Seneschal.');
    this.#running?.inbox.push(stopCommand(system.id(), system.now()));
  }

  #onText(text: string): void {
    const { system } = this.#deps;
    const line = text.trim();
    if (this.#choices.find(line) === null && this.#choices.late(line)) {
      this.#say(`That choice is no longer open. Type ${line} again to say it as a message.`);
      return;
    }
    const context = {
      id: system.id(),
      at: system.now(),
      commands: this.#commands,
      press: (typed: string) => this.#choices.find(typed),
    };
    const event = readTyped(text, context);
    if (event === null) return;
    const rest = event.kind === 'action.invoked' ? this.#messages.takeRest(event.value) : null;
    if (rest === null) this.#running?.inbox.push(event);
    else void this.#draw(() => this.#screen.show(rest, '  ')).catch(() => undefined);
  }

  #onOutcome(event: InboundEvent, outcome: InboundOutcome): void {
    if (event.kind === 'action.invoked' && outcome.notice !== undefined) this.#say(outcome.notice);
  }

  #say(text: string): void {
    // A terminal that is gone takes nothing more; health says so.
    this.#draw(() => this.#screen.show(aside(text), '  ')).catch(() => undefined);
  }

  #draw(work: () => Promise<void>): Promise<void> {
    const drawn = this.#drawn.then(work);
    this.#drawn = drawn.catch(() => undefined);
    return drawn;
  }

  #check(address: Address, content?: OutboundContent): void {
    if (this.#state === 'new' || this.#state === 'stopped') throw closed();
    if (address.channel !== CHANNEL || address.space !== ADDRESS.space)
      throw rejected('There is no such conversation.');
    if (content === undefined) return;
    if (toPlain(content.text).length > MAX_TEXT) throw rejected('The text is too long for one message.');
    if ((content.file?.bytes.length ?? 0) > MAX_FILE_BYTES) {
      throw new SeneschalError('channel.too_large', 'The file is over 50 MB.');
    }
  }
}

function rejected(message: string): SeneschalError {
  return new SeneschalError('channel.rejected', message);
}

function closed(): SeneschalError {
  return new SeneschalError('channel.unavailable', 'The terminal channel is not open.', { retryable: true });
}

import { createTerminalAdapter } from '../../adapters/terminal/index.js';
import type { ChannelAdapter, InboundSink, OutboundContent } from '../../src/core/channel.js';
import type { InboundEvent } from '../../src/core/event.js';
import { FakeKeyboard } from '../fakes/terminal/keyboard.js';
import { FakeScreen } from '../fakes/terminal/screen.js';
import type { ChannelHarness, ChannelRig, FakePlatform, SeenMessage } from './harness.js';

const ALONE = 'one person sits at a terminal';
const NO_NETWORK = 'a terminal has no network and no credential';
const ONCE = 'a terminal delivers every key once';

/** The terminal for the contract suite. Its screen is wide, so that a text's lines are the screen's rows. */
export const terminalHarness: ChannelHarness = {
  name: 'terminal',
  open: openRig,
  skips: {
    'wrong token': NO_NETWORK,
    redelivery: ONCE,
    repeat: ONCE,
    nonsense: 'keys have no schema: every line is text',
    'dropped connection': NO_NETWORK,
    'receive fault': NO_NETWORK,
    'plain links': 'what a terminal window takes for a link is its own affair',
    quote: 'a terminal has no replies',
    forward: 'a terminal has no forwards',
    'edited in': 'what was entered cannot be changed',
    reaction: 'a terminal has no reactions',
    'file in': 'a terminal brings no files',
    'file in too large': 'a terminal brings no files',
    'file out': 'a file is shown, not handed over: tests/contract/terminal-shown.test.ts',
    'press after a restart': 'the capability keepsMessages is absent: the core shows open cards again',
    'stranger press': ALONE,
    'rate limited': NO_NETWORK,
    'server error': NO_NETWORK,
    'lost answer': NO_NETWORK,
    rejected: NO_NETWORK,
    typing: 'the capability is absent',
  },
};

const COLUMNS = 20_000;
const ROWS = 20_000;
const HEAD = /^[●◆] /;
const ENTERED = /^[›…]( |$)/;
const BUTTON = /\[(?<number>\d+)\] (?<label>.+?)(?= {2}\[\d+\]|$)/g;

/** What left or reached the adapter, beside the screen: ids and values do not stand there. */
interface Passed {
  readonly entered: { readonly event: InboundEvent; stored: boolean; notice: string }[];
  readonly sent: Map<string, { row: number; content: OutboundContent; edits: number }>;
  watch: () => void;
}

async function openRig(): Promise<ChannelRig> {
  const keyboard = new FakeKeyboard();
  const screen = new FakeScreen(COLUMNS, ROWS);
  const passed: Passed = { entered: [], sent: new Map(), watch: () => {} };
  process.env.TERM = 'xterm-256color';
  return {
    tokens: [],
    owner: 'local',
    stranger: 'somebody',
    direct: { channel: 'terminal', space: 'local', direct: true },
    platform: platformOf(keyboard, screen, passed),
    createAdapter: (deps) =>
      observed(createTerminalAdapter({ input: keyboard, output: screen, interactive: true }, deps), screen, passed),
    close: async () => keyboard.ends(),
  };
}

/** The adapter itself; what passes through its verbs is noted. */
function observed(adapter: ChannelAdapter, screen: FakeScreen, passed: Passed): ChannelAdapter {
  const start = (sink: InboundSink) =>
    adapter.start(async (event) => {
      const entry = { event, stored: false, notice: '' };
      passed.entered.push(entry);
      passed.watch();
      const outcome = await sink(event);
      entry.stored = true;
      entry.notice = outcome.notice ?? '';
      passed.watch();
      return outcome;
    });
  const send: ChannelAdapter['send'] = async (delivery) => {
    const receipt = await adapter.send(delivery);
    const known = passed.sent.get(receipt.messageId);
    if (!known) passed.sent.set(receipt.messageId, { row: lastHead(screen), content: delivery.content, edits: 0 });
    return receipt;
  };
  const edit: NonNullable<ChannelAdapter['edit']> = async (target, content) => {
    const last = lastHead(screen);
    await adapter.edit?.(target, content);
    const known = passed.sent.get(target.messageId);
    const row = lastHead(screen) === last ? (known?.row ?? last) : lastHead(screen);
    passed.sent.set(target.messageId, { row, content, edits: (known?.edits ?? 0) + 1 });
  };
  const remove: NonNullable<ChannelAdapter['delete']> = async (target) => {
    await adapter.delete?.(target);
    passed.sent.delete(target.messageId);
  };
  const verbs: Record<string | symbol, unknown> = { start, send, edit, delete: remove };
  return new Proxy(adapter, {
    get(target, name) {
      if (name in verbs) return verbs[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const lastHead = (screen: FakeScreen): number => screen.all().findLastIndex((row) => HEAD.test(row));

function platformOf(keyboard: FakeKeyboard, screen: FakeScreen, passed: Passed): FakePlatform {
  const { entered, sent } = passed;
  /** Enters a line; resolves with its entry once the condition holds for it. */
  const enters = (line: string, ready: (entry: Passed['entered'][number]) => boolean) =>
    new Promise<Passed['entered'][number]>((resolve) => {
      const before = entered.length;
      const watchBefore = passed.watch;
      passed.watch = () => {
        watchBefore();
        const entry = entered[before];
        if (entry && ready(entry)) resolve(entry);
      };
      keyboard.pastes(line);
      keyboard.enters('');
    });
  const absent = async () => {
    throw new Error('A terminal has nothing of the kind.');
  };
  return {
    async says(text) {
      const { event } = await enters(text, () => true);
      return { messageId: 'messageId' in event ? (event.messageId ?? '') : '' };
    },
    commands: async (name, argument) => void (await enters(`/${name} ${argument}`, () => true)),
    async presses(messageId, label) {
      const buttons = rowsOf(screen, sent.get(messageId)?.row ?? -1).flatMap((row) => [...row.matchAll(BUTTON)]);
      const number = buttons.find((button) => button.groups?.label === label)?.groups?.number;
      if (number === undefined) return { acknowledged: false, text: '' };
      const { stored, notice } = await enters(number, (entry) => entry.stored);
      if (notice !== '') await screen.until((rows) => rows.includes(`  ${notice}`), 'the notice');
      return { acknowledged: stored, text: notice };
    },
    edits: absent,
    replies: absent,
    forwards: absent,
    reacts: absent,
    sendsFile: absent,
    redelivers: absent,
    repeats: absent,
    sendsNonsense: absent,
    dropsConnections: absent,
    // The window is closed. It never comes back: a new one is a new process.
    goesDown: async () => void screen.destroy(new Error('EIO')),
    comesBack: async () => {},
    fails: () => {},
    messages: () => [...sent].map(([messageId, message]) => seen(messageId, message, rowsOf(screen, message.row))),
    acknowledged: (messageId) =>
      entered.some(({ event, stored }) => stored && 'messageId' in event && event.messageId === messageId),
    typingSignals: () => 0,
    violations: () => screen.violations,
  };
}

/** The rows of the block that begins in this row, without glyph and indent. */
function rowsOf(screen: FakeScreen, start: number): string[] {
  const rows = screen.all().slice(Math.max(0, start));
  const end = rows.findIndex((row, index) => (index > 0 && HEAD.test(row)) || ENTERED.test(row));
  return rows.slice(0, end < 0 ? undefined : end).map((row) => row.slice(2));
}

function seen(
  messageId: string,
  { content, edits }: { readonly content: OutboundContent; readonly edits: number },
  rows: readonly string[],
): SeenMessage {
  const isButtons = (row: string) => /^\[\d+\] /.test(row);
  const text = rows.filter((row) => !isButtons(row)).join('\n');
  return {
    messageId,
    text,
    buttons: rows.filter(isButtons).map((row) => [...row.matchAll(BUTTON)].map((button) => button.groups?.label ?? '')),
    values: (content.buttons ?? []).map((row) => row.map((button) => button.value)),
    pings: [],
    links: text.match(/https?:\/\/[^\s)]+/g) ?? [],
    previews: false,
    edits,
  };
}

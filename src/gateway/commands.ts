import { lines } from '../agent/reply.js';
import type { CommandSpec } from '../core/channel.js';
import type { ConversationId } from '../core/conversation.js';
import { asSeneschalError } from '../core/errors.js';
import type { InboundEvent } from '../core/event.js';
import type { Block } from '../core/richtext.js';
import type { System } from '../core/system.js';
import { duration } from '../core/time.js';
import type { Model } from '../model/catalogue.js';
import type { ApprovalDesk } from '../policy/approvals.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { StoredEvent } from '../store/events.js';
import type { Store } from '../store/store.js';
import type { StopReport } from '../tools/command/processes.js';
import { isEntryName } from '../vault/rules.js';
import type { Burn } from './burn.js';
import { count } from './counting.js';
import type { Jobs } from './jobs.js';
import type { Live } from './live.js';
import type { Outbox } from './outbox.js';
import { createPermissions } from './permissions.js';
import type { Queue } from './queue.js';
import type { Secrets } from './secrets.js';
import type { ConversationSettings } from './settings.js';
import { createStatus, type RunningProcess } from './status.js';
import { type StopWhat, stopArgument } from './stop-words.js';

/** The commands of every channel. They are taken ahead of the queue and answered at once. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'stop',
    description: 'Stop the turn; "all" stops everything here, "job N" one job',
    argument: { name: 'what', description: 'nothing, "all", or "job N"', required: false },
  },
  { name: 'new', description: 'Start a new conversation' },
  { name: 'status', description: 'What runs, what waits, what it costs' },
  {
    name: 'secret',
    description: 'Enter a key by a private form',
    argument: { name: 'name', description: 'such as STRIPE_KEY', required: true },
  },
  {
    name: 'burn',
    description: 'Freeze a leaked key at once and replace it',
    argument: { name: 'name', description: 'such as STRIPE_KEY; without it a list', required: false },
  },
  { name: 'approvals', description: 'What waits for you, and standing permissions' },
  { name: 'settings', description: 'Model, mirroring of approvals, home conversation' },
  { name: 'help', description: 'What I can do' },
];

export interface CommandDeps {
  readonly store: Store;
  readonly system: System;
  readonly desk: ApprovalDesk;
  readonly queue: Queue;
  readonly live: Live;
  readonly jobs: Jobs;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  readonly settings: ConversationSettings;
  readonly burn: Burn;
  readonly model: () => Model;
  readonly timeZone: string;
  readonly dailyUsd: number;
  readonly turnMemoryMb: number;
  readonly channelName: (channel: string) => string;
  /** Commands that run right now, for `/status` and the answer of `/stop`. */
  readonly processes: () => readonly RunningProcess[];
  /** Ends those that match, and resolves when they are seen dead. */
  readonly stopProcesses: (matches: (process: RunningProcess) => boolean) => Promise<StopReport>;
}

const BY_STOP = 'Cancelled by stop';
/** The argument of `/stop` that a turn's own `Stop` button stands for. */
export const OF_BUTTON = 'turn';
const BY_NEW = 'Cancelled by /new';

export type Commands = ReturnType<typeof createCommands>;

export function createCommands(deps: CommandDeps) {
  const { store, system } = deps;
  const status = createStatus(deps);
  const permissions = createPermissions({ ...deps, wake: deps.outbox.wake });

  /** Does one command and stores its answer together with the mark that it was done. */
  async function run(stored: StoredEvent, name: string, argument: string): Promise<void> {
    const content = await answer(stored, name, argument);
    const address = store.conversations.get(stored.conversationId)?.address;
    store.transaction(() => {
      store.events.markHandled(stored.seq, system.now());
      if (address) store.deliveries.add({ address, content: { ...content, ...refOf(stored.event) } });
    });
    deps.outbox.wake(stored.conversationId);
  }

  async function answer(stored: StoredEvent, name: string, argument: string): Promise<DeliveryContent> {
    const conversation = stored.conversationId;
    switch (name) {
      case 'stop': {
        const what = stopArgument(argument);
        if (!what) return say('Write /stop, /stop all, or /stop job N.');
        const scope = argument === OF_BUTTON ? [conversation] : scopeOf(stored);
        // What stops a whole channel stops all of it.
        const whole = scope.length > 1 && !stored.event.address.direct;
        return stop(scope, what.kind === 'turn' && whole ? { kind: 'all' } : what);
      }
      case 'new':
        return startAfresh(conversation);
      case 'status':
        return status(conversation);
      case 'approvals':
        return store.transaction(() => permissions.view(conversation));
      case 'secret':
        return secret(conversation, argument.trim().toUpperCase());
      case 'settings':
        return store.transaction(() => deps.settings.view(conversation));
      case 'burn':
        return deps.burn.answer(conversation, argument.trim().toUpperCase());
      case 'help':
      case 'start':
        return { text: HELP };
      default:
        return say(`I do not know /${name.slice(0, 40)}. /help lists what there is.`);
    }
  }

  /** A stop at the top of a channel or a direct chat is about every thread of it (CHAN-6). */
  function scopeOf({ conversationId, event }: StoredEvent): readonly ConversationId[] {
    const { address } = event;
    const messageId = event.kind === 'command.invoked' ? event.messageId : undefined;
    const atTop = address.thread === undefined || address.thread === messageId;
    if (!atTop) return [conversationId];
    return store.conversations.ofSpace(address).map(({ id }) => id);
  }

  async function stop(scope: readonly ConversationId[], what: StopWhat): Promise<DeliveryContent> {
    const began = system.monotonic();
    if (what.kind === 'job') {
      const job = deps.jobs.find(what.job);
      if (!job || !scope.includes(job.conversation)) return say(`There is no running job ${what.job} here.`);
      await job.stop();
      return say(`Stopped job ${what.job} in ${duration(system.monotonic() - began)}.`);
    }
    const writing = scope.some((conversation) => {
      const turnId = deps.queue.running(conversation);
      return turnId !== null && deps.live.partial(turnId) !== '';
    });
    const all = what.kind === 'all';
    const jobs = scope.flatMap((conversation) => deps.jobs.list(conversation));
    const kept = all ? [] : jobs.map((job) => job.callId);
    const total = (each: (conversation: ConversationId) => number) => scope.reduce((sum, one) => sum + each(one), 0);
    const queued = all ? total(cancelQueued) : 0;
    const openBefore = total((conversation) => store.approvals.pending(conversation).length);
    const [ended, ...stopped] = await Promise.all([
      deps.stopProcesses((process) => scope.includes(process.conversation) && !kept.includes(process.callId)),
      ...scope.map((conversation) => deps.queue.stopCurrent(conversation, BY_STOP)),
    ]);
    const byTurns = openBefore - total((conversation) => store.approvals.pending(conversation).length);
    const waiting = queued + byTurns + (all ? total((conversation) => cancelOpen(conversation, BY_STOP)) : 0);
    const nothing = !stopped.includes(true) && (!all || jobs.length === 0) && waiting === 0;
    if (nothing) return say('Nothing is running here.');
    for (const conversation of scope) deps.outbox.wake(conversation);
    const facts = [
      ended.commands > 0
        ? `${count(ended.commands, 'command')} (${count(ended.processes, 'process', 'processes')}) ended in ${duration(ended.ms)}`
        : '',
      writing ? 'the reply was cut off' : '',
      waiting > 0 ? `${count(waiting, 'waiting item')} cancelled` : '',
    ].filter((fact) => fact !== '');
    return say(facts.length === 0 ? 'Stopped.' : `Stopped. ${capital(facts.join('; '))}.`);
  }

  /** Queued messages end, before what runs is stopped: else the next one would begin. How many there were. */
  function cancelQueued(conversation: ConversationId): number {
    return store.transaction(() => {
      const queued = store.turns.open(conversation).filter((turn) => turn.state === 'queued');
      for (const turn of queued) store.turns.end(turn.id, 'cancelled');
      return queued.length;
    });
  }

  /** Open approvals and forms of a conversation end; how many approvals there were. */
  function cancelOpen(conversation: ConversationId, note: string): number {
    return store.transaction(() => {
      const open = store.calls.open(conversation);
      deps.secrets.cancelCalls(
        open.map((call) => call.id),
        note,
      );
      return deps.desk.cancel(open, note);
    });
  }

  async function startAfresh(conversation: ConversationId): Promise<DeliveryContent> {
    const queued = cancelQueued(conversation);
    await deps.queue.stopCurrent(conversation, BY_NEW);
    const waiting = queued + cancelOpen(conversation, BY_NEW);
    store.transaction(() => {
      // Late outcomes of what was said before belong to what was said before.
      for (const call of store.calls.untold(conversation)) store.calls.markTold(call.id);
      store.conversations.startAfresh(conversation);
    });
    const cancelled = waiting === 0 ? '' : ` ${count(waiting, 'waiting item')} cancelled.`;
    return say(`New conversation. The model no longer sees what was said before.${cancelled}`);
  }

  async function secret(conversation: ConversationId, name: string): Promise<DeliveryContent> {
    if (!isEntryName(name)) return say('Write /secret NAME, with capitals, digits and _, such as /secret STRIPE_KEY.');
    const values = [{ entry: name, label: name, multiline: false }];
    const form = { kind: 'owner' as const, name, purpose: 'you asked to enter it.', values, hosts: [], untrusted: [] };
    try {
      await deps.secrets.tell(form, conversation, null);
      return say(`The form for ${name} is on its way.`);
    } catch (thrown) {
      return say(`The form for ${name} could not be sent: ${asSeneschalError(thrown).message} Write to me directly.`);
    }
  }

  return {
    run,
    /** A press under `/approvals`. */
    pressGrant: permissions.press,
  };
}

/**
 * The words of a message that is a command, on channels whose platform has none. A slash and one word alone is always
 * meant as one, and is answered if there is none of that name; with more behind it (`/etc is full`) it may be a path.
 */
export function commandIn(text: string): { name: string; argument: string } | null {
  const match = /^\/(?<name>[a-z]{1,32})(?:\s+(?<argument>[\s\S]*))?$/i.exec(text.trim());
  const name = match?.groups?.name?.toLowerCase();
  if (name === undefined) return null;
  const argument = match?.groups?.argument?.trim() ?? '';
  return isMeant(name, argument) ? { name, argument } : null;
}

/** Some platforms call every word with a slash a command. */
export const isMeant = (name: string, argument: string): boolean =>
  argument === '' || name === 'start' || COMMANDS.some((command) => command.name === name);

const HELP: Block[] = [
  ...lines(
    'I am your agent on your own machine: files, commands and the web, by message.',
    'Reading is free. Writing, sending and commands wait for your tap on a card that shows exactly what will run.',
  ),
  ...lines(...COMMANDS.map((command) => `/${command.name}: ${command.description}`)),
];

const say = (...sentences: string[]): DeliveryContent => ({ text: lines(...sentences) });
const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const refOf = (event: InboundEvent): { replyRef?: string } =>
  event.replyRef === undefined ? {} : { replyRef: event.replyRef };

import type { Loop } from '../agent/loop.js';
import type { ConversationId } from '../core/conversation.js';
import { asSeneschalError } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { type System, sleep } from '../core/system.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import type { Live } from './live.js';
import type { Outbox } from './outbox.js';

/**
 * One turn at a time per conversation. What is open is read from the store each time, so a restart needs nothing
 * else: a running turn goes on, a parked one with a tap goes on, else the next one queued begins (which closes the
 * parked one's calls for the model; their approvals stay open).
 */
export interface QueueDeps {
  readonly store: Store;
  readonly system: System;
  readonly log: Logger;
  readonly loop: Loop;
  readonly live: Live;
  readonly outbox: Outbox;
}

interface ActiveTurn {
  readonly turnId: string;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Why a turn was aborted by the owner; a shutdown aborts without one and leaves the rows as they are. */
class StopReason {
  constructor(readonly note: string) {}
}

export type Queue = ReturnType<typeof createQueue>;

const RETRY_MS = 1_000;
/** Tries of a turn that fails by a fault of ours; a disk that is full is waited for without end. */
const MAX_TRIES = 3;
const DRAIN_MS = 7_000;

export function createQueue(deps: QueueDeps) {
  const { store, system, loop } = deps;
  const workers = new Map<ConversationId, Promise<void>>();
  const again = new Set<ConversationId>();
  const active = new Map<ConversationId, ActiveTurn>();
  const closing = new AbortController();
  let draining = false;

  /** Something changed in this conversation: a message, a tap, an end. */
  function wake(conversation: ConversationId): void {
    if (draining) return;
    again.add(conversation);
    if (workers.has(conversation)) return;
    const worker = work(conversation).finally(() => {
      workers.delete(conversation);
      if (again.has(conversation)) wake(conversation);
    });
    workers.set(conversation, worker);
  }

  async function work(conversation: ConversationId): Promise<void> {
    let failed: { readonly turnId: string | null; readonly times: number } = { turnId: null, times: 0 };
    while (!draining) {
      again.delete(conversation);
      let turn: Turn | null = null;
      try {
        turn = next(conversation);
        if (!turn) return;
        if (failed.turnId === turn.id && failed.times >= MAX_TRIES) loop.giveUp(turn.id, GIVEN_UP);
        else await runTurn(turn);
      } catch (thrown) {
        const error = asSeneschalError(thrown);
        deps.log.error({ conversation, error }, 'a turn could not go on; it is tried again');
        const turnId = turn?.id ?? null;
        const passing = error.code.startsWith('store.') && error.retryable;
        failed = { turnId, times: passing ? 0 : failed.turnId === turnId ? failed.times + 1 : 1 };
        await sleep(system, RETRY_MS, closing.signal);
      }
      deps.outbox.wake(conversation);
    }
  }

  function next(conversation: ConversationId): Turn | null {
    const open = store.turns.open(conversation);
    const begun = open.find((turn) => turn.state === 'running' || turn.state === 'parked');
    if (begun && (begun.state === 'running' || canGoOn(begun))) return begun;
    const queued = open.find((turn) => turn.state === 'queued') ?? null;
    if (queued && begun) loop.closeParked(begun.id);
    return queued;
  }

  function canGoOn(turn: Turn): boolean {
    const calls = store.calls.ofStep(turn.id, turn.step);
    return calls.every((call) => call.state === 'done') || calls.some((call) => call.state === 'ready');
  }

  async function runTurn(turn: Turn): Promise<void> {
    const abort = new AbortController();
    let finish: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    active.set(turn.conversationId, { turnId: turn.id, abort, done });
    deps.live.begin(turn);
    try {
      await loop.run(turn.id, abort.signal, () => draining);
      if (abort.signal.reason instanceof StopReason) {
        loop.stopTurn(turn.id, deps.live.partial(turn.id), abort.signal.reason.note);
      }
    } finally {
      deps.live.end(turn.id);
      active.delete(turn.conversationId);
      finish();
    }
  }

  return {
    wake,
    wakeAll(): void {
      for (const conversation of store.turns.openConversations()) wake(conversation);
    },
    running: (conversation: ConversationId): string | null => active.get(conversation)?.turnId ?? null,

    /** Ends the turn that is running or parked; resolves when it has ended. `note` stands on its cards. False for none. */
    async stopCurrent(conversation: ConversationId, note: string): Promise<boolean> {
      const current = active.get(conversation);
      if (current) {
        current.abort.abort(new StopReason(note));
        await current.done;
        deps.outbox.wake(conversation);
        return true;
      }
      const parked = store.turns.open(conversation).find((turn) => turn.state === 'parked' || turn.state === 'running');
      if (!parked) return false;
      loop.stopTurn(parked.id, '', note);
      deps.outbox.wake(conversation);
      return true;
    },

    /** Takes no more work, lets turns reach their next durable step, ends what is left after some seconds. */
    async stop(): Promise<void> {
      draining = true;
      const settled = Promise.all([...workers.values()]);
      await Promise.race([settled, sleep(system, DRAIN_MS, closing.signal)]);
      closing.abort();
      for (const { abort } of active.values()) abort.abort('shutdown');
      await settled;
      for (const conversation of store.turns.openConversations()) {
        for (const turn of store.turns.open(conversation)) store.history.forgetUnanswered(turn.id);
      }
    },
  };
}

const GIVEN_UP = `This could not be worked on, by a fault in me that the log describes. Tried ${MAX_TRIES} times; your message is kept.`;

import type { Logger } from '../core/log.js';
import type { UserPart } from '../core/message.js';
import { messageText } from '../core/message.js';
import type { System } from '../core/system.js';
import type { ResolvedAction } from '../core/tool.js';
import { NO_TAINT } from '../core/trust.js';
import type { ContentGuard } from '../guards/content.js';
import type { DecoyTouch } from '../guards/outgoing.js';
import type { ApprovalDesk } from '../policy/approvals.js';
import type { Call } from '../store/calls.js';
import type { StoredAttachment, StoredEvent } from '../store/events.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import type { Executor } from '../tools/executor.js';
import { ownerMessage } from './context.js';
import { createDecline } from './decline.js';
import { taintOfQuote } from './quoted.js';
import { createReplies, lines, type ReplyTarget } from './reply.js';
import type { ModelRequester } from './request.js';

/**
 * One turn, from an owner's message to the final reply, as a machine whose state is rows: it can be left at any
 * instant and goes on from what stands in the store.
 *
 *   open (message into history) → [ request → answer → calls → results ] … → reply
 *
 * Invariant: an effect's row is committed before the effect, its result right after; a step is entered only when the
 * rows before it are there.
 */
export interface LoopDeps {
  readonly store: Store;
  readonly system: System;
  readonly log: Logger;
  readonly executor: Executor;
  readonly desk: ApprovalDesk;
  readonly requester: ModelRequester;
  readonly touched: (touch: DecoyTouch) => void;
  /** What the owner sees meanwhile; never durable, never awaited. */
  readonly view: TurnView;
  readonly content: ContentGuard;
  readonly timeZone: string;
  readonly isOwner: (channel: string, userId: string) => boolean;
  readonly received: {
    /** Downloads, guards and stores one file of the owner; what the model gets of it. */
    file(attachment: StoredAttachment, message: StoredEvent): Promise<readonly UserPart[]>;
    /** Stores a very long text of a message as a file; what the model gets of it. */
    longText(message: StoredEvent, text: string): Promise<string>;
  };
}

export interface TurnView {
  /** Model text so far of the answer that is being streamed. */
  text(turn: Turn, markdown: string): void;
  /** What is being done right now. */
  progress(turn: Turn, line: string): void;
}

export type TurnEnd = 'ended' | 'parked';

const MAX_STEPS = 60;
const MAX_ATTEMPTS = 3;
/** UTF-16 units of one message that are said to the model; a longer one would spoil every request after it. */
const MAX_MESSAGE = 100_000;
const WAITING = "waiting for the owner's tap";

export type Loop = ReturnType<typeof createLoop>;

export function createLoop(deps: LoopDeps) {
  const { store, executor, desk, requester } = deps;
  const replies = createReplies(store);
  const declines = createDecline(store, replies);

  /** Works on a turn until it ends or waits for the owner. An abort leaves the rows as they are: the caller ends it. */
  async function run(turnId: string, signal: AbortSignal, draining: () => boolean): Promise<TurnEnd> {
    store.turns.start(turnId);
    let turn = current(turnId);
    const target = targetOf(turn);
    if (!turn.opened && !(await open(turn, signal))) return 'ended';
    while (!signal.aborted && !draining()) {
      turn = current(turnId);
      const calls = store.calls.ofStep(turn.id, turn.step);
      if (calls.length > 0 && !resultsTold(turn)) {
        const settled = await work(turn, calls, target, signal);
        if (signal.aborted) break;
        if (!settled) {
          store.turns.park(turn.id);
          return 'parked';
        }
        tellResults(turn);
        continue;
      }
      if (turn.step >= MAX_STEPS) {
        const sentence = `This took ${MAX_STEPS} steps and I stopped here. Say "go on" and I continue.`;
        store.transaction(() => {
          replies.close(turn, lines(sentence), target);
          store.turns.end(turn.id, 'done');
        });
        return 'ended';
      }
      if (await ask(turn, target, signal)) return 'ended';
    }
    return 'ended';
  }

  /** The turn's first message into the history. False when there was nothing to do. */
  async function open(turn: Turn, signal: AbortSignal): Promise<boolean> {
    if (turn.kind === 'outcome') return openOutcome(turn, signal);
    const stored = turn.eventSeq === null ? null : store.events.get(turn.eventSeq);
    if (stored?.event.kind !== 'message.created') {
      store.turns.end(turn.id, 'done');
      return false;
    }
    const { text, forwarded } = stored.event;
    if (!forwarded && declines(turn, text, targetOf(turn))) return false;
    const said = text.length > MAX_MESSAGE ? await deps.received.longText(stored, text) : text;
    const event = { ...stored.event, text: said };
    const files: UserPart[] = [];
    for (const attachment of store.events.attachments(stored.seq)) {
      files.push(...(attachment.parts ?? (await deps.received.file(attachment, stored))));
    }
    if (signal.aborted) return true;
    const isOwner = (userId: string) => deps.isOwner(event.channel, userId);
    const quotedTaint = taintOfQuote(store, turn.conversationId, event);
    const { parts, taint } = ownerMessage(event, files, { ...deps, isOwner, quotedTaint });
    store.transaction(() => {
      inheritTaint(turn);
      store.turns.addTaint(turn.id, taint);
      store.conversations.addTaint(turn.conversationId, taint);
      tellUntold(turn);
      store.history.append(turn.conversationId, turn.id, { role: 'user', content: parts });
      store.turns.markOpened(turn.id);
    });
    return true;
  }

  /** Calls that the model believes to be waiting: runs what was approved, then tells all as fresh pairs. */
  async function openOutcome(turn: Turn, signal: AbortSignal): Promise<boolean> {
    store.transaction(() => inheritTaint(turn));
    const calls = () => turn.callIds.map((id) => store.calls.get(id)).filter((call) => call !== null);
    const settled = await work(current(turn.id), calls(), {}, signal);
    if (signal.aborted) return true;
    if (!settled) {
      // A recovery card is open; the tap brings a new outcome turn.
      store.turns.end(turn.id, 'done');
      return false;
    }
    return store.transaction(() => {
      const untold = calls().filter((call) =>
        store.calls.untold(turn.conversationId).some((one) => one.id === call.id),
      );
      tellPairs(turn, untold);
      store.turns.markOpened(turn.id);
      if (untold.length === 0) store.turns.end(turn.id, 'done');
      return untold.length > 0;
    });
  }

  /** Brings the calls of a step as far as they go without the owner. True when each has its result. */
  async function work(turn: Turn, calls: readonly Call[], target: ReplyTarget, signal: AbortSignal): Promise<boolean> {
    await recoverInterrupted(turn, calls, target);
    await propose(turn, calls, target);
    for (const { id } of calls) {
      const call = store.calls.get(id);
      if (signal.aborted || call?.state !== 'ready') continue;
      deps.view.progress(turn, progressLine(call));
      // What the model could see when it proposed this: results of the same step were not there yet.
      await executor.execute(call, turn, { signal, progress: (line) => deps.view.progress(turn, line) });
      const approval = store.approvals.ofCall(call.id);
      if (approval) store.transaction(() => desk.refresh(approval.cardId));
    }
    return calls.every(({ id }) => store.calls.get(id)?.state === 'done');
  }

  /** Judges what the model proposed: refusals get their result, free calls become ready, the rest is one card. */
  async function propose(turn: Turn, calls: readonly Call[], target: ReplyTarget): Promise<void> {
    const asked: { call: Call; action: ResolvedAction }[] = [];
    const free: Call[] = [];
    for (const call of calls.filter(({ state }) => state === 'proposed')) {
      const assessment = await executor.assess(call, turn.taint);
      if (assessment.effect === 'ask') asked.push({ call, action: assessment.action });
      else if (assessment.effect === 'run') free.push(call);
      else if (assessment.effect === 'refuse') {
        const { text, summary } = assessment;
        store.transaction(() => refuse(call.id, call.tool, text, summary));
      }
    }
    if (asked.length === 0 && free.length === 0) return;
    store.transaction(() => {
      for (const call of free) store.calls.setState(call.id, 'ready');
      if (asked.length === 0) return;
      replies.clearLive(turn);
      desk.request(turn, 'approval', asked, target.replyRef);
    });
  }

  function refuse(call: string, tool: string, text: string, summary: string): void {
    store.calls.finish(call, { text, isError: true, summary });
    store.audit.add('tool.refused', { call, tool, summary });
  }

  /** What had started when the process ended: done, repeated, or asked about. */
  async function recoverInterrupted(turn: Turn, calls: readonly Call[], target: ReplyTarget): Promise<void> {
    const asked: { call: Call; action: ResolvedAction }[] = [];
    for (const call of calls.filter(({ state }) => state === 'started')) {
      if (call.attempts >= MAX_ATTEMPTS) {
        const text = `It was begun ${MAX_ATTEMPTS} times without an end, so it was given up.`;
        store.transaction(() => store.calls.finish(call.id, { text, isError: true, summary: 'given up' }));
        continue;
      }
      const verdict = await executor.recover(call, turn.taint);
      if (verdict === 'done') continue;
      if (verdict === 'again') store.transaction(() => store.calls.setState(call.id, 'ready'));
      else if (verdict.ask) asked.push({ call, action: verdict.ask });
      else {
        const text = 'It had begun before a restart, its end is unknown, and it can no longer be run again.';
        store.transaction(() => store.calls.finish(call.id, { text, isError: true, summary: 'unknown' }));
      }
    }
    if (asked.length > 0) store.transaction(() => desk.request(turn, 'recovery', asked, target.replyRef));
  }

  /** One request to the model and what it answered. True when the turn has ended. */
  async function ask(turn: Turn, target: ReplyTarget, signal: AbortSignal): Promise<boolean> {
    const step = turn.step + 1;
    if (store.history.unanswered(turn.id, step) >= MAX_ATTEMPTS) {
      fail(turn, `The model was asked ${MAX_ATTEMPTS} times and each time I was interrupted. I stopped here.`, target);
      return true;
    }
    const answer = await requester.ask(turn, step, signal, (markdown) => deps.view.text(turn, markdown));
    if (signal.aborted) return true;
    if (!answer.ok) {
      fail(turn, answer.sentence, target);
      return true;
    }
    const { message } = answer;
    const calls = message.content.filter((part) => part.type === 'tool_call');
    const text = messageText(message).trim();
    store.transaction(() => {
      answer.commit();
      store.turns.setStep(turn.id, step);
      const stored =
        message.content.length > 0 ? message : { ...message, content: [{ type: 'text', text: '(no text)' } as const] };
      store.history.append(turn.conversationId, turn.id, stored);
      for (const [position, call] of calls.entries()) {
        store.calls.add(
          {
            id: call.callId,
            turnId: turn.id,
            conversationId: turn.conversationId,
            step,
            tool: call.name,
            input: call.input,
          },
          position,
        );
        const refusal = answer.refused.get(call.callId);
        if (refusal !== undefined) refuse(call.callId, call.name, `Refused: ${refusal}`, 'refused: it held a secret');
      }
      for (const { name, tool } of answer.touched) deps.touched({ name, conversation: turn.conversationId, tool });
      if (text !== '') replies.say(turn, text, target);
      if (calls.length > 0) return;
      if (text === '') replies.close(turn, lines('The model answered with no text.'), target);
      if (answer.note !== null) replies.close(turn, lines(answer.note), target);
      store.turns.end(turn.id, 'done');
    });
    return calls.length === 0;
  }

  /** Whether the newest step's results stand in the history: then its calls are no longer at the tail. */
  function resultsTold(turn: Turn): boolean {
    return store.history.last(turn.conversationId)?.role !== 'assistant';
  }

  function tellResults(turn: Turn): void {
    store.transaction(() => {
      const content = store.calls.ofStep(turn.id, turn.step).map(resultPart);
      store.history.append(turn.conversationId, turn.id, { role: 'user', content });
    });
  }

  /**
   * An owner's message came while calls wait: they are closed for the model, their outcomes will come by themselves.
   * Ends the turn; its approvals stay open.
   */
  function closeParked(turnId: string): void {
    store.transaction(() => {
      const turn = current(turnId);
      const content = store.calls
        .ofStep(turn.id, turn.step)
        .map((call) =>
          call.state === 'done'
            ? resultPart(call)
            : { type: 'tool_result' as const, callId: call.id, text: WAITING, isError: false },
        );
      store.history.append(turn.conversationId, turn.id, { role: 'user', content });
      store.calls.close(turn.id, turn.step);
      store.turns.end(turn.id, 'done');
    });
  }

  /** The owner stopped the turn: what is open ends, and the history stays whole. `partial`: what had been streamed. */
  function stopTurn(turnId: string, partial: string, note: string): number {
    return store.transaction(() => {
      const turn = current(turnId);
      const calls = turn.kind === 'outcome' && !turn.opened ? [] : store.calls.ofStep(turn.id, turn.step);
      const open = calls.filter((call) => call.state !== 'done');
      const cancelled = desk.cancel(open, note);
      if (turn.opened && calls.length > 0 && !resultsTold(turn)) tellResults(turn);
      const shown = partial.trimEnd();
      if (turn.opened && shown !== '') {
        const text = `${shown}\n\n(cut off: the owner pressed stop)`;
        store.history.append(turn.conversationId, turn.id, { role: 'assistant', content: [{ type: 'text', text }] });
        replies.say(turn, `${shown} …`, targetOf(turn));
      } else replies.clearLive(turn);
      store.history.forgetUnanswered(turn.id);
      store.turns.end(turn.id, 'cancelled');
      return cancelled;
    });
  }

  /** What keeps a turn from going on will not pass: it ends with a sentence, so that those behind it are heard. */
  function giveUp(turnId: string, sentence: string): void {
    store.transaction(() => {
      const turn = current(turnId);
      const calls = turn.opened ? store.calls.ofStep(turn.id, turn.step) : [];
      desk.cancel(
        calls.filter((call) => call.state !== 'done'),
        'Cancelled: its turn could not go on',
      );
      if (calls.length > 0 && !resultsTold(turn)) tellResults(turn);
      fail(turn, sentence, targetOf(turn));
    });
  }

  function tellUntold(turn: Turn): void {
    const queued = new Set(
      store.turns
        .open(turn.conversationId)
        .filter((other) => other.kind === 'outcome')
        .flatMap((other) => other.callIds),
    );
    tellPairs(
      turn,
      store.calls.untold(turn.conversationId).filter((call) => !queued.has(call.id)),
    );
  }

  /** Call and result once more under new ids, at the tail. */
  function tellPairs(turn: Turn, calls: readonly Call[]): void {
    if (calls.length === 0) return;
    const fresh = calls.map((call) => ({ call, callId: deps.system.id() }));
    const content = fresh.map(
      ({ call, callId }) => ({ type: 'tool_call', callId, name: call.tool, input: call.input }) as const,
    );
    const results = fresh.map(({ call, callId }) => ({ ...resultPart(call), callId }));
    store.history.append(
      turn.conversationId,
      turn.id,
      { role: 'assistant', content },
      { role: 'user', content: results },
    );
    for (const call of calls) store.calls.markTold(call.id);
  }

  function inheritTaint(turn: Turn): void {
    store.turns.addTaint(turn.id, store.conversations.get(turn.conversationId)?.taint ?? NO_TAINT);
  }

  function fail(turn: Turn, sentence: string, target: ReplyTarget): void {
    store.transaction(() => {
      replies.fail(turn, sentence, target);
      store.turns.end(turn.id, 'failed');
    });
  }

  function targetOf(turn: Turn): ReplyTarget {
    const event = turn.eventSeq === null ? null : store.events.get(turn.eventSeq)?.event;
    return event?.replyRef === undefined ? {} : { replyRef: event.replyRef };
  }

  function current(id: string): Turn {
    const turn = store.turns.get(id);
    if (!turn) throw new Error(`turn ${id} is gone`);
    return turn;
  }

  return { run, closeParked, stopTurn, giveUp };
}

const resultPart = (call: Call) =>
  ({ type: 'tool_result', callId: call.id, text: call.result ?? '', isError: call.isError }) as const;

/** `npm test` for a command, the tool's name for everything else. */
function progressLine(call: Call): string {
  const input = call.input as { command?: unknown; path?: unknown; url?: unknown } | null;
  const subject = [input?.command, input?.path, input?.url].find((value) => typeof value === 'string');
  return subject === undefined ? call.tool : `${call.tool} · ${String(subject).slice(0, 80)}`;
}

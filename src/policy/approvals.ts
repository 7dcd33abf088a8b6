import { actionDigest } from '../core/approval.js';
import type { Address, Button, InboundOutcome } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import type { System } from '../core/system.js';
import { clockTime } from '../core/time.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Approval, Card } from '../store/approvals.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { Call } from '../store/calls.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import { actionsPerCard, cardAttachments, cardContent } from './card.js';
import { createReminders } from './reminders.js';

/**
 * Approvals are rows: requested together with the card that shows them, decided once by the first tap, used once by
 * the executor. Every function that changes rows is one transaction, or joins the caller's.
 *
 *   executor asks → request → card (outbox) → tap (intake) → press → call `ready` → executor uses it
 */
export interface ApprovalOptions {
  readonly ttlMs: number;
  readonly timeZone: string;
  /** Further chats that get a copy of a card. */
  readonly mirrors: (conversation: string) => readonly Address[];
  readonly channelName: (channel: string) => string;
  /** UTF-16 units of one message there. */
  readonly maxText: (channel: string) => number;
  /** Called for each chat that has something to be shown, before that is committed. */
  readonly wake: (conversation: string) => void;
  /** Called when something with a time of expiry was stored. */
  readonly reschedule: () => void;
}

const TEN_MINUTES_MS = 600_000;
const ALWAYS_MS = 90 * 24 * 3_600_000;
const GRANT_USES = 200;
const DENIED = 'Denied by the owner';
const AGAIN = 'again';
const DENIED_NOTICE = 'Denied.';
const REASON_FORM = { title: 'Reason', label: 'Why not, or what instead (optional)' };
const INTERRUPTED = 'It had begun before a restart and its end is unknown.';

interface Asked {
  readonly call: Call;
  readonly action: ResolvedAction;
}

export type ApprovalDesk = ReturnType<typeof createApprovalDesk>;

export function createApprovalDesk(store: Store, system: System, options: ApprovalOptions) {
  const reminders = createReminders(store, system, options);
  const clock = (at: number | null) => clockTime(at ?? system.now(), options.timeZone);

  /** Rows, cards and buttons for calls that must wait. Must be called within the transaction that decided so. */
  function request(turn: Turn, kind: Card['kind'], asked: readonly Asked[], replyRef: string | undefined): void {
    const home = store.conversations.get(turn.conversationId);
    if (!home) return;
    const addresses: [Address, ...Address[]] = [home.address, ...options.mirrors(turn.conversationId)];
    const size = actionsPerCard(roomOf(addresses));
    for (let at = 0; at < asked.length; at += size) {
      requestCard(turn, kind, asked.slice(at, at + size), addresses, replyRef);
    }
    options.reschedule();
  }

  const roomOf = (addresses: readonly Address[]): number =>
    Math.min(...addresses.map(({ channel }) => options.maxText(channel)));

  function requestCard(
    turn: Turn,
    kind: Card['kind'],
    asked: readonly Asked[],
    addresses: readonly [Address, ...Address[]],
    replyRef: string | undefined,
  ): void {
    const cardId = store.approvals.addCard({ conversationId: turn.conversationId, turnId: turn.id, kind });
    const expiresAt = system.now() + options.ttlMs;
    reminders.plan(cardId, expiresAt);
    const approvals = asked.map(({ call, action }, position) => {
      store.calls.setState(call.id, kind === 'recovery' ? 'uncertain' : 'waiting');
      const digest = actionDigest(action);
      const id = store.approvals.add({ cardId, callId: call.id, digest, action, expiresAt }, position);
      store.audit.add('approval.requested', { approval: id, tool: action.tool, digest });
      return store.approvals.get(id) as Approval;
    });
    const maxText = roomOf(addresses);
    const files = cardAttachments(
      asked.map(({ action }) => action),
      maxText,
    );
    for (const address of addresses) {
      const content = {
        ...cardContent(
          { kind },
          approvals.map((approval) => ({ approval, outcome: null })),
          {
            taint: turn.taint,
            timeZone: options.timeZone,
            buttons: buttonsFor(cardId, kind, approvals),
            maxText,
            askedIn: askedIn(addresses[0], address),
          },
        ),
        ...(replyRef === undefined ? {} : { replyRef }),
      };
      options.wake(conversationId(address));
      store.deliveries.add({ address, content, cardId, turnId: turn.id });
      for (const file of files) store.deliveries.add({ address, content: { file }, turnId: turn.id });
    }
  }

  /** A copy says where the question comes from. */
  const askedIn = (home: Address, copy: Address): string | null =>
    conversationId(home) === conversationId(copy) ? null : options.channelName(home.channel);

  function buttonsFor(cardId: string, kind: Card['kind'], approvals: readonly Approval[]): Button[][] {
    const button = (approval: Approval, choice: string, label: string, style?: Button['style']): Button => ({
      label,
      value: store.buttons.add('approval', approval.id, choice),
      ...(style === undefined ? {} : { style }),
    });
    const open = approvals.filter((approval) => approval.state === 'pending');
    const [only] = open;
    if (!only) return kind === 'approval' ? againButtons(approvals, button) : [];
    if (approvals.length === 1) {
      if (kind === 'recovery') return [[button(only, 'approve', 'Run again'), button(only, 'deny', 'Skip')]];
      const middle =
        only.action.grantPattern === null
          ? []
          : [button(only, 'ten', 'Approve for 10 min'), button(only, 'always', 'Always')];
      return [[button(only, 'approve', 'Approve', 'primary'), ...middle, button(only, 'deny', 'Deny', 'danger')]];
    }
    const words = kind === 'recovery' ? ['Run again', 'Skip'] : ['Approve', 'Deny'];
    const all = [
      { label: `${words[0]} all`, value: store.buttons.add('card', cardId, 'approve') },
      { label: `${words[1]} all`, value: store.buttons.add('card', cardId, 'deny') },
    ];
    const rows = open.map((approval) => {
      const number = approvals.indexOf(approval) + 1;
      return [button(approval, 'approve', `${words[0]} ${number}`), button(approval, 'deny', `${words[1]} ${number}`)];
    });
    return [all, ...rows];
  }

  /** Under a card that ran out (APPR-8). */
  function againButtons(
    approvals: readonly Approval[],
    button: (approval: Approval, choice: string, label: string) => Button,
  ): Button[][] {
    return approvals.flatMap((approval, index) => {
      if (approval.state !== 'expired' || approval.note !== null) return [];
      return [[button(approval, AGAIN, approvals.length === 1 ? 'Ask again' : `Ask again ${index + 1}`)]];
    });
  }

  /** The same call once more, resolved anew: another card with another digest, its outcome a turn of its own. */
  function askAgain(approval: Approval): InboundOutcome {
    const call = store.calls.get(approval.callId);
    if (!call || !store.approvals.markAskedAgain(approval.id))
      return { accepted: true, notice: 'Already asked again.' };
    const id = system.id();
    const { conversationId, tool, input } = call;
    const turnId = store.turns.add({ conversationId, kind: 'outcome', eventSeq: null, callIds: [id] });
    store.calls.add({ id, turnId, conversationId, step: 0, tool, input }, 0);
    store.calls.close(turnId, 0);
    refresh(approval.cardId);
    return { accepted: true, notice: 'Asking again.' };
  }

  /** Brings every copy of a card, or those on one channel, up to date with its rows. */
  function refresh(cardId: string, channel?: string): void {
    const card = store.approvals.card(cardId);
    const home = card ? store.conversations.get(card.conversationId) : null;
    if (!card || !home) return;
    reminders.settle(cardId);
    const approvals = store.approvals.ofCard(cardId);
    const items = approvals.map((approval) => ({ approval, outcome: outcomeOf(approval) }));
    const taint = store.turns.get(card.turnId)?.taint ?? { untrusted: [], private: [] };
    const copies = store.deliveries.ofCard(cardId);
    const maxText = roomOf(copies.map(({ address }) => address));
    for (const copy of copies) {
      if (channel !== undefined && copy.address.channel !== channel) continue;
      const { replyRef } = copy.content;
      const content = {
        ...cardContent(card, items, {
          taint,
          timeZone: options.timeZone,
          buttons: buttonsFor(cardId, card.kind, approvals),
          maxText,
          askedIn: askedIn(home.address, copy.address),
        }),
        ...(replyRef === undefined ? {} : { replyRef }),
      };
      options.wake(copy.lane);
      store.deliveries.add({ address: copy.address, kind: 'edit', targetDelivery: copy.id, content });
    }
  }

  /** Open cards once more, on a channel whose earlier messages went with the process that showed them. */
  function showAgain(channel: string): void {
    for (const cardId of new Set(store.approvals.allPending().map((approval) => approval.cardId))) {
      refresh(cardId, channel);
    }
  }

  function outcomeOf(approval: Approval): string | null {
    const call = store.calls.get(approval.callId);
    const ran = approval.state === 'used' || approval.state === 'approved';
    return ran && call?.state === 'done' ? call.summary : null;
  }

  /**
   * The owner's tap, in the transaction that stores it. `by` is `channel:user`, `form` the handle under which a form for
   * the reason of a refusal may come back, where the platform has forms.
   */
  function press(meaning: ButtonMeaning, by: string, form: string | null): InboundOutcome {
    const targets = targetsOf(meaning).filter(({ state }) => meaning.kind === 'approval' || state === 'pending');
    const [first] = targets;
    if (!first) return { accepted: true, notice: 'Already answered.' };
    if (meaning.choice === AGAIN) return askAgain(first);
    const notices = targets.map((approval) => settle(approval, meaning.choice, by, null));
    enqueueOutcomes(targets.map((approval) => approval.callId));
    refresh(first.cardId);
    const denied = store.approvals.get(first.id)?.state === 'rejected' && notices[0] === DENIED_NOTICE;
    if (denied && form !== null && store.approvals.card(first.cardId)?.kind === 'approval') {
      return { accepted: true, prompt: { value: form, ...REASON_FORM } };
    }
    return { accepted: true, ...(notices[0] === undefined ? {} : { notice: notices[0] }) };
  }

  const targetsOf = (meaning: ButtonMeaning): Approval[] =>
    meaning.kind === 'card'
      ? store.approvals.ofCard(meaning.target)
      : [store.approvals.get(meaning.target)].filter((approval) => approval !== null);

  /** Decides one approval if it is still open; the sentence that answers the tap, truthful when it came late. */
  function settle(approval: Approval, choice: string, by: string, reason: string | null): string {
    if (approval.state !== 'pending') return stateSentence(approval);
    if (approval.expiresAt <= system.now()) {
      expire(approval);
      return `Expired ${clock(approval.expiresAt)}, not run.`;
    }
    if (choice === 'deny') {
      store.approvals.decide(approval.id, 'rejected', by, reason);
      const again = store.approvals.card(approval.cardId)?.kind === 'recovery';
      const denied = reason === null ? `${DENIED}.` : `${DENIED}: ${reason}`;
      const text = again ? `${INTERRUPTED} The owner chose not to run it again.` : denied;
      store.calls.finish(approval.callId, { text, isError: true, summary: again ? 'skipped' : 'denied' });
      store.audit.add('approval.rejected', { approval: approval.id, by });
      return DENIED_NOTICE;
    }
    const note = grantFor(approval, choice);
    store.approvals.decide(approval.id, 'approved', by, note);
    store.calls.setState(approval.callId, 'ready');
    store.audit.add('approval.approved', { approval: approval.id, by, choice, digest: approval.digest });
    return 'Approved.';
  }

  /** Writes the standing grant of `Approve for 10 min` and `Always`; what the card says about it. */
  function grantFor(approval: Approval, choice: string): string | null {
    const card = store.approvals.card(approval.cardId);
    const { grantPattern, tool } = approval.action;
    if (!card || grantPattern === null || (choice !== 'ten' && choice !== 'always')) return null;
    const lifetime = choice === 'ten' ? TEN_MINUTES_MS : ALWAYS_MS;
    const id = store.grants.add({
      conversationId: card.conversationId,
      tool,
      pattern: grantPattern,
      expiresAt: system.now() + lifetime,
      usesLeft: GRANT_USES,
    });
    store.audit.add('grant.added', { grant: id, tool, pattern: grantPattern });
    return choice === 'ten' ? 'for 10 min' : 'always (see /approvals)';
  }

  function stateSentence(approval: Approval): string {
    const at = clock(approval.decidedAt);
    switch (approval.state) {
      case 'expired':
        return `Expired ${at}, not run.`;
      case 'rejected':
        return `Already denied ${at}.`;
      case 'cancelled':
        return `Cancelled ${at}, not run.`;
      default:
        return `Already approved ${at}.`;
    }
  }

  function expire(approval: Approval): void {
    if (!store.approvals.decide(approval.id, 'expired', null, null)) return;
    const again = store.approvals.card(approval.cardId)?.kind === 'recovery';
    const text = again ? INTERRUPTED : 'The owner did not answer in time. It was not run.';
    store.calls.finish(approval.callId, { text, isError: true, summary: 'expired' });
    store.audit.add('approval.expired', { approval: approval.id });
  }

  /** Outcomes of calls whose turn went on without them come as one turn of their own; others need none. */
  function enqueueOutcomes(callIds: readonly string[]): void {
    const calls = callIds
      .map((id) => store.calls.get(id))
      .filter((call) => call !== null)
      .filter((call) => call.closed && (call.state === 'ready' || call.state === 'done'));
    const [first] = calls;
    if (!first) return;
    store.turns.add({
      conversationId: first.conversationId,
      kind: 'outcome',
      eventSeq: null,
      callIds: calls.map((call) => call.id),
    });
  }

  /** A reply to the card: it denies, with these words if they may be told. False when nothing on it is open. */
  function denyByReply(cardId: string, by: string, reason: string | null): boolean {
    const open = store.approvals.ofCard(cardId).filter((approval) => approval.state === 'pending');
    if (open.length === 0) return false;
    for (const approval of open) settle(approval, 'deny', by, reason);
    enqueueOutcomes(open.map((approval) => approval.callId));
    refresh(cardId);
    return true;
  }

  /**
   * The reason typed into the form that follows `Deny`: on the card, and in the results that the model does not know
   * yet. Returns the refusals that it does know: to it the reason is news.
   */
  function addReason(meaning: ButtonMeaning, by: string, reason: string): readonly Approval[] {
    const explained = targetsOf(meaning).filter(
      (approval) => approval.decidedBy === by && store.approvals.explain(approval.id, reason),
    );
    for (const cardId of new Set(explained.map((approval) => approval.cardId))) refresh(cardId);
    return explained.filter(({ callId }) => {
      const call = store.calls.get(callId);
      if (!call || isTold(call)) return true;
      store.calls.amend(callId, `${DENIED}: ${reason}`);
      return false;
    });
  }

  /** Whether the model has the result of a call that is done. */
  function isTold(call: Call): boolean {
    if (call.closed) return !store.calls.untold(call.conversationId).some(({ id }) => id === call.id);
    const atTail = store.history.last(call.conversationId)?.role === 'assistant';
    return !atTail || store.turns.get(call.turnId)?.step !== call.step;
  }

  /** Ends what is open of these calls; the number of approvals that ended. */
  function cancel(calls: readonly Call[], note: string): number {
    const cards = new Set<string>();
    let count = 0;
    for (const call of calls) {
      const approval = store.approvals.ofCall(call.id);
      if (approval && store.approvals.cancel(approval.id, note)) {
        count += 1;
        cards.add(approval.cardId);
        store.audit.add('approval.cancelled', { approval: approval.id, note });
      }
      store.calls.finish(call.id, { text: `${note}. It was not run.`, isError: true, summary: 'cancelled' });
    }
    for (const cardId of cards) refresh(cardId);
    return count;
  }

  /** Ends what is past its time and reminds of what soon will be. Returns the conversations in which something ended. */
  function expireDue(): string[] {
    const due = store.approvals.dueBy(system.now());
    const cards = new Set(due.map((approval) => approval.cardId));
    for (const approval of due) expire(approval);
    for (const cardId of cards) refresh(cardId);
    reminders.sendDue();
    return [...cards].flatMap((cardId) => store.approvals.card(cardId)?.conversationId ?? []);
  }

  return {
    request,
    refresh,
    showAgain,
    press,
    denyByReply,
    addReason,
    cancel,
    expireDue,
    enqueueOutcomes,
    /** When something ends, or is to be reminded of. */
    nextTimes: () => [store.approvals.nextExpiry(), store.reminders.nextAt()],
  };
}

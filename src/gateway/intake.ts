import { lines } from '../agent/reply.js';
import type { ChannelAdapter, InboundOutcome } from '../core/channel.js';
import { type ConversationId, conversationId } from '../core/conversation.js';
import type { Envelope, InboundEvent } from '../core/event.js';
import type { Logger } from '../core/log.js';
import type { System, Timer } from '../core/system.js';
import { judgeInput } from '../guards/input.js';
import type { ApprovalDesk } from '../policy/approvals.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { StoredEvent } from '../store/events.js';
import type { Store } from '../store/store.js';
import { type Commands, commandIn, isMeant, OF_BUTTON } from './commands.js';
import type { Home } from './home.js';
import type { Outbox } from './outbox.js';
import type { OwnerGate } from './owners.js';
import type { Guarded, PasteDesk } from './paste.js';
import type { Queue } from './queue.js';
import { stopWord } from './stop-words.js';

/**
 * The way in, in this fixed order: the sender is the owner → not seen before → paste guard → stored durably → the
 * adapter may acknowledge. A call resolves only when its event is durable or refused for good; it rejects only when
 * the store could not take it.
 */
export interface IntakeDeps {
  readonly store: Store;
  readonly system: System;
  readonly log: Logger;
  readonly owners: OwnerGate;
  readonly paste: PasteDesk;
  readonly desk: ApprovalDesk;
  readonly commands: Commands;
  readonly queue: Queue;
  readonly outbox: Outbox;
  readonly home: Home;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  /** Presses that belong to other rooms (secret requests, pastes). */
  readonly press: (meaning: ButtonMeaning, event: InboundEvent & { kind: 'action.invoked' }) => InboundOutcome | null;
}

type Message = InboundEvent & { kind: 'message.created' };

/** From this length on a text may be the first half of one that the platform's client has cut. */
const HOLD_FROM_LENGTH = 3_900;
const HOLD_MS = 300;
const MAX_REASON = 500;

interface Held {
  readonly events: Message[];
  readonly timer: Timer;
  readonly settle: { resolve: (outcome: InboundOutcome) => void; reject: (error: unknown) => void }[];
}

export function createIntake(deps: IntakeDeps) {
  const { store, system } = deps;
  const held = new Map<string, Held>();

  async function receive(event: InboundEvent): Promise<InboundOutcome> {
    if (!deps.owners.isOwner(event.channel, event.sender.userId)) return turnAway(event);
    switch (event.kind) {
      case 'message.created':
        return receiveMessage(event);
      case 'message.edited':
        return store.transaction(() => takeEdit(event));
      case 'message.deleted':
        return store.transaction(() => takeDeletion(event));
      case 'command.invoked':
        if (isMeant(event.name, event.argument)) return takeCommand(event, event.name, event.argument);
        return receiveMessage(messageOf(event));
      case 'action.invoked':
        return takeAction(event);
      default:
        // Reactions and whatever comes to exist later mean nothing here.
        return { accepted: true };
    }
  }

  function turnAway(event: InboundEvent): InboundOutcome {
    if (deps.owners.pair(event)) {
      const conversation = store.conversations.ensure(event.address);
      store.transaction(() => {
        deps.home.remember(event.address);
        const alone = deps.owners.owners(event.channel).length === 1;
        const heard = alone
          ? 'Only this account is heard on this channel.'
          : 'This account has full power over this box.';
        const text = lines(`You are the owner here now. ${heard}`, 'Write /help to see what I can do.');
        store.deliveries.add({ address: event.address, content: { text } });
      });
      deps.outbox.wake(conversation.id);
      return { accepted: true };
    }
    deps.owners.stranger(event);
    return { accepted: false };
  }

  /** A long text waits a moment for its second half; everything else goes straight on. */
  function receiveMessage(event: Message): InboundOutcome | Promise<InboundOutcome> {
    // Never the second half of anything.
    if (stopWord(event.text) && event.attachments.length === 0) return finish([event], []);
    const key = JSON.stringify([conversationId(event.address), event.sender.userId]);
    const waiting = held.get(key);
    if (waiting?.events.some((one) => one.eventId === event.eventId)) return { accepted: true };
    waiting?.timer.cancel();
    held.delete(key);
    const events = [...(waiting?.events ?? []), event];
    if (event.text.length < HOLD_FROM_LENGTH) return finish(events, waiting?.settle ?? []);
    return new Promise((resolve, reject) => {
      const settle = [...(waiting?.settle ?? []), { resolve, reject }];
      const timer = system.setTimer(HOLD_MS, () => {
        held.delete(key);
        try {
          finish(events, settle);
        } catch {
          // Each waiting call was rejected with the same error.
        }
      });
      held.set(key, { events, timer, settle });
    });
  }

  function finish(events: readonly Message[], settle: Held['settle']): InboundOutcome {
    try {
      const outcome = takeMessage(events);
      for (const { resolve } of settle) resolve(outcome);
      return outcome;
    } catch (error) {
      for (const { reject } of settle) reject(error);
      throw error;
    }
  }

  function takeMessage(events: readonly Message[]): InboundOutcome {
    const [first, ...more] = events as [Message, ...Message[]];
    const whole: Message = {
      ...first,
      text: events.map((event) => event.text).join(''),
      attachments: events.flatMap((event) => event.attachments),
    };
    const stop = stopWord(whole.text);
    if (stop && whole.attachments.length === 0) {
      const argument = stop.kind === 'turn' ? '' : stop.kind === 'all' ? 'all' : `job ${stop.job}`;
      return takeCommand(whole, 'stop', argument);
    }
    const command = whole.forwarded ? null : commandIn(whole.text);
    if (command) return takeCommand(whole, command.name, command.argument);
    if (store.events.isKnown(first)) return { accepted: true };
    const guarded = deps.paste.guard(whole);
    return store.transaction(() => {
      const conversation = store.conversations.ensure(first.address);
      deps.home.remember(first.address);
      for (const event of more)
        store.events.add(deps.paste.guard(joinedTo(event)).event, conversation.id, system.now());
      const seq = store.events.add(guarded.event, conversation.id, system.now());
      if (seq === null) return { accepted: true };
      deps.paste.record(
        guarded,
        [first, ...more].map((event) => event.messageId),
        seq,
      );
      if (!answersCard(guarded.event, conversation.id)) {
        store.turns.add({ conversationId: conversation.id, kind: 'message', eventSeq: seq });
      }
      wakeSoon(conversation.id);
      return taken(guarded, first.messageId);
    });
  }

  /** A key typed as a command: answered in place, so that the platform shows nobody what was typed. */
  function taken(guarded: Guarded, messageId: string | undefined): InboundOutcome {
    if (guarded.findings.length === 0 || messageId) return { accepted: true };
    return { accepted: true, notice: 'It held a secret. Nobody was shown it, so there is nothing to delete.' };
  }

  /** A reply to an open approval card denies it with these words. */
  function answersCard(event: Message, conversation: ConversationId): boolean {
    const quoted = event.quote ? store.deliveries.byMessage(conversation, event.quote.messageId) : null;
    if (!quoted?.cardId || !deps.adapter(event.channel)?.capabilities.quotes) return false;
    const declined = isDeclined(event.text);
    return deps.desk.denyByReply(quoted.cardId, by(event), declined ? null : event.text.slice(0, 500)) && !declined;
  }

  /** Not yet taken: the new text counts. Later edits are stored as seen and change nothing. */
  function takeEdit(event: InboundEvent & { kind: 'message.edited' }): InboundOutcome {
    const original = store.events.findMessage(event, event.messageId);
    if (original?.event.kind !== 'message.created') return { accepted: true };
    const guarded = deps.paste.guard(event);
    const seq = store.events.add(guarded.event, original.conversationId, system.now());
    if (seq === null) return { accepted: true };
    deps.paste.record(guarded, [event.messageId], seq);
    if (store.turns.ofEvent(original.seq)?.state === 'queued')
      store.events.replace(original.seq, { ...original.event, text: guarded.text });
    wakeSoon(original.conversationId);
    return { accepted: true };
  }

  function takeDeletion(event: InboundEvent & { kind: 'message.deleted' }): InboundOutcome {
    const original = store.events.findMessage(event, event.messageId);
    const turn = original ? store.turns.ofEvent(original.seq) : null;
    if (turn?.state === 'queued') store.turns.end(turn.id, 'cancelled');
    return { accepted: true };
  }

  /** Stored as not yet done; done at once, or at the next start if a crash comes first. */
  function takeCommand(event: InboundEvent, name: string, argument: string): InboundOutcome {
    const messageId =
      event.kind === 'message.created' || event.kind === 'command.invoked' ? event.messageId : undefined;
    const message = messageId === undefined ? {} : { messageId };
    const guarded = deps.paste.guard({ ...envelopeOf(event), kind: 'command.invoked', name, argument, ...message });
    const stored = store.transaction((): StoredEvent | null => {
      const conversation = store.conversations.ensure(event.address);
      deps.home.remember(event.address);
      const seq = store.events.add(guarded.event, conversation.id, null);
      if (seq === null) return null;
      deps.paste.record(guarded, messageId === undefined ? [] : [messageId], seq);
      return store.events.get(seq);
    });
    if (stored) runCommand(stored);
    return taken(guarded, messageId);
  }

  function runCommand(stored: StoredEvent): void {
    const { event } = stored;
    if (event.kind !== 'command.invoked') return;
    // After the transaction that stored it, which may be an outer one.
    queueMicrotask(() => {
      deps.commands.run(stored, event.name, event.argument).catch((error: unknown) => {
        deps.log.error({ command: event.name, error }, 'a command failed');
      });
    });
  }

  function takeAction(event: InboundEvent & { kind: 'action.invoked' }): InboundOutcome {
    const meaning = store.buttons.find(event.value);
    const typed = deps.paste.guard(event);
    return store.transaction((): InboundOutcome => {
      const conversation = store.conversations.ensure(event.address);
      const seq = store.events.add({ ...typed.event, value: '' }, conversation.id, system.now());
      if (seq === null) return { accepted: true };
      deps.paste.record(typed, [], seq);
      if (!meaning) return { accepted: true, notice: 'This button is no longer good.' };
      return act(meaning, typed.event);
    });
  }

  function act(meaning: ButtonMeaning, event: InboundEvent & { kind: 'action.invoked' }): InboundOutcome {
    switch (meaning.kind) {
      case 'approval':
      case 'card':
        adoptCopy(meaning, event);
        wakeAllSoon();
        if (event.text !== undefined) return explain(meaning, event, event.text.trim());
        return deps.desk.press(meaning, by(event), asksForReason(event) ? event.value : null);
      case 'turn':
        return pressTurn(meaning, event);
      case 'burn':
        takeCommand({ ...event, eventId: `${event.eventId}/burn` }, 'burn', meaning.target);
        return { accepted: true, notice: `Burning ${meaning.target}.` };
      case 'grant':
        return deps.commands.pressGrant(meaning, event);
      default:
        return deps.press(meaning, event) ?? { accepted: true, notice: 'This button is no longer good.' };
    }
  }

  /** Where the owner cannot answer a card by a reply to it, a form asks for the reason of a refusal (APPR-1). */
  function asksForReason({ channel, address }: InboundEvent): boolean {
    const capabilities = deps.adapter(channel)?.capabilities;
    return capabilities?.prompts === true && !(capabilities.quotes && address.direct);
  }

  /** The reason of a refusal that came before. What the model has heard of already is told it by a message. */
  function explain(meaning: ButtonMeaning, event: InboundEvent, reason: string): InboundOutcome {
    // What is to be declined stands on no card and in no result: as a message of its own it is.
    const declined = isDeclined(reason);
    const known = reason === '' || declined ? [] : deps.desk.addReason(meaning, by(event), reason.slice(0, MAX_REASON));
    const cardId = declined ? cardOf(meaning) : known[0]?.cardId;
    const card = cardId === undefined ? null : store.approvals.card(cardId);
    const conversation = card ? store.conversations.get(card.conversationId) : null;
    if (!conversation) return { accepted: true };
    const { replyRef, ...envelope } = envelopeOf(event);
    const here = conversation.id === conversationId(event.address);
    const message: Message = {
      ...envelope,
      ...(here && replyRef !== undefined ? { replyRef } : {}),
      channel: conversation.channel,
      address: conversation.address,
      eventId: `${event.eventId}/reason`,
      kind: 'message.created',
      messageId: '',
      text: reason,
      attachments: [],
      quote: { messageId: '', author: 'agent', text: known.map(({ action }) => action.card.title).join('\n') },
    };
    const seq = store.events.add(deps.paste.guard(message).event, conversation.id, system.now());
    if (seq !== null) store.turns.add({ conversationId: conversation.id, kind: 'message', eventSeq: seq });
    return { accepted: true };
  }

  const cardOf = (meaning: ButtonMeaning): string | undefined =>
    meaning.kind === 'card' ? meaning.target : store.approvals.get(meaning.target)?.cardId;

  /** The press may come from a copy that we do not know, because a crash took its receipt: it is kept up to date too. */
  function adoptCopy(meaning: ButtonMeaning, event: InboundEvent & { kind: 'action.invoked' }): void {
    const cardId = cardOf(meaning);
    const known = store.deliveries.byMessage(conversationId(event.address), event.messageId);
    if (cardId === undefined || known) return;
    store.deliveries.adopt({ address: event.address, messageId: event.messageId, cardId });
  }

  function pressTurn(meaning: ButtonMeaning, event: InboundEvent): InboundOutcome {
    const turn = store.turns.get(meaning.target);
    if (!turn) return { accepted: true, notice: 'This button is no longer good.' };
    if (meaning.choice === 'stop') {
      if (turn.state !== 'running' && turn.state !== 'parked')
        return { accepted: true, notice: 'It has already ended.' };
      takeCommand({ ...event, eventId: `${event.eventId}/stop` }, 'stop', OF_BUTTON);
      return { accepted: true, notice: 'Stopping.' };
    }
    if (turn.state !== 'failed') return { accepted: true, notice: 'It is already under way.' };
    store.history.forgetUnanswered(turn.id);
    if (turn.opened && !store.turns.hasLater(turn)) store.turns.requeue(turn.id);
    else
      store.turns.add({
        conversationId: turn.conversationId,
        kind: turn.kind,
        eventSeq: turn.eventSeq,
        callIds: turn.callIds,
      });
    wakeSoon(turn.conversationId);
    return { accepted: true, notice: 'Trying again.' };
  }

  /** After the transaction has committed. */
  function wakeSoon(conversation: ConversationId): void {
    queueMicrotask(() => {
      deps.queue.wake(conversation);
      deps.outbox.wake(conversation);
    });
  }

  function wakeAllSoon(): void {
    queueMicrotask(() => {
      deps.queue.wakeAll();
      deps.outbox.wakeAll();
    });
  }

  return {
    receive,
    /** Commands that a crash left undone, before anything else goes on. */
    async resumeCommands(): Promise<void> {
      for (const stored of store.events.unhandled()) {
        if (stored.event.kind === 'command.invoked') {
          await deps.commands.run(stored, stored.event.name, stored.event.argument);
        }
      }
    },
  };
}

/** The further parts of a text that was cut by the client: known, so that a redelivery is not taken, and said before. */
const joinedTo = (event: Message): Message => ({ ...event, text: '', attachments: [] });

const messageOf = (event: InboundEvent & { kind: 'command.invoked' }): Message => ({
  ...envelopeOf(event),
  kind: 'message.created',
  messageId: event.messageId ?? '',
  text: `/${event.name} ${event.argument}`,
  attachments: [],
});

/** The parts that every kind of event has. */
function envelopeOf({ eventId, channel, address, sender, sentAt, receivedAt, replyRef }: Envelope): Envelope {
  const common = { eventId, channel, address, sender, sentAt, receivedAt };
  return replyRef === undefined ? common : { ...common, replyRef };
}

const isDeclined = (text: string): boolean => judgeInput(text).effect === 'deny';
const by = (event: InboundEvent): string => `${event.channel}:${event.sender.userId}`;

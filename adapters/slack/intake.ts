import type { webApi } from '@slack/bolt';
import type { Address, InboundOutcome, InboundSink, UserId } from '../../src/core/channel.js';
import { asSeneschalError } from '../../src/core/errors.js';
import type { InboundEvent } from '../../src/core/event.js';
import type { Logger } from '../../src/core/log.js';
import { type System, sleep } from '../../src/core/system.js';
import { NO_PREVIEWS } from './client.js';
import { slackFailure } from './errors.js';
import { threadContext } from './history.js';
import {
  type Interaction,
  PROMPT_BLOCK,
  PROMPT_CALLBACK,
  PROMPT_INPUT,
  promptMetadata,
  type ReadingContext,
  readEnvelope,
} from './inbound.js';
import type { Acknowledge, Envelope } from './socket.js';
import { escapeText } from './text.js';

/**
 * One envelope's way: read, enriched, handed in, acknowledged, answered in place. It is acknowledged only after the
 * sink resolved. If the event could not be stored there is no acknowledgement: Slack sends an event again; an
 * interaction it does not, so that one is handed in again here while Slack still waits.
 */
interface IntakeDeps {
  readonly client: webApi.WebClient;
  readonly system: System;
  readonly log: Logger;
  readonly sink: InboundSink;
  readonly botUserId: string;
  readonly commands: ReadonlySet<string>;
  /** False for accounts that are surely nobody: no request is spent on them. */
  mayBeOwner(user: UserId): boolean;
  openDirect(user: UserId): Promise<Address>;
  /** Resolves when the messages missed in this conversation have been handed in. */
  caughtUp(space: string): Promise<void>;
}

/** What may be spent on looking things up, out of the 3 s that Slack waits. */
const LOOK_UP_MS = 1_000;
const STORE_RETRIES_MS = [250, 500, 1_000];
/** Slack's limits of modal texts. */
const MAX_TITLE = 24;
const MAX_LABEL = 2_000;

export class SlackIntake {
  readonly #deps: IntakeDeps;
  /** The last event of each conversation that is still being prepared: its successors keep the order of arrival. */
  readonly #tails = new Map<string, Promise<InboundEvent>>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  get context(): ReadingContext {
    const { botUserId, commands, system } = this.#deps;
    return { botUserId, commands, receivedAt: system.now() };
  }

  take(envelope: Envelope, acknowledge: Acknowledge): void {
    if (this.#abort.signal.aborted) return;
    const work = this.#take(envelope, acknowledge).catch((error: unknown) => {
      const { code } = asSeneschalError(error);
      this.#deps.log.warn({ channel: 'slack', type: envelope.type, code }, 'event not stored; not acknowledged');
    });
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  /** No sink call begins after this was called; resolves when those under way have ended, at the latest after 2 s. */
  async stop(): Promise<void> {
    this.#abort.abort();
    const waited = new AbortController();
    await Promise.race([Promise.all(this.#underWay), sleep(this.#deps.system, 2_000, waited.signal)]);
    waited.abort();
  }

  /**
   * For events that history knows; rejects when the event could not be stored. They are older than any that arrived
   * and are never queued behind one: those wait for them.
   */
  async handIn(event: InboundEvent): Promise<InboundOutcome> {
    if (this.#abort.signal.aborted) throw new Error('stopped');
    return this.#deps.sink(event);
  }

  async #take(envelope: Envelope, acknowledge: Acknowledge): Promise<void> {
    const { log } = this.#deps;
    const context = { ...this.context, envelopeId: envelope.envelope_id };
    const reading = readEnvelope(envelope.type, envelope.payload, context);
    if (reading.kind !== 'event') {
      if (reading.kind === 'malformed') {
        log.warn({ channel: 'slack', reason: reading.reason }, 'malformed event passed over');
      }
      return acknowledge();
    }
    const { interaction } = reading;
    const prepared = this.#prepare(reading.event, interaction);
    const outcome = await this.#stored(reading.event, prepared, interaction !== undefined);
    const event = await prepared;
    if (!outcome.accepted || interaction === undefined) return acknowledge();
    const inPlace = interaction.type === 'command' && outcome.notice !== undefined;
    acknowledge(inPlace ? { response_type: 'ephemeral', text: escapeText(outcome.notice ?? '') } : undefined);
    if (outcome.prompt !== undefined) await this.#ask(outcome.prompt, event, interaction);
    else if (outcome.notice !== undefined && !inPlace) await this.#tell(outcome.notice, event);
  }

  async #stored(
    event: InboundEvent,
    prepared: InboundEvent | Promise<InboundEvent>,
    isInteraction: boolean,
  ): Promise<InboundOutcome> {
    const { signal } = this.#abort;
    for (const pause of isInteraction ? STORE_RETRIES_MS : []) {
      try {
        return await this.#inOrder(event, prepared);
      } catch {
        await sleep(this.#deps.system, pause, signal);
      }
    }
    return this.#inOrder(event, prepared);
  }

  /** Calls the sink in the order in which events of one conversation arrived, without waiting for its answers. */
  async #inOrder(arrived: InboundEvent, prepared: InboundEvent | Promise<InboundEvent>): Promise<InboundOutcome> {
    const key = `${arrived.address.space}:${arrived.address.thread ?? ''}`;
    const before = this.#tails.get(key);
    let event: InboundEvent;
    if (before === undefined && !(prepared instanceof Promise)) event = prepared;
    else {
      const turn = Promise.resolve(before).then(() => prepared);
      this.#tails.set(key, turn);
      event = await turn;
      if (this.#tails.get(key) === turn) this.#tails.delete(key);
    }
    return this.handIn(event);
  }

  /** Adds what the payload does not hold. Bounded, and never a reason to lose the event. */
  #prepare(event: InboundEvent, interaction: Interaction | undefined): InboundEvent | Promise<InboundEvent> {
    const { address, sender } = event;
    if (!this.#deps.mayBeOwner(sender.userId)) return event;
    if (interaction?.type === 'command') {
      return address.space.startsWith('D') ? this.#within(this.#ownDirect(event), event) : event;
    }
    if (event.kind !== 'message.created') return event;
    if (address.direct)
      return this.#within(
        this.#deps.caughtUp(address.space).then(() => event),
        event,
      );
    if (address.thread === undefined || address.thread === event.messageId) return event;
    const place = { space: address.space, thread: address.thread, messageId: event.messageId, userId: sender.userId };
    const context = threadContext(this.#deps.client, place, this.#deps.botUserId);
    return this.#within(
      context.then((said) => (said.length === 0 ? event : { ...event, context: said })),
      event,
    );
  }

  /** A command typed in somebody else's direct conversation is answered in the agent's own one with that person. */
  async #ownDirect(event: InboundEvent): Promise<InboundEvent> {
    return { ...event, address: await this.#deps.openDirect(event.sender.userId) };
  }

  async #within(work: Promise<InboundEvent>, otherwise: InboundEvent): Promise<InboundEvent> {
    const done = new AbortController();
    const late = sleep(this.#deps.system, LOOK_UP_MS, done.signal).then(() => otherwise);
    const result = await Promise.race([work.catch(() => otherwise), late]);
    done.abort();
    return result;
  }

  async #ask(
    prompt: NonNullable<InboundOutcome['prompt']>,
    event: InboundEvent,
    interaction: Interaction,
  ): Promise<void> {
    const messageId = 'messageId' in event ? (event.messageId ?? '') : '';
    const title = { type: 'plain_text', text: cut(prompt.title, MAX_TITLE), emoji: false } as const;
    try {
      await this.#deps.client.views.open({
        trigger_id: interaction.triggerId,
        view: {
          type: 'modal',
          callback_id: PROMPT_CALLBACK,
          private_metadata: promptMetadata(prompt.value, messageId, event.address),
          title,
          submit: title,
          blocks: [
            {
              type: 'input',
              block_id: PROMPT_BLOCK,
              optional: true,
              label: { type: 'plain_text', text: cut(prompt.label, MAX_LABEL), emoji: false },
              element: { type: 'plain_text_input', action_id: PROMPT_INPUT, multiline: true },
            },
          ],
        },
      });
    } catch (thrown) {
      // The press itself counted; only the chance to add a text is gone.
      const reason = slackFailure(thrown, 'opening a form', false).message;
      this.#deps.log.warn({ channel: 'slack', reason }, 'the form could not be opened');
    }
  }

  async #tell(notice: string, event: InboundEvent): Promise<void> {
    const { space, thread } = event.address;
    try {
      await this.#deps.client.chat.postEphemeral({
        channel: space,
        user: event.sender.userId,
        text: escapeText(notice),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        ...NO_PREVIEWS,
      });
    } catch {
      this.#deps.log.debug({ channel: 'slack' }, 'a notice could not be shown');
    }
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

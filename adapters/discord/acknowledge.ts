import { Routes } from 'discord.js';
import type { AdapterDeps, InboundOutcome, InboundSink } from '../../src/core/channel.js';
import { asSeneschalError } from '../../src/core/errors.js';
import { sleep } from '../../src/core/system.js';
import type { Interaction } from './interaction.js';
import { Recent } from './recent.js';
import { noticeBody, promptBody } from './render.js';
import { type Api, refusedWith } from './rest.js';

/**
 * Interactions: Discord wants an answer within 3 s and takes only one; we give it only after the event is durable.
 *
 *   INTERACTION_CREATE ─▶ sink ─▶ stored in time?  yes ─▶ form | notice | deferral
 *                                                  no  ─▶ nothing: Discord shows the failure, the owner repeats
 *
 * The notice about a press is shown only if its card does not change: mostly the card itself tells the outcome.
 *
 * An answer sent through an interaction must not overtake its acknowledgement: `settled` tells when it may go.
 */
export interface Acknowledger {
  handle(interaction: Interaction): Promise<void>;
  /** Resolves when the interaction has its acknowledgement or will never get one. */
  settled(interactionId: string): Promise<void>;
  place(interactionId: string): Place | undefined;
  setPlace(interactionId: string, place: Place): void;
}

/**
 * What has become of the place that a deferral keeps for the answer (`@original`). Unknown after a restart.
 * `dead`: never acknowledged, nothing can be sent through it.
 */
export type Place =
  | { readonly state: 'free' | 'used' | 'dead' }
  /** One delivery has it; the same one may write there again. */
  | { readonly state: 'taken'; readonly deliveryId: string };

/** What is left of Discord's 3 s for the acknowledgement's own way. */
const STORE_WITHIN_MS = 2_500;
const RETRY_MS = 250;
const CARD_CHANGES_WITHIN_MS = 1_500;
const ACK_ATTEMPTS = 3;
const REMEMBERED = 500;
const EPHEMERAL = 1 << 6;
const CALLBACK = { message: 4, deferredMessage: 5, deferredUpdate: 6, modal: 9 } as const;
const ALREADY_ACKNOWLEDGED = 40060;

export interface AcknowledgerDeps {
  readonly api: Api;
  readonly adapter: AdapterDeps;
  readonly signal: AbortSignal;
  /** Monotonic time at which we last changed this message, null if we did not. */
  lastEdit(messageId: string): number | null;
}

export function createAcknowledger(sink: InboundSink, deps: AcknowledgerDeps): Acknowledger {
  const { api, signal } = deps;
  const { system, log, phrases } = deps.adapter;
  const begun = new Recent<Promise<void>>(REMEMBERED);
  const places = new Recent<Place>(REMEMBERED);

  /** Null when it was not stored in time. Not handed in again after that: the owner was told that it failed. */
  async function store(interaction: Interaction): Promise<InboundOutcome | null> {
    const deadline = system.monotonic() + STORE_WITHIN_MS;
    while (!signal.aborted && system.monotonic() < deadline) {
      const patience = new AbortController();
      try {
        return await Promise.race([
          sink(interaction.event),
          sleep(system, deadline - system.monotonic(), patience.signal).then(() => null),
        ]);
      } catch {
        await sleep(system, RETRY_MS, signal);
      } finally {
        patience.abort();
      }
    }
    return null;
  }

  async function first(interaction: Interaction): Promise<void> {
    const begunAt = system.monotonic();
    const outcome = await store(interaction);
    if (outcome === null || !(await answer(interaction, firstAnswer(interaction, outcome)))) {
      places.set(interaction.id, { state: 'dead' });
      log.warn({ channel: 'discord', event: interaction.id }, 'an interaction was not acknowledged in time');
    } else if (outcome.accepted && outcome.prompt === undefined && outcome.notice !== undefined) {
      if (!interaction.answersWithMessage) void noticeLater(interaction, outcome.notice, begunAt);
    }
  }

  function firstAnswer(interaction: Interaction, outcome: InboundOutcome): Record<string, unknown> {
    if (!outcome.accepted) {
      if (!interaction.answersWithMessage) return { type: CALLBACK.deferredUpdate };
      return { type: CALLBACK.message, data: noticeBody(phrases.notAvailable) };
    }
    if (outcome.prompt !== undefined && interaction.mayPrompt) {
      return { type: CALLBACK.modal, data: promptBody(outcome.prompt) };
    }
    if (!interaction.answersWithMessage) return { type: CALLBACK.deferredUpdate };
    if (outcome.notice !== undefined) return { type: CALLBACK.message, data: noticeBody(outcome.notice) };
    return { type: CALLBACK.deferredMessage, data: { flags: interaction.hidden ? EPHEMERAL : 0 } };
  }

  /** For the presser alone, when the message they pressed on has not changed by then. */
  async function noticeLater(interaction: Interaction, notice: string, since: number): Promise<void> {
    const { event } = interaction;
    await sleep(system, CARD_CHANGES_WITHIN_MS, signal);
    const edit = event.kind === 'action.invoked' ? deps.lastEdit(event.messageId) : null;
    if (signal.aborted || (edit !== null && edit >= since)) return;
    const route = Routes.webhook(interaction.applicationId, interaction.token);
    await api.post(route, noticeBody(notice), { byInteraction: true }).catch((error: unknown) => {
      log.debug({ channel: 'discord', code: asSeneschalError(error).code }, 'a notice was not shown');
    });
  }

  async function answer(interaction: Interaction, body: Record<string, unknown>): Promise<boolean> {
    const route = Routes.interactionCallback(interaction.id, interaction.token);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await api.post(route, body, { byInteraction: true });
        break;
      } catch (error) {
        // The first try may have arrived without its answer having come back.
        if (refusedWith(error, ALREADY_ACKNOWLEDGED)) break;
        if (attempt === ACK_ATTEMPTS || refusedWith(error, 10062)) return false;
      }
    }
    places.set(interaction.id, { state: body.type === CALLBACK.deferredMessage ? 'free' : 'used' });
    return true;
  }

  return {
    async handle(interaction) {
      if (begun.get(interaction.id) !== undefined) {
        // Delivered twice: the gateway knows it by its id, the acknowledgement was or will be given once.
        await sink(interaction.event).catch(() => undefined);
        return;
      }
      // Begins after it is known here: the sink may already cause an answer, which has to find it.
      const run = Promise.resolve().then(() => first(interaction));
      begun.set(interaction.id, run);
      await run;
    },
    settled: async (interactionId) => begun.get(interactionId),
    place: (interactionId) => places.get(interactionId),
    setPlace: (interactionId, place) => places.set(interactionId, place),
  };
}

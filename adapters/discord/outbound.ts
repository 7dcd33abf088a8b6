import { Routes } from 'discord.js';
import { z } from 'zod';
import type { AdapterDeps, Delivery, MessageRef, OutboundContent, Receipt } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import { paragraph } from '../../src/core/richtext.js';
import type { Acknowledger } from './acknowledge.js';
import { Recent } from './recent.js';
import { FLAG_LOADING, MAX_TEXT, messageBody, nonceOf } from './render.js';
import { isExpired, isSnowflake, parseReplyRef, type ReplyRef } from './reply.js';
import { type Api, DiscordRefusal, refusedWith } from './rest.js';

/**
 * Where a delivery goes:
 *
 *   answers a deferral that is still free → edit of the deferral (`@original`): repeating it changes nothing
 *   for one person's eyes in a server     → ephemeral follow-up; its token gone → the direct conversation, never the channel
 *   everything else                       → a channel message with `nonce` and `enforce_nonce`: repeating it within
 *                                           minutes gives the same message; where the bot may not write, a follow-up
 */
export interface Outbound {
  send(delivery: Delivery): Promise<Receipt>;
  edit(target: MessageRef, content: OutboundContent): Promise<void>;
  delete(target: MessageRef): Promise<void>;
  findSent(delivery: Delivery): Promise<Receipt | null>;
  /** The gateway showed us a message of our own. */
  sawOwn(messageId: string, nonce: string | null): void;
  isOwn(messageId: string): boolean;
}

export const MAX_FILE_BYTES = 10 * 1024 * 1024;
const REMEMBERED = 1_000;
const PAGE = 50;

/** The token of an interaction is worth nothing (any more). */
const TOKEN_GONE = [10015, 10062, 50027] as const;
const MESSAGE_GONE = 10008;
/** Unknown channel, missing access, missing permissions: the interaction may still work. */
const NO_ACCESS = [10003, 50001, 50013] as const;

const sent = z.object({ id: z.string(), flags: z.number().default(0), content: z.string().default('') });
const listedEntry = z.object({
  id: z.string(),
  author: z.object({ id: z.string() }),
  nonce: z.union([z.string(), z.number()]).nullish(),
  components: z.unknown().optional(),
});
/** Entries that do not fit are none of ours. */
const listed = z
  .array(z.unknown())
  .transform((entries) => entries.flatMap((entry) => listedEntry.safeParse(entry).data ?? []));

export interface OutboundDeps {
  readonly api: Api;
  readonly adapter: AdapterDeps;
  readonly interactions: Acknowledger;
  selfId(): string | null;
  /** A message is about to be changed. */
  onEdit(messageId: string): void;
  /** The channel id of the direct conversation with a user. */
  directSpace(userId: string): Promise<string>;
}

export function createOutbound(deps: OutboundDeps): Outbound {
  const { api, interactions } = deps;
  const { system, phrases } = deps.adapter;
  const own = new Recent<true>(REMEMBERED);
  const byNonce = new Recent<string>(REMEMBERED);
  /** Messages that one person sees only, and who. */
  const hiddenFor = new Recent<string>(REMEMBERED);
  /** Messages that went on in the direct conversation, by the id the gateway knows. */
  const moved = new Recent<{ readonly space: string; readonly messageId: string }>(REMEMBERED);

  const isLive = (ref: ReplyRef | null): ref is ReplyRef =>
    ref !== null && interactions.place(ref.interactionId)?.state !== 'dead' && !isExpired(ref, system.now());
  const original = (ref: ReplyRef) => Routes.webhookMessage(ref.applicationId, ref.token);

  function receipt(answer: unknown): Receipt {
    const { id } = sent.parse(answer);
    own.set(id, true);
    return { messageId: id };
  }

  async function toChannel(
    space: string,
    content: OutboundContent,
    nonce: string,
    delivery?: Delivery,
  ): Promise<Receipt> {
    const body = messageBody(content, {
      nonce,
      silent: delivery?.silent === true,
      ...(delivery?.replyTo === undefined || !isSnowflake(delivery.replyTo) ? {} : { replyTo: delivery.replyTo }),
    });
    const done = receipt(await api.post(Routes.channelMessages(space), body, { file: content.file }));
    byNonce.set(nonce, done.messageId);
    return done;
  }

  async function toDirect(userId: string, content: OutboundContent, nonce: string): Promise<Receipt> {
    const space = await deps.directSpace(userId);
    const done = await toChannel(space, content, nonce);
    moved.set(done.messageId, { space, messageId: done.messageId });
    return done;
  }

  async function followUp(ref: ReplyRef, delivery: Delivery, ephemeral: boolean): Promise<Receipt> {
    const body = messageBody(delivery.content, { ephemeral, silent: delivery.silent === true });
    const route = Routes.webhook(ref.applicationId, ref.token);
    const done = receipt(await api.post(route, body, { file: delivery.content.file, byInteraction: true }));
    if (ephemeral) hiddenFor.set(done.messageId, ref.userId);
    return done;
  }

  /** Whether Discord still shows the deferral as "thinking…". */
  async function isWaiting(ref: ReplyRef): Promise<boolean> {
    const known = interactions.place(ref.interactionId);
    if (known !== undefined) return known.state === 'free';
    // Deferred by an earlier process, or not at all.
    try {
      return (sent.parse(await api.get(original(ref), { byInteraction: true })).flags & FLAG_LOADING) !== 0;
    } catch (error) {
      if (refusedWith(error, MESSAGE_GONE, ...TOKEN_GONE)) return false;
      throw error;
    }
  }

  /** The deferral's own place, if it is this delivery's to write in; otherwise null. */
  async function intoDeferral(ref: ReplyRef, delivery: Delivery): Promise<Receipt | null> {
    const known = interactions.place(ref.interactionId);
    const mine = known?.state === 'taken' && known.deliveryId === delivery.id;
    if (!mine && !(await isWaiting(ref))) {
      if (known === undefined) interactions.setPlace(ref.interactionId, { state: 'used' });
      return null;
    }
    interactions.setPlace(ref.interactionId, { state: 'taken', deliveryId: delivery.id });
    const options = { file: delivery.content.file, byInteraction: true };
    try {
      return receipt(await api.patch(original(ref), messageBody(delivery.content), options));
    } catch (error) {
      if (refusedWith(error, MESSAGE_GONE, ...TOKEN_GONE)) return null;
      // Refused for what it says: the place is still there for the next.
      if (error instanceof DiscordRefusal) interactions.setPlace(ref.interactionId, { state: 'free' });
      throw error;
    }
  }

  async function sendHidden(ref: ReplyRef | null, delivery: Delivery): Promise<Receipt> {
    if (isLive(ref)) {
      try {
        // The first follow-up of a deferral takes its place and its visibility: a public one is filled before.
        if (ref.kind === 'slash' && !ref.hidden && (await isWaiting(ref))) {
          const filler = messageBody({ text: [paragraph(phrases.thinking)] });
          await api.patch(original(ref), filler, { byInteraction: true });
        }
        return await followUp(ref, delivery, true);
      } catch (error) {
        if (!refusedWith(error, ...TOKEN_GONE)) throw error;
      }
    }
    const userId = delivery.ephemeralTo ?? ref?.userId;
    if (userId === undefined) throw new SeneschalError('channel.rejected', 'Nobody is named who may see this.');
    return toDirect(userId, delivery.content, nonceOf(delivery));
  }

  async function send(delivery: Delivery): Promise<Receipt> {
    checkSize(delivery.content);
    const ref = parseReplyRef(delivery.replyRef, delivery.address.space);
    if (ref !== null) await interactions.settled(ref.interactionId);
    const hidden = !delivery.address.direct && (delivery.ephemeralTo !== undefined || ref?.hidden === true);
    if (isLive(ref) && ref.kind === 'slash' && ref.hidden === hidden) {
      const placed = await intoDeferral(ref, delivery);
      if (placed !== null) return placed;
    }
    if (hidden) return sendHidden(ref, delivery);
    try {
      return await toChannel(spaceOf(delivery.address.space), delivery.content, nonceOf(delivery), delivery);
    } catch (error) {
      if (isLive(ref) && !ref.hidden && refusedWith(error, ...NO_ACCESS)) return followUp(ref, delivery, false);
      throw error;
    }
  }

  async function edit(target: MessageRef, content: OutboundContent): Promise<void> {
    checkSize(content);
    deps.onEdit(target.messageId);
    const ref = parseReplyRef(target.replyRef, target.address.space);
    const now = moved.get(target.messageId);
    const body = messageBody(content);
    const byChannel = async (space: string, messageId: string) => {
      await api.patch(Routes.channelMessage(spaceOf(space), spaceOf(messageId)), body, { file: content.file });
    };
    const byToken = async (live: ReplyRef) => {
      const route = Routes.webhookMessage(live.applicationId, live.token, spaceOf(target.messageId));
      await api.patch(route, body, { file: content.file, byInteraction: true });
    };
    if (now !== undefined) return byChannel(now.space, now.messageId);
    if (ref === null || target.address.direct) return byChannel(target.address.space, target.messageId);
    if (!ref.hidden && hiddenFor.get(target.messageId) === undefined) {
      return instead(
        () => byChannel(target.address.space, target.messageId),
        [MESSAGE_GONE, ...NO_ACCESS],
        () => (isLive(ref) ? byToken(ref) : null),
      );
    }
    const goOn = async () => {
      const done = await toDirect(ref.userId, content, nonceOf({ id: `moved:${target.messageId}` }));
      moved.set(target.messageId, { space: await deps.directSpace(ref.userId), messageId: done.messageId });
    };
    // After a restart the message may already be in the direct conversation; only Discord knows.
    const expired = async () =>
      instead(async () => byChannel(await deps.directSpace(ref.userId), target.messageId), [MESSAGE_GONE], goOn);
    if (!isLive(ref)) return expired();
    const visible = () => byChannel(target.address.space, target.messageId);
    return instead(() => instead(() => byToken(ref), [MESSAGE_GONE], visible), TOKEN_GONE, expired);
  }

  async function remove(target: MessageRef): Promise<void> {
    const ref = parseReplyRef(target.replyRef, target.address.space);
    if (ref !== null) await interactions.settled(ref.interactionId);
    const now = moved.get(target.messageId);
    const space = now?.space ?? target.address.space;
    const byChannel = () =>
      api.delete(Routes.channelMessage(spaceOf(space), spaceOf(now?.messageId ?? target.messageId)));
    try {
      if (ref !== null && target.messageId === ref.interactionId) {
        // A slash command is no message; what shows it is our answer to it.
        await api.delete(original(ref), { byInteraction: true });
        interactions.setPlace(ref.interactionId, { state: 'used' });
      } else if (isLive(ref) && ref.hidden && now === undefined && !target.address.direct) {
        const route = Routes.webhookMessage(ref.applicationId, ref.token, spaceOf(target.messageId));
        await instead(() => api.delete(route, { byInteraction: true }), TOKEN_GONE, byChannel);
      } else await byChannel();
    } catch (error) {
      if (!refusedWith(error, MESSAGE_GONE)) throw error;
    }
  }

  async function findSent(delivery: Delivery): Promise<Receipt | null> {
    const seen = byNonce.get(nonceOf(delivery));
    if (seen !== undefined) return { messageId: seen };
    const ref = parseReplyRef(delivery.replyRef, delivery.address.space);
    const place = ref === null ? undefined : interactions.place(ref.interactionId);
    const isAnswer = place?.state === 'taken' && place.deliveryId === delivery.id;
    try {
      if (place === undefined && ref?.kind === 'slash' && isLive(ref)) {
        const filled = await findInPlace(ref, delivery);
        if (filled !== null) return filled;
      }
      if (!isAnswer || !isLive(ref)) return await findInChannel(delivery, ref);
      const found = sent.parse(await api.get(original(ref), { byInteraction: true }));
      return (found.flags & FLAG_LOADING) === 0 ? { messageId: found.id } : null;
    } catch (error) {
      if (refusedWith(error, MESSAGE_GONE, ...TOKEN_GONE, ...NO_ACCESS)) return null;
      throw error;
    }
  }

  /** After a restart: an earlier process has put just this into the place of this interaction's answer. */
  async function findInPlace(ref: ReplyRef, delivery: Delivery): Promise<Receipt | null> {
    const found = await api.get(original(ref), { byInteraction: true }).then(sent.parse, () => null);
    const isThis = found !== null && found.content.trim() === String(messageBody(delivery.content).content).trim();
    if (!isThis || found.content === '') return null;
    interactions.setPlace(ref.interactionId, { state: 'taken', deliveryId: delivery.id });
    return { messageId: found.id };
  }

  /** By what only this delivery can have put there; equal texts prove nothing. */
  async function findInChannel(delivery: Delivery, ref: ReplyRef | null): Promise<Receipt | null> {
    const self = deps.selfId();
    if (self === null) {
      throw new SeneschalError('channel.unavailable', 'Discord is not connected yet.', { retryable: true });
    }
    const nonce = nonceOf(delivery);
    const handles = (delivery.content.buttons ?? []).flat().map((button) => button.value);
    const hidden = !delivery.address.direct && (delivery.ephemeralTo !== undefined || ref?.hidden === true);
    const reader = delivery.ephemeralTo ?? ref?.userId;
    const space = hidden && reader !== undefined ? await deps.directSpace(reader) : spaceOf(delivery.address.space);
    const page = listed.parse(await api.get(Routes.channelMessages(space), { query: { limit: String(PAGE) } }));
    const found = page.find(
      (message) =>
        message.author.id === self &&
        (`${message.nonce ?? ''}` === nonce || customIds(message.components).some((value) => handles.includes(value))),
    );
    return found === undefined ? null : { messageId: found.id };
  }

  return {
    send,
    edit,
    delete: remove,
    findSent,
    sawOwn(messageId, nonce) {
      own.set(messageId, true);
      if (nonce !== null) byNonce.set(nonce, messageId);
    },
    isOwn: (messageId) => own.get(messageId) === true,
  };
}

/** The second way where Discord refuses the first with one of `codes`; null from it means there is none. */
async function instead(
  run: () => Promise<void>,
  codes: readonly number[],
  other: () => Promise<void> | null,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    const second = refusedWith(error, ...codes) ? other() : null;
    if (second === null) throw error;
    await second;
  }
}

/** Ids become part of a request's path. */
export function spaceOf(id: string): string {
  if (!isSnowflake(id)) throw new SeneschalError('channel.rejected', 'This is not an id of Discord.');
  return id;
}

function checkSize(content: OutboundContent): void {
  const { length } = String(messageBody(content).content);
  if (length > MAX_TEXT) {
    throw new SeneschalError('channel.too_large', `The text has ${length} characters; Discord takes ${MAX_TEXT}.`);
  }
  const bytes = content.file?.bytes.byteLength ?? 0;
  if (bytes > MAX_FILE_BYTES) {
    throw new SeneschalError('channel.too_large', `The file has ${bytes} bytes; Discord takes ${MAX_FILE_BYTES}.`);
  }
}

function customIds(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(customIds);
  if (typeof node !== 'object' || node === null) return [];
  const here = 'custom_id' in node && typeof node.custom_id === 'string' ? [node.custom_id] : [];
  return 'components' in node ? [...here, ...customIds(node.components)] : here;
}

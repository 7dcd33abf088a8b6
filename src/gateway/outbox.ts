import { createHash } from 'node:crypto';
import type { ChannelAdapter, Delivery, MessageRef, OutboundContent, OutboundFile, Receipt } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import { asSeneschalError, type ErrorCode, SeneschalError } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import { paragraph, type RichText, toPlain } from '../core/richtext.js';
import { type System, sleep } from '../core/system.js';
import type { DeliveryContent, DeliveryRow } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { Elsewhere } from './elsewhere.js';
import { createLinkGuard } from './link-guard.js';
import { parseMarkdown } from './markdown.js';

/**
 * Outgoing rows become platform calls, in order per conversation (a lane).
 *
 *   queued → sending (committed) → platform → sent | queued again (not sent) | unknown (maybe sent) | failed (final)
 *
 * Invariant: a new message whose fate is unknown is looked up where the platform can tell, and else sent once more
 * with "(may be a repeat)", also where the platform refuses to tell: nothing waits for ever. Edits and deletes are idempotent and simply go again.
 */
export interface OutboxDeps {
  readonly store: Store;
  readonly system: System;
  readonly log: Logger;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  /** Another place for what its own refuses. */
  readonly elsewhere: Elsewhere;
  readonly readFile: (workspacePath: string) => Promise<Uint8Array>;
  /** Opens a one-time link that was sealed into this row. */
  readonly openLink: (deliveryId: string, sealed: string) => string;
}

/** Says nothing of what it was about: others may read it. */
const UNREACHED = 'I could not send you a private link. Open your direct messages for me, then ask again.';
const REPEAT_MARK = '(may be a repeat)';
const MAX_PARTS = 12;
/** Attempts, about 25 s, after which what nobody asked for goes to another channel. */
const PATIENCE = 5;
/** From this length on a text is a file without asking how many parts it would make: parsing it would hold up all else. */
const MAX_PARSED = 100_000;
/** A channel without an adapter (not connected yet, or no longer configured): its rows wait; a wake looks again. */
const UNCONNECTED_MS = 60_000;
/** A token that is no longer accepted says nothing about the message: it waits for the new one. */
const PASSING: readonly ErrorCode[] = [
  'channel.rate_limited',
  'channel.unavailable',
  'channel.unauthorized',
  'channel.unknown',
];
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 15_000, 30_000];

export type Outbox = ReturnType<typeof createOutbox>;

export function createOutbox(deps: OutboxDeps) {
  const { store, system } = deps;
  const abort = new AbortController();
  const lanes = new Map<string, Lane>();
  const guardLinks = createLinkGuard(store);

  interface Lane {
    running: Promise<void> | null;
    again: boolean;
    /** Cuts a pause short when new work arrives. */
    nudge: AbortController;
    /** The newest state of a live message; shown when no row waits, lost without harm. */
    live: { deliveryId: string; content: OutboundContent } | null;
    nextEditAt: number;
  }

  function laneOf(id: string): Lane {
    const known = lanes.get(id);
    if (known) return known;
    const lane: Lane = { running: null, again: false, nudge: new AbortController(), live: null, nextEditAt: 0 };
    lanes.set(id, lane);
    return lane;
  }

  function wake(id: string): void {
    if (abort.signal.aborted) return;
    const lane = laneOf(id);
    lane.again = true;
    lane.nudge.abort();
    if (lane.running) return;
    lane.running = work(id, lane).finally(() => {
      lane.running = null;
      if (lane.again && !abort.signal.aborted) wake(id);
    });
  }

  /** Wakes every lane that has something to do. */
  function wakeAll(): void {
    for (const lane of store.deliveries.openLanes()) wake(lane);
  }

  async function work(id: string, lane: Lane): Promise<void> {
    while (!abort.signal.aborted) {
      lane.again = false;
      lane.nudge = new AbortController();
      try {
        const row = store.deliveries.next(id);
        const adapter = row ? deps.adapter(row.address.channel) : undefined;
        if (row && !adapter) await unconnected(row, lane);
        else if (row && adapter && row.notBefore <= system.now()) await deliver(row, adapter);
        else if (lane.live && lane.nextEditAt <= system.now()) await showLive(lane);
        else if (row || lane.live) {
          const due = Math.min(row?.notBefore ?? Infinity, lane.live ? lane.nextEditAt : Infinity);
          await pause(due - system.now(), lane);
        } else return;
      } catch (thrown) {
        deps.log.warn({ lane: id, error: asSeneschalError(thrown) }, 'the outbox could not go on; it tries again');
        await sleep(system, 1_000, abort.signal);
      }
    }
  }

  async function unconnected(row: DeliveryRow, lane: Lane): Promise<void> {
    await pause(UNCONNECTED_MS, lane);
    if (lane.again || !row.content.unprompted) return;
    await moved(row, new SeneschalError('channel.unavailable', 'Its channel is not connected.'));
  }

  /** Whether there was another place for it. */
  async function moved(row: DeliveryRow, error: SeneschalError): Promise<boolean> {
    const move = await deps.elsewhere(row, error).catch(() => null);
    if (move === null) return false;
    settle(() => {
      store.conversations.ensure(move.address);
      store.deliveries.move(row.id, move.address, move.content);
    });
    wake(conversationId(move.address));
    return true;
  }

  const pause = (ms: number, lane: Lane) =>
    lane.again ? Promise.resolve() : sleep(system, Math.max(ms, 5), AbortSignal.any([abort.signal, lane.nudge.signal]));

  async function deliver(row: DeliveryRow, adapter: ChannelAdapter): Promise<void> {
    if (row.kind === 'send') return send(row, adapter);
    const target = targetOf(row);
    if (target === 'waits')
      return later(row, 'queued', new SeneschalError('channel.unavailable', 'It waits for its message.'), 1_000);
    if (target === null) {
      // The message it is about never went out: an edit becomes that message, a delete is done.
      if (row.kind === 'edit') store.deliveries.add({ address: row.address, content: row.content });
      return settle(() => store.deliveries.markSent(row.id, null));
    }
    settle(() => store.deliveries.claim(row.id));
    try {
      const rest = await change(row, adapter, target);
      settle(() => {
        for (const content of rest) store.deliveries.add({ address: row.address, content });
        store.deliveries.markSent(row.id, null);
      });
    } catch (thrown) {
      await failed(row, thrown);
    }
  }

  /** Edits or deletes. A text that has outgrown one message replaces it by its first part; the rest is returned. */
  async function change(row: DeliveryRow, adapter: ChannelAdapter, target: MessageRef): Promise<DeliveryContent[]> {
    if (row.kind === 'delete') {
      await adapter.delete?.(target);
      return [];
    }
    const shown = row.targetDelivery === null ? null : store.deliveries.get(row.targetDelivery);
    const preface = shown?.content.preface;
    const content = preface === undefined ? row.content : { ...row.content, preface };
    const isCard = shown !== null && shown.cardId !== null;
    const [first, ...rest] = isCard ? cardParts(content, adapter).slice(0, 1) : partsOf(content, row.turnId, adapter);
    if (first && adapter.edit) await adapter.edit(target, await contentOf(first, row.turnId));
    return adapter.edit ? rest : [row.content];
  }

  async function send(row: DeliveryRow, adapter: ChannelAdapter): Promise<void> {
    const parts = row.cardId === null ? partsOf(row.content, row.turnId, adapter) : cardParts(row.content, adapter);
    if (parts.length > 1) return settle(() => store.deliveries.divide(row, parts));
    let repeat = false;
    if (row.state === 'unknown') {
      const found = await lookUp(row, adapter);
      if (found === 'later') return;
      if (found !== null && found !== 'hidden') return settle(() => store.deliveries.markSent(row.id, found.messageId));
      repeat = found === 'hidden' || !adapter.capabilities.findsSent;
    }
    settle(() => store.deliveries.claim(row.id));
    try {
      const receipt = await adapter.send(await deliveryOf(row, repeat));
      settle(() => store.deliveries.markSent(row.id, receipt.messageId));
    } catch (thrown) {
      await failed(row, thrown);
    }
  }

  /** `hidden`: the platform will not tell, so nothing may wait for its answer. */
  async function lookUp(row: DeliveryRow, adapter: ChannelAdapter): Promise<Receipt | null | 'later' | 'hidden'> {
    if (!adapter.findSent) return null;
    try {
      return await adapter.findSent(await deliveryOf(row, false));
    } catch (thrown) {
      const error = asSeneschalError(thrown);
      if (error.code.startsWith('store.')) throw error;
      if (!PASSING.includes(error.code)) return 'hidden';
      later(row, 'unknown', error, error.retryAfterMs ?? backoff(row));
      return 'later';
    }
  }

  async function failed(row: DeliveryRow, thrown: unknown): Promise<void> {
    const error = asSeneschalError(thrown);
    if (error.code.startsWith('store.')) throw error;
    const fate = fateOf(error, row);
    const givenUp = fate === 'failed' || (fate === 'queued' && row.content.unprompted && row.attempts >= PATIENCE);
    if (givenUp && row.kind === 'send' && (await moved(row, error))) return;
    if (fate !== 'failed') {
      later(row, fate, error, error.retryAfterMs ?? backoff(row));
      return;
    }
    deps.log.warn({ delivery: row.id, kind: row.kind, error }, 'the platform refused a message; it is not tried again');
    settle(() => {
      store.deliveries.fail(row.id, error.message);
      const retold = row.kind === 'send' ? refusalNotice(row, error) : null;
      if (retold) store.deliveries.add({ address: row.address, content: retold });
      // A reply whose growing message is gone (the owner deleted it, it is too old) is still a reply.
      if (row.kind === 'edit' && row.turnId !== null) {
        store.deliveries.add({ address: row.address, content: row.content, turnId: row.turnId });
      }
      if (row.kind === 'delete') tellUndeleted(row);
    });
  }

  /** Whether it certainly was not sent, may have been, or never will be. */
  function fateOf(error: SeneschalError, row: DeliveryRow): 'queued' | 'unknown' | 'failed' {
    if (!PASSING.includes(error.code)) return 'failed';
    return error.code === 'channel.unknown' && row.kind === 'send' ? 'unknown' : 'queued';
  }

  /** Said once: what could not be delivered, in the plainest form. A refused notice is not followed by another. */
  function refusalNotice(row: DeliveryRow, error: SeneschalError): DeliveryContent | null {
    if (row.content.silent) return null;
    if (row.content.sealedLink !== undefined) {
      return { text: [paragraph(UNREACHED)], silent: true };
    }
    if (row.content.file) {
      return { text: [paragraph(`${row.content.file.name} could not be sent: ${error.message}`)], silent: true };
    }
    const words = toPlain(textOf(row.content, row.turnId)).slice(0, 1_000);
    const shown = guardLinks(row.turnId, [paragraph(words)]);
    return { text: [paragraph(`A message was refused here: ${error.message}`), ...shown], silent: true };
  }

  /** The answer that follows the deletion said that it was done. */
  function tellUndeleted(row: DeliveryRow): void {
    const answer = row.targetDelivery === null ? null : store.deliveries.get(row.targetDelivery);
    const { text } = row.content;
    if (!answer || text === undefined) return;
    if (answer.state === 'queued') store.deliveries.setContent(answer.id, { ...answer.content, text });
  }

  function later(row: DeliveryRow, state: 'queued' | 'unknown', error: SeneschalError, delayMs: number): void {
    settle(() => store.deliveries.retryLater(row.id, state, system.now() + delayMs, error.message));
  }

  const backoff = (row: DeliveryRow): number => BACKOFF_MS[Math.min(row.attempts, BACKOFF_MS.length - 1)] ?? 30_000;
  const settle = (work: () => void): void => store.transaction(work);

  function targetOf(row: DeliveryRow): MessageRef | 'waits' | null {
    const ref = row.content.replyRef === undefined ? {} : { replyRef: row.content.replyRef };
    if (row.targetMessage !== null) return { address: row.address, messageId: row.targetMessage, ...ref };
    const earlier = row.targetDelivery === null ? null : store.deliveries.get(row.targetDelivery);
    if (!earlier) return null;
    if (earlier.state === 'sent' && earlier.messageId !== null)
      return { address: earlier.address, messageId: earlier.messageId, ...ref };
    return ['queued', 'sending', 'unknown'].includes(earlier.state) ? 'waits' : null;
  }

  /** Shows a live message's newest state unless a row is waiting; errors only cost the frame. */
  async function showLive(lane: Lane): Promise<void> {
    const live = lane.live;
    lane.live = null;
    const row = live ? store.deliveries.get(live.deliveryId) : null;
    const adapter = row ? deps.adapter(row.address.channel) : undefined;
    if (!live || !row || row.messageId === null || !adapter?.edit) return;
    if (row.turnId === null || store.turns.get(row.turnId)?.liveDelivery !== row.id) return;
    lane.nextEditAt = system.now() + (adapter.capabilities.edits?.minIntervalMs ?? 1_000);
    const ref = row.content.replyRef === undefined ? {} : { replyRef: row.content.replyRef };
    try {
      await adapter.edit({ address: row.address, messageId: row.messageId, ...ref }, live.content);
    } catch (thrown) {
      const error = asSeneschalError(thrown);
      lane.nextEditAt = system.now() + (error.retryAfterMs ?? 3_000);
    }
  }

  async function deliveryOf(row: DeliveryRow, repeat: boolean): Promise<Delivery> {
    const { replyTo, replyRef, ephemeralTo, silent } = row.content;
    const content = withLink(await contentOf(row.content, row.turnId), row);
    return {
      id: row.id,
      address: row.address,
      content: repeat ? { ...content, text: [...content.text, paragraph(REPEAT_MARK)] } : content,
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(replyRef === undefined ? {} : { replyRef }),
      ...(ephemeralTo === undefined ? {} : { ephemeralTo }),
      ...(silent === undefined ? {} : { silent }),
    };
  }

  async function contentOf(content: DeliveryContent, turnId: string | null): Promise<OutboundContent> {
    const file = content.file ? await fileOf(content.file) : undefined;
    return {
      text: textOf(content, turnId),
      ...(content.buttons === undefined ? {} : { buttons: content.buttons }),
      ...(file === undefined ? {} : { file }),
    };
  }

  /** The whole link as a plain address on a line of its own (SECRET-2). */
  function withLink(content: OutboundContent, row: DeliveryRow): OutboundContent {
    if (row.content.sealedLink === undefined) return content;
    const after = row.content.preface === undefined ? 1 : 2;
    const link = paragraph(deps.openLink(row.id, row.content.sealedLink));
    return { ...content, text: [...content.text.slice(0, after), link, ...content.text.slice(after)] };
  }

  async function fileOf(file: NonNullable<DeliveryContent['file']>): Promise<OutboundFile> {
    if ('text' in file) return { name: file.name, mimeType: 'text/plain', bytes: Buffer.from(file.text, 'utf8') };
    const bytes = await deps.readFile(file.workspacePath).catch((cause: unknown) => {
      throw new SeneschalError('channel.rejected', asSeneschalError(cause).message, { cause });
    });
    if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
      throw new SeneschalError('channel.rejected', 'The file was changed after it was checked.');
    }
    return { name: file.name, mimeType: 'application/octet-stream', bytes };
  }

  /** The model's words are shown as its turn allows. */
  function textOf({ text, markdown, preface }: DeliveryContent, turnId: string | null): RichText {
    const words = text ?? (markdown === undefined ? [] : guardLinks(turnId, parseMarkdown(markdown)));
    return preface === undefined ? words : [paragraph(preface), ...words];
  }

  /** A card is one message, which its buttons and later edits belong to; what it cannot hold goes along as a file. */
  function cardParts(content: DeliveryContent, adapter: ChannelAdapter): DeliveryContent[] {
    const [first, ...rest] = adapter.split(textOf(content, null));
    if (first === undefined || rest.length === 0) return [content];
    const file = { name: 'card.txt', text: toPlain(textOf(content, null)) };
    return [
      { ...content, text: first },
      { text: [paragraph('The whole card is in this file.')], file },
    ];
  }

  /** The messages a content makes on this platform; a text of very many parts becomes its beginning and a file. */
  function partsOf(content: DeliveryContent, turnId: string | null, adapter: ChannelAdapter): DeliveryContent[] {
    if (content.file) return [content];
    const { markdown, text, buttons, preface: _stands, ...shared } = content;
    const huge = (markdown?.length ?? 0) > MAX_PARSED;
    const read = huge ? { markdown: markdown?.slice(0, MAX_PARSED) ?? '' } : content;
    const texts = adapter.split(textOf(read, turnId));
    if (texts.length <= 1 && !huge) return [content];
    const [first, ...rest] = texts as [RichText, ...RichText[]];
    if (huge || texts.length > MAX_PARTS) {
      const file = { name: 'reply.md', text: markdown ?? toPlain(text ?? []) };
      return [
        { ...shared, text: first, ...(buttons ? { buttons } : {}) },
        { ...shared, text: [paragraph('The whole text is in this file.')], file },
      ];
    }
    const last = rest.length - 1;
    return [
      { ...shared, text: first },
      ...rest.map((part, index) => ({ ...shared, text: part, ...(index === last && buttons ? { buttons } : {}) })),
    ];
  }

  return {
    wake,
    wakeAll,
    /** The newest state of a live message; shown at the platform's pace, never ahead of a waiting row. */
    setLive(laneId: string, deliveryId: string, content: OutboundContent): void {
      laneOf(laneId).live = { deliveryId, content };
      wake(laneId);
    },
    async stop(): Promise<void> {
      abort.abort();
      await Promise.all([...lanes.values()].map((lane) => lane.running));
    },
  };
}

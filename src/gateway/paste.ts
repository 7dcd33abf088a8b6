import { lines } from '../agent/reply.js';
import type { Address, Button, InboundOutcome } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import { asSeneschalError } from '../core/errors.js';
import type { GuardedEvent, InboundEvent } from '../core/event.js';
import type { Block } from '../core/richtext.js';
import { paragraph } from '../core/richtext.js';
import { Secret } from '../core/secret.js';
import type { System, Timer } from '../core/system.js';
import type { GuardedText, InboundMask } from '../guards/inbound.js';
import type { SecretFinding } from '../guards/secrets/kind.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { StoredAttachment, StoredEvent } from '../store/events.js';
import type { Store } from '../store/store.js';
import { OWN_IS_ANOTHER, type OwnKeys } from './secrets.js';

/**
 * A key pasted into the chat: caught before anything stores it. The masked text, the deletion of the message and the
 * answer are one transaction; the value stays in memory for five minutes, for one tap on `Save to vault`.
 */
export interface PasteDeps {
  readonly store: Store;
  readonly system: System;
  readonly mask: InboundMask;
  /** Whether the platform lets us delete an owner's message there. */
  readonly deletes: (address: Address) => boolean;
  readonly channelName: (channel: string) => string;
  /** Stores a value as an owner's entry and gives the hosts it has. Throws SeneschalError. */
  readonly save: (name: string, value: Secret) => readonly string[];
  readonly own: Pick<OwnKeys, 'isOwn'>;
  readonly wake: (conversation: string) => void;
}

export interface Guarded<Event extends InboundEvent = InboundEvent> {
  readonly event: GuardedEvent<Event>;
  /** The owner's words in it, masked. */
  readonly text: string;
  readonly findings: readonly SecretFinding[];
  /** Names of stored secrets whose values stood in it. */
  readonly stored: readonly string[];
  /** As it came, but for stored values; held in memory only. */
  readonly original: string;
}

const HOLD_MS = 300_000;

export type PasteDesk = ReturnType<typeof createPasteDesk>;

export function createPasteDesk(deps: PasteDeps) {
  const { store, system } = deps;
  const held = new Map<string, { original: Guarded; answerId: string; timer: Timer }>();

  /** What an event says, and what it brings along from others, with every key masked: in this form it may be stored. */
  function guard<Event extends InboundEvent>(event: Event): Guarded<Event> {
    const said = deps.mask(wordsOf(event));
    const masked = { ...event, ...withWords(event, said.masked), ...around(event) };
    const { findings, stored, withoutStored } = said;
    return { event: masked as GuardedEvent<Event>, text: said.masked, findings, stored, original: withoutStored };
  }

  /** The words of others and the names of files are masked too; they are not the owner's to save or delete. */
  function around(event: InboundEvent) {
    if (event.kind !== 'message.created') return {};
    const { attachments, quote, context } = event;
    return {
      attachments: attachments.map((ref) => ({ ...ref, name: deps.mask(ref.name).masked })),
      ...(quote ? { quote: { ...quote, text: deps.mask(quote.text).masked } } : {}),
      ...(context ? { context: context.map((one) => ({ ...one, text: deps.mask(one.text).masked })) } : {}),
    };
  }

  /** Joins the transaction that stores the masked event: deletion and answer are rows of the same commit. */
  function record(
    guarded: Guarded,
    messageIds: readonly string[],
    seq: number,
    attachment: number | null = null,
  ): void {
    const { findings, stored } = guarded;
    if (findings.length === 0 && stored.length === 0) return;
    const { address } = guarded.event;
    const stands = messageIds.filter((messageId) => messageId !== '');
    const deletes = stands.length > 0 && deps.deletes(address);
    const answerId = system.id();
    if (deletes) {
      const content = { text: answer(guarded, 'refused'), ...refOf(guarded.event) };
      for (const targetMessage of stands) {
        store.deliveries.add({ address, kind: 'delete', content, targetMessage, targetDelivery: answerId });
      }
    }
    const buttons =
      findings.length === 0
        ? burnButtons(stored)
        : choices(guarded, attachment === null ? `${seq}` : `${seq}/${attachment}`, answerId);
    const text = answer(guarded, deletes ? 'deleted' : stands.length > 0 ? 'refused' : 'not shown');
    store.deliveries.add({ id: answerId, address, content: { text, buttons, ...refOf(guarded.event) } });
    store.audit.add('paste.caught', {
      channel: address.channel,
      kinds: [...findings.map((one) => one.kind), ...stored.map((name) => `stored ${name}`)].join(','),
    });
  }

  /** A file that the owner sent: what was found in it, and in which of the message's files. */
  function recordFile(stored: StoredEvent, attachment: StoredAttachment, found: readonly GuardedText[]): void {
    const { event } = stored;
    const text = found.map(({ masked }) => masked).join('\n');
    const original = found.map(({ withoutStored }) => withoutStored).join('\n');
    const findings = found.flatMap((one) => one.findings);
    const names = [...new Set(found.flatMap((one) => one.stored))];
    const messageIds = event.kind === 'message.created' ? [event.messageId] : [];
    record({ event, text, findings, stored: names, original }, messageIds, stored.seq, attachment.id);
  }

  /** Held in memory for five minutes, for one tap. */
  function choices(guarded: Guarded, id: string, answerId: string): Button[][] {
    const timer = system.setTimer(HOLD_MS, () => held.delete(id));
    held.set(id, { original: guarded, answerId, timer });
    const button = (label: string, choice: string): Button => ({
      label,
      value: store.buttons.add('paste', id, choice),
    });
    return [[button('Save to vault', 'save'), button('Discard', 'discard'), button('Not a secret', 'not')]];
  }

  /** A value that is in the vault already: there is nothing to keep, but a reason to replace it. */
  function burnButtons(names: readonly string[]): Button[][] {
    return names.map((name) => [{ label: `Burn ${name}`, value: store.buttons.add('burn', name, 'burn') }]);
  }

  function answer(guarded: Guarded, fate: 'deleted' | 'refused' | 'not shown'): Block[] {
    const kinds = [...new Set(guarded.findings.map((finding) => finding.name))].join(', ');
    const what = [...(kinds === '' ? [] : [article(kinds)]), ...guarded.stored.map((name) => `the value of ${name}`)];
    const channel = deps.channelName(guarded.event.channel);
    const rotate = guarded.findings.find((finding) => finding.rotateUrl !== undefined)?.rotateUrl;
    const first = {
      deleted: `I deleted your message: it held ${what.join(', ')}.`,
      refused: `Your message held ${what.join(', ')}. ${channel} does not let me delete your message. Please delete it yourself.`,
      'not shown': `What you typed held ${what.join(', ')}. No message shows it, so there is nothing to delete.`,
    }[fate];
    const advice = `${channel} has seen it, so replace it${rotate === undefined ? '.' : `: ${rotate}`}`;
    const rest = guarded.text.trim() === '' ? [] : ['The rest of your message went on without it.'];
    return lines(first, advice, ...rest) as Block[];
  }

  /** A press on the answer. Runs in the transaction that stores the press. */
  function press(meaning: ButtonMeaning, event: InboundEvent): InboundOutcome {
    const id = meaning.target;
    const entry = held.get(id);
    const [seq, attachment] = id.split('/');
    const stored = store.events.get(Number(seq));
    if (!entry || !stored) return settled(event, 'I no longer hold it: send it again or use /secret NAME.');
    entry.timer.cancel();
    held.delete(id);
    if (meaning.choice === 'discard') return settled(event, 'Discarded.', entry.answerId);
    if (meaning.choice === 'not') {
      const original = { ...stored.event, eventId: `${stored.event.eventId}/not-a-secret/${id}` };
      if (original.kind !== 'message.created' && original.kind !== 'message.edited')
        return settled(event, 'It was no message, so nothing was sent on.', entry.answerId);
      const attachments = original.kind === 'message.created' && attachment === undefined ? original.attachments : [];
      const text = entry.original.original;
      const again = { ...original, kind: 'message.created' as const, attachments, messageId: '', text };
      const next = store.events.add(again, stored.conversationId, system.now());
      if (next !== null) store.turns.add({ conversationId: stored.conversationId, kind: 'message', eventSeq: next });
      queueMicrotask(() => deps.wake(stored.conversationId));
      return settled(event, 'Sent on as it was.', entry.answerId);
    }
    try {
      const saved = store.transaction(() => {
        const entries = entriesOf(entry.original.findings);
        const kept = entries.map(({ name, value }) => ({ name, hosts: deps.save(name, value) }));
        store.audit.add('secret.saved', { name: entries.map(({ name }) => name).join(' '), hosts: '' });
        return kept;
      });
      const names = saved.map(({ name }) => name);
      const use = saved.every(({ hosts }) => hosts.length === 0)
        ? 'Each use asks until you name its hosts.'
        : 'The hosts are those it had.';
      const own = names.some(deps.own.isOwn) ? ` ${OWN_IS_ANOTHER}` : '';
      return settled(event, `Saved ${names.join(', ')}. ${use}${own}`, entry.answerId);
    } catch (thrown) {
      return settled(event, `Not saved: ${asSeneschalError(thrown).message}`, entry.answerId);
    }
  }

  /** The answer's buttons go, its outcome stands in their place. A press can be quicker than the answer's receipt. */
  function settled(event: InboundEvent, sentence: string, answerId?: string): InboundOutcome {
    const messageId = event.kind === 'action.invoked' ? event.messageId : null;
    const card =
      answerId !== undefined
        ? store.deliveries.get(answerId)
        : messageId === null
          ? null
          : store.deliveries.byMessage(conversationId(event.address), messageId);
    if (card) {
      const { text: said = [], replyRef = event.replyRef } = card.content;
      const content = { text: [...said, paragraph(sentence)], ...(replyRef === undefined ? {} : { replyRef }) };
      store.deliveries.add({ address: card.address, kind: 'edit', targetDelivery: card.id, content });
    } else {
      // A copy whose receipt a crash took away: nobody knows its id, so the outcome is a message of its own.
      store.deliveries.add({ address: event.address, content: { text: lines(sentence) } });
    }
    queueMicrotask(() => deps.wake(conversationId(event.address)));
    return { accepted: true, notice: sentence };
  }

  return { guard, record, recordFile, press };
}

/** What the owner typed: the text, a command's argument, a form's field. */
function wordsOf(event: InboundEvent): string {
  if (event.kind === 'command.invoked') return event.argument;
  return 'text' in event ? (event.text ?? '') : '';
}

function withWords(
  event: InboundEvent,
  words: string,
): { argument: string } | { text: string } | Record<string, never> {
  if (event.kind === 'command.invoked') return { argument: words };
  return 'text' in event && event.text !== undefined ? { text: words } : {};
}

/** What becomes of findings: an entry each, a pair two; one value once, and never one over another. */
function entriesOf(findings: readonly SecretFinding[]): readonly { readonly name: string; readonly value: Secret }[] {
  const entries = new Map<string, string>();
  for (const { name, value } of findings.flatMap(parts)) {
    if ([...entries.values()].includes(value)) continue;
    let free = name;
    for (let next = 2; entries.has(free); next += 1) free = `${name.slice(0, 60)}_${next}`;
    entries.set(free, value);
  }
  return [...entries].map(([name, value]) => ({ name, value: new Secret(value) }));
}

const AWS_PAIR = 'aws-key-pair';

function parts(finding: SecretFinding): readonly { readonly name: string; readonly value: string }[] {
  const { pair, kind, value } = finding;
  if (pair === undefined) return [{ name: entryName(finding.name), value }];
  // The names that AWS's own programs read.
  const names = kind === AWS_PAIR ? ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] : pairNames(finding.name);
  return [
    { name: names[0] ?? '', value: pair.id },
    { name: names[1] ?? '', value: pair.secret },
  ];
}

function pairNames(kind: string): readonly string[] {
  const name = entryName(kind);
  return [`${name.slice(0, 61)}_ID`, name];
}

/** `Anthropic API key` → `ANTHROPIC_API_KEY`. */
function entryName(kind: string): string {
  const name = kind
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^[^A-Z]+|_+$/g, '');
  return name.slice(0, 64) || 'PASTED_SECRET';
}

const article = (name: string): string => `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
const refOf = (event: InboundEvent): { replyRef?: string } =>
  event.replyRef === undefined ? {} : { replyRef: event.replyRef };

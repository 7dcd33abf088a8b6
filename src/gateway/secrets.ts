import { lines } from '../agent/reply.js';
import type { Address, ChannelAdapter, InboundOutcome } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import { SeneschalError } from '../core/errors.js';
import { plainLinks } from '../core/links.js';
import { type Block, paragraph } from '../core/richtext.js';
import type { Secret } from '../core/secret.js';
import type { SecretAsk, SecretDesk } from '../core/secret-desk.js';
import type { System } from '../core/system.js';
import { clockTime } from '../core/time.js';
import type {
  AcceptOutcome,
  EntryKind,
  RequestedChoice,
  RequestedValue,
  SecretAnswer,
  SecretIntake,
  SecretRequest,
} from '../core/vault.js';
import type { ApprovalDesk } from '../policy/approvals.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { StoredRequest } from '../store/secret-requests.js';
import type { Store } from '../store/store.js';
import { createRequestSecrets, requestLink } from '../vault/request.js';
import { maskedTail, parseHosts } from '../vault/rules.js';
import type { Vault } from '../vault/vault.js';
import type { OwnerGate } from './owners.js';
import { whereItOpens } from './reach.js';

/**
 * Asking for a secret: a durable row, a one-time link to the owner's direct chat, an answer that goes from the form
 * into the vault.
 *
 *   ask_secret | /secret | setup → request (row, link) → form → accept: entry + request answered + call ended, one
 *   transaction → the turn goes on
 */
export interface SecretsDeps {
  readonly store: Store;
  readonly system: System;
  readonly vault: Vault;
  readonly desk: Pick<ApprovalDesk, 'enqueueOutcomes'>;
  readonly owners: OwnerGate;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  readonly listening: () => { readonly url: string; readonly fingerprint: string } | null;
  readonly timeZone: string;
  readonly wake: (conversation: string) => void;
  readonly reschedule: () => void;
  /** After entries changed: masks must know the new values, the product's own parts their new keys. */
  readonly changed: (kind: EntryKind, names: readonly string[]) => void;
  readonly own: OwnKeys;
  /** Tests what was entered for the product's own use before it is kept. Stores nothing itself. */
  readonly judge: (answer: SecretAnswer) => Promise<ProductVerdict> | ProductVerdict;
}

/** The keys that the product itself uses, by name. */
export interface OwnKeys {
  readonly isOwn: (name: string) => boolean;
  /** Whether the environment holds a value that wins over the vault's. */
  readonly overrides: (name: string) => boolean;
}

/** What becomes of an answer to a form of the product's own. */
export type ProductVerdict =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'good';
      /** Why it could not be tested, one sentence; the owner may keep it nevertheless. */
      readonly untested: string | null;
      /** What `Saved NAME` names. */
      readonly name: string;
      /** Shown by its last characters. */
      readonly tail: Secret | null;
      readonly entries: readonly string[];
      /** Stores it. Must be called within a transaction. Returns one sentence about what it is good for. */
      readonly keep: (shortConfirmed: boolean) => string;
    };

/** Where a link goes: an address, and what its delivery needs besides. */
export interface Place {
  readonly address: Address;
  readonly content?: DeliveryContent;
}

export type Secrets = ReturnType<typeof createSecrets>;

/** What a form is about, whoever asks for it. */
export interface FormRequest {
  readonly kind: EntryKind;
  readonly name: string;
  readonly purpose: string;
  readonly values: readonly RequestedValue[];
  readonly hosts: readonly string[];
  readonly untrusted: readonly string[];
  readonly choices?: readonly RequestedChoice[];
}

export function createSecrets(deps: SecretsDeps) {
  const { store, system, vault } = deps;
  /** Forms whose owner was told that the value cannot be tested: pressing again keeps it. */
  const warned = new Set<string>();

  /** Makes the row and the link. Must be called within a transaction; the link exists nowhere else. */
  function open(form: FormRequest, callId: string | null, deliveryId: string | null) {
    const secrets = createRequestSecrets(vault, system);
    const known = vault.owner.list().find((entry) => entry.name === form.name);
    const request: SecretRequest = {
      ...secrets.row,
      name: form.name,
      kind: form.kind,
      purpose: form.purpose,
      values: form.values,
      suggestedHosts: form.hosts,
      untrustedSources: form.untrusted,
      replaces: form.kind === 'owner' && known ? { updatedAt: known.updatedAt, hosts: known.hosts } : null,
      state: 'pending',
      answeredAt: null,
      ...(form.choices === undefined ? {} : { choices: form.choices }),
    };
    store.secretRequests.add({ request, callId, deliveryId });
    store.audit.add('secret.asked', { name: form.name, call: callId });
    return { request, link: requestLink(deps.listening()?.url ?? '', secrets) };
  }

  /** Links to a form go to the owner's own chat with us; where that is closed, to the owner's eyes alone. */
  async function placeOf(conversation: string): Promise<Place | null> {
    const address = store.conversations.get(conversation)?.address;
    if (!address) return null;
    if (address.direct) return { address };
    const asked = store.events.newest(conversation);
    const user = asked?.sender.userId ?? deps.owners.owners(address.channel)[0];
    const adapter = deps.adapter(address.channel);
    if (user === undefined || !adapter) return null;
    const hidden = { ephemeralTo: user, ...(asked?.replyRef === undefined ? {} : { replyRef: asked.replyRef }) };
    const mayHide = adapter.capabilities.ephemeral;
    try {
      const direct = await adapter.openDirect(user);
      return { address: direct, ...(mayHide ? { content: { otherwise: { address, ...hidden } } } : {}) };
    } catch {
      return mayHide ? { address, content: hidden } : null;
    }
  }

  /** Throws where the owner cannot be reached without others reading along. */
  async function tell(form: FormRequest, conversation: string, callId: string | null): Promise<void> {
    const place = await placeOf(conversation);
    if (!place)
      throw new SeneschalError('tool.refused', 'The owner cannot be reached here without others reading along.');
    tellAt(form, place, callId);
  }

  /** Sends the message with the link, sealed until it is sent: the database never holds a token. */
  function tellAt(form: FormRequest, { address, content }: Place, callId: string | null): void {
    if (deps.listening() === null) throw new Error('the form is not being served');
    store.transaction(() => {
      if (callId !== null && store.secretRequests.ofCall(callId)) return;
      store.conversations.ensure(address);
      const deliveryId = store.deliveries.add({ address, content: {} });
      const { request, link } = open(form, callId, deliveryId);
      const cancel = store.buttons.add('secret', request.tokenHash, 'cancel');
      store.deliveries.setContent(deliveryId, {
        ...content,
        text: message(request),
        sealedLink: Buffer.from(vault.seal(linkLabel(deliveryId), Buffer.from(link))).toString('base64'),
        buttons: [[{ label: 'Cancel', value: cancel }]],
      });
      if (callId !== null) store.calls.setState(callId, 'waiting');
    });
    deps.reschedule();
    deps.wake(conversationId(address));
  }

  /** A link that is told otherwise than by a message of ours. */
  function link(form: FormRequest): { readonly request: SecretRequest; readonly link: string } {
    const opened = store.transaction(() => open(form, null, null));
    deps.reschedule();
    return opened;
  }

  function message(request: SecretRequest): readonly Block[] {
    const listening = deps.listening();
    return [
      // The one link of this message is the form's.
      ...plainLinks([paragraph(`I need ${request.name}: ${request.purpose}`)], () => false),
      ...lines(
        `${whereItOpens(listening?.url ?? '')} Check phrase: ${request.phrase}`,
        'Stored encrypted on this box. Never sent to the AI.',
        `Certificate: ${listening?.fingerprint ?? ''}`,
      ),
    ];
  }

  const desk: SecretDesk = {
    async ask(ask: SecretAsk): Promise<void> {
      const parsed = parseHosts(ask.hosts.join('\n'));
      const names = ask.fields.length === 0 ? [ask.name] : ask.fields;
      const form: FormRequest = {
        kind: 'owner',
        name: ask.name,
        purpose: ask.purpose,
        values: names.map((entry) => ({ entry, label: entry, multiline: ask.multiline })),
        hosts: 'hosts' in parsed ? parsed.hosts : [],
        untrusted: ask.untrusted,
      };
      await tell(form, ask.conversation, ask.callId);
      const here = store.conversations.get(ask.conversation)?.address;
      if (!here || here.direct) return;
      const text = lines(`I need ${ask.name}. The link to its form went to you privately.`);
      // In the place that waits for an answer, where the platform keeps one.
      const replyRef = store.events.newest(ask.conversation)?.replyRef;
      const content = { text, ...(replyRef === undefined ? {} : { replyRef }) };
      store.transaction(() => store.deliveries.add({ address: here, content }));
      deps.wake(ask.conversation);
    },
    list: () => vault.owner.list().map(({ name, hosts, state }) => ({ name, hosts, state })),
  };

  const intake: SecretIntake = {
    find: (tokenHash) => store.secretRequests.find(tokenHash)?.request ?? null,

    async accept(tokenHash, answer): Promise<AcceptOutcome> {
      const known = store.secretRequests.find(tokenHash);
      const verdict = known?.request.kind === 'product' ? await deps.judge(answer) : null;
      if (verdict?.kind === 'refused') return verdict;
      if (verdict && verdict.untested !== null && !warned.has(tokenHash)) {
        warned.add(tokenHash);
        return { kind: 'refused', reason: `${verdict.untested} Press Save again to keep the value untested.` };
      }
      const outcome = store.transaction(() => take(tokenHash, answer, verdict));
      const stored = store.secretRequests.find(tokenHash);
      if (outcome.kind === 'saved' && stored) {
        warned.delete(tokenHash);
        deps.changed(stored.request.kind, verdict?.entries ?? answer.values.map((value) => value.entry));
        wakeFor(stored);
      }
      return outcome;
    },
  };

  /** One transaction: entries, request answered, call ended, message changed. */
  function take(tokenHash: string, answer: SecretAnswer, verdict: Good | null): AcceptOutcome {
    const stored = store.secretRequests.find(tokenHash);
    if (!stored) return { kind: 'unknown' };
    const { request } = stored;
    if (request.state === 'saved') return { kind: 'used', at: request.answeredAt ?? 0 };
    if (request.state === 'cancelled') return { kind: 'cancelled' };
    if (request.expiresAt <= system.now() || !store.secretRequests.end(tokenHash, 'saved')) return { kind: 'expired' };
    const kept = verdict ? keptForItself(tokenHash, answer, verdict) : keptForUse(request, answer);
    const overriddenBy = kept.entries.filter(deps.own.overrides);
    const over = overriddenBy.map((variable) => ` The environment variable ${variable} is set and wins over it.`);
    end(
      stored,
      { text: `Saved ${kept.name}`, isError: false, summary: 'saved' },
      `Saved ${kept.name}${kept.tail === null ? '' : ` (${maskedTail(kept.tail.reveal())})`}${kept.meaning}${over.join('')}`,
    );
    const told = verdict ? { name: kept.name, meaning: kept.meaning.replace(/^\. /, '') } : {};
    return { kind: 'saved', at: system.now(), overriddenBy, ...told };
  }

  /** The owner's entries, for tools to use at their hosts. */
  function keptForUse(request: SecretRequest, answer: SecretAnswer) {
    const { values, hosts, shortConfirmed } = answer;
    for (const { entry, value } of values) vault.owner.put({ name: entry, value, hosts, shortConfirmed });
    store.audit.add('secret.saved', { name: request.name, hosts: hosts.join(' ') });
    const only = hosts.length === 0 ? 'no hosts yet: each use asks' : `for ${hosts.join(', ')} only`;
    const tail = values.length === 1 ? (values[0]?.value ?? null) : null;
    const own = values.some(({ entry }) => deps.own.isOwn(entry)) ? ` ${OWN_IS_ANOTHER}` : '';
    return { name: request.name, tail, meaning: `, ${only}.${own}`, entries: values.map(({ entry }) => entry) };
  }

  /** The product's own keys. */
  function keptForItself(tokenHash: string, answer: SecretAnswer, verdict: Good) {
    const meaning = `. ${verdict.keep(answer.shortConfirmed)}`;
    store.secretRequests.rename(tokenHash, verdict.name);
    store.audit.add('secret.saved', { name: verdict.name, hosts: '' });
    return { name: verdict.name, tail: verdict.tail, meaning, entries: verdict.entries };
  }

  /** The call has its result, the message says how it ended and has no button. */
  function end(
    stored: StoredRequest,
    result: { text: string; isError: boolean; summary: string },
    sentence: string,
  ): void {
    if (stored.callId !== null) {
      store.calls.finish(stored.callId, result);
      deps.desk.enqueueOutcomes([stored.callId]);
    }
    const delivery = stored.deliveryId === null ? null : store.deliveries.get(stored.deliveryId);
    if (delivery) {
      const { replyRef } = delivery.content;
      const content = { text: lines(sentence), ...(replyRef === undefined ? {} : { replyRef }) };
      store.deliveries.add({ address: delivery.address, kind: 'edit', targetDelivery: delivery.id, content });
    }
  }

  function wakeFor(stored: StoredRequest): void {
    const call = stored.callId === null ? null : store.calls.get(stored.callId);
    const delivery = stored.deliveryId === null ? null : store.deliveries.get(stored.deliveryId);
    if (call) deps.wake(call.conversationId);
    if (delivery) deps.wake(delivery.lane);
  }

  function press(meaning: ButtonMeaning): InboundOutcome {
    const stored = store.secretRequests.find(meaning.target);
    if (!stored || !store.secretRequests.end(meaning.target, 'cancelled')) {
      return { accepted: true, notice: 'It was already answered.' };
    }
    cancelled(stored, 'The owner cancelled the form.', `${stored.request.name} was not entered: cancelled.`);
    queueMicrotask(() => wakeFor(stored));
    return { accepted: true, notice: 'Cancelled.' };
  }

  function cancelled(stored: StoredRequest, text: string, sentence: string): void {
    store.audit.add('secret.not-entered', { name: stored.request.name, reason: text });
    end(stored, { text, isError: true, summary: 'not entered' }, sentence);
  }

  return {
    desk,
    intake,
    tell,
    tellAt,
    link,
    press,
    nextExpiry: store.secretRequests.nextExpiry,

    /** Ends the forms of this name that were told here and that no call waits for: a new link takes their place. */
    replace(name: string, address: Address): void {
      const lane = conversationId(address);
      store.transaction(() => {
        for (const stored of store.secretRequests.pending()) {
          const { request, callId, deliveryId } = stored;
          const told = deliveryId === null ? null : store.deliveries.get(deliveryId);
          if (request.name !== name || callId !== null || told?.lane !== lane) continue;
          store.secretRequests.end(request.tokenHash, 'cancelled');
          cancelled(stored, 'A new link took its place.', `${name}: a new link takes the place of this one.`);
        }
      });
    },

    /** Ends the forms of these calls; for /stop and /new. */
    cancelCalls(callIds: readonly string[], note: string): void {
      for (const callId of callIds) {
        const stored = store.secretRequests.ofCall(callId);
        if (stored && store.secretRequests.end(stored.request.tokenHash, 'cancelled')) {
          cancelled(stored, `${note}.`, `${stored.request.name} was not entered: ${note.toLowerCase()}.`);
        }
      }
    },

    /** Ends what is past its time. Must be called within a transaction; wakes what it touched afterwards. */
    expireDue(): void {
      const due = store.secretRequests.pending().filter(({ request }) => request.expiresAt <= system.now());
      for (const stored of due) {
        if (!store.secretRequests.end(stored.request.tokenHash, 'expired')) continue;
        const at = clockTime(stored.request.expiresAt, deps.timeZone);
        cancelled(
          stored,
          'The owner did not open the form in time.',
          `${stored.request.name}: the link expired ${at}.`,
        );
        queueMicrotask(() => wakeFor(stored));
      }
    },
  };
}

type Good = Extract<ProductVerdict, { kind: 'good' }>;

/** Of an entry for tools under the name of a key that the product itself uses. */
export const OWN_IS_ANOTHER = 'It is for tools; the key that Seneschal itself uses is entered by `seneschal setup`.';

/** What a link in a waiting message is sealed under. */
export const linkLabel = (deliveryId: string): string => `link/${deliveryId}`;

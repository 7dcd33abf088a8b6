import { lines } from '../agent/reply.js';
import type { Address, ChannelAdapter, InboundOutcome } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import { type Block, paragraph } from '../core/richtext.js';
import type { SecretAsk, SecretDesk } from '../core/secret-desk.js';
import type { System } from '../core/system.js';
import { clockTime } from '../core/time.js';
import type {
  AcceptOutcome,
  EntryKind,
  RequestedValue,
  SecretAnswer,
  SecretIntake,
  SecretRequest,
} from '../core/vault.js';
import type { ApprovalDesk } from '../policy/approvals.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { StoredRequest } from '../store/secret-requests.js';
import type { Store } from '../store/store.js';
import { createRequestSecrets, requestLink } from '../vault/request.js';
import { maskedTail, parseHosts } from '../vault/rules.js';
import type { Vault } from '../vault/vault.js';
import type { OwnerGate } from './owners.js';

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
  readonly desk: ApprovalDesk;
  readonly owners: OwnerGate;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  readonly listening: () => { readonly url: string; readonly fingerprint: string; readonly local: boolean } | null;
  readonly timeZone: string;
  readonly wake: (conversation: string) => void;
  readonly reschedule: () => void;
  /** After entries changed: masks must know the new values, the product's own parts their new keys. */
  readonly changed: (kind: EntryKind, names: readonly string[]) => void;
  /** The environment variable that wins over an entry of this name, null where none does. */
  readonly overriding: (kind: EntryKind, name: string) => string | null;
  /** Tests a key of the product's own before it is kept: the reason it is refused for, or null. */
  readonly test: (answer: SecretAnswer) => Promise<string | null>;
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
}

export function createSecrets(deps: SecretsDeps) {
  const { store, system, vault } = deps;

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
    };
    store.secretRequests.add({ request, callId, deliveryId });
    store.audit.add('secret.asked', { name: form.name, call: callId });
    return { request, link: requestLink(deps.listening()?.url ?? '', secrets) };
  }

  /** The owner's own chat with us: links to a form go nowhere else. */
  async function directAddress(conversation: string): Promise<Address | null> {
    const address = store.conversations.get(conversation)?.address;
    if (!address || address.direct) return address ?? null;
    const [owner] = deps.owners.owners(address.channel);
    const adapter = deps.adapter(address.channel);
    return owner !== undefined && adapter ? adapter.openDirect(owner) : null;
  }

  /** Sends the message with the link, sealed until it is sent: the database never holds a token. */
  async function tell(form: FormRequest, conversation: string, callId: string | null): Promise<void> {
    if (deps.listening() === null) throw new Error('the form is not being served');
    const address = await directAddress(conversation);
    if (!address) return;
    store.transaction(() => {
      if (callId !== null && store.secretRequests.ofCall(callId)) return;
      store.conversations.ensure(address);
      const deliveryId = store.deliveries.add({ address, content: {} });
      const { request, link } = open(form, callId, deliveryId);
      const cancel = store.buttons.add('secret', request.tokenHash, 'cancel');
      store.deliveries.setContent(deliveryId, {
        text: message(request),
        sealedLink: Buffer.from(vault.seal(linkLabel(deliveryId), Buffer.from(link))).toString('base64'),
        buttons: [[{ label: 'Cancel', value: cancel }]],
      });
      if (callId !== null) store.calls.setState(callId, 'waiting');
    });
    deps.reschedule();
    deps.wake(conversationId(address));
  }

  function message(request: SecretRequest): readonly Block[] {
    const listening = deps.listening();
    const where = listening?.local
      ? 'Open it on the box itself, within 10 minutes. `seneschal setup` makes it open on your phone.'
      : 'Opens on your devices, for 10 minutes.';
    return [
      paragraph(`I need ${request.name}: ${request.purpose}`),
      ...lines(
        `${where} Check phrase: ${request.phrase}`,
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
    },
    list: () => vault.owner.list().map(({ name, hosts, state }) => ({ name, hosts, state })),
  };

  const intake: SecretIntake = {
    find: (tokenHash) => store.secretRequests.find(tokenHash)?.request ?? null,

    async accept(tokenHash, answer): Promise<AcceptOutcome> {
      const known = store.secretRequests.find(tokenHash);
      const refusal = known?.request.kind === 'product' ? await deps.test(answer) : null;
      if (refusal !== null) return { kind: 'refused', reason: refusal };
      const outcome = store.transaction(() => take(tokenHash, answer));
      const stored = store.secretRequests.find(tokenHash);
      if (outcome.kind === 'saved' && stored) {
        deps.changed(
          stored.request.kind,
          answer.values.map((value) => value.entry),
        );
        wakeFor(stored);
      }
      return outcome;
    },
  };

  /** One transaction: entries, request answered, call ended, message changed. */
  function take(tokenHash: string, answer: SecretAnswer): AcceptOutcome {
    const stored = store.secretRequests.find(tokenHash);
    if (!stored) return { kind: 'unknown' };
    const { request } = stored;
    if (request.state === 'saved') return { kind: 'used', at: request.answeredAt ?? 0 };
    if (request.state === 'cancelled') return { kind: 'cancelled' };
    if (request.expiresAt <= system.now() || !store.secretRequests.end(tokenHash, 'saved')) return { kind: 'expired' };
    const entries = request.kind === 'owner' ? vault.owner : vault.product;
    for (const { entry, value } of answer.values) {
      entries.put({ name: entry, value, hosts: answer.hosts, shortConfirmed: answer.shortConfirmed });
    }
    store.audit.add('secret.saved', { name: request.name, hosts: answer.hosts.join(' ') });
    const only = answer.hosts.length === 0 ? 'no hosts yet: each use asks' : `for ${answer.hosts.join(', ')} only`;
    const tail = answer.values.length === 1 ? ` (${maskedTail(answer.values[0]?.value.reveal() ?? '')})` : '';
    end(
      stored,
      { text: `Saved ${request.name}`, isError: false, summary: 'saved' },
      `Saved ${request.name}${tail}, ${only}.`,
    );
    const overriddenBy = answer.values.flatMap(({ entry }) => deps.overriding(request.kind, entry) ?? []);
    return { kind: 'saved', at: system.now(), overriddenBy };
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
      const content = { text: lines(sentence) };
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
    open,
    press,
    nextExpiry: store.secretRequests.nextExpiry,

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

/** What a link in a waiting message is sealed under. */
export const linkLabel = (deliveryId: string): string => `link/${deliveryId}`;

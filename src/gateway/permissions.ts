import type { Button, InboundOutcome } from '../core/channel.js';
import { type ConversationId, conversationId } from '../core/conversation.js';
import type { InboundEvent } from '../core/event.js';
import { type Block, code, paragraph } from '../core/richtext.js';
import type { System } from '../core/system.js';
import { clockTime, timeLeft } from '../core/time.js';
import { showHidden } from '../core/visible.js';
import { shortTitle } from '../policy/title.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { Grant } from '../store/grants.js';
import type { Store } from '../store/store.js';
import { count } from './counting.js';

export interface PermissionDeps {
  readonly store: Store;
  readonly system: System;
  readonly timeZone: string;
  /** A channel's name within a sentence. */
  readonly channelName: (channel: string) => string;
  readonly wake: (conversation: ConversationId) => void;
}

type Press = InboundEvent & { kind: 'action.invoked' };

/** With `Revoke all` as many buttons as every platform shows. */
const MOST = 19;
const ALL = 'all';

/** `/approvals` (APPR-5): what waits for the owner, and every standing permission with the button that ends it. */
export function createPermissions(deps: PermissionDeps) {
  const { store, system } = deps;

  /** Where something belongs that is not of this conversation. */
  function place(of: ConversationId | undefined, here: ConversationId): string {
    const other = of === undefined || of === here ? null : store.conversations.get(of);
    if (!other) return '';
    const near = other.channel === store.conversations.get(here)?.channel ? 'elsewhere in' : 'in';
    return ` · ${near} ${deps.channelName(other.channel)}`;
  }

  function pending(here: ConversationId): Block[] {
    const open = store.approvals.allPending();
    if (open.length === 0) return [];
    const shown = open.slice(0, MOST).map((approval) => {
      const where = place(store.approvals.card(approval.cardId)?.conversationId, here);
      const until = ` · until ${clockTime(approval.expiresAt, deps.timeZone)}${where}`;
      return paragraph(...shortTitle(approval.action.card.title), until);
    });
    return [paragraph(`Waiting for your tap: ${open.length}`), ...shown, ...more(open.length)];
  }

  function standing(grants: readonly Grant[], here: ConversationId): Block[] {
    if (grants.length === 0) return [];
    const shown = grants.slice(0, MOST).map((grant, index) => {
      const left = `${timeLeft(grant.expiresAt - system.now())}, ${count(grant.usesLeft, 'use')} left`;
      const where = place(grant.conversationId, here);
      return paragraph(`${index + 1}. `, code(showHidden(grant.pattern).text), ` · ${left}${where}`);
    });
    return [paragraph(`Standing permissions: ${grants.length}`), ...shown, ...more(grants.length)];
  }

  const more = (total: number): Block[] =>
    total > MOST ? [paragraph(`and ${total - MOST} more, shown once these have ended`)] : [];

  /** Must be called within a transaction: its buttons are rows. */
  function view(here: ConversationId): DeliveryContent {
    const grants = store.grants.list();
    const text = [...pending(here), ...standing(grants, here)];
    if (text.length === 0) {
      return { text: [paragraph('Nothing waits for you, and nothing is permitted in advance.')] };
    }
    const button = (label: string, target: string): Button => ({
      label,
      value: store.buttons.add('grant', target, here),
    });
    const each = grants.slice(0, MOST).map(({ id }, index) => [button(`Revoke ${index + 1}`, id)]);
    return { text, buttons: [...each, ...(grants.length > 1 ? [[button('Revoke all', ALL)]] : [])] };
  }

  return {
    view,

    /** In the transaction that stores the press: what is revoked covers nothing from then on, and the list says so. */
    press({ target, choice }: ButtonMeaning, event: Press): InboundOutcome {
      const by = `${event.channel}:${event.sender.userId}`;
      const targets = target === ALL ? store.grants.list().map(({ id }) => id) : [target];
      const ended = targets.filter((id) => store.grants.revoke(id));
      for (const grant of ended) store.audit.add('grant.revoked', { grant, by });
      const { address, messageId } = event;
      const shown = store.deliveries.byMessage(conversationId(address), messageId);
      const replyRef = shown?.content.replyRef ?? event.replyRef;
      const content = { ...view(choice), ...(replyRef === undefined ? {} : { replyRef }) };
      store.deliveries.add({ address, kind: 'edit', targetMessage: messageId, content });
      queueMicrotask(() => deps.wake(conversationId(address)));
      return { accepted: true, notice: ended.length > 0 ? 'Revoked.' : 'It had already ended.' };
    },
  };
}

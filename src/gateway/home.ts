import type { Address } from '../core/channel.js';
import { conversationId } from '../core/conversation.js';
import type { Store } from '../store/store.js';

const HOME = 'home-conversation';

export type Home = ReturnType<typeof createHome>;

/**
 * The one conversation for what nobody asked for just now: alerts, results, notices (OWN-6). `configured` is
 * `channel` or `channel:space`; without it the first direct chat with the owner becomes it.
 */
export function createHome(store: Store, configured: string | undefined) {
  const matches = (address: Address): boolean =>
    configured === undefined || configured === address.channel || configured === `${address.channel}:${address.space}`;

  return {
    /** Whether the configuration decides: then no button does. */
    configured: configured !== undefined,
    /** The owner's own choice. */
    choose: (address: Address): void => store.settings.set(HOME, conversationId(address)),
    /** Called with each conversation of the owner, inside the transaction that stores its event. */
    remember(address: Address): void {
      if (!address.direct || address.thread !== undefined || !matches(address)) return;
      const known = store.settings.get(HOME);
      const current = known === null ? null : store.conversations.get(known);
      if (current && matches(current.address)) return;
      store.settings.set(HOME, conversationId(address));
    },
    /** Null while the owner was never met in a direct chat. */
    address(): Address | null {
      const id = store.settings.get(HOME);
      return id === null ? null : (store.conversations.get(id)?.address ?? null);
    },
  };
}

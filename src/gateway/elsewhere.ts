import type { Address, ChannelAdapter } from '../core/channel.js';
import type { SeneschalError } from '../core/errors.js';
import type { DeliveryContent, DeliveryRow } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { OwnerGate } from './owners.js';

/**
 * Where a message goes that its place refuses for good:
 *
 *   a private one whose direct chat is closed → shown to its reader alone where it was asked for (APPR-2)
 *   an answer in a shared channel             → the direct chat with the owner who spoke there, marked
 *   what nobody asked for just now            → another direct chat of the owner, marked (OWN-6)
 *
 * Each message moves once.
 */
export interface ElsewhereDeps {
  readonly store: Store;
  readonly owners: OwnerGate;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  readonly channelName: (channel: string) => string;
}

export interface Move {
  readonly address: Address;
  readonly content: DeliveryContent;
}

export type Elsewhere = ReturnType<typeof createElsewhere>;

export function createElsewhere(deps: ElsewhereDeps) {
  const { store } = deps;

  /** Null where there is no other place. Throws what the platform throws. */
  return async ({ address, content, lane }: DeliveryRow, error: SeneschalError): Promise<Move | null> => {
    const { otherwise, replyRef: _ref, replyTo: _to, ...rest } = content;
    if (otherwise) {
      const { address: place, ...how } = otherwise;
      return { address: place, content: { ...rest, ...how } };
    }
    if (content.preface !== undefined || content.ephemeralTo !== undefined) return null;
    if (!address.direct) {
      const direct = await ownersChat(lane, address);
      return (
        direct && { address: direct, content: { ...rest, preface: `I cannot write where you asked. ${error.message}` } }
      );
    }
    if (!content.unprompted) return null;
    const next = store.conversations
      .all()
      .map((conversation) => conversation.address)
      .find((chat) => chat.direct && chat.channel !== address.channel && deps.adapter(chat.channel)?.health().ok);
    const preface = `${deps.channelName(address.channel)} could not be reached, so this comes here.`;
    return next ? { address: next, content: { ...rest, preface } } : null;
  };

  async function ownersChat(conversation: string, { channel }: Address): Promise<Address | null> {
    const user = store.events.newest(conversation)?.sender.userId ?? deps.owners.owners(channel)[0];
    const adapter = deps.adapter(channel);
    return user !== undefined && adapter ? adapter.openDirect(user) : null;
  }
}

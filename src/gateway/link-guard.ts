import { plainLinks } from '../core/links.js';
import type { RichText } from '../core/richtext.js';
import type { Store } from '../store/store.js';

export type LinkGuard = (turnId: string | null, text: RichText) => RichText;

/**
 * What a turn that has seen untrusted content writes may carry data out in an address: one tap is enough. A link there
 * is plain text with its host first, unless the owner has named that host in this conversation (GUARD-14).
 */
export function createLinkGuard(store: Pick<Store, 'turns' | 'events'>): LinkGuard {
  return (turnId, text) => {
    const turn = turnId === null ? null : store.turns.get(turnId);
    if (!turn || turn.taint.untrusted.length === 0) return text;
    const known = new Map<string, boolean>();
    return plainLinks(text, (host) => {
      const named = known.get(host) ?? store.events.ownerNames(turn.conversationId, host);
      known.set(host, named);
      return named;
    });
  };
}

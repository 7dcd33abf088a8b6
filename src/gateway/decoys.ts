import { lines } from '../agent/reply.js';
import type { ConversationId } from '../core/conversation.js';
import { conversationId } from '../core/conversation.js';
import type { Logger } from '../core/log.js';
import type { DecoyTouch } from '../guards/outgoing.js';
import type { Store } from '../store/store.js';
import type { Home } from './home.js';

/** SECRET-8: a planted entry that nothing uses was asked for or written out: the turn stops, the owner is told. */
export function createDecoyAlarm(deps: {
  readonly store: Store;
  readonly log: Logger;
  readonly home: Home;
  readonly wake: (conversation: string) => void;
  /** Ends the turn that runs there; `note` stands on its cards. */
  readonly stop: (conversation: ConversationId, note: string) => Promise<unknown>;
}) {
  const { store } = deps;

  return function raise({ name, conversation, tool }: DecoyTouch): void {
    store.transaction(() => {
      store.audit.add('decoy.touched', { name, conversation, tool });
      const address = deps.home.address() ?? store.conversations.get(conversation)?.address;
      if (!address) return;
      const { untrusted } = store.conversations.get(conversation)?.taint ?? { untrusted: [] };
      const text = lines(
        `The decoy ${name} was touched, so I stopped the turn.`,
        tool === null ? 'Its value stood in a reply.' : `${tool} was to be given it.`,
        `Read in that conversation: ${untrusted.length === 0 ? 'nothing untrusted' : untrusted.slice(-5).join(', ')}`,
        'Nothing real was given out. Somebody may be giving the agent orders: /new goes on without what it has read.',
      );
      store.deliveries.add({ address, content: { text, unprompted: true } });
      deps.log.warn({ decoy: name, conversation, tool }, 'a decoy was touched');
      // After the transaction, which may be an outer one: the turn that is being stopped is what called us.
      queueMicrotask(() => {
        deps.wake(conversationId(address));
        deps.stop(conversation, 'Stopped: a decoy was touched').catch((error: unknown) => {
          deps.log.error({ conversation, error }, 'the turn that touched a decoy could not be stopped');
        });
      });
    });
  };
}

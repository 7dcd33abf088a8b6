import type { ConversationId } from '../core/conversation.js';
import type { MessageCreated } from '../core/event.js';
import { NO_TAINT, type Taint } from '../core/trust.js';
import type { Store } from '../store/store.js';

/** What the agent had read when it wrote the message that is quoted, also before `/new`. */
export function taintOfQuote(store: Store, conversation: ConversationId, { quote }: MessageCreated): Taint {
  if (quote?.author !== 'agent') return NO_TAINT;
  const turnId = store.deliveries.byMessage(conversation, quote.messageId)?.turnId;
  return (turnId ? store.turns.get(turnId)?.taint : null) ?? NO_TAINT;
}

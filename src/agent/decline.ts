import { judgeInput } from '../guards/input.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import { type createReplies, lines, type ReplyTarget } from './reply.js';

/**
 * What the owner asks for is judged at the opening of its turn (GUARD-7): there the text is what the paste guard and
 * the owner's last edit have left of it, two halves are one, and every inlet (a message, a slash command, a transcript,
 * a false alarm sent on, a reason for a refusal) has come to the same place; it is durable and answered in its order.
 * Nothing was fetched for it yet, and nothing of it enters the history: no later turn can be asked to obey it.
 */
export function createDecline(store: Store, replies: Pick<ReturnType<typeof createReplies>, 'close'>) {
  /** True when the turn has ended with a sentence and needs no model. */
  return (turn: Turn, text: string, target: ReplyTarget): boolean => {
    const { effect, rule, reason } = judgeInput(text);
    if (effect === 'allow') return false;
    store.transaction(() => {
      store.audit.add('request.declined', { turn: turn.id, rule });
      replies.close(turn, lines(reason), target);
      store.turns.end(turn.id, 'done');
    });
    return true;
  };
}

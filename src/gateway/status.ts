import type { ConversationId } from '../core/conversation.js';
import { type Inline, paragraph, text } from '../core/richtext.js';
import type { System } from '../core/system.js';
import { duration, startOfDay, timeLeft } from '../core/time.js';
import type { Model } from '../model/catalogue.js';
import { shortTitle } from '../policy/title.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { Spend } from '../store/history.js';
import type { Store } from '../store/store.js';
import { count } from './counting.js';
import type { Live } from './live.js';
import type { Queue } from './queue.js';

export interface RunningProcess {
  readonly callId: string;
  readonly conversation: ConversationId;
  readonly title: string;
  readonly startedAt: number;
  readonly rssBytes: number;
}

export interface StatusDeps {
  readonly store: Store;
  readonly system: System;
  readonly queue: Queue;
  readonly live: Live;
  readonly model: () => Model;
  readonly timeZone: string;
  readonly dailyUsd: number;
  readonly turnMemoryMb: number;
  readonly processes: () => readonly RunningProcess[];
}

/** `/status` (TURN-7): what answers and what it has cost, what runs, what waits for the owner; a line each. */
export function createStatus(deps: StatusDeps) {
  const { store, system } = deps;

  function costs(conversation: ConversationId): string {
    const here = store.history.spendOfConversation(conversation);
    const today = store.history.spendSince(startOfDay(system.now(), deps.timeZone));
    const ceiling = `$${deps.dailyUsd.toFixed(2)}`;
    return `${deps.model().spec.model} · this conversation ${tokens(here.tokens)} tokens, ${money(here)} · today ${money(today)} of ${ceiling}`;
  }

  function running(conversation: ConversationId): string {
    const processes = deps.processes().map(({ title, startedAt, rssBytes }) => {
      const memory = `${megabytes(rssBytes)} MB of ${deps.turnMemoryMb} MB`;
      return `${title}, ${duration(system.now() - startedAt)}, ${memory}`;
    });
    if (processes.length > 0) return processes.join('; ');
    const turnId = deps.queue.running(conversation);
    const state = turnId === null ? null : deps.live.status(turnId);
    const doing = state
      ? `${state.progress || 'thinking'}, ${duration(system.monotonic() - state.startedAt)}`
      : 'nothing';
    return `${doing} · ${megabytes(process.memoryUsage.rss())} MB in use`;
  }

  function waiting(): Inline[] {
    const [first, ...more] = store.approvals.allPending();
    const rest = more.length === 0 ? ')' : ` and ${more.length} more)`;
    const approvals = first
      ? [text(`${count(more.length + 1, 'approval')} (`), ...shortTitle(first.action.card.title), text(rest)]
      : [];
    const forms = store.secretRequests.pending().filter(({ request }) => request.expiresAt > system.now());
    const named = forms.map(({ request }) => `${request.name}, ${timeLeft(request.expiresAt - system.now())} left`);
    const formWords = forms.length === 0 ? [] : [text(`${count(forms.length, 'form')} (${named.join('; ')})`)];
    const between = approvals.length > 0 && formWords.length > 0 ? [text(', ')] : [];
    const all = [...approvals, ...between, ...formWords];
    return all.length === 0 ? [text('nothing')] : all;
  }

  return (conversation: ConversationId): DeliveryContent => {
    const queued = store.turns.open(conversation).filter((turn) => turn.state === 'queued').length;
    const line: Inline = { type: 'break' };
    return {
      text: [
        paragraph(
          costs(conversation),
          line,
          `Running: ${running(conversation)}`,
          line,
          'Waiting for you: ',
          ...waiting(),
          ...(queued > 0 ? [line, `Queued here: ${count(queued, 'message')}`] : []),
        ),
      ],
    };
  };
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
const tokens = (number: number): string => (number < 10_000 ? String(number) : `${Math.round(number / 1000)}k`);
const money = ({ usd, unpriced }: Spend): string =>
  `$${usd.toFixed(2)}${unpriced > 0 ? ' and requests of unknown price' : ''}`;

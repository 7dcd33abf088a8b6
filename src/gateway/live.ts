import type { TurnView } from '../agent/loop.js';
import type { ChannelAdapter } from '../core/channel.js';
import type { Logger } from '../core/log.js';
import { paragraph, type RichText } from '../core/richtext.js';
import type { System, Timer } from '../core/system.js';
import { duration } from '../core/time.js';
import type { Store } from '../store/store.js';
import type { Turn } from '../store/turns.js';
import { createLinkGuard } from './link-guard.js';
import { parseMarkdown } from './markdown.js';
import type { Outbox } from './outbox.js';

/**
 * What the owner sees while a turn works: typing at once, and from the first second on one message that changes: the
 * text as it streams, or `Working · npm test · 12 s`, with `Stop`. It becomes the reply.
 */
export interface LiveDeps {
  readonly store: Store;
  readonly system: System;
  readonly log: Logger;
  readonly outbox: Outbox;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
}

/** Quick answers need no line of work. */
const FIRST_SHOWN_MS = 900;
const TICK_MS = 1_000;
const TYPING_EVERY_MS = 4_000;

interface Shown {
  readonly startedAt: number;
  text: string;
  progress: string;
  stopHandle: string | null;
  typedAt: number;
  timer: Timer | null;
  drawn: string;
}

export interface Live extends TurnView {
  begin(turn: Turn): void;
  end(turnId: string): void;
  /** The text streamed so far of the answer under way. */
  partial(turnId: string): string;
  /** What a running turn is doing, and since when. */
  status(turnId: string): { readonly progress: string; readonly startedAt: number } | null;
}

export function createLive(deps: LiveDeps): Live {
  const { store, system } = deps;
  const shown = new Map<string, Shown>();
  const guardLinks = createLinkGuard(store);

  function tick(turnId: string): void {
    const state = shown.get(turnId);
    const turn = state ? store.turns.get(turnId) : null;
    const address = turn ? store.conversations.get(turn.conversationId)?.address : undefined;
    const adapter = address ? deps.adapter(address.channel) : undefined;
    if (!state || !turn || !address || !adapter) return;
    state.timer = system.setTimer(TICK_MS, () => guarded(turnId));
    if (adapter.setTyping && system.monotonic() - state.typedAt >= TYPING_EVERY_MS) {
      state.typedAt = system.monotonic();
      adapter.setTyping(address).catch((error: unknown) => deps.log.debug({ error }, 'typing was not shown'));
    }
    if (adapter.capabilities.edits && system.monotonic() - state.startedAt >= FIRST_SHOWN_MS)
      draw(turn, state, adapter);
  }

  function draw(turn: Turn, state: Shown, adapter: ChannelAdapter): void {
    const address = store.conversations.get(turn.conversationId)?.address;
    if (!address) return;
    const text = contentText(turn, state, adapter);
    const drawn = JSON.stringify(text);
    if (drawn === state.drawn) return;
    state.drawn = drawn;
    state.stopHandle ??= store.buttons.add('turn', turn.id, 'stop');
    const content = { text, buttons: [[{ label: 'Stop', value: state.stopHandle }]] };
    if (turn.liveDelivery !== null) {
      deps.outbox.setLive(turn.conversationId, turn.liveDelivery, content);
      return;
    }
    const event = turn.eventSeq === null ? null : store.events.get(turn.eventSeq)?.event;
    const replyRef = event?.replyRef === undefined ? {} : { replyRef: event.replyRef };
    store.transaction(() => {
      const id = store.deliveries.add({ address, content: { ...content, ...replyRef, silent: true }, turnId: turn.id });
      store.turns.setLive(turn.id, id);
    });
    deps.outbox.wake(turn.conversationId);
  }

  /** The end of a long text is what moves: the live message shows its last part that fits. */
  function contentText(turn: Turn, state: Shown, adapter: ChannelAdapter): RichText {
    if (state.text.trim() === '') {
      const seconds = duration(system.monotonic() - state.startedAt);
      const doing = state.progress === '' ? '' : ` · ${state.progress}`;
      return guardLinks(turn.id, [paragraph(`Working${doing} · ${seconds}`)]);
    }
    // Only the end is read: a long answer must not cost more with every second.
    const tail = state.text.slice(-2 * adapter.capabilities.maxTextLength);
    const parts = adapter.split(guardLinks(turn.id, parseMarkdown(tail)));
    return parts.length === 1 && tail.length === state.text.length
      ? (parts[0] ?? [])
      : [paragraph('…'), ...(parts.at(-1) ?? [])];
  }

  function guarded(turnId: string): void {
    try {
      tick(turnId);
    } catch (error) {
      deps.log.debug({ error }, 'the live message was not drawn');
    }
  }

  return {
    begin(turn) {
      const startedAt = system.monotonic();
      const state = {
        startedAt,
        text: '',
        progress: '',
        stopHandle: null,
        typedAt: -TYPING_EVERY_MS,
        timer: null,
        drawn: '',
      };
      shown.set(turn.id, state);
      guarded(turn.id);
    },
    end(turnId) {
      shown.get(turnId)?.timer?.cancel();
      shown.delete(turnId);
    },
    text(turn, markdown) {
      const state = shown.get(turn.id);
      if (state) state.text = markdown;
    },
    progress(turn, line) {
      const state = shown.get(turn.id);
      if (!state) return;
      state.text = '';
      state.progress = line;
    },
    partial: (turnId) => shown.get(turnId)?.text ?? '',
    status(turnId) {
      const state = shown.get(turnId);
      return state ? { progress: state.progress, startedAt: state.startedAt } : null;
    },
  };
}

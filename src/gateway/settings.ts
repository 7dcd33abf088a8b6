import { lines } from '../agent/reply.js';
import type { Address, Button, InboundOutcome } from '../core/channel.js';
import { type ConversationId, conversationId } from '../core/conversation.js';
import type { InboundEvent } from '../core/event.js';
import type { ButtonMeaning } from '../store/buttons.js';
import type { DeliveryContent } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { Home } from './home.js';

/**
 * `/settings`: what holds for one chat or channel, all its threads included, over restarts and `/new`. Each is shown
 * with the button that changes it.
 */
export interface SettingsDeps {
  readonly store: Store;
  readonly home: Home;
  readonly channelName: (channel: string) => string;
  readonly model: () => string;
  readonly wake: (conversation: ConversationId) => void;
}

export type ConversationSettings = ReturnType<typeof createConversationSettings>;

type Press = InboundEvent & { kind: 'action.invoked' };

export function createConversationSettings(deps: SettingsDeps) {
  const { store, home } = deps;

  /** The direct chats that can get copies of what is asked at `address`. */
  function directChats(address: Address): Address[] {
    return store.conversations
      .all()
      .map((conversation) => conversation.address)
      .filter((chat) => chat.direct && chat.thread === undefined && !isSamePlace(chat, address));
  }

  function chosen(address: Address): readonly ConversationId[] {
    const stored = store.settings.get(mirrorKey(address));
    return stored === null ? [] : (JSON.parse(stored) as ConversationId[]);
  }

  /** `Telegram`, or with its id where the owner has several chats there. */
  function nameOf(chat: Address, among: readonly Address[]): string {
    const name = deps.channelName(chat.channel);
    const alone = among.filter(({ channel }) => channel === chat.channel).length === 1;
    return alone ? name : `${name} (${chat.space})`;
  }

  /** Must be called within a transaction: its buttons are rows. */
  function view(conversation: ConversationId): DeliveryContent {
    const address = store.conversations.get(conversation)?.address;
    if (!address) return {};
    const button = (label: string, choice: string): Button => ({
      label,
      value: store.buttons.add('setting', conversation, choice),
    });
    const chats = directChats(address);
    const on = chats.filter((chat) => chosen(address).includes(conversationId(chat)));
    const mirrored = on.map((chat) => nameOf(chat, chats)).join(', ');
    const toggles = chats.map((chat) => {
      const name = nameOf(chat, chats);
      const label = on.includes(chat) ? `Stop mirroring to ${name}` : `Mirror to ${name}`;
      return [button(label, `mirror ${conversationId(chat)}`)];
    });
    const current = home.address();
    const here = current !== null && isSamePlace(current, address);
    const movable = !here && address.direct && address.thread === undefined && !home.configured;
    const place = here ? 'this chat' : current === null ? 'none yet' : nameOf(current, [current]);
    return {
      text: lines(
        `Model: ${deps.model()}`,
        `Approvals asked here are ${mirrored === '' ? 'shown here only' : `also shown in ${mirrored}`}.`,
        `Home for alerts and notices: ${place}${home.configured ? ' (set by SENESCHAL_HOME_CHANNEL)' : ''}`,
      ),
      buttons: [...toggles, ...(movable ? [[button('Make this chat my home', 'home')]] : [])],
    };
  }

  /** A press under `/settings`, in the transaction that stores it: the message shows what holds now. */
  function press({ target, choice }: ButtonMeaning, event: Press): InboundOutcome {
    const address = store.conversations.get(target)?.address;
    if (!address) return { accepted: true, notice: 'This button is no longer good.' };
    const [what, chat = ''] = choice.split(' ');
    if (what === 'home') home.choose(address);
    else {
      const before = chosen(address);
      const after = before.includes(chat) ? before.filter((one) => one !== chat) : [...before, chat];
      store.settings.set(mirrorKey(address), JSON.stringify(after));
    }
    store.audit.add('setting.changed', {
      conversation: target,
      setting: choice,
      by: `${event.channel}:${event.sender.userId}`,
    });
    showAgain(target, event);
    return { accepted: true, notice: 'Changed.' };
  }

  /** By the platform's id: a press can be quicker than the receipt of what it is about. */
  function showAgain(target: ConversationId, { address, messageId, replyRef }: Press): void {
    const known = store.deliveries.byMessage(conversationId(address), messageId)?.content.replyRef;
    const ref = known ?? replyRef;
    const content = { ...view(target), ...(ref === undefined ? {} : { replyRef: ref }) };
    store.deliveries.add({ address, kind: 'edit', targetMessage: messageId, content });
    queueMicrotask(() => deps.wake(conversationId(address)));
  }

  return {
    view,
    press,
    /** Where copies of this conversation's approvals go. */
    mirrors(conversation: ConversationId): Address[] {
      const address = store.conversations.get(conversation)?.address;
      if (!address) return [];
      return chosen(address).flatMap((chat) => store.conversations.get(chat)?.address ?? []);
    },
  };
}

const isSamePlace = (a: Address, b: Address): boolean => a.channel === b.channel && a.space === b.space;

/** Threads come and go; what is set holds for their chat or channel. */
const mirrorKey = ({ channel, space, direct }: Address): string =>
  `mirror/${conversationId({ channel, space, direct })}`;

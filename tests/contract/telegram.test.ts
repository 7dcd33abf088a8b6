import { createTelegramAdapter } from '../../adapters/telegram/index.js';
import { Secret } from '../../src/core/secret.js';
import {
  BOT,
  OWNER,
  STRANGER,
  type StoredMessage,
  startTelegramFake,
  type TelegramFake,
} from '../fakes/telegram/index.js';
import { describeAdapter } from './adapter-suite.js';
import type { ChannelHarness, FakePlatform, Person, PlatformFault, SeenMessage } from './harness.js';

const METHODS: Readonly<Record<PlatformFault['on'], string>> = {
  send: 'sendMessage',
  edit: 'editMessageText',
  delete: 'deleteMessage',
  typing: 'sendChatAction',
  download: 'download',
  receive: 'getUpdates',
};

/** Telegram for the contract suite (CHAN-9): the owner's private chat with the bot. */
export const telegramHarness: ChannelHarness = {
  name: 'Telegram',
  async open() {
    const telegram = await startTelegramFake();
    const wrong = telegram.token.replace('Fake', 'Fals');
    return {
      tokens: [telegram.token, wrong],
      owner: String(OWNER.id),
      stranger: String(STRANGER.id),
      direct: { channel: 'telegram', space: String(OWNER.id), direct: true },
      platform: platformOf(telegram),
      createAdapter: (deps, options) =>
        createTelegramAdapter(
          { token: new Secret(options?.wrongToken ? wrong : telegram.token), apiRoot: telegram.url },
          deps,
        ),
      close: () => telegram.stop(),
    };
  },
};

function platformOf(telegram: TelegramFake): FakePlatform {
  const idOf = (who: Person | undefined) => (who === 'stranger' ? STRANGER.id : OWNER.id);
  const updates = new Map<string, number>();
  return {
    async says(text, by) {
      const { messageId, updateId } = telegram.userSays(text, { from: idOf(by) });
      updates.set(String(messageId), updateId);
      return { messageId: String(messageId) };
    },
    edits: async (messageId, text) => void telegram.userEdits(Number(messageId), text),
    commands: async (name, argument) => void telegram.userSays(`/${name}@${BOT.username} ${argument}`),
    replies: async (messageId, text) => void telegram.userReplies(Number(messageId), text),
    forwards: async (text) => void telegram.forwards(text),
    reacts: async (messageId, reaction) => void telegram.reacts(Number(messageId), [reaction]),
    sendsFile: async (file) => void telegram.userSends('document', file),
    async presses(messageId, label, by) {
      const press = telegram.presses(Number(messageId), label, { from: idOf(by), chatId: OWNER.id });
      return { acknowledged: true, text: await press.answered() };
    },
    redelivers: async () => telegram.redeliver(),
    repeats: async () => void telegram.repeat(),
    async sendsNonsense() {
      telegram.rawUpdate({ message: { message_id: 'seven', chat: null } });
      telegram.rawUpdate({ hologram_received: { from: { id: OWNER.id } } });
      telegram.rawUpdate({});
    },
    dropsConnections: async () => telegram.dropConnections(),
    goesDown: () => telegram.goesDown(),
    comesBack: () => telegram.comesBack(),
    fails({ on, kind, retryAfterMs, times }) {
      const common = { method: METHODS[on], times: times ?? 1 };
      if (kind === 'rate_limited') {
        telegram.fault({ ...common, kind, retryAfterSeconds: (retryAfterMs ?? 1_000) / 1_000 });
      } else if (kind === 'lost_answer') {
        telegram.fault({ ...common, kind: 'lost' });
      } else if (kind === 'server_error') {
        telegram.fault({ ...common, kind: 'status', status: 502, description: 'Bad Gateway' });
      } else {
        telegram.fault({
          ...common,
          kind: 'status',
          status: 403,
          description: 'Forbidden: bot was blocked by the user',
        });
      }
    },
    messages: () => telegram.botMessages().map((message) => seen(telegram, message)),
    acknowledged: (messageId) => telegram.confirmed(updates.get(messageId) ?? -1),
    typingSignals: () => telegram.state.chatActions.length,
    violations: () => telegram.violations,
  };
}

function seen(telegram: TelegramFake, message: StoredMessage): SeenMessage {
  const links = message.entities.flatMap((entity) => (entity.url === undefined ? [] : [entity.url]));
  const found = telegram
    .autoLinks(message)
    .flatMap(({ type, text }) => (type === 'url' ? [/:\/\//.test(text) ? text : `http://${text}`] : []));
  return {
    messageId: String(message.messageId),
    text: message.text,
    buttons: message.buttons.map((row) => row.map((button) => button.text)),
    values: message.buttons.map((row) => row.map((button) => button.callback_data ?? '')),
    ...(message.file ? { file: message.file } : {}),
    // In a private chat a name notifies nobody; a tg://user link would.
    pings: links.filter((url) => url.startsWith('tg:')),
    links: [...links, ...found],
    previews: message.kind === 'text' && message.linkPreview?.is_disabled !== true,
    edits: message.history.length,
  };
}

describeAdapter(telegramHarness);

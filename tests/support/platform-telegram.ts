import { OWNER, STRANGER, type StoredMessage, startTelegramFake, type TelegramFake } from '../fakes/telegram/index.js';
import type { Platform, Shown } from './platform.js';

export interface TelegramPlatform extends Platform {
  readonly fake: TelegramFake;
}

export async function openTelegram(): Promise<TelegramPlatform> {
  const fake = await startTelegramFake();
  return {
    name: 'Telegram',
    channel: 'telegram',
    fake,
    env: {
      TELEGRAM_BOT_TOKEN: fake.token,
      TELEGRAM_API_ROOT: fake.url,
      TELEGRAM_OWNER_ID: String(OWNER.id),
    },
    says: (text) => void fake.userSays(text),
    commands: (name, argument = '') => void fake.userSays(`/${name} ${argument}`.trim()),
    stops: () => void fake.userSays('Stop'),
    pastes(text) {
      const { messageId } = fake.userSays(text);
      return { stands: () => fake.state.find(OWNER.id, messageId)?.deleted === false };
    },
    messages: () => fake.botMessages().map((message) => shown(message, fake)),
    seenByStranger: () => fake.botMessages(STRANGER.id).map((message) => shown(message, fake)),
    presses: (message, label, by = 'owner') =>
      fake.presses(Number(message.id), label, by === 'owner' ? {} : { from: STRANGER.id, chatId: OWNER.id }).answered(),
    pasteAnswer: 'I deleted your message: it held an Anthropic API key.',
    pings: () =>
      fake
        .botMessages()
        .flatMap(({ text, entities }) =>
          entities
            .filter(({ type }) => type.endsWith('mention'))
            .map((at) => text.slice(at.offset, at.offset + at.length)),
        ),
    violations: () => fake.violations,
    close: () => fake.stop(),
  };
}

const shown = (message: StoredMessage, fake: TelegramFake): Shown => ({
  id: String(message.messageId),
  space: String(message.chatId),
  text: message.text,
  labels: message.buttons.flat().map((button) => button.text),
  links: [
    ...message.entities.flatMap(({ url }) => (url === undefined ? [] : [url])),
    ...fake.autoLinks(message).flatMap(({ type, text }) => (type === 'url' ? [text] : [])),
  ],
  silent: message.silent,
  edits: message.history.length,
});

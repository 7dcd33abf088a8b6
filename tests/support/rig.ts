import { OWNER, type StoredMessage, startTelegramFake, type TelegramFake } from '../fakes/telegram/index.js';
import { eventually, Gateway, temporaryHome } from './gateway.js';

/** The built product on a home of its own, over the Telegram fake, as one owner uses it. */
export interface TelegramRig {
  readonly telegram: TelegramFake;
  readonly home: string;
  gateway: Gateway;
  /** Ends this life (SIGKILL unless told) and begins the next one on the same home. */
  restart(how?: 'kill' | 'stop', env?: Readonly<Record<string, string>>): Promise<void>;
  /** Says something and waits for a message by the bot that is new since and fits. */
  say(text: string, fits?: (message: StoredMessage) => boolean): Promise<StoredMessage>;
  /** The first message by the bot, of all that there are, that fits. */
  find(what: string, fits: (message: StoredMessage) => boolean, timeoutMs?: number): Promise<StoredMessage>;
  close(): Promise<void>;
}

export async function openTelegramRig(env: Readonly<Record<string, string>> = {}): Promise<TelegramRig> {
  const telegram = await startTelegramFake();
  const home = temporaryHome();
  const base = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_OWNER_ID: String(OWNER.id),
    SENESCHAL_MODEL: 'rehearsal',
    SENESCHAL_TIMEZONE: 'UTC',
    ...env,
  };
  const rig: TelegramRig = {
    telegram,
    home: home.path,
    gateway: await Gateway.start({ home: home.path, env: base }),
    async restart(how = 'kill', more = {}) {
      if (how === 'kill') await rig.gateway.kill();
      else await rig.gateway.stop();
      rig.gateway = await Gateway.start({ home: home.path, env: { ...base, ...more } });
    },
    async say(text, fits = () => true) {
      const known = new Set(telegram.botMessages().map((message) => message.messageId));
      telegram.userSays(text);
      return rig.find(
        `an answer to: ${text}`,
        (message) => !known.has(message.messageId) && isFinal(message) && fits(message),
      );
    },
    async find(what, fits, timeoutMs) {
      let found: StoredMessage | undefined;
      await eventually(
        what,
        () => {
          found = telegram.botMessages().find(fits);
          return found !== undefined;
        },
        timeoutMs,
      ).catch((error: Error) => {
        const shown = telegram.botMessages().map((message) => `${message.text} [${labels(message).join()}]`);
        throw new Error(
          `${error.message}\nthe chat:\n${shown.join('\n---\n')}\nthe log:\n${rig.gateway.output.join('')}`,
        );
      });
      return found as StoredMessage;
    },
    async close() {
      if (rig.gateway.running) await rig.gateway.kill();
      await telegram.stop();
      home.remove();
    },
  };
  return rig;
}

/** A message that still shows work has `Stop` under it. */
export const isFinal = (message: StoredMessage): boolean => !labels(message).includes('Stop');

export const labels = (message: StoredMessage): string[] => message.buttons.flat().map((button) => button.text);

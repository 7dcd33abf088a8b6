import type { AdapterDeps, ChannelAdapter } from '../../src/core/channel.js';
import { TelegramAdapter, type TelegramOptions } from './adapter.js';

/** Telegram by the Bot API and long polling. Nothing is connected before `start`. */
export function createTelegramAdapter(options: TelegramOptions, deps: AdapterDeps): ChannelAdapter {
  return new TelegramAdapter(options, deps);
}

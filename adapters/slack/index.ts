import type { AdapterDeps, ChannelAdapter } from '../../src/core/channel.js';
import { SlackAdapter, type SlackOptions } from './adapter.js';

/** Slack by Socket Mode and Web API. Nothing is connected before `start`. */
export function createSlackAdapter(options: SlackOptions, deps: AdapterDeps): ChannelAdapter {
  return new SlackAdapter(options, deps);
}

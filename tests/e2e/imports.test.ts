import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryHome } from '../support/gateway.js';
import { openDiscord } from '../support/platform-discord.js';
import { openRig } from '../support/platform-rig.js';
import { openSlack } from '../support/platform-slack.js';
import { openTelegram } from '../support/platform-telegram.js';

const RECORDER = fileURLToPath(new URL('../support/record-imports.mjs', import.meta.url));
const SDKS = { telegram: '/grammy/', slack: '/@slack/', discord: '/discord.js/' } as const;

it.each([
  ['telegram', openTelegram],
  ['slack', openSlack],
  ['discord', openDiscord],
] as const)('loads no platform’s library but that of %s when only it is configured', async (channel, open) => {
  const record = temporaryHome();
  const file = join(record.path, 'imports');
  const platform = await open();
  const rig = await openRig([platform], { NODE_OPTIONS: `--import=${RECORDER}`, RECORD_IMPORTS: file });
  try {
    await rig.say(platform, 'say hello');
    const loaded = readFileSync(file, 'utf8');
    const found = Object.entries(SDKS).filter(([, path]) => loaded.includes(`/node_modules${path}`));
    expect(found.map(([name]) => name)).toEqual([channel]);
    const adapters = [...new Set([...loaded.matchAll(/\/adapters\/(\w+)\//g)].map((match) => match[1]))];
    expect(adapters).toEqual([channel]);
  } finally {
    await rig.close();
    record.remove();
  }
});

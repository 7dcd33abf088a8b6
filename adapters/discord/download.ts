import { Routes } from 'discord.js';
import { z } from 'zod';
import type { AttachmentRef } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { System } from '../../src/core/system.js';
import { spaceOf } from './outbound.js';
import type { Api } from './rest.js';

const withAttachments = z.object({
  attachments: z.array(z.object({ id: z.string(), url: z.string(), size: z.number().optional() })).default([]),
});

/** Where Discord keeps files; with an own API address, that one's host too. */
const FILE_HOSTS = new Set(['cdn.discordapp.com', 'media.discordapp.net']);
const WITHIN_MS = 60_000;

/** Asks the message for a fresh address (they expire) and reads at most `maxBytes` from it. */
export async function downloadAttachment(
  api: Api,
  ref: AttachmentRef,
  maxBytes: number,
  options: { readonly system: System; readonly apiUrl: string | undefined },
): Promise<Uint8Array> {
  const [channelId = '', messageId = '', attachmentId = ''] = ref.fileId.split('/');
  const message = withAttachments.parse(await api.get(Routes.channelMessage(spaceOf(channelId), spaceOf(messageId))));
  const file = message.attachments.find((attachment) => attachment.id === attachmentId);
  if (file === undefined) throw new SeneschalError('channel.rejected', 'The file is no longer in the message.');
  if ((file.size ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!isFileHost(file.url, options.apiUrl)) {
    throw new SeneschalError('channel.rejected', 'Discord named a file address that is not its own.');
  }
  const patience = new AbortController();
  const timer = options.system.setTimer(WITHIN_MS, () => patience.abort());
  try {
    const response = await fetch(file.url, { redirect: 'error', signal: patience.signal });
    if (!response.ok || response.body === null) {
      const retryable = response.status >= 500 || response.status === 429;
      const code = retryable ? 'channel.unavailable' : 'channel.rejected';
      throw new SeneschalError(code, `Discord answered ${response.status} for the file.`, { retryable });
    }
    return await readUpTo(response.body, maxBytes);
  } catch (error) {
    if (error instanceof SeneschalError) throw error;
    throw new SeneschalError('channel.unavailable', 'The file could not be read from Discord.', { retryable: true });
  } finally {
    timer.cancel();
    patience.abort();
  }
}

async function readUpTo(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function isFileHost(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const target = new URL(url);
  if (apiUrl !== undefined && target.origin === new URL(apiUrl).origin) return true;
  return target.protocol === 'https:' && FILE_HOSTS.has(target.host);
}

function tooLarge(maxBytes: number): SeneschalError {
  return new SeneschalError('channel.too_large', `The file is larger than ${maxBytes} bytes.`);
}

import { SeneschalError } from '../../src/core/errors.js';
import type { System } from '../../src/core/system.js';
import { refusal } from './errors.js';

const SILENCE_MS = 30_000;

/**
 * Streams a file into memory and gives up as soon as it is longer than `maxBytes`, whatever size was announced. No
 * redirect is followed: the address holds the token.
 */
export async function downloadFile(
  url: string,
  maxBytes: number,
  system: System,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const end = new AbortController();
  const abort = () => end.abort();
  signal.addEventListener('abort', abort, { once: true });
  let timer = system.setTimer(SILENCE_MS, abort);
  const heard = () => {
    timer.cancel();
    timer = system.setTimer(SILENCE_MS, abort);
  };
  try {
    const response = await fetch(url, { redirect: 'manual', signal: end.signal });
    if (response.status !== 200) {
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
      throw refusal(response.status, `status ${response.status}`, retryAfter || undefined, 'the download');
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      heard();
      size += chunk.length;
      if (size > maxBytes) {
        throw new SeneschalError('channel.too_large', `The file is longer than the limit of ${maxBytes} bytes.`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', abort);
    end.abort();
  }
}

import type { webApi } from '@slack/bolt';
import type { Address, AttachmentRef, OutboundFile } from '../../src/core/channel.js';
import { SeneschalError } from '../../src/core/errors.js';
import type { Secret } from '../../src/core/secret.js';
import type { System } from '../../src/core/system.js';
import { slackFailure } from './errors.js';

const TRANSFER_TIMEOUT_MS = 120_000;

export interface FileDeps {
  readonly client: webApi.WebClient;
  readonly botToken: Secret;
  readonly apiUrl: string | undefined;
  readonly system: System;
}

/** Slack's three steps: an address, the bytes, and only then the sharing, which alone is seen by people. */
export async function shareFile(deps: FileDeps, address: Address, file: OutboundFile): Promise<void> {
  const prepared = await uploadBytes(deps, file).catch((error: unknown) => {
    throw slackFailure(error, 'uploading a file', false);
  });
  const place = address.thread === undefined ? {} : { thread_ts: address.thread };
  try {
    await deps.client.files.completeUploadExternal({
      files: [{ id: prepared, title: file.name }],
      channel_id: address.space,
      ...place,
    });
  } catch (error) {
    throw slackFailure(error, 'sharing a file', true);
  }
}

async function uploadBytes(deps: FileDeps, file: OutboundFile): Promise<string> {
  const { upload_url: uploadUrl, file_id: fileId } = await deps.client.files.getUploadURLExternal({
    filename: file.name,
    length: file.bytes.byteLength,
  });
  if (uploadUrl === undefined || fileId === undefined) throw new Error('no upload address');
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(file.bytes)], { type: file.mimeType }), file.name);
  const response = await withTimeout(deps.system, (signal) =>
    // The address itself is the permission: no token goes along.
    fetch(uploadUrl, { method: 'POST', body: form, redirect: 'error', signal }),
  );
  await response.body?.cancel();
  if (!response.ok) throw unavailable(`Slack did not take the file: ${response.status}.`);
  return fileId;
}

/** Streams the file and gives up at the first byte too many. */
export async function downloadFile(deps: FileDeps, ref: AttachmentRef, maxBytes: number): Promise<Uint8Array> {
  const url = /^https?:/.test(ref.fileId) ? ref.fileId : await addressOfFile(deps, ref.fileId);
  if (!isSlackHost(url, deps.apiUrl)) {
    // The bot token goes along with the request: it must not reach anybody else.
    throw new SeneschalError('channel.rejected', 'The file is not kept by Slack itself, so it is not fetched.');
  }
  return withTimeout(deps.system, async (signal) => {
    let response: Response;
    try {
      const headers = { authorization: `Bearer ${deps.botToken.reveal()}` };
      response = await fetch(url, { headers, redirect: 'manual', signal });
    } catch {
      throw unavailable('Slack could not be reached for a file.');
    }
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after')) || 1;
      const details = { retryable: true, retryAfterMs: seconds * 1_000 };
      throw new SeneschalError('channel.rate_limited', 'Slack limits the rate of file downloads.', details);
    }
    if (response.status >= 500) throw unavailable(`Slack answered a file download with ${response.status}.`);
    if (!response.ok) {
      // Slack redirects to its login page where the token may not read the file.
      const hint = 'Give the Slack app the scope files:read.';
      throw new SeneschalError('channel.rejected', `Slack does not give out the file: ${response.status}.`, { hint });
    }
    return readBounded(response, maxBytes);
  });
}

async function addressOfFile(deps: FileDeps, id: string): Promise<string> {
  try {
    const { file } = await deps.client.files.info({ file: id });
    const url = file?.url_private_download ?? file?.url_private;
    if (url !== undefined) return url;
  } catch (error) {
    throw slackFailure(error, 'looking up a file', false);
  }
  throw new SeneschalError('channel.rejected', 'Slack does not say where the file is.');
}

function isSlackHost(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (apiUrl !== undefined && url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && /(^|\.)slack(-gov)?\.com$/.test(url.hostname);
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new SeneschalError('channel.too_large', `The file has more than ${maxBytes} bytes.`);
  const chunks: Uint8Array[] = [];
  let size = Number(response.headers.get('content-length') ?? 0);
  if (size > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof SeneschalError ? error : unavailable('The file download broke off.');
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function withTimeout<T>(system: System, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const timer = system.setTimer(TRANSFER_TIMEOUT_MS, () => abort.abort());
  try {
    return await run(abort.signal);
  } finally {
    timer.cancel();
  }
}

function unavailable(message: string): SeneschalError {
  return new SeneschalError('channel.unavailable', message, { retryable: true });
}

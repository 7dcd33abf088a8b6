import type { LookupFunction } from 'node:net';
import { pipeline, type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { buildConnector } from 'undici';
import { SeneschalError } from '../core/errors.js';
import { parseAddress } from './addresses.js';

/** One request on a connection of its own, to one of the checked addresses and nowhere else. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
  readonly addresses: readonly string[];
  readonly connectMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case, in the order they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

export async function exchange(request: Exchange): Promise<Answer> {
  // 17 MB that an idle gateway does without.
  const { buildConnector, Client } = await import('undici');
  const connect = pinned(request, buildConnector);
  const client = new Client(request.url.origin, { connect, allowH2: false, pipelining: 1 });
  try {
    const response = await client.request({
      method: request.method,
      path: request.url.pathname + request.url.search,
      headers: [
        ...(request.headers.some(([name]) => name === 'user-agent') ? [] : ['user-agent', 'seneschal']),
        'accept-encoding',
        'gzip, deflate, br',
        ...request.headers.flat(),
      ],
      body: request.body,
      signal: request.signal,
      responseHeaders: 'raw',
    });
    // Reading reports errors by itself; an answer that is given up on must not end the process.
    response.body.on('error', () => undefined);
    const headers = pairs(response.headers as unknown as readonly string[]);
    const body = await readBody(response.body, headers, request);
    return { status: response.statusCode, headers, body };
  } catch (thrown) {
    if (thrown instanceof SeneschalError) throw thrown;
    throw failure(thrown, request.url);
  } finally {
    // Not awaited: destroying waits for nothing that the caller needs, and cannot fail usefully.
    client.destroy().catch(() => undefined);
  }
}

/**
 * A connector that answers every look-up with the checked addresses, and looks at the peer once connected: for a
 * literal address no look-up happens at all.
 */
function pinned({ addresses, connectMs }: Exchange, build: typeof buildConnector): buildConnector.connector {
  const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup: LookupFunction = (_name, options, callback) => {
    const first = answers[0];
    if (options.all) callback(null, answers);
    else if (first === undefined) callback(new Error('no address'), '', 4);
    else callback(null, first.address, first.family);
  };
  const connect = build({
    lookup,
    timeout: connectMs,
    autoSelectFamily: true,
    allowH2: false,
  } as buildConnector.BuildOptions);
  const checked = new Set(addresses.map(normal));
  return (options, callback) =>
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      if (checked.has(normal(socket.remoteAddress ?? ''))) return callback(null, socket);
      socket.destroy();
      return callback(
        new SeneschalError('network.refused', 'Refused: connected to an address that was not checked.'),
        null,
      );
    });
}

async function readBody(raw: Readable, headers: Answer['headers'], request: Exchange): Promise<Uint8Array> {
  const { maxBytes, url } = request;
  if (request.method === 'HEAD') return new Uint8Array();
  const stream = unpacked(raw, headers, url, maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Undoes the content coding. Both what comes in and what comes out are counted, so a small bomb stops early. */
function unpacked(raw: Readable, headers: Answer['headers'], url: URL, maxBytes: number): Readable {
  const coding = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value.trim().toLowerCase());
  const [first = 'identity', ...more] = coding
    .join(',')
    .split(/\s*,\s*/)
    .filter((word) => word !== '' && word !== 'identity');
  if (first === 'identity') return raw;
  const unpack = more.length > 0 ? null : decoder(first);
  if (unpack === null) {
    throw new SeneschalError(
      'network.failed',
      `${url.host} answered in a content coding that is not read: ${coding.join(', ')}.`,
    );
  }
  let packed = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      packed += chunk.length;
      if (packed > maxBytes) done(tooLarge(url, maxBytes));
      else done(null, chunk);
    },
  });
  pipeline(raw, counted, unpack, () => undefined);
  return unpack;
}

function decoder(coding: string) {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}

function tooLarge(url: URL, maxBytes: number): SeneschalError {
  return new SeneschalError(
    'network.refused',
    `The answer of ${url.host} is larger than ${maxBytes / 1024 / 1024} MB.`,
    {
      hint: 'Ask for less: a page, a filter or a Range header.',
    },
  );
}

/** Says what happened without the URL's path or query: they may hold a secret. */
function failure(thrown: unknown, url: URL): SeneschalError {
  const refused = findRefusal(thrown);
  if (refused !== null) return refused;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  return new SeneschalError('network.failed', `${url.origin} could not be reached (${code}).`, { retryable: true });
}

function findRefusal(thrown: unknown): SeneschalError | null {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof SeneschalError) return error;
  }
  return null;
}

const normal = (address: string): string => parseAddress(address)?.toNormalizedString() ?? address;

function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    found.push([String(raw[index]).toLowerCase(), String(raw[index + 1])]);
  }
  return found;
}

import type { IncomingMessage } from 'node:http';

export interface UploadedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Buffer;
}

/** The parameters of one call and the files that came with it. */
export interface CallBody {
  readonly params: Readonly<Record<string, unknown>>;
  readonly files: ReadonlyMap<string, UploadedFile>;
}

export async function readBody(request: IncomingMessage, query: URLSearchParams): Promise<CallBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const params: Record<string, unknown> = Object.fromEntries(query);
  const files = new Map<string, UploadedFile>();
  if (type.startsWith('application/json') && raw.length > 0) {
    Object.assign(params, JSON.parse(raw.toString('utf8')));
  } else if (type.startsWith('application/x-www-form-urlencoded')) {
    Object.assign(params, Object.fromEntries(new URLSearchParams(raw.toString('utf8'))));
  } else if (type.startsWith('multipart/form-data')) {
    readMultipart(raw, type, params, files);
  }
  return { params, files };
}

/** In a form every value is text; structures are JSON in it. */
function readMultipart(raw: Buffer, type: string, params: Record<string, unknown>, files: Map<string, UploadedFile>) {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1] ?? '';
  const mark = Buffer.from(`--${boundary}`);
  let at = raw.indexOf(mark);
  while (at >= 0) {
    const next = raw.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = raw.subarray(at + mark.length + 2, next - 2);
    const split = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, split).toString('utf8');
    const body = part.subarray(split + 4);
    const name = /\bname="([^"]*)"/i.exec(head)?.[1] ?? '';
    const fileName = /\bfilename=(?:"([^"]*)"|([^\r\n;]*))/i.exec(head);
    if (fileName) {
      const mimeType = /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1] ?? 'application/octet-stream';
      files.set(name, { name: fileName[1] ?? fileName[2] ?? '', mimeType, bytes: Buffer.from(body) });
    } else {
      params[name] = body.toString('utf8');
    }
    at = next;
  }
}

/** A parameter that is a structure in JSON calls and text in forms. */
export function structured(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

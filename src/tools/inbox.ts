import type { AttachmentRef } from '../core/channel.js';
import { SeneschalError } from '../core/errors.js';
import type { ImagePart } from '../core/message.js';
import { showBytes, showHidden, showName } from '../core/visible.js';
import type { WorkspacePaths } from '../guards/paths.js';
import { wholeCharacters } from './cut.js';
import { decodeExactly, decodeText } from './files/text.js';
import type { PdfReader } from './worker/pdf.js';

/**
 * Files that the owner sends: bytes → type (by the bytes) → guarded → `workspace/inbox/` → what the model gets. Text is
 * masked before it is written. What cannot be masked inside and holds something to mask is not kept at all (TURN-1).
 */
export interface Inbox {
  /** What to give `ChannelAdapter.download`. */
  readonly maxBytes: number;
  /** Stores one file. The same bytes again (after a restart) give the same file. Throws only what the disk throws. */
  store(file: ReceivedFile): Promise<InboxItem>;
  /** What to tell the model about a file that was never downloaded because it is over `maxBytes`. */
  tooLarge(ref: AttachmentRef): InboxItem;
}

export interface ReceivedFile {
  /** The same for a repeat of the same download. */
  readonly id: string;
  readonly ref: AttachmentRef;
  readonly bytes: Uint8Array;
  /** The paste guard: the text with each key replaced by a marker. */
  readonly mask: (text: string) => string;
  readonly signal?: AbortSignal;
}

/** What the model gets. */
export interface InboxItem {
  /** Where it was stored, workspace-relative; null when it was not. */
  readonly path: string | null;
  readonly text: string;
  readonly image: ImagePart | null;
}

const FOLDER = 'inbox';
const MAX_BYTES = 20_000_000;
/** Providers count an image's base64 form, 4 characters for 3 bytes, against 5 MiB. */
const MAX_IMAGE_BYTES = (5 * 1024 * 1024 * 3) / 4;
const MAX_SHOWN = 8_000;
const MAX_NAME_BYTES = 120;
const MAX_SAME_NAME = 1_000;
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function createInbox(deps: { readonly workspace: WorkspacePaths; readonly readPdf: PdfReader }): Inbox {
  const { workspace, readPdf } = deps;
  const keep = (file: ReceivedFile, bytes: Uint8Array, name = cleanName(file.mask(file.ref.name))) =>
    storeUnderFreeName(workspace, name, bytes, file.id);

  async function storeImage(file: ReceivedFile, mimeType: ImagePart['mimeType']): Promise<InboxItem> {
    if (isGuarded(file)) return refused(file, mimeType);
    const path = await keep(file, file.bytes);
    const line = `Image ${showName(path)} (${mimeType}, ${showBytes(file.bytes.length)})`;
    if (file.bytes.length > MAX_IMAGE_BYTES) {
      return { path, text: `${line}: not shown to you, images are up to ${showBytes(MAX_IMAGE_BYTES)}.`, image: null };
    }
    const data = Buffer.from(file.bytes).toString('base64');
    return { path, text: `${line}.`, image: { type: 'image', mimeType, data } };
  }

  async function storePdf(file: ReceivedFile): Promise<InboxItem> {
    const facts = `application/pdf, ${showBytes(file.bytes.length)}`;
    const pdf = await readPdf(file.bytes, file.signal).catch((error: unknown) => {
      if (error instanceof SeneschalError && !file.signal?.aborted) return error;
      throw error;
    });
    if (pdf instanceof SeneschalError) {
      if (isGuarded(file)) return refused(file, 'application/pdf');
      const path = await keep(file, file.bytes);
      return { path, text: `PDF ${showName(path)} (${facts}): ${pdf.message}`, image: null };
    }
    const text = file.mask(pdf.text);
    const pages = pdf.pages === 1 ? '1 page' : `${pdf.pages} pages`;
    if (text !== pdf.text) {
      const path = await keep(file, Buffer.from(text), `${cleanName(file.mask(file.ref.name))}.txt`);
      const why = 'it held a key, so only its masked text was kept';
      return { path, text: withText(`PDF ${showName(path)} (${facts}, ${pages}; ${why})`, path, text), image: null };
    }
    if (isGuarded(file)) return refused(file, 'application/pdf');
    const path = await keep(file, file.bytes);
    const head = `PDF ${showName(path)} (${facts}, ${pages})`;
    if (text.trim() === '') return { path, text: `${head}: no text in it.`, image: null };
    return { path, text: withText(head, path, text), image: null };
  }

  async function storeText(file: ReceivedFile, decoded: string): Promise<InboxItem> {
    const text = file.mask(decoded);
    const bytes = text === decoded && decodeExactly(file.bytes) !== null ? file.bytes : Buffer.from(text);
    const path = await keep(file, bytes);
    return {
      path,
      text: withText(`File ${showName(path)} (text, ${showBytes(bytes.length)})`, path, text),
      image: null,
    };
  }

  return {
    maxBytes: MAX_BYTES,
    async store(file) {
      if (file.bytes.length > MAX_BYTES) return overSize(file.ref, file.bytes.length);
      const { fileTypeFromBuffer } = await import('file-type');
      const type = await fileTypeFromBuffer(file.bytes);
      if (type !== undefined && isImage(type.mime)) return storeImage(file, type.mime);
      if (type?.mime === 'application/pdf') return storePdf(file);
      const text = decodeText(file.bytes);
      if (text !== null) return storeText(file, text);
      const mime = type?.mime ?? 'unknown type';
      if (isGuarded(file)) return refused(file, mime);
      const path = await keep(file, file.bytes);
      const what = `File ${showName(path)} (${mime}, ${showBytes(file.bytes.length)})`;
      const readable = 'only text, PDF and images (PNG, JPEG, GIF, WebP) are read';
      return { path, text: `${what}: stored, not read; ${readable}.`, image: null };
    },
    tooLarge: (ref) => overSize(ref, ref.size),
  };
}

/** A name for the inbox: the last part of the sender's, one line, no hidden characters, no dot in front. */
export function cleanName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const visible = [...last]
    .filter((character) => character >= ' ' && showHidden(`${character}.`).hidden === 0)
    .join('');
  const plain = visible
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[.\-\s]+|[.\s]+$/g, '');
  const { stem, extension } = splitName(plain);
  const room = MAX_NAME_BYTES - Buffer.byteLength(extension);
  let short = '';
  for (const character of stem) {
    if (Buffer.byteLength(short + character) > room) break;
    short += character;
  }
  return `${short}${extension}` || 'file';
}

function splitName(name: string): { stem: string; extension: string } {
  const at = name.lastIndexOf('.');
  const extension = at > 0 && name.length - at <= 16 ? name.slice(at) : '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/** `a.txt`, then `a-2.txt` …: never over another file, and not twice for the same bytes. */
async function storeUnderFreeName(
  workspace: WorkspacePaths,
  name: string,
  bytes: Uint8Array,
  id: string,
): Promise<string> {
  const { stem, extension } = splitName(name);
  for (let number = 1; number <= MAX_SAME_NAME; number += 1) {
    const path = `${FOLDER}/${number === 1 ? name : `${stem}-${number}${extension}`}`;
    const there = await workspace.stat(path).catch(() => ({ kind: 'other' as const, size: -1 }));
    if (there === null) {
      const stored = await workspace.write(path, bytes, { id, onlyNew: true }).then(
        () => true,
        async (error: unknown) => {
          if ((await workspace.stat(path)) !== null) return false;
          throw error;
        },
      );
      if (stored) return path;
    } else if (there.kind === 'file' && there.size === bytes.length) {
      const same = await workspace.read(path, bytes.length).catch(() => null);
      if (same !== null && Buffer.from(same).equals(bytes)) return path;
    }
  }
  throw new SeneschalError('tool.failed', `The inbox holds ${MAX_SAME_NAME} files named ${showName(name)}.`);
}

function withText(head: string, path: string, text: string): string {
  if (text === '') return `${head}: empty.`;
  if (text.length <= MAX_SHOWN) return `${head}:\n${text}`;
  const lineEnd = text.lastIndexOf('\n', MAX_SHOWN);
  const cut = lineEnd > MAX_SHOWN / 2 ? lineEnd : wholeCharacters(text, MAX_SHOWN);
  const figures = `${cut.toLocaleString('en-US')} of ${text.length.toLocaleString('en-US')} characters`;
  return `${head}:\n${text.slice(0, cut)}\n(cut: ${figures}; read on with read_file ${JSON.stringify({ path })})`;
}

/** Whether the guard finds something in bytes that are no text: then nothing of them may reach the disk. */
function isGuarded({ bytes, mask }: ReceivedFile): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  return mask(text) !== text;
}

function isImage(mime: string): mime is ImagePart['mimeType'] {
  return IMAGE_TYPES.has(mime);
}

function refused(file: ReceivedFile, mime: string): InboxItem {
  const name = showName(cleanName(file.mask(file.ref.name)));
  const text = `File ${name} (${mime}, ${showBytes(file.bytes.length)}): not kept, it holds a key that cannot be masked in it.`;
  return { path: null, text, image: null };
}

function overSize(ref: AttachmentRef, size: number | undefined): InboxItem {
  const name = showName(cleanName(ref.name));
  const has = size === undefined ? 'is' : `has ${showBytes(size)},`;
  return { path: null, text: `File ${name} ${has} over the limit of ${showBytes(MAX_BYTES)}: not taken.`, image: null };
}

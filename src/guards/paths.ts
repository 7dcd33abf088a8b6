import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, mkdir, open, opendir, realpath, rename, unlink } from 'node:fs/promises';
import { SeneschalError } from '../core/errors.js';
import type { FileIdentity } from '../core/provenance.js';
import { showBytes, showName } from '../core/visible.js';
import {
  components,
  lstatOrNull,
  type Pinning,
  type Place,
  showPath,
  swapped,
  type WalkOptions,
  type Workspace,
  walk,
} from './walk.js';

/**
 * The one door to the workspace's files: text → `parse` → walk → open → bytes. No other file opens a path that a model,
 * a chat or a file's sender named.
 *
 * Guaranteed on Linux (with /proc): every directory on the way is opened without following links and used through its
 * descriptor, so a link or parent swapped at any moment cannot lead outside; a link is followed only for reading, by our
 * own walk, and only inside. Elsewhere: the same walk by path, with device and inode compared after opening and before
 * renaming; two swaps that undo each other within one call are not seen there.
 * Everywhere: only regular files are opened, never blocking; a write is whole or not at all, and durable when it
 * resolves. Not covered: a hard link (to the kernel it is the file itself; writing replaces the name, never the other
 * file) and whoever can move the held directory out of the workspace (they can already write there).
 */
export interface WorkspacePaths {
  /** Absolute, without links. */
  readonly root: string;
  /** The one spelling of a path. Throws `path.outside` or `tool.input`; looks at nothing on disk. */
  parse(path: string): string;
  /** Null when there is nothing. Follows links that stay inside. */
  stat(path: string): Promise<EntryFacts | null>;
  /** What a write to this path would replace: null for nothing. Throws where `write` would refuse the path. */
  target(path: string): Promise<EntryFacts | null>;
  /** Throws `tool.input` when there is nothing, when it is not a regular file or when it is over `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** The entries of a folder (`.` is the workspace), by name in code-unit order, unsorted beyond `maxEntries`. */
  list(path: string, maxEntries: number): Promise<Listing>;
  /** Makes missing parents; replaces what was there in one step. */
  write(path: string, bytes: Uint8Array, options: WriteOptions): Promise<void>;
  /** Removes a file or a link (never what it leads to). False when there was nothing. */
  remove(path: string): Promise<boolean>;
}

export interface WriteOptions {
  /** The same for a repeat of the same write: what a crash left half-written is then cleared away. */
  readonly id: string;
  /** Throw `tool.input` where the name is taken. */
  readonly onlyNew?: boolean;
}

export interface EntryFacts extends FileIdentity {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Bytes; 0 for what is not a file. */
  readonly size: number;
}

export interface Listing {
  readonly entries: readonly (EntryFacts & { readonly name: string })[];
  /** True when there are more than were asked for. */
  readonly more: boolean;
}

const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const MAX_PATH = 1_024;
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 48;
const READING: WalkOptions = { followLinks: true, create: false, until: 'entry' };

/** Makes the root (mode 0700) when it is missing. `pinning` is for tests; by default the best that the system offers. */
export async function createWorkspacePaths(options: { root: string; pinning?: Pinning }): Promise<WorkspacePaths> {
  await mkdir(options.root, { recursive: true, mode: 0o700 });
  const hasProc = process.platform === 'linux' && (await lstatOrNull('/proc/self/fd')) !== null;
  const pinning = options.pinning ?? (hasProc ? 'descriptors' : 'recheck');
  const workspace: Workspace = { root: await realpath(options.root), pinning };
  return {
    root: workspace.root,
    parse: (path) => parse(path).join('/'),
    stat: (path) => friendly(path, () => statEntry(workspace, parse(path), READING)),
    target: (path) => friendly(path, () => statTarget(workspace, fileName(path))),
    read: (path, maxBytes) => friendly(path, () => readEntry(workspace, parse(path), maxBytes)),
    list: (path, maxEntries) => friendly(path, () => listEntries(workspace, folder(path), maxEntries)),
    write: (path, bytes, how) => friendly(path, () => writeEntry(workspace, fileName(path), bytes, how)),
    remove: (path) => friendly(path, () => removeEntry(workspace, parse(path))),
  };
}

/** The names on the way, at least one. Everything that is not a plain relative path is refused. */
function parse(path: string): string[] {
  const shown = showName(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  if (path === '') throw new SeneschalError('tool.input', 'The path is empty.');
  if (path.includes('\0')) throw new SeneschalError('tool.input', 'The path holds a NUL character.');
  if (/\p{Surrogate}/u.test(path)) throw new SeneschalError('tool.input', 'The path holds half a character.');
  if (path.startsWith('/')) {
    throw new SeneschalError('path.outside', `${shown} is an absolute path. Paths start in the workspace.`);
  }
  const parts = components(path);
  if (parts.includes('..')) {
    throw new SeneschalError('path.outside', `${shown} holds "..". Paths stay inside the workspace.`);
  }
  if (parts.length === 0) throw new SeneschalError('tool.input', `${shown} names the workspace itself, not a file.`);
  if (path.length > MAX_PATH || parts.length > MAX_DEPTH) {
    throw new SeneschalError('tool.input', `The path is over ${MAX_PATH} characters or ${MAX_DEPTH} folders deep.`);
  }
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) {
    throw new SeneschalError('tool.input', `A name in the path is over ${MAX_NAME_BYTES} bytes.`);
  }
  return parts;
}

function folder(path: string): string[] {
  return path !== '' && !path.startsWith('/') && components(path).length === 0 ? [] : parse(path);
}

function fileName(path: string): string[] {
  const parts = parse(path);
  if (path.endsWith('/')) throw notRegular(parts, 'folder');
  return parts;
}

async function statTarget(workspace: Workspace, parts: string[]): Promise<EntryFacts | null> {
  const entry = await statEntry(workspace, parts, { ...READING, followLinks: false });
  if (entry !== null && entry.kind !== 'file') throw notRegular(parts, entry.kind);
  return entry;
}

async function statEntry(workspace: Workspace, parts: string[], options: WalkOptions): Promise<EntryFacts | null> {
  return walk(workspace, parts, options, async ({ directory, name }) => {
    const entry = await lstatOrNull(name === null ? `${directory.path}/.` : directory.at(name));
    await directory.verify();
    return entry && facts(entry);
  });
}

async function readEntry(workspace: Workspace, parts: string[], maxBytes: number): Promise<Uint8Array> {
  const bytes = await walk(workspace, parts, READING, async (place) => {
    const handle = await openRegular(place, parts);
    if (handle === null) return null;
    try {
      return await readAtMost(handle, maxBytes, parts);
    } finally {
      await handle.close();
    }
  });
  if (bytes === null) throw new SeneschalError('tool.input', `${showPath(parts)} does not exist.`);
  return bytes;
}

/** Looks before it opens (a device may act on being opened), and again after: only then is it known what was opened. */
async function openRegular({ directory, name }: Place, parts: string[]): Promise<FileHandle | null> {
  if (name === null) throw notRegular(parts, 'folder');
  const before = await lstatOrNull(directory.at(name));
  if (before === null) return null;
  if (!before.isFile()) throw notRegular(parts, facts(before).kind);
  const handle = await open(directory.at(name), READ_FLAGS);
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) throw swapped();
    await directory.verify();
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readAtMost(handle: FileHandle, maxBytes: number, parts: string[]): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const tooLarge = (bytes: string) =>
    new SeneschalError('tool.input', `${showPath(parts)} has ${bytes}; the limit here is ${showBytes(maxBytes)}.`);
  if (size > maxBytes) throw tooLarge(showBytes(size));
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    // One byte more than is said to be there: the read that finds the end needs no second buffer.
    const buffer = Buffer.allocUnsafe(Math.max(4_096, size + 1 - total));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return Buffer.concat(chunks, total);
    total += bytesRead;
    if (total > maxBytes) throw tooLarge('grown');
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

async function listEntries(workspace: Workspace, parts: string[], maxEntries: number): Promise<Listing> {
  const listing = await walk(workspace, parts, { ...READING, until: 'directory' }, async ({ directory }) => {
    const names: string[] = [];
    let more = false;
    for await (const entry of await opendir(directory.path)) {
      more = names.length === maxEntries;
      if (more) break;
      names.push(entry.name);
    }
    const entries = [];
    for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
      const entry = await lstatOrNull(directory.at(name));
      if (entry !== null) entries.push({ name, ...facts(entry) });
    }
    await directory.verify();
    return { entries, more };
  });
  if (listing === null) throw new SeneschalError('tool.input', `${showPath(parts)} does not exist.`);
  return listing;
}

async function writeEntry(
  workspace: Workspace,
  parts: string[],
  bytes: Uint8Array,
  { id, onlyNew = false }: WriteOptions,
): Promise<void> {
  await walk(workspace, parts, { followLinks: false, create: true, until: 'entry' }, async ({ directory, name }) => {
    const target = directory.at(name ?? '');
    const before = await lstatOrNull(target);
    if (before !== null && !before.isFile()) throw notRegular(parts, facts(before).kind);
    if (before !== null && onlyNew) throw taken(parts);
    const temporary = directory.at(`.${createHash('sha256').update(id).digest('hex').slice(0, 32)}.part`);
    await unlinkIfThere(temporary);
    await directory.verify();
    const handle = await open(temporary, CREATE_FLAGS, before === null ? 0o644 : before.mode & 0o777);
    try {
      await directory.verify();
      if (before !== null) await handle.chmod(before.mode & 0o777);
      await handle.writeFile(bytes);
      await handle.sync();
      await handle.close();
      await directory.verify();
      if (onlyNew) await link(temporary, target);
      else await rename(temporary, target);
    } catch (error) {
      await handle.close().catch(() => undefined);
      await unlinkIfThere(temporary).catch(() => undefined);
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(parts) : error;
    }
    if (onlyNew) await unlinkIfThere(temporary);
    await directory.sync();
  });
}

async function removeEntry(workspace: Workspace, parts: string[]): Promise<boolean> {
  const removed = await walk(
    workspace,
    parts.slice(0, -1),
    { ...READING, followLinks: false, until: 'directory' },
    async ({ directory }) => {
      const target = directory.at(parts.at(-1) ?? '');
      const entry = await lstatOrNull(target);
      if (entry === null) return false;
      if (entry.isDirectory()) throw notRegular(parts, 'folder');
      await directory.verify();
      await unlink(target);
      await directory.sync();
      return true;
    },
  );
  return removed ?? false;
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function facts(entry: Stats): EntryFacts {
  const known = { changedAt: entry.ctimeMs, identity: `${entry.dev}:${entry.ino}:${entry.ctimeMs}` };
  if (entry.isFile()) return { kind: 'file', size: entry.size, ...known };
  if (entry.isDirectory()) return { kind: 'folder', size: 0, ...known };
  return { kind: entry.isSymbolicLink() ? 'link' : 'other', size: 0, ...known };
}

function notRegular(parts: string[], kind: EntryFacts['kind']): SeneschalError {
  const what = { file: 'a file', folder: 'a folder', link: 'a link', other: 'a device, pipe or socket' }[kind];
  return new SeneschalError('tool.input', `${showPath(parts)} is ${what}, not a regular file.`);
}

function taken(parts: string[]): SeneschalError {
  return new SeneschalError('tool.input', `${showPath(parts)} exists already.`);
}

/** What the operating system says, as a sentence about the path that was asked for. */
async function friendly<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof SeneschalError) throw error;
    const shown = showName(path);
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const say = (sentence: string) => new SeneschalError('tool.failed', sentence, { cause: error });
    if (code === 'ELOOP') throw swapped();
    if (code === 'ENOENT') throw new SeneschalError('tool.input', `${shown} does not exist.`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM') throw say(`${shown}: the operating system does not allow it (${code}).`);
    if (code === 'ENOSPC' || code === 'EDQUOT') throw say(`${shown} was not written: the disk is full.`);
    throw say(`${shown}: the file system failed (${code}).`);
  }
}

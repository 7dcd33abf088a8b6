import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readlink, realpath, stat } from 'node:fs/promises';
import { SeneschalError } from '../core/errors.js';
import { showName } from '../core/visible.js';

/**
 * The walk from the workspace's root to one entry, a component at a time. Each directory on the way is opened without
 * following a link and held open; the next component is looked up in the held directory. `paths.ts` says what this
 * guarantees on which system.
 */
export interface Workspace {
  /** Absolute, without links. */
  readonly root: string;
  readonly pinning: Pinning;
}

/** `descriptors`: names are looked up in the held directory itself (Linux). `recheck`: by path, checked again after. */
export type Pinning = 'descriptors' | 'recheck';

export interface WalkOptions {
  /** Follow links as long as they lead inside; otherwise a link anywhere on the way is refused. */
  readonly followLinks: boolean;
  /** Make the directories that are missing. */
  readonly create: boolean;
  /** `entry`: stop in front of the last component; `directory`: go into it. */
  readonly until: 'entry' | 'directory';
}

/** Where a walk ended: an open directory, and the name in it; null when the walk ended in the directory itself. */
export interface Place {
  readonly directory: PinnedDirectory;
  readonly name: string | null;
}

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const MAX_LINKS = 8;

/** A directory that is held open while its entries are used. */
export class PinnedDirectory {
  readonly #handle: FileHandle;
  readonly #real: string;
  readonly #pinning: Pinning;

  private constructor(handle: FileHandle, real: string, pinning: Pinning) {
    this.#handle = handle;
    this.#real = real;
    this.#pinning = pinning;
  }

  /** `path` is where to open it now, `real` the path that leads to it without links. */
  static async open(path: string, real: string, pinning: Pinning): Promise<PinnedDirectory> {
    return new PinnedDirectory(await open(path, DIRECTORY_FLAGS), real, pinning);
  }

  /** The path of this directory, for reading its entries. */
  get path(): string {
    return this.#pinning === 'descriptors' ? `/proc/self/fd/${this.#handle.fd}` : this.#real;
  }

  at(name: string): string {
    return `${this.path}/${name}`;
  }

  async child(name: string): Promise<PinnedDirectory> {
    return PinnedDirectory.open(this.at(name), `${this.#real}/${name}`, this.#pinning);
  }

  /** Throws `path.outside` when the path no longer leads to the held directory. Nothing to ask with descriptors. */
  async verify(): Promise<void> {
    if (this.#pinning === 'descriptors') return;
    const held = await this.#handle.stat({ bigint: true });
    const now = await stat(this.#real, { bigint: true }).catch(() => null);
    const real = await realpath(this.#real).catch(() => null);
    if (real !== this.#real || now?.dev !== held.dev || now.ino !== held.ino) throw swapped();
  }

  /** Makes a change of its entries durable. File systems that cannot say so are believed. */
  async sync(): Promise<void> {
    await this.#handle.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP' && error.code !== 'EISDIR') throw error;
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Walks, hands the place to `use`, and closes everything. Null when a directory on the way does not exist. */
export async function walk<T>(
  workspace: Workspace,
  parts: readonly string[],
  options: WalkOptions,
  use: (place: Place) => Promise<T>,
): Promise<T | null> {
  const held = [await PinnedDirectory.open(workspace.root, workspace.root, workspace.pinning)];
  try {
    const place = await descend(workspace, held, parts, options);
    return place === null ? null : await use(place);
  } finally {
    for (const directory of held) await directory.close();
  }
}

/** `held` is the way from the root to here, all open. A link's `..` goes back along it and never above the root. */
async function descend(
  workspace: Workspace,
  held: PinnedDirectory[],
  parts: readonly string[],
  options: WalkOptions,
): Promise<Place | null> {
  const queue = [...parts];
  let links = 0;
  for (;;) {
    const here = held.at(-1);
    if (here === undefined) throw outside(parts);
    const name = queue.shift();
    if (name === undefined) return { directory: here, name: null };
    if (name === '..') {
      await held.pop()?.close();
      continue;
    }
    const entry = await lstatOrNull(here.at(name));
    if (entry?.isSymbolicLink()) {
      links += 1;
      if (!options.followLinks) throw isLink(parts);
      if (links > MAX_LINKS) throw outside(parts);
      queue.unshift(...(await linkTarget(workspace, held, here.at(name), parts)));
      continue;
    }
    if (queue.length === 0 && options.until === 'entry') return { directory: here, name };
    if (entry === null) {
      if (!options.create) return null;
      await makeDirectory(here, name);
    } else if (!entry.isDirectory()) {
      const where = queue.length === 0 ? '' : ` in ${showPath(parts)}`;
      throw new SeneschalError('tool.input', `${showName(name)}${where} is not a folder.`);
    }
    held.push(await openChild(here, name));
  }
}

async function linkTarget(
  workspace: Workspace,
  held: PinnedDirectory[],
  link: string,
  parts: readonly string[],
): Promise<string[]> {
  const target = await readlink(link);
  if (!target.startsWith('/')) return components(target);
  if (target !== workspace.root && !target.startsWith(`${workspace.root}/`)) throw outside(parts);
  for (const directory of held.splice(1)) await directory.close();
  return components(target.slice(workspace.root.length));
}

async function openChild(here: PinnedDirectory, name: string): Promise<PinnedDirectory> {
  try {
    return await here.child(name);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENOENT') throw swapped();
    throw error;
  }
}

async function makeDirectory(here: PinnedDirectory, name: string): Promise<void> {
  await here.verify();
  await mkdir(here.at(name), 0o755).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await here.sync();
}

/** Null when there is nothing. */
export async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The names in a path, without `.` and repeated slashes. */
export function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

export function showPath(parts: readonly string[]): string {
  return parts.length === 0 ? 'the workspace' : showName(parts.join('/'));
}

function outside(parts: readonly string[]): SeneschalError {
  return new SeneschalError('path.outside', `${showPath(parts)} leads out of the workspace through a link.`);
}

function isLink(parts: readonly string[]): SeneschalError {
  return new SeneschalError('path.outside', `${showPath(parts)} goes through a link. Use the path it leads to.`);
}

export function swapped(): SeneschalError {
  return new SeneschalError('path.outside', 'The path was changed while it was being opened. Nothing was touched.');
}

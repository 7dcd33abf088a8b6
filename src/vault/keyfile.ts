import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SeneschalError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { System } from '../core/system.js';

/*
 * The vault's key in HOME/.env, among whatever other lines stand there. Every change writes a whole new file beside it,
 * syncs it and renames it over the old one: a crash leaves the old file or the new one. A rotation is three steps
 * (VAULT-3): `writeNextKey`, the vault's transaction, `promoteNextKey`; `openVault` finishes or drops a cut-off one.
 */
const KEY = 'SENESCHAL_VAULT_KEY';
const NEXT = 'SENESCHAL_VAULT_KEY_NEXT';
const KEY_BYTES = 32;
const UNFINISHED_MS = 60_000;

export interface KeyFile {
  readonly key: Secret | undefined;
  readonly next: Secret | undefined;
  /** A key stands in it and other users of the box can read it. */
  readonly readableByOthers: boolean;
}

/** A file that is not there holds no keys. */
export function readKeyFile(path: string): KeyFile {
  const lines = readLines(path);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  const key = assigned(lines, KEY);
  return { key, next: assigned(lines, NEXT), readableByOthers: key !== undefined && (mode & 0o077) !== 0 };
}

/** 256 random bits as base64url. */
export function newVaultKey(system: System): Secret {
  return new Secret(Buffer.from(system.randomBytes(KEY_BYTES)).toString('base64url'));
}

/** Makes the vault's first key. Throws `vault.key` when the file has one. */
export function createKey(path: string, system: System): Secret {
  const lines = readLines(path);
  if (assigned(lines, KEY)) throw new SeneschalError('vault.key', `${path} already holds a vault key.`);
  const key = newVaultKey(system);
  replace(path, [...without(lines, KEY), `${KEY}=${key.reveal()}`], system);
  return key;
}

export function writeNextKey(path: string, next: Secret, system: System): void {
  replace(path, [...without(readLines(path), NEXT), `${NEXT}=${next.reveal()}`], system);
}

/** NEXT becomes KEY. `next` is written even where another program's change of the file has lost its line. */
export function promoteNextKey(path: string, next: Secret, system: System): void {
  replace(path, [...without(without(readLines(path), NEXT), KEY), `${KEY}=${next.reveal()}`], system);
}

export function dropNextKey(path: string, system: System): void {
  replace(path, without(readLines(path), NEXT), system);
}

/** Takes away the unfinished files that a crash has left: they hold keys. Young ones may be another program's work. */
export function sweepUnfinished(path: string, system: System): void {
  const folder = dirname(path);
  const unfinished = new RegExp(`^${basename(path).replaceAll('.', '\\.')}\\.[0-9a-f]{12}$`);
  for (const name of readdirSync(folder).filter((one) => unfinished.test(one))) {
    const file = join(folder, name);
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts && system.now() - facts.mtimeMs > UNFINISHED_MS) rmSync(file, { force: true });
  }
}

/** Sets variables in the file, or takes them out (null); every other line stays as it is. */
export function writeVariables(path: string, values: Readonly<Record<string, string | null>>, system: System): void {
  const kept = Object.keys(values).reduce(without, readLines(path));
  const set = Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  replace(path, [...kept, ...set], system);
}

function readLines(path: string): readonly string[] {
  try {
    const text = readFileSync(path, 'utf8').replace(/\n$/, '');
    return text === '' ? [] : text.split(/\r?\n/);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw new SeneschalError('home.unusable', `${path} cannot be read.`, { cause: thrown });
  }
}

function assigned(lines: readonly string[], name: string): Secret | undefined {
  const line = lines.findLast((candidate) => assigns(candidate, name));
  const value = line
    ?.slice(line.indexOf('=') + 1)
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
  return value ? new Secret(value) : undefined;
}

function without(lines: readonly string[], name: string): readonly string[] {
  return lines.filter((line) => !assigns(line, name));
}

function assigns(line: string, name: string): boolean {
  return (
    line
      .replace(/^\s*(export\s+)?/, '')
      .split('=')[0]
      ?.trim() === name && line.includes('=')
  );
}

function replace(path: string, lines: readonly string[], system: System): void {
  const temporary = `${path}.${Buffer.from(system.randomBytes(6)).toString('hex')}`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, lines.map((line) => `${line}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw new SeneschalError('home.unusable', `${path} cannot be written.`, { cause: thrown });
  }
}

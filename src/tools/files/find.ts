import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { Provenance } from '../../core/provenance.js';
import { madeFrom, NO_TAINT } from '../../core/trust.js';
import { showBytes, showName } from '../../core/visible.js';
import type { EntryFacts, WorkspacePaths } from '../../guards/paths.js';
import { wholeCharacters } from '../cut.js';
import { defineTool, type ToolDefinition } from '../define.js';
import { readAction } from './action.js';
import { compileGlob } from './glob.js';
import { OWN_FILES } from './origin.js';
import { decodeText, toLines } from './text.js';

const MAX_LISTED = 500;
const MAX_VISITED = 10_000;
const MAX_MATCHES = 100;
const MAX_SEARCHED_BYTES = 64_000_000;
const MAX_SEARCHED_FILE = 2_000_000;
const EXCERPT = 240;
/** Not entered on the way down; naming one as `path` lists or searches it. */
const SKIPPED = new Set(['.git', 'node_modules']);
const READING = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };

interface Deps {
  readonly workspace: WorkspacePaths;
  readonly provenance: Provenance;
}

interface Entry extends EntryFacts {
  /** Workspace-relative. */
  readonly path: string;
}

/** What a walk over many folders saw, and what it left out. */
interface Survey {
  readonly entries: Entry[];
  readonly skipped: Set<string>;
  readonly more: boolean;
}

const listInput = z.strictObject({
  path: z.string().optional().describe('folder; default: all'),
  glob: z.string().min(1).optional().describe('relative to path: **/*.ts'),
});

export function createListFiles({ workspace, provenance }: Deps): ToolDefinition {
  return defineTool<z.infer<typeof listInput>>({
    name: 'list_files',
    description: 'List a folder of the workspace with sizes; with glob, the files below it that match.',
    input: listInput,
    annotations: READING,
    async resolve({ path = '.', glob }) {
      const folder = folderOf(workspace, path);
      if (glob !== undefined) compileGlob(glob);
      const title = `List: ${showName(glob === undefined ? folder : `${folder}/${glob}`)}`;
      return readAction('list_files', title, { path: folder, ...(glob === undefined ? {} : { glob }) });
    },
    async run({ path = '.', glob }, { signal }) {
      const folder = folderOf(workspace, path);
      const survey =
        glob === undefined ? await listOne(workspace, folder) : await surveyBelow(workspace, folder, signal);
      const matches = glob === undefined ? () => true : compileGlob(glob);
      const found = survey.entries.filter(
        (entry) => glob === undefined || (entry.kind !== 'folder' && matches(below(folder, entry.path))),
      );
      const notes = notesOf(survey, MAX_VISITED);
      if (found.length > MAX_LISTED) notes.push(`first ${MAX_LISTED} of ${found.length} shown`);
      const shown = found.slice(0, MAX_LISTED);
      const count = found.length === 1 ? '1 entry' : `${found.length} entries`;
      // A name can say as much as a text.
      const taint = madeFrom(originsOf(provenance, shown));
      return { text: withNotes(shown.map(entryLine), notes, '(nothing)'), isError: false, summary: count, taint };
    },
  });
}

const searchInput = z.strictObject({
  query: z.string().min(1).max(1_000),
  path: z.string().optional().describe('file or folder; default: all'),
});

export function createSearchFiles({ workspace, provenance }: Deps): ToolDefinition {
  return defineTool<z.infer<typeof searchInput>>({
    name: 'search_files',
    description: 'Find a literal text, any case, in the workspace files; gives path:line: text.',
    input: searchInput,
    annotations: READING,
    async resolve({ query, path = '.' }) {
      if (query.includes('\n')) throw new SeneschalError('tool.input', 'The query is one line of literal text.');
      const scope = folderOf(workspace, path);
      return readAction('search_files', `Search: ${showName(query)}`, { query, path: scope });
    },
    async run({ query, path = '.' }, { signal }) {
      const scope = folderOf(workspace, path);
      const entry = scope === '.' ? null : await workspace.stat(scope);
      if (entry === null && scope !== '.') {
        throw new SeneschalError('tool.input', `${showName(scope)} does not exist.`);
      }
      const survey: Survey =
        entry === null || entry.kind === 'folder'
          ? await surveyBelow(workspace, scope, signal)
          : { entries: [{ path: scope, ...entry }], skipped: new Set(), more: false };
      const { lines, notes, files, matched } = await searchAll(workspace, survey, query, signal);
      const origins = originsOf(provenance, matched);
      const summary = lines.length === 1 ? '1 match' : `${lines.length} matches`;
      const text = withNotes(lines, notes, `(no match in ${files} ${files === 1 ? 'file' : 'files'})`);
      const taint = origins.length > 0 ? madeFrom(origins) : matched.length > 0 ? OWN_FILES : NO_TAINT;
      return { text, isError: false, summary, taint };
    },
  });
}

/** Sources of outside content that any of these may have been made from. */
const originsOf = (provenance: Provenance, entries: readonly Entry[]): string[] => [
  ...new Set(entries.flatMap((entry) => provenance.of(entry.path, entry))),
];

async function searchAll(workspace: WorkspacePaths, survey: Survey, query: string, signal: AbortSignal) {
  const wanted = query.toLowerCase();
  const notes = notesOf(survey, MAX_VISITED);
  const lines: string[] = [];
  const matched: Entry[] = [];
  let bytes = 0;
  let files = 0;
  let tooLarge = 0;
  for (const entry of survey.entries) {
    signal.throwIfAborted();
    if (entry.kind !== 'file') continue;
    if (entry.size > MAX_SEARCHED_FILE) tooLarge += 1;
    if (entry.size > MAX_SEARCHED_FILE) continue;
    if (bytes + entry.size > MAX_SEARCHED_BYTES || lines.length >= MAX_MATCHES) {
      notes.push(lines.length >= MAX_MATCHES ? `first ${MAX_MATCHES} matches` : `stopped after ${showBytes(bytes)}`);
      break;
    }
    bytes += entry.size;
    files += 1;
    // A file can vanish or change its kind between the survey and here: then there is nothing to find in it.
    const content = await workspace.read(entry.path, MAX_SEARCHED_FILE).catch(() => null);
    const text = content === null ? null : decodeText(content);
    const found = text === null ? [] : searchText(entry.path, text, wanted, MAX_MATCHES - lines.length);
    if (found.length > 0) matched.push(entry);
    lines.push(...found);
  }
  if (tooLarge > 0) notes.push(`${tooLarge} over ${showBytes(MAX_SEARCHED_FILE)} not searched`);
  return { lines, notes, files, matched };
}

function searchText(path: string, text: string, wanted: string, most: number): string[] {
  const found: string[] = [];
  for (const [index, line] of toLines(text).entries()) {
    if (found.length >= most) break;
    const at = line.toLowerCase().indexOf(wanted);
    if (at !== -1) found.push(`${showName(path)}:${index + 1}: ${excerpt(line, at)}`);
  }
  return found;
}

/** The part of a long line around the match. */
function excerpt(line: string, at: number): string {
  if (line.length <= EXCERPT) return line.trim();
  const start = wholeCharacters(line, Math.max(0, Math.min(at - EXCERPT / 4, line.length - EXCERPT)));
  const end = wholeCharacters(line, Math.min(line.length, start + EXCERPT));
  return `${start > 0 ? '…' : ''}${line.slice(start, end).trim()}${end < line.length ? '…' : ''}`;
}

async function listOne(workspace: WorkspacePaths, folder: string): Promise<Survey> {
  const { entries, more } = await workspace.list(folder, MAX_VISITED);
  const named = entries.map(({ name, ...entry }) => ({ path: join(folder, name), ...entry }));
  return { entries: named, skipped: new Set(), more };
}

/** Every entry below a folder, by path; links are named, never entered. */
async function surveyBelow(workspace: WorkspacePaths, folder: string, signal: AbortSignal): Promise<Survey> {
  const entries: Entry[] = [];
  const skipped = new Set<string>();
  const queue = [folder];
  let more = false;
  for (let next = queue.shift(); next !== undefined && !more; next = queue.shift()) {
    signal.throwIfAborted();
    const here = next;
    const listing = await workspace.list(here, MAX_VISITED - entries.length).catch((error: unknown) => {
      if (here === folder) throw error;
      return { entries: [], more: false };
    });
    more = listing.more;
    for (const { name, ...entry } of listing.entries) {
      const path = join(here, name);
      const { kind } = entry;
      entries.push({ path, ...entry });
      if (kind === 'folder' && SKIPPED.has(name)) skipped.add(name);
      else if (kind === 'folder') queue.push(path);
    }
  }
  return { entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)), skipped, more };
}

function folderOf(workspace: WorkspacePaths, path: string): string {
  return path === '.' || path === './' ? '.' : workspace.parse(path);
}

function join(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}

function below(folder: string, path: string): string {
  return folder === '.' ? path : path.slice(folder.length + 1);
}

function entryLine({ path, kind, size }: Entry): string {
  if (kind === 'folder') return `${showName(path)}/`;
  return `${showName(path)} (${kind === 'file' ? showBytes(size) : kind === 'link' ? 'link' : 'not a regular file'})`;
}

function notesOf(survey: Survey, visited: number): string[] {
  const notes = survey.skipped.size > 0 ? [`not entered: ${[...survey.skipped].sort().join(', ')}`] : [];
  return survey.more ? [...notes, `stopped after ${visited} entries`] : notes;
}

function withNotes(lines: readonly string[], notes: readonly string[], empty: string): string {
  const all = lines.length === 0 ? [empty] : [...lines];
  return [...all, ...notes.map((note) => `(${note})`)].join('\n');
}

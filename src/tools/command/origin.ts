import type { Provenance } from '../../core/provenance.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import { commandWords } from '../../guards/shell/judge.js';
import { programName } from './shell-words.js';

/** Programs that bring what somebody else wrote, by their names. */
const FETCHERS: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'http',
  'https',
  'xh',
  'aria2c',
  'lynx',
  'links',
  'elinks',
  'w3m',
  'nc',
  'ncat',
  'ftp',
]);
const MAX_NAMES = 200;
const MAX_ENTRIES = 500;

/**
 * Sources of outside content that a command may work on: what it fetches, the files that it names, what lies in the
 * folders that it names, and what its patterns may match. What a program reads by itself is not seen here.
 */
export async function originOfCommand(
  command: string,
  workspace: WorkspacePaths,
  known: Provenance,
): Promise<readonly string[]> {
  const words = commandWords(command);
  const programs = words?.map(programName) ?? command.split(/[^\w-]+/);
  const sources = new Set(programs.filter((name) => FETCHERS.has(name)).map((name) => `output of ${name}`));
  if (!known.any()) return [...sources];
  for (const path of namesIn(command, words ?? [], workspace.root)) {
    // What is no path of the workspace has no origin here.
    const found = await originsAt(path, workspace, known).catch(() => []);
    for (const source of found) sources.add(source);
  }
  return [...sources];
}

/** Words and what stands between the shell's own signs, as paths; a pattern counts as the folder it looks in. */
function namesIn(command: string, parsed: readonly (readonly string[])[], root: string): string[] {
  const words = [...parsed.flat(), ...command.split(/[\s"'`;|&<>()=,:${}\\]+/)];
  const paths = words.map((word) => {
    const inside = word === root ? '.' : word.startsWith(`${root}/`) ? word.slice(root.length + 1) : word;
    const glob = inside.search(/[*?[]/);
    const fixed = glob < 0 ? inside : inside.slice(0, inside.lastIndexOf('/', glob) + 1) || '.';
    return fixed.length > 1 ? fixed.replace(/\/+$/, '') : fixed;
  });
  return [...new Set(paths)].filter((path) => path !== '' && path.length <= 1_024).slice(0, MAX_NAMES);
}

async function originsAt(path: string, workspace: WorkspacePaths, known: Provenance): Promise<readonly string[]> {
  const whole = /^(?:\.\/)*\.?$/.test(path);
  const entry = whole ? null : await workspace.stat(path);
  if (!whole && entry === null) return [];
  const folder = whole ? '.' : workspace.parse(path);
  const own = entry === null ? [] : known.of(folder, entry);
  if (entry !== null && entry.kind !== 'folder') return own;
  const { entries } = await workspace.list(folder, MAX_ENTRIES);
  const below = entries.flatMap(({ name, ...one }) => known.of(whole ? name : `${folder}/${name}`, one));
  return [...own, ...below];
}

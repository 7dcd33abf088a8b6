import type { Invocation } from '../machine.js';
import { couldBe, isGlob, isUnknown, shown } from '../marks.js';
import { ask, deny, type Objection } from './objection.js';

const GLOBAL_VALUES = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--super-prefix',
  '--exec-path',
  '--config-env',
]);
const PUSH_VALUES = new Set([
  '-o',
  '--push-option',
  '--receive-pack',
  '--exec',
  '--repo',
  '--recurse-submodules',
  '--signed',
]);
const MAIN = ['main', 'master', 'trunk'];

/** The subcommand of a git call and what follows it. */
function gitCommand(args: readonly string[]): { readonly command: string; readonly rest: readonly string[] } {
  let at = 0;
  while (at < args.length && (args[at] ?? '').startsWith('-')) at += GLOBAL_VALUES.has(args[at] ?? '') ? 2 : 1;
  return { command: args[at] ?? '', rest: args.slice(at + 1) };
}

/** What git would lose: history on a remote, work that was never committed, commits nobody can find again. */
export function git(call: Invocation): Objection[] {
  const name = call.name === 'hub' || call.name === 'git' ? 'git' : call.name;
  if (name === 'gh' || name === 'glab') return api(call);
  if (name === 'jj' && call.args.includes('push'))
    return MAIN.some((branch) => call.args.includes(branch)) ? [ask('git.force', 'moves main on the remote')] : [];
  if (name !== 'git') return [];
  const { command, rest } = gitCommand(call.args);
  if (command === 'push' || command === 'send-pack') return push(rest, call);
  return losses(command, rest);
}

function push(args: readonly string[], call: Invocation): Objection[] {
  if (args.some((arg) => arg === '--dry-run' || arg === '--help' || /^-[a-zA-Z]*n[a-zA-Z]*$/.test(arg))) return [];
  const options: string[] = [];
  const plain: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const one = args[at] ?? '';
    if (PUSH_VALUES.has(one)) at++;
    else if (one.startsWith('-')) options.push(one);
    else plain.push(one);
  }
  const [remote, ...written] = plain;
  const named = args.some((arg) => /^--repo(=|$)/.test(arg));
  const given = named ? plain : isRefspec(remote) && written.length === 0 ? [remote ?? ''] : written;
  // A push without a refspec moves the branch that is checked out.
  const refspecs = given.length > 0 || call.branch === null ? given : [call.branch];
  const force = options.some((one) => /^--for(c|ce)?$/.test(one) || /^-[a-zA-Z]*f/.test(one));
  const lease = options.some((one) => one.startsWith('--force-w'));
  const mirror = options.some((one) => /^--mir/.test(one));
  const all = options.some((one) => /^--(all|branches)$/.test(one));
  const prune = options.some((one) => one === '--prune');
  const removes = options.some((one) => /^--del|^-[a-zA-Z]*d/.test(one));
  if (mirror) return [deny('git.force-main', 'overwrites every branch of the remote, main too')];
  if (all && (force || lease || prune))
    return [deny('git.force-main', 'overwrites every branch of the remote, main too')];
  const found: Objection[] = [];
  for (const refspec of refspecs) {
    const forced = force || lease || refspec.startsWith('+');
    const spec = refspec.replace(/^\+/, '');
    const target = (spec.includes(':') ? spec.slice(spec.lastIndexOf(':') + 1) : spec).replace(/^(refs\/)?heads\//, '');
    const deletes = removes || (spec.startsWith(':') && spec.length > 1);
    if (!forced && !deletes && !prune) continue;
    const main =
      isGlob(target) || target.includes('*')
        ? coversMain(target)
        : MAIN.includes(target.toLowerCase()) ||
          (target === 'HEAD' && MAIN.includes(call.branch ?? '')) ||
          (target === '@' && MAIN.includes(call.branch ?? ''));
    if (main)
      found.push(deny('git.force-main', deletes ? 'deletes main on the remote' : 'overwrites main on the remote'));
    else if (isUnknown(target)) found.push(ask('git.force', 'overwrites a branch that cannot be known beforehand'));
    else found.push(ask('git.force', `${deletes ? 'deletes' : 'overwrites'} ${shown(target)} on the remote`));
  }
  if (refspecs.length === 0 && (force || lease))
    found.push(ask('git.force', 'overwrites the current branch on the remote'));
  if (call.missing.length > 0 && force)
    found.push(ask('git.force', 'overwrites a branch that cannot be known beforehand'));
  return found;
}

const isRefspec = (word: string | undefined): boolean =>
  word !== undefined && /^\+|^:|^[\w/-]+:[\w/-]+$/.test(word) && !/^[\w-]+:\/\//.test(word) && !/@/.test(word);
const coversMain = (pattern: string): boolean => MAIN.some((name) => couldBe(pattern.replaceAll('*', '\uE003'), name));

function losses(command: string, args: readonly string[]): Objection[] {
  const has = (option: RegExp) => args.some((arg) => option.test(arg));
  const plain = args.filter((arg) => !arg.startsWith('-'));
  switch (command) {
    case 'reset':
      return has(/^--hard$/) ? [ask('git.discard', 'discards changes that were not committed')] : [];
    case 'clean':
      return has(/^-\w*f|^--force$/) && !has(/^-\w*n|^--dry-run$/)
        ? [ask('git.discard', 'deletes files that git does not know')]
        : [];
    case 'checkout':
      return plain.includes('.') || (args.includes('--') && plain.length > 0) || has(/^-f$|^--force$/)
        ? [ask('git.discard', 'discards changes that were not committed')]
        : [];
    case 'restore':
      return !has(/^--staged$|^-S$/) ? [ask('git.discard', 'discards changes that were not committed')] : [];
    case 'switch':
      return has(/^-f$|^--force$|^--discard-changes$/)
        ? [ask('git.discard', 'discards changes that were not committed')]
        : [];
    case 'branch':
      return has(/^-\w*D|^--delete$|^-d$/)
        ? has(/^-\w*D/) || plain.some((one) => MAIN.includes(one))
          ? [ask('git.discard', 'deletes a branch')]
          : []
        : [];
    case 'tag':
      return has(/^-d$|^--delete$|^-f$|^--force$/) ? [ask('git.discard', 'deletes or moves a tag')] : [];
    case 'stash':
      return plain[0] === 'clear' || plain[0] === 'drop' ? [ask('git.discard', 'throws stashed work away')] : [];
    case 'filter-branch':
    case 'filter-repo':
      return [ask('git.rewrite', 'rewrites the history')];
    case 'reflog':
      return plain[0] === 'expire' || plain[0] === 'delete'
        ? [ask('git.rewrite', 'deletes the record of former commits')]
        : [];
    case 'gc':
    case 'prune':
      return command === 'prune' || has(/^--prune=(now|all)/) ? [ask('git.rewrite', 'deletes former commits')] : [];
    case 'update-ref':
      return has(/^-d$|^--delete$|^--stdin$/) ? [ask('git.rewrite', 'deletes a reference')] : [];
    case 'worktree':
      return plain[0] === 'remove' && has(/^-f$|^--force$/) ? [ask('git.discard', 'deletes a worktree')] : [];
    case 'rm':
      return has(/^-\w*r/) && !has(/^--cached$/) ? [ask('git.discard', 'deletes folders')] : [];
    case 'submodule':
      return plain[0] === 'deinit' ? [ask('git.discard', 'empties a submodule')] : [];
    case 'config':
      return plain.some((one) =>
        /^(core\.(hookspath|sshcommand|pager|editor|fsmonitor)|credential\.helper|alias\.|url\.|http\.proxy|http\.sslverify)/i.test(
          one,
        ),
      ) && plain.length > 1
        ? [ask('git.config', 'changes what git runs or trusts')]
        : [];
    default:
      return [];
  }
}

/** The same by the hosters' own programs. */
function api(call: Invocation): Objection[] {
  const { args } = call;
  if (args[0] === 'repo' && args[1] === 'sync' && args.includes('--force'))
    return [ask('git.force', 'overwrites a branch on the remote')];
  if (args[0] !== 'api') return [];
  const method =
    args.find((_, index) => /^(-X|--method)$/.test(args[index - 1] ?? '')) ??
    args.find((arg) => /^-X\w|^--method=/.test(arg))?.replace(/^-X|^--method=/, '') ??
    '';
  const path =
    args.find((arg, index) => index > 0 && !arg.startsWith('-') && !/^(-X|--method)$/.test(args[index - 1] ?? '')) ??
    '';
  const main = /git\/refs\/heads\/(main|master|trunk)$/.test(path);
  if (main && (/^delete$/i.test(method) || args.some((arg) => /^force=true$/.test(arg))))
    return [deny('git.force-main', 'overwrites main on the remote')];
  if (/^delete$/i.test(method))
    return [
      /^\/?repos\/[^/]+\/[^/]+\/?$|^\/?orgs\/[^/]+$/.test(path)
        ? deny('cloud.repository', 'deletes a repository')
        : ask('cloud.remote-change', 'deletes something at a provider'),
    ];
  return /^(put|patch|post)$/i.test(method) &&
    /\/protection|\/transfer|\/keys|\/collaborators|\/hooks|\/actions\/secrets/.test(path)
    ? [ask('cloud.remote-change', 'changes who may do what at a provider')]
    : [];
}

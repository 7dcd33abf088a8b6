import { filters } from '../find.js';
import type { Invocation } from '../machine.js';
import { ANY, isGlob, isUnknown, KEY, STAR, shown } from '../marks.js';
import { type Loss, lossOf } from '../roots.js';
import { ask, deny, type Objection } from './objection.js';

const REMOVERS =
  /^(rm|rmdir|unlink|shred|srm|wipe|scrub|trash|trash-put|rimraf|del|erase|rd|deltree|remove-item|ri|del-cli|gio|rmtrash|sfill)$/;

/** Whatever deletes, moves away or overwrites files by name. */
export function wiping(call: Invocation): Objection[] {
  const { name, args } = call;
  if (name === 'find') return finding(call);
  if (REMOVERS.test(name)) return removing(call);
  const found: Objection[] = [];
  const lost = (paths: readonly string[], how: string, every = false) => {
    for (const path of paths) found.push(...judged(lossOf(path, call.folder), path, how, every));
  };
  const plain = args.filter((arg) => !isOption(arg));
  if (
    (name === 'npx' || name === 'bunx' || name === 'pnpx' || name === 'npm' || name === 'pnpm' || name === 'yarn') &&
    plain.some((arg) => /^(rimraf|del-cli|trash-cli)(@.*)?$/.test(arg))
  ) {
    lost(plain.slice(1), 'deletes');
  }
  if (name === 'mv' && plain.length >= 2) {
    lost(plain.slice(0, -1), 'moves away');
    if (plain.at(-1) === '/dev/null') found.push(ask('wipe.move', 'moves files into nothing'));
  }
  if (name === 'truncate') lost(plain, 'empties');
  if (name === 'rsync' && args.some((arg) => /^--(delete|remove-source)/.test(arg))) {
    if (!args.some((arg) => arg === '--dry-run' || /^-[a-zA-Z]*n/.test(arg))) {
      const target = plain.at(-1) ?? '';
      if (target.includes(':')) found.push(ask('wipe.sync', 'deletes on another box what is not here'));
      else lost([target], 'deletes in', true);
    }
  }
  if (name === 'tar' && args.includes('--remove-files')) lost(plain, 'packs and deletes');
  if (name === 'zip' && args.some((arg) => /^-\w*m/.test(arg))) lost(plain.slice(1), 'packs and deletes');
  if ((name === 'cp' || name === 'install') && plain.length >= 2) overwritten(plain, call, found);
  if (name === 'ln' && args.some((arg) => /^-\w*f|--force/.test(arg))) {
    if (/^(system|root|keys)$/.test(lossOf(plain.at(-1) ?? '', call.folder)) && plain[0] === '/dev/null') {
      found.push(deny('wipe.overwrite', `replaces ${shown(plain.at(-1) ?? '')}`));
    }
  }
  if (name === 'dd') {
    const target = args.find((arg) => /^of=/i.test(arg))?.slice(3);
    if (target !== undefined && /^(system|keys)$/.test(lossOf(target, call.folder)) && !isStream(target)) {
      found.push(deny('wipe.overwrite', `overwrites ${shown(target)}`));
    }
  }
  return found;
}

/** Files that a redirection, `tee`, `cp` or an editor in place would replace. */
export function overwriting(call: Invocation): Objection[] {
  const found: Objection[] = [];
  const targets = call.writes.map(({ path }) => path);
  const plain = call.args.filter((arg) => !isOption(arg));
  if (call.name === 'tee' || call.name === 'sponge') for (const one of plain) targets.push(one);
  if ((call.name === 'sed' || call.name === 'perl') && call.args.some((arg) => /^(-\w*i|--in-place)/.test(arg)))
    for (const one of plain) targets.push(one);
  for (const path of targets) {
    if (isStream(path) || path === '') continue;
    const loss = lossOf(path, call.folder);
    if (loss === 'keys') found.push(deny('guard.files', "writes to this product's own files"));
    else if (
      /^\/(etc\/(passwd|shadow|group|gshadow|sudoers(\.d\/.*)?|ld\.so\.preload|pam\.d\/.*|fstab|crontab)|boot\/.*|s?bin\/.*|usr\/s?bin\/.*|lib(64)?\/.*)$/.test(
        path,
      )
    ) {
      found.push(
        path === '/etc/fstab' || path === '/etc/crontab'
          ? ask('wipe.system-file', `changes ${shown(path)}`)
          : deny('wipe.system-file', `changes ${shown(path)}`),
      );
    } else if (loss === 'root' || loss === 'home') found.push(deny('wipe.overwrite', `overwrites ${shown(path)}`));
    else if (/^\/(etc|usr|var|opt|root|srv)\//.test(path)) found.push(ask('write.system', `writes ${shown(path)}`));
    else if (isPersistent(path))
      found.push(ask('write.start-file', `changes ${shown(path)}, which runs by itself later`));
    else if (path.includes(`/${ANY}`) && path.startsWith('/') && !path.startsWith('/tmp/'))
      found.push(ask('write.unknown', `writes to a place that cannot be known beforehand`));
  }
  return found;
}

const isPersistent = (path: string): boolean =>
  /(^|\/)(\.bashrc|\.bash_profile|\.profile|\.zshrc|\.zprofile|\.zshenv|\.bash_login|\.bash_logout|\.xinitrc|\.ssh\/(authorized_keys2?|config|rc)|\.config\/(autostart|systemd|fish)\/.*|\.git\/hooks\/.*|\.husky\/.*|crontabs?\/.*|LaunchAgents\/.*|\.npmrc|\.gitconfig|\.vimrc|\.inputrc|\.pam_environment)$/.test(
    path,
  );

const isStream = (path: string): boolean =>
  /^\/dev\/(null|stdout|stderr|stdin|tty|zero|full|fd\/\d+|shm\/[^/]+)$/.test(path);
const isOption = (word: string): boolean => /^-./.test(word);

function removing(call: Invocation): Objection[] {
  const { name } = call;
  const windows =
    /^(del|erase|rd|deltree|remove-item|ri)$/.test(name) || (name === 'rmdir' && /^\/s$/i.test(call.args[0] ?? ''));
  const end = call.args.indexOf('--');
  const options = call.args.filter(
    (arg, index) => (end < 0 || index < end) && (isOption(arg) || (windows && /^\/[a-z]$/i.test(arg))),
  );
  const written = new Set(options);
  const targets = call.args.filter(
    (arg, index) =>
      arg !== '--' && (!written.has(arg) || (end >= 0 && index > end)) && !(name === 'gio' && arg === 'trash'),
  );
  if (name === 'gio' && !call.args.includes('trash') && !call.args.includes('remove')) return [];
  const all = options.some(
    (one) =>
      /^-\w*[rR]/.test(one) || (one.length > 2 && '--recursive'.startsWith(one)) || /^-Recurse$|^\/s$/i.test(one),
  );
  const found: Objection[] = [];
  for (const target of targets) {
    if (name === 'rmdir' && !all && !isGlob(target)) continue;
    found.push(...judged(lossOf(target, call.folder), target, name === 'shred' ? 'shreds' : 'deletes', all));
  }
  if (options.includes('--no-preserve-root'))
    found.push(deny('wipe.root', 'switches off the protection of the root folder'));
  if (all && call.missing.length > 0)
    found.push(ask('wipe.unset', `deletes by $${call.missing[0]}, which is not set here`));
  return found;
}

function judged(loss: Loss, path: string, how: string, all: boolean): Objection[] {
  const name = shown(path);
  switch (loss) {
    case 'root':
      return [deny('wipe.root', `${how} the whole system (${name})`)];
    case 'system':
      return [deny('wipe.system', `${how} a system folder (${name})`)];
    case 'home':
      return [deny('wipe.home', `${how} a whole home folder (${name})`)];
    case 'keys':
      return [deny('guard.files', `${how} this product's own files (${name})`)];
    case 'disk':
      return [deny('disk.write', `${how} a disk (${name})`)];
    case 'workspace':
      return [ask('wipe.workspace', `${how} everything here (${name})`)];
    case 'unknown':
      return [ask('wipe.unknown', `${how} what cannot be known beforehand (${name})`)];
    case 'serious':
      return [ask('wipe.outside', `${how} ${name}`)];
    case 'waste':
      return [];
    case 'ordinary':
      if (isUnknown(path) && all) return [ask('wipe.unknown', `${how} what cannot be known beforehand (${name})`)];
      return all
        ? [ask('wipe.folder', `${how} ${name} with all that is in it`)]
        : path.includes(KEY) || path === STAR
          ? [ask('wipe.many', `${how} ${name}`)]
          : [];
  }
}

function finding(call: Invocation): Objection[] {
  const plan = filters(call.args);
  if (!plan.deletes) return [];
  return plan.roots.flatMap((root) => {
    const loss = lossOf(root, call.folder);
    if (loss === 'workspace' && plan.narrow) return [];
    const objections = judged(loss, root, 'deletes in', true);
    // With a test on names or age it is a clean-up, though a wide one.
    return plan.narrow && loss !== 'keys' && loss !== 'disk'
      ? objections
          .map((one) => ask(one.rule.replace(/^wipe\..*/, 'wipe.filtered'), one.reason))
          .filter(() => !/^\/(tmp|var\/(tmp|cache))(\/|$)/.test(root))
      : objections;
  });
}

function overwritten(plain: readonly string[], call: Invocation, found: Objection[]): void {
  const target = plain.at(-1) ?? '';
  const source = plain[0] ?? '';
  const loss = lossOf(target, call.folder);
  if (loss === 'keys') found.push(deny('guard.files', "writes to this product's own files"));
  if (loss === 'disk') found.push(deny('disk.write', `overwrites a disk (${shown(target)})`));
  if (/^\/etc\/(passwd|shadow|group|gshadow|sudoers(\.d\/.*)?|ld\.so\.preload|pam\.d\/.*)$/.test(target)) {
    found.push(deny('wipe.system-file', `replaces ${shown(target)}`));
  } else if (/^\/dev\/(null|zero|u?random)$/.test(source) && (loss === 'system' || loss === 'root')) {
    found.push(deny('wipe.overwrite', `overwrites ${shown(target)}`));
  } else if (/^\/(bin|sbin|usr\/bin|usr\/sbin|boot|lib)\//.test(target) || isPersistent(target)) {
    found.push(ask('write.system', `writes ${shown(target)}`));
  }
}

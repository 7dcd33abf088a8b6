import { ANY, couldBe, isGlob, isLiteral, isUnknown, ONE, STAR, START } from './marks.js';

/**
 * Absolute where that can be known; otherwise from the start folder, with one `..` for each step above it. Ends without
 * a slash; the root is `/`.
 */
export function resolvePath(path: string, folder: string): string {
  const whole = path.startsWith('/') || path.startsWith(START) || path.startsWith(ANY) ? path : `${folder}/${path}`;
  const absolute = whole.startsWith('/');
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.' || part === START) continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push(part);
  }
  if (absolute) return `/${parts.join('/')}`;
  return whole.startsWith(ANY) ? parts.join('/') : [START, ...parts].join('/');
}

/** What losing a path would mean. */
export type Loss =
  | 'root'
  | 'system'
  | 'home'
  | 'keys'
  | 'disk'
  | 'workspace'
  | 'serious'
  | 'unknown'
  | 'ordinary'
  | 'waste';

const TOP =
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys usr var nix snap efi System Library Applications Users Volumes private Windows'.split(
    ' ',
  );
/** Folders below the top whose loss ends the box or its data. */
const DEEP =
  /^\/(usr\/(bin|lib|lib32|lib64|sbin|share|local|local\/(bin|lib)|include|libexec|src)|usr\/lib\/(x86_64-linux-gnu|systemd|modules)|var\/(lib|log|spool|mail|www|db|run|lib\/(dpkg|postgresql|mysql|docker|rancher|etcd|kubelet))|etc\/(ssh|ssl|pam\.d|systemd|sudoers\.d|init\.d|default|apt|security|passwd|shadow|group|gshadow|sudoers|fstab|hosts|resolv\.conf|ld\.so\.conf|ld\.so\.cache|crypttab|ssh\/sshd_config)|boot\/(grub|grub2|efi|EFI|vmlinuz[^/]*|initrd[^/]*)|lib\/(modules|systemd|x86_64-linux-gnu)|lib\/modules\/.*|boot\/.*|s?bin\/[^/]+|usr\/s?bin\/[^/]+|lib(64|32)?\/[^/]+|Windows\/.*|proc\/.*|sys\/.*|System\/.*)$/;
const WASTE =
  /(^|\/)(node_modules|dist|build|out|target|coverage|\.cache|\.next|\.nuxt|\.turbo|\.parcel-cache|\.svelte-kit|\.vite|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.nox|\.venv|venv|env|__pycache__|\.gradle|\.eggs|[^/]*\.egg-info|tmp|temp|\.tmp|logs|obj|bin|_build|_site|public\/build|\.terraform|DerivedData|Pods|vendor|cmake-build-[^/]+|\.nyc_output|\.dart_tool|[^/]*\.(log|tmp|bak|pyc|o|swp|orig|rej|tgz|tar\.gz|zip))(\/|$)/;
const DISK =
  /^\/dev\/(sd[a-z]|hd[a-z]|vd[a-z]|xvd[a-z]|nvme\d|mmcblk\d|disk|mapper\/|md\d|dm-\d|rdisk|sg\d|zd\d|nbd\d|pmem|mem$|kmem$|port$|bus\/|block\/|ad\d|da\d|[a-z]*\*)/;

export function isDisk(path: string): boolean {
  if (!path.startsWith('/')) return false;
  const plain = resolvePath(path, '/');
  return (
    DISK.test(plain.replaceAll(STAR, '*').replaceAll(ONE, 'a')) || (/^\/dev\/[^/]{2,}$/.test(plain) && isUnknown(plain))
  );
}

/** The folder whose content goes when `dir/*` goes. */
const withoutStars = (parts: readonly string[]): string[] => {
  const rest = [...parts];
  while (rest.length > 0 && /^[.\uE003\uE004]*\uE003[.\uE003\uE004]*$|^\.?\uE004+$/.test(rest.at(-1) ?? '')) rest.pop();
  return rest;
};

export function lossOf(path: string, folder: string): Loss {
  if (path === '') return 'ordinary';
  if (/^[A-Za-z]:[\\/]*\uE003?$/.test(path)) return 'root';
  const resolved = resolvePath(path, folder);
  if (resolved.startsWith('/')) return absoluteLoss(resolved);
  if (!resolved.startsWith(START)) return 'unknown';
  const parts = withoutStars(resolved.split('/').slice(1));
  const ups = parts.filter((part) => part === '..').length;
  const named = parts.slice(ups);
  if (named.length === 0) return ups === 0 ? 'workspace' : ups >= 3 ? 'root' : 'serious';
  const [first = ''] = named;
  if (ups >= 2 && named.length === 1 && TOP.includes(first)) return 'system';
  if (first === '.seneschal') return 'keys';
  if (
    named.length === 1 &&
    (first === '.git' || first === '.' || (isGlob(first) && !isUnknown(first) && couldBe(first, '.git')))
  )
    return 'serious';
  if (isUnknown(first) && first.replaceAll(ANY, '') === '') return 'unknown';
  return WASTE.test(named.join('/')) ? 'waste' : 'ordinary';
}

function absoluteLoss(resolved: string): Loss {
  const parts = withoutStars(
    resolved
      .split('/')
      .slice(1)
      .filter((part) => part !== ''),
  );
  const [top, second] = parts;
  if (top === undefined) return 'root';
  const path = `/${parts.join('/')}`;
  if (isDisk(path)) return 'disk';
  if (!isLiteral(top))
    return isUnknown(top) ? 'unknown' : TOP.some((name) => couldBe(top, name)) ? 'system' : 'serious';
  const name = TOP.find((one) => one.toLowerCase() === top.toLowerCase());
  if (parts.length === 1)
    return name === 'home' || name === 'Users' || name === 'root'
      ? 'home'
      : name === undefined
        ? top === 'tmp'
          ? 'serious'
          : 'serious'
        : 'system';
  if (/(^|\/)\.seneschal(\/(?!workspace)|$)/.test(path)) return 'keys';
  if ((name === 'home' || name === 'Users') && parts.length === 2)
    return isLiteral(second ?? '') || isGlob(second ?? '') ? 'home' : 'unknown';
  if (/^\/var\/(lib\/apt\/lists|cache\/\w+)|^\/tmp\/|^\/var\/tmp\/|^\/(home\/[^/]+|root)\/\.cache(\/|$)/.test(path))
    return 'waste';
  if (DEEP.test(path)) return 'system';
  if (parts.some((part, index) => index > 0 && isGlob(part)) && deepGlob(parts)) return 'system';
  if (parts.slice(1).some((part) => isUnknown(part) && part.replaceAll(ANY, '') === '') && parts.length <= 2)
    return 'unknown';
  return WASTE.test(path) && name !== 'usr' && name !== 'etc' ? 'waste' : 'serious';
}

const DEEP_NAMES = [
  '/usr/bin',
  '/usr/lib',
  '/usr/sbin',
  '/usr/share',
  '/var/lib',
  '/var/log',
  '/etc/passwd',
  '/etc/shadow',
  '/etc/ssh',
];

function deepGlob(parts: readonly string[]): boolean {
  return DEEP_NAMES.some((name) => {
    const wanted = name.split('/').slice(1);
    return wanted.length === parts.length && wanted.every((part, index) => couldBe(parts[index] ?? '', part));
  });
}

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * The sandbox that bubblewrap makes for one command (CONT-2, CONT-5): fresh namespaces, no capability, the file system
 * read-only, the workspace writable at its own path, homes and sockets hidden, gone when the command is.
 */
export interface SandboxLayout {
  /** Real path. */
  readonly workspace: string;
  /** Folders that an empty one takes the place of: the product's home, all homes, sockets. */
  readonly hidden: readonly string[];
  /** Files that read as empty: an `.env` or key outside the hidden folders. */
  readonly masked: readonly string[];
  /** Folders inside hidden ones that stay readable: where the running Node lives. */
  readonly kept: readonly string[];
}

export interface Sandbox {
  /** The argv that runs `command` inside. */
  wrap(command: readonly string[], options: { readonly network: boolean }): string[];
}

/** Writable and private; everything else that is hidden is read-only, so that nothing written there seems kept. */
const SCRATCH = ['/tmp', '/var/tmp'];
const HIDDEN = ['/home', '/root', '/run', '/var/run', '/mnt', '/media'];
const SCRATCH_BYTES = 512 * 1024 * 1024;

export interface LayoutOptions {
  readonly workspace: string;
  /** The product's home folder. */
  readonly home: string;
  /** The user's own home folder. */
  readonly userHome: string;
  /** Further files and folders that hold keys. */
  readonly secrets: readonly string[];
  /** The running Node binary. */
  readonly execPath: string;
}

/** Looks at the file system once; symlinks are resolved, because bubblewrap mounts on real paths. */
export function sandboxLayout(options: LayoutOptions): SandboxLayout {
  const workspace = realpathSync(options.workspace);
  const secrets = options.secrets.filter(existsSync).map((file) => realpathSync(file));
  const folders = [...HIDDEN, options.home, options.userHome]
    .filter((folder) => existsSync(folder))
    .map((folder) => realpathSync(folder))
    .concat(secrets.filter((file) => statSync(file).isDirectory()));
  const hidden = [...new Set(folders)].filter((folder) => folder !== '/' && folder !== workspace);
  const prefix = path.dirname(path.dirname(realpathSync(options.execPath)));
  const keep = hidden.some((folder) => isInside(prefix, folder)) && !hidden.some((folder) => isInside(folder, prefix));
  return {
    workspace,
    hidden,
    masked: secrets.filter((file) => !statSync(file).isDirectory()),
    kept: keep ? [prefix] : [],
  };
}

/** Pure. `features` are the options this bubblewrap has beyond the oldest one supported. */
export function sandboxArgv(
  layout: SandboxLayout,
  options: { readonly network: boolean; readonly resolver: string | null; readonly features: ReadonlySet<string> },
): string[] {
  const { workspace } = layout;
  const inWorkspace = (folder: string) => isInside(folder, workspace);
  const outer = outermost([...SCRATCH, ...layout.hidden.filter((folder) => !inWorkspace(folder))]);
  const inner = outermost(layout.hidden.filter(inWorkspace));
  const size = options.features.has('size') ? ['--size', String(SCRATCH_BYTES)] : [];
  const coverable = (file: string) => inWorkspace(file) || !outer.some((folder) => isInside(file, folder));
  return [
    ...(options.features.has('disable-userns') ? ['--unshare-user', '--disable-userns'] : ['--unshare-user-try']),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(options.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...outer.flatMap((folder) => [...size, '--tmpfs', folder]),
    ...layout.kept.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...(options.network && options.resolver !== null ? ['--ro-bind', options.resolver, options.resolver] : []),
    ...['--bind', workspace, workspace],
    ...inner.flatMap((folder) => [...size, '--tmpfs', folder]),
    ...layout.masked.filter(coverable).flatMap((file) => ['--ro-bind', '/dev/null', file]),
    ...[...outer, ...inner].filter((folder) => !SCRATCH.includes(folder)).flatMap((folder) => ['--remount-ro', folder]),
    ...['--chdir', workspace],
  ];
}

/** Starts one for real and looks around inside; null with the reason where it does not hold. */
export async function probeSandbox(
  layout: SandboxLayout,
  searchPath: readonly string[],
): Promise<{ readonly sandbox: Sandbox } | { readonly sandbox: null; readonly reason: string }> {
  const bwrap = findProgram('bwrap', searchPath);
  if (bwrap === null) return { sandbox: null, reason: 'bubblewrap is not installed' };
  const run = promisify(execFile);
  const options = { timeout: 10_000, env: { PATH: searchPath.join(':') } };
  try {
    const help = (await run(bwrap, ['--help'], options)).stdout;
    const resolver = resolverFile();
    const attempt = async (features: ReadonlySet<string>): Promise<Sandbox> => {
      const sandbox: Sandbox = {
        wrap: (command, { network }) => [
          bwrap,
          ...sandboxArgv(layout, { network, resolver, features }),
          '--',
          ...command,
        ],
      };
      // Its own /proc (few processes), no network device but loopback, a writable workspace.
      const look =
        'test "$$" -lt 100 && test -r /proc/self/status && test -w . && test "$(grep -c : /proc/net/dev)" -le 1';
      for (const network of [false, true]) {
        const [program = bwrap, ...args] = sandbox.wrap(['/bin/sh', '-c', network ? ':' : look], { network });
        await run(program, args, options);
      }
      return sandbox;
    };
    const known = ['size', 'disable-userns'].filter((feature) => help.includes(`--${feature} `));
    try {
      return { sandbox: await attempt(new Set(known)) };
    } catch {
      // Nested user namespaces can be switched off already, or be needed for the first one: go on without that wish.
      return { sandbox: await attempt(new Set(known.filter((feature) => feature !== 'disable-userns'))) };
    }
  } catch (thrown) {
    const text = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr).trim() : '';
    return {
      sandbox: null,
      reason: `bubblewrap does not work here${text === '' ? '' : ` (${text.split('\n').at(-1)})`}`,
    };
  }
}

export function findProgram(name: string, searchPath: readonly string[]): string | null {
  for (const folder of searchPath) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** What /etc/resolv.conf points to, when that lies in a folder the sandbox hides. */
function resolverFile(): string | null {
  try {
    readlinkSync('/etc/resolv.conf');
    return realpathSync('/etc/resolv.conf');
  } catch {
    return null;
  }
}

function outermost(folders: readonly string[]): string[] {
  const all = [...new Set(folders)].sort();
  return all.filter((folder) => !all.some((other) => other !== folder && isInside(folder, other)));
}

/** True for the folder itself and everything below. */
function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

import { programName, type SimpleCommand, simpleCommands } from './shell-words.js';

/** Programs that exist to talk to the network: always (`true`), or only with one of these subcommands. */
const NETWORK_PROGRAMS: Readonly<Record<string, true | readonly string[]>> = {
  curl: true,
  wget: true,
  wget2: true,
  aria2c: true,
  http: true,
  https: true,
  xh: true,
  ssh: true,
  scp: true,
  sftp: true,
  rsync: true,
  ftp: true,
  lftp: true,
  telnet: true,
  nc: true,
  ncat: true,
  socat: true,
  ping: true,
  dig: true,
  host: true,
  nslookup: true,
  whois: true,
  traceroute: true,
  'yt-dlp': true,
  gh: true,
  glab: true,
  aws: true,
  gcloud: true,
  az: true,
  doctl: true,
  flyctl: true,
  fly: true,
  heroku: true,
  vercel: true,
  netlify: true,
  wrangler: true,
  stripe: true,
  kubectl: true,
  helm: true,
  docker: true,
  podman: true,
  psql: true,
  mysql: true,
  'redis-cli': true,
  mongosh: true,
  npx: true,
  pnpx: true,
  bunx: true,
  uvx: true,
  pipx: true,
  git: ['push', 'pull', 'fetch', 'clone', 'ls-remote', 'submodule', 'remote', 'lfs'],
  npm: [
    'install',
    'i',
    'ci',
    'add',
    'update',
    'up',
    'upgrade',
    'audit',
    'publish',
    'view',
    'info',
    'show',
    'outdated',
    'exec',
    'x',
    'create',
    'init',
    'search',
    'login',
    'whoami',
    'dist-tag',
    'ping',
  ],
  pnpm: [
    'install',
    'i',
    'add',
    'update',
    'up',
    'upgrade',
    'audit',
    'publish',
    'view',
    'outdated',
    'dlx',
    'create',
    'fetch',
    'import',
  ],
  yarn: ['install', 'add', 'up', 'upgrade', 'audit', 'publish', 'info', 'outdated', 'dlx', 'create', 'npm'],
  bun: ['install', 'i', 'add', 'update', 'outdated', 'publish', 'create', 'x'],
  corepack: ['prepare', 'install', 'use', 'up'],
  pip: ['install', 'download', 'index', 'search', 'wheel'],
  uv: ['pip', 'sync', 'add', 'lock', 'tool', 'python', 'publish', 'run'],
  poetry: ['install', 'add', 'update', 'lock', 'publish', 'search'],
  conda: ['install', 'create', 'update', 'search'],
  mamba: ['install', 'create', 'update', 'search'],
  gem: ['install', 'update', 'fetch', 'push', 'search'],
  bundle: ['install', 'update', 'add', 'outdated'],
  cargo: [
    'install',
    'add',
    'update',
    'fetch',
    'publish',
    'search',
    'build',
    'b',
    'test',
    't',
    'run',
    'r',
    'check',
    'c',
    'clippy',
    'vendor',
    'generate-lockfile',
  ],
  go: ['get', 'install', 'mod', 'build', 'test', 'run'],
  composer: ['install', 'update', 'require', 'create-project', 'search'],
  mvn: true,
  gradle: true,
  apt: ['install', 'update', 'upgrade', 'full-upgrade', 'download', 'source'],
  'apt-get': ['install', 'update', 'upgrade', 'dist-upgrade', 'download', 'source'],
  apk: ['add', 'update', 'upgrade', 'fetch'],
  dnf: ['install', 'update', 'upgrade', 'download', 'search'],
  yum: ['install', 'update', 'upgrade', 'search'],
  brew: ['install', 'update', 'upgrade', 'fetch', 'search'],
  terraform: ['init', 'plan', 'apply', 'destroy', 'refresh', 'import'],
  playwright: ['install'],
};

/**
 * Whether the card should offer this command the network (CONT-2). What cannot be parsed gets none: a command that
 * needs it and is not known here fails in the sandbox, it does not slip out.
 */
export function needsNetwork(command: string, hasSecrets: boolean): boolean {
  return hasSecrets || (simpleCommands(command) ?? []).some(talks);
}

/** What a wrapper runs is a command of its own in the list. */
function talks(words: SimpleCommand): boolean {
  const module = pythonModule(words);
  const program = module?.[0] ?? programName(words).replace(/^pip3(\.\d+)?$/, 'pip');
  const rest = module?.slice(1) ?? words.slice(1);
  const known = Object.hasOwn(NETWORK_PROGRAMS, program) ? NETWORK_PROGRAMS[program] : undefined;
  if (known === undefined) return false;
  if (known === true) return true;
  if (program === 'yarn' && rest.every((word) => word.startsWith('-'))) return true;
  // Options may take a value (`git -C dir push`), so any word counts until the subcommand is past.
  return rest.slice(0, 6).some((word) => known.includes(word));
}

/** `python3 -m pip install x` is `pip install x`. */
function pythonModule(words: SimpleCommand): SimpleCommand | null {
  if (!/^python[\d.]*$/.test(programName(words))) return null;
  const at = words.indexOf('-m');
  return at < 0 || at > 3 ? null : words.slice(at + 1);
}

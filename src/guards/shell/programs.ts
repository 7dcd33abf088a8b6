/** Programs by what they do, for the rooms of this folder that follow text from one program to the next. */

const set = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/).filter((name) => name !== ''));

export const SHELLS = set('sh bash dash ash zsh ksh mksh ksh93 rbash fish csh tcsh');

/** Interpreters by family: the options whose value is code. */
export const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  python: ['-c'],
  pypy: ['-c'],
  perl: ['-e', '-E'],
  ruby: ['-e'],
  node: ['-e', '--eval', '-p', '--print', '-pe'],
  nodejs: ['-e', '--eval', '-p', '--print', '-pe'],
  bun: ['-e', '--eval', '-p'],
  deno: [],
  php: ['-r', '-R', '-B'],
  lua: ['-e'],
  luajit: ['-e'],
  rscript: ['-e'],
  r: ['-e'],
  julia: ['-e', '-E'],
  osascript: ['-e'],
  tclsh: [],
  expect: ['-c'],
  elixir: ['-e'],
  groovy: ['-e'],
  guile: ['-c'],
  pwsh: ['-c', '-Command', '-command', '-EncodedCommand', '-enc', '-e'],
  powershell: ['-c', '-Command', '-command', '-EncodedCommand', '-enc', '-e'],
};

/** `python3.12` is `python`; null for what interprets nothing. */
export function interpreterOf(name: string): string | null {
  const family = name.replace(/^(python|pypy|perl|ruby|php|lua|node|tclsh|guile)[\d.]+m?$/, '$1');
  return Object.hasOwn(INTERPRETERS, family) ? family : null;
}

/** Their output is what somebody else sent. */
export const NET_SOURCES = set(
  'curl wget wget2 fetch aria2c http https httpie xh get lynx w3m links elinks nc ncat netcat telnet socat ftp lftp tftp dig host nslookup drill axel',
);
/** They carry what they are given out of the box. */
export const NET_SINKS = set(
  'curl wget wget2 http https xh nc ncat netcat telnet socat ftp lftp tftp scp sftp rsync ssh dig host nslookup ping mail mailx sendmail mutt swaks rclone croc wormhole aws gsutil gcloud az gh s3cmd mc',
);

/** Their arguments are text to show, search or store, never run. */
export const DATA_PROGRAMS = set(
  `echo printf grep egrep fgrep rg ag ack sed tr cut sort uniq wc head tail cat less more diff comm test [ [[ true false :
   ls stat file basename dirname realpath readlink touch mkdir cp mv ln man info whatis apropos tldr which whereis type
   git gh glab hub jq yq logger notify-send say cowsay figlet wall banner date cal export declare local typeset readonly unset
   set read alias unalias function let expr seq yes tee curl wget http rm rmdir shred unlink dd find chmod chown ssh-keygen
   npm pnpm yarn pip cargo go tar zip unzip gzip mail sendmail column fold fmt nl tac rev base64 md5sum sha256sum cksum`,
);

/** Where a credential lives, by what its path looks like. */
const CREDENTIALS =
  /(?:^|[/~=@:])(?:\.ssh\/(?:id_[\w-]+(?!\.pub)(?:$|[\s,;])|identity$|\*)|\.aws\/credentials|\.netrc|\.pgpass|\.my\.cnf|\.gnupg(?:\/|$)|\.kube\/config|\.docker\/config\.json|\.git-credentials|\.npmrc|\.pypirc|\.vault-token|\.config\/(?:gcloud|gh\/hosts\.yml|op)|\.azure\/|\.password-store|\.bitcoin\/wallet\.dat|\.seneschal\/(?!workspace)|\.(?:bash|zsh|python|psql|mysql)_history|Login Data|Cookies$|key4\.db|logins\.json|Keychains\/)|^\/etc\/(?:shadow|gshadow|sudoers|ssh\/ssh_host_\w+_key$|krb5\.keytab|ssl\/private)|\/proc\/(?:self|\d+|\*|[^/]{1,12})\/(?:environ|mem)\b|\/(?:\.ssh|\.aws|\.gnupg)\/?$/;
const ENVIRONMENT_FILE = /(?:^|[/@=])\.env(?:\.(?:local|production|prod|staging|development))?$/;

export const isCredential = (path: string): boolean => path.length < 4_096 && CREDENTIALS.test(path);
export const holdsSecrets = (path: string): boolean =>
  path.length < 4_096 && (CREDENTIALS.test(path) || ENVIRONMENT_FILE.test(path));

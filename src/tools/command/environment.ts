import path from 'node:path';

/**
 * What a command's environment may hold. Nothing is inherited: a variable that is not named here does not reach a
 * command, so no loader, shell or interpreter option of the gateway's own start can change what runs.
 */
const PASSED = ['LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'TZ', 'USER', 'LOGNAME'];
const SANE_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Its value is the call's id: a process that left the group is still recognised by it. */
export const CALL_MARK = 'SENESCHAL_CALL';

export function commandEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  workspace: string,
): Readonly<Record<string, string>> {
  const passed = PASSED.flatMap((name) => (host[name] === undefined ? [] : [[name, host[name]] as const]));
  return {
    ...Object.fromEntries(passed),
    PATH: searchPath(host.PATH, workspace).join(':'),
    HOME: workspace,
    SHELL: '/bin/sh',
    TERM: 'dumb',
  };
}

/** The system's own folders first; of the rest only absolute ones that no command can write into. */
export function searchPath(system: string | undefined, workspace: string): string[] {
  const added = (system ?? '').split(':').filter((folder) => {
    if (!path.isAbsolute(folder) || path.normalize(folder).includes('node_modules')) return false;
    const relative = path.relative(workspace, folder);
    return relative === '..' || relative.startsWith('../');
  });
  return [...new Set([...SANE_PATH, ...added])];
}

const LOADER_PREFIXES = [
  'LD_',
  'DYLD_',
  'BASH',
  'LC_',
  'MALLOC_',
  'NPM_CONFIG_',
  'PIP_',
  'UV_',
  'CARGO_BUILD_',
  'GIT_CONFIG',
  'GIT_TRACE',
  'PERL5',
  'SENESCHAL_',
];
const LOADER_NAMES = new Set(
  `PATH HOME SHELL IFS ENV PWD OLDPWD CDPATH FPATH GLOBIGNORE SHELLOPTS PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 TERM TERMINFO
  TERMCAP TMPDIR TMP TEMP TZ TZDIR LANG LANGUAGE USER LOGNAME MAIL MAILPATH HISTFILE INPUTRC FIGNORE OPTIND OPTARG UID EUID
  PPID RANDOM SECONDS LINENO FUNCNEST EXECIGNORE TIMEFORMAT TMOUT POSIXLY_CORRECT ZDOTDIR KRB5_CONFIG
  GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN LOCPATH NIS_PATH NLSPATH RESOLV_HOST_CONF RES_OPTIONS
  NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_REPL_EXTERNAL_MODULE NODE_TLS_REJECT_UNAUTHORIZED NODE_V8_COVERAGE
  NODE_ICU_DATA NODE_DEBUG NODE_REDIRECT_WARNINGS OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES SSL_CERT_FILE SSL_CERT_DIR
  SSLKEYLOGFILE CURL_HOME CURL_CA_BUNDLE REQUESTS_CA_BUNDLE HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY WGETRC
  PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONINSPECT PYTHONUSERBASE PYTHONEXECUTABLE PYTHONBREAKPOINT PYTHONWARNINGS
  PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONCASEOK RUBYOPT RUBYLIB RUBYSHELL GEM_HOME GEM_PATH BUNDLE_GEMFILE PERLLIB
  PERLIO PHPRC PHP_INI_SCAN_DIR LUA_INIT LUA_PATH LUA_CPATH R_PROFILE R_ENVIRON R_HOME GUILE_LOAD_PATH ERL_FLAGS ERL_AFLAGS
  ERL_LIBS ELIXIR_ERL_OPTIONS JAVA_TOOL_OPTIONS JAVA_OPTS JAVA_HOME JDK_JAVA_OPTIONS CLASSPATH MAVEN_OPTS GRADLE_OPTS
  GOFLAGS GOROOT GOPATH GOTOOLDIR CGO_CFLAGS CGO_LDFLAGS RUSTC RUSTC_WRAPPER RUSTFLAGS CC CXX CPP LD AR MAKEFLAGS MAKEFILES
  MFLAGS DOTNET_STARTUP_HOOKS CORECLR_PROFILER CORECLR_PROFILER_PATH GIT_SSH GIT_SSH_COMMAND GIT_EXEC_PATH GIT_DIR
  GIT_WORK_TREE GIT_INDEX_FILE GIT_ASKPASS GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND
  GIT_TEMPLATE_DIR GIT_OBJECT_DIRECTORY SSH_ASKPASS SSH_AUTH_SOCK SUDO_ASKPASS EDITOR VISUAL PAGER MANPAGER MANOPT BROWSER
  LESS LESSOPEN LESSCLOSE LESSKEYIN VIMINIT EXINIT GVIMINIT MYVIMRC EMACSLOADPATH TAR_OPTIONS GREP_OPTIONS GZIP BZIP2 XZ_OPT
  RSYNC_RSH RSYNC_CONNECT_PROG CVS_RSH DOCKER_HOST DOCKER_CONFIG KUBECONFIG PSQLRC MYSQL_HOME`.split(/\s+/),
);

/** Why a secret may not be given under this name; null when it may. */
export function objectionToName(name: string): string | null {
  if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(name))
    return `${JSON.stringify(name)} is no variable name of capitals, digits and _`;
  const special = LOADER_NAMES.has(name) || LOADER_PREFIXES.some((prefix) => name.startsWith(prefix));
  return special ? `${name} steers the loader, the shell or an interpreter` : null;
}

/** How a program that runs another finds it among its arguments. */
interface Wrapper {
  /** Options that take the next word. */
  readonly values?: string;
  /** Words before the command. */
  readonly skip?: number;
  /** `NAME=value` words come before the command. */
  readonly assigns?: true;
  /** Options whose value is a shell text. */
  readonly texts?: string;
  /** The rest is joined to one shell text. */
  readonly joined?: true;
  /** The command comes after this word only. */
  readonly after?: string;
  /** These subcommands run something; others do not. */
  readonly on?: string;
  /** It runs somewhere else. */
  readonly remote?: true;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: { values: '-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --chroot', assigns: true },
  doas: { values: '-u -C' },
  pkexec: { values: '--user' },
  run0: { values: '-u --user' },
  env: { values: '-u -C --unset --chdir', assigns: true, texts: '-S --split-string' },
  command: {},
  builtin: {},
  exec: { values: '-a' },
  nohup: {},
  nice: { values: '-n --adjustment' },
  ionice: { values: '-c -n --class --classdata' },
  chrt: { values: '-T -P -D', skip: 1 },
  taskset: { values: '', skip: 1 },
  numactl: { values: '-N -m -C -i -p' },
  time: { values: '-f -o --format --output' },
  timeout: { values: '-s -k --signal --kill-after', skip: 1 },
  gtimeout: { values: '-s -k', skip: 1 },
  stdbuf: { values: '-i -o -e --input --output --error' },
  setsid: {},
  setarch: { skip: 1 },
  linux64: {},
  linux32: {},
  flock: { values: '-w -E --timeout', skip: 1, texts: '-c --command' },
  watch: { values: '-n --interval -q', joined: true },
  strace: { values: '-e -o -p -s -u -E -P -a -S -I -O -X' },
  ltrace: { values: '-e -o -p -s -u -n -l -a -A -D -F -x' },
  gdb: { values: '-ex -x', after: '--args' },
  valgrind: {},
  perf: { values: '-e -o -F -g', on: 'stat record trace' },
  unbuffer: {},
  rlwrap: {},
  catchsegv: {},
  fakeroot: {},
  fakechroot: {},
  eatmydata: {},
  cpulimit: { values: '-l -p -e' },
  prlimit: { values: '-p --pid' },
  systemd: {},
  'systemd-run': { values: '-p -u -E -M -H -t --property --unit --setenv --uid --gid --description --slice' },
  'systemd-inhibit': {},
  unshare: { values: '-S -G -R -w' },
  nsenter: { values: '-t -S -G --target' },
  chroot: { values: '', skip: 1 },
  schroot: { values: '-c -u -d' },
  setpriv: { values: '' },
  capsh: { texts: '-c' },
  gosu: { skip: 1 },
  'su-exec': { skip: 1 },
  chpst: { values: '-u -U -b -/ -n -l -L -P -e -m -d -o -p -f -c -r -t' },
  firejail: {},
  bwrap: { values: '', after: '--' },
  proxychains: { values: '-f' },
  proxychains4: { values: '-f' },
  torsocks: {},
  torify: {},
  tsocks: {},
  busybox: {},
  toybox: {},
  caffeinate: { values: '-t -w' },
  chronic: {},
  ts: {},
  'dbus-run-session': {},
  'dbus-launch': {},
  'xvfb-run': { values: '-n -s -e -f -p -w' },
  parallel: { values: '-j -P -n -N -I -S -a --jobs --colsep -d' },
  hyperfine: { values: '-w -m -M -r -L -n --warmup --runs', joined: true },
  concurrently: { values: '-n -c --names', joined: true },
  script: { texts: '-c --command', after: '--' },
  su: { texts: '-c --command --session-command', after: '--' },
  runuser: { values: '-u -g', texts: '-c --command', after: '--' },
  ssh: {
    values: '-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B',
    skip: 1,
    joined: true,
    remote: true,
  },
  vagrant: { texts: '-c --command', after: '--', on: 'ssh' },
  wsl: { values: '-d -u' },
  docker: { on: 'exec run' },
  podman: { on: 'exec run' },
  nerdctl: { on: 'exec run' },
  kubectl: { on: 'exec run debug', after: '--' },
  oc: { on: 'exec rsh run', after: '--' },
  lxc: { on: 'exec', after: '--' },
  incus: { on: 'exec', after: '--' },
  tmux: {
    values: '-s -n -c -t -x -y -L -S -f',
    on: 'new new-session neww new-window splitw split-window respawn-pane run run-shell if-shell send-keys send',
    joined: true,
  },
  screen: { values: '-S -t -c -h -p -T', joined: true },
  nodemon: { texts: '-x --exec', values: '-w -e --watch --ext --delay' },
  entr: {},
  at: { values: '-f -t -q' },
  'nix-shell': { texts: '--run --command', values: '-p -A -I' },
  nix: { on: 'shell develop', texts: '', after: '-c' },
  direnv: { on: 'exec', skip: 1 },
  'aws-vault': { on: 'exec', skip: 1 },
  op: { on: 'run', after: '--' },
  doppler: { on: 'run', after: '--' },
  dotenv: { after: '--' },
  uv: { on: 'run', values: '--with --python -p --project --directory' },
  poetry: { on: 'run' },
  pipenv: { on: 'run' },
  pdm: { on: 'run' },
  hatch: { on: 'run' },
  rye: { on: 'run' },
  bundle: { on: 'exec' },
  pnpm: { on: 'exec', values: '-C --dir --filter' },
  npm: { on: 'exec x', texts: '-c --call' },
  npx: { texts: '-c --call', values: '-p --package' },
  yarn: { on: 'exec' },
  conda: { on: 'run', values: '-n -p --name --prefix' },
  mamba: { on: 'run', values: '-n -p' },
  mise: { on: 'exec x', after: '--' },
  asdf: { on: 'exec' },
  rbenv: { on: 'exec' },
  pyenv: { on: 'exec' },
  'start-stop-daemon': { after: '--exec', values: '' },
  ansible: { texts: '-a --args', values: '-m -i -u', remote: true },
  expect: { texts: '-c' },
  'git-bisect': {},
};

export interface Inner {
  /** A command as words. */
  readonly words: readonly (readonly string[])[];
  /** Shell texts. */
  readonly texts: readonly string[];
  readonly remote: boolean;
  readonly assigned: readonly string[];
}

/** What a wrapper runs; null for a program that is none. */
export function unwrap(name: string, args: readonly string[]): Inner | null {
  const loader = /^ld-(linux|musl)[\w.-]*\.so[.\d]*$|^ld\.so$|^qemu-\w+(-static)?$/.test(name);
  const wrapper: Wrapper | undefined = loader ? {} : Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (wrapper === undefined) return null;
  let rest = args;
  if (wrapper.on !== undefined) {
    const at = subcommandAt(args, wrapper.on.split(' '));
    if (at < 0) return null;
    rest = args.slice(at + 1);
  }
  if (name === 'docker' || name === 'podman' || name === 'nerdctl') return container(args, rest);
  return readArguments(wrapper, rest);
}

function subcommandAt(args: readonly string[], names: readonly string[]): number {
  const at = args.findIndex((arg, index) => index < 6 && names.includes(arg));
  return at;
}

function readArguments(wrapper: Wrapper, args: readonly string[]): Inner {
  const values = new Set((wrapper.values ?? '').split(' '));
  const textOptions = (wrapper.texts ?? '').split(' ').filter((one) => one !== '');
  const texts: string[] = [];
  const assigned: string[] = [];
  let skip = wrapper.skip ?? 0;
  let at = 0;
  let plain = false;
  for (; at < args.length; at++) {
    const one = args[at] ?? '';
    if (wrapper.after !== undefined && one === wrapper.after) {
      at++;
      break;
    }
    if (!plain && one === '--') {
      plain = true;
      continue;
    }
    if (!plain && one === '-') continue;
    if (!plain && one.startsWith('-') && one.length > 1) {
      const text = textOptions.find(
        (option) =>
          one === option ||
          one.startsWith(`${option}=`) ||
          (/^-[A-Za-z]$/.test(option) && /^-[A-Za-z]+$/.test(one) && one.endsWith(option.slice(1))),
      );
      if (text !== undefined) {
        texts.push(one.startsWith(`${text}=`) ? one.slice(text.length + 1) : (args[++at] ?? ''));
      } else if (textOptions.some((option) => /^-[A-Z]$/.test(option) && one.startsWith(option))) {
        texts.push(one.slice(2));
      } else if (values.has(one) || (/^-[A-Za-z]{2,}$/.test(one) && values.has(`-${one.slice(-1)}`))) at++;
      continue;
    }
    if (wrapper.assigns === true && /^[A-Za-z_]\w*=/.test(one)) {
      assigned.push(one);
      continue;
    }
    if (wrapper.after !== undefined) continue;
    if (skip > 0) {
      skip--;
      continue;
    }
    break;
  }
  const words = args.slice(at);
  const remote = wrapper.remote === true;
  if (words.length === 0) return { words: [], texts, remote, assigned };
  return wrapper.joined === true
    ? {
        words: [],
        texts: [...texts, words.join(' '), ...(words.length > 1 ? words.filter((word) => /\s/.test(word)) : [])],
        remote,
        assigned,
      }
    : { words: [words], texts, remote, assigned };
}

const MAX_MOUNTS = 16;
const CONTAINER_VALUES = new Set(
  '-e --env -v --volume -w --workdir -u --user -p --publish --name --network --net --mount -l --label -h --hostname --entrypoint --env-file --platform -m --memory --cpus --restart --pid --ipc --gpus --device --add-host --ulimit --security-opt --cap-add --cap-drop --shm-size --tmpfs -f --file --project-directory --index --log-driver --log-opt --dns'.split(
    ' ',
  ),
);

/** `docker [compose] exec|run [options] container command`. A mounted folder of the box keeps its own name. */
function container(all: readonly string[], args: readonly string[]): Inner {
  let at = 0;
  const mounts: (readonly [host: string, inside: string])[] = [];
  let entry: string | null = null;
  while (at < args.length && (args[at] ?? '').startsWith('-')) {
    const [option = '', attached] = /^--[^=]*=/.test(args[at] ?? '')
      ? (args[at] ?? '').split(/=(.*)/s)
      : [args[at] ?? ''];
    const takes = attached === undefined && CONTAINER_VALUES.has(option);
    const value = attached ?? (takes ? (args[at + 1] ?? '') : '');
    if (option === '-v' || option === '--volume') {
      const [host = '', inside = ''] = value.split(':');
      if (host.startsWith('/') && mounts.length < MAX_MOUNTS) mounts.push([host, inside]);
    }
    if (option === '--mount') {
      const host = /(?:^|,)(?:src|source)=([^,]*)/.exec(value)?.[1] ?? '';
      const inside = /(?:^|,)(?:dst|destination|target)=([^,]*)/.exec(value)?.[1] ?? '';
      if (host.startsWith('/') && mounts.length < MAX_MOUNTS) mounts.push([host, inside]);
    }
    if (option === '--entrypoint') entry = value;
    at += takes ? 2 : 1;
  }
  const inner = args.slice(at + 1);
  const words = entry === null ? inner : [entry, ...inner];
  const onHost = words.map((word) => {
    const mount = mounts.find(([, inside]) => inside !== '' && (word === inside || word.startsWith(`${inside}/`)));
    return mount === undefined ? word : `${mount[0].replace(/\/$/, '')}${word.slice(mount[1].length)}` || '/';
  });
  const texts =
    mounts.length === 0
      ? []
      : words
          .filter((word) => /\s/.test(word))
          .map((word) =>
            mounts.reduce((text, [host, inside]) => text.replaceAll(inside, host === '/' ? '' : host), word),
          );
  return {
    words: onHost.length === 0 ? [] : [onHost],
    texts: all.includes('exec') ? [] : texts,
    remote: false,
    assigned: [],
  };
}

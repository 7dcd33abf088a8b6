import { posix } from 'node:path';

/**
 * Files that make something run later or that decide who may come in. Writing one asks, whatever is written. Paths are
 * judged by their end, so that it does not matter how they are reached.
 */
interface SensitivePath {
  readonly what: string;
  readonly pattern: RegExp;
}

const SENSITIVE: readonly SensitivePath[] = [
  { what: 'decides who may log in by SSH', pattern: /(?:^|\/)\.ssh\/|\/etc\/ssh\/|(?:^|\/)authorized_keys2?$/ },
  {
    what: 'is a unit that the system starts',
    pattern:
      /(?:^|\/)systemd\/|\/etc\/(?:init|init\.d|rc\d?\.d|rc\.local|inittab|runit|s6|openrc)(?:\/|$)|(?:^|\/)(?:etc\/)?rc\.local$|\.(?:service|timer|socket|mount|automount|path|target)$/,
  },
  {
    what: 'is read by every new shell',
    pattern:
      /(?:^|\/)(?:\.(?:bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zprofile|zshenv|zlogin|zlogout|kshrc|cshrc|tcshrc|login|logout|mkshrc|xinitrc|xsession|xsessionrc|xprofile|xserverrc|pam_environment|inputrc|envrc|config\/fish\/.+|config\/environment\.d\/.+|config\/(?:powershell|nushell)\/.+)|etc\/(?:profile|profile\.d\/.+|bash\.bashrc|bashrc|bash_completion\.d\/.+|zsh\/.+|zshrc|zshenv|environment|csh\..+|skel\/.+|X11\/xinit\/.+|X11\/Xsession\.d\/.+))$|Microsoft\.PowerShell_profile\.ps1$|(?:^|\/)profile\.ps1$/,
  },
  {
    what: 'is run by a program when it starts',
    pattern:
      /(?:^|\/)\.(?:vimrc|gvimrc|exrc|viminfo|nvimrc|emacs|gitconfig|tmux\.conf|screenrc|gdbinit|lldbinit|pythonrc|pythonstartup|irbrc|pryrc|rprofile|npmrc|yarnrc(?:\.yml)?|pypirc|curlrc|wgetrc|netrc|mailcap|pinerc|muttrc|psqlrc|sqliterc|my\.cnf|pdbrc|docker\/config\.json|kube\/config|aws\/(?:config|credentials)|config\/(?:git|nvim|pip)\/.+|emacs\.d\/init\.el|m2\/settings\.xml|cargo\/config(?:\.toml)?)$|(?:usercustomize|sitecustomize)\.py$|\/site-packages\/[^/]+\.pth$/i,
  },
  {
    what: 'is run by cron',
    pattern:
      /(?:^|\/)(?:etc\/)?(?:cron(?:tab|\.d|\.daily|\.hourly|\.weekly|\.monthly|\.allow|\.deny)|anacrontab)(?:\/|$)|\/var\/spool\/(?:cron|at|anacron)|(?:^|\/)crontabs?(?:\/|$)|\/etc\/at\.(?:allow|deny)$/,
  },
  {
    what: 'is run by git',
    pattern:
      /(?:^|\/)(?:\.git\/(?:hooks|config|info\/attributes|modules\/.+\/hooks)|hooks\/(?:pre|post|prepare|commit|update|applypatch)[\w-]*|\.?githooks|\.husky)(?:\/|$)|(?:^|\/)\.gitmodules$|(?:^|\/)(?:pre-commit|post-checkout|post-merge|pre-push|post-commit|prepare-commit-msg|commit-msg|post-receive|pre-receive)$/,
  },
  {
    what: 'decides who may become root',
    pattern:
      /(?:^|\/)etc\/(?:sudoers|sudoers\.d\/.+|doas\.conf|sudo\.conf|polkit-1\/.+|pam\.d\/.+|pam\.conf|security\/.+|passwd|shadow|group|gshadow|subuid|subgid|securetty|login\.defs|shells)-?$|(?:^|\/)polkit-1\/.+/,
  },
  {
    what: 'is loaded into every program',
    pattern:
      /(?:^|\/)etc\/(?:ld\.so\.(?:preload|conf|conf\.d\/.+|cache)|modules(?:-load\.d\/.+)?|modprobe\.d\/.+|sysctl\.conf|sysctl\.d\/.+|udev\/.+|binfmt\.d\/.+|tmpfiles\.d\/.+|initramfs-tools\/.+|default\/.+)$|(?:^|\/)lib\/(?:modules|udev|systemd)\//,
  },
  {
    what: 'is started with the desktop',
    pattern:
      /(?:^|\/)autostart(?:-scripts)?\/|(?:^|\/)Library\/(?:LaunchAgents|LaunchDaemons|StartupItems)\/|(?:^|\/)(?:\.config\/)?(?:plasma-workspace\/env|upstart|autostart)\/|Start Menu\/Programs\/Startup\/|(?:^|\/)\.local\/share\/(?:applications|dbus-1\/services|systemd)\/|(?:^|\/)dbus-1\/(?:services|system-services)\/|\.plist$/i,
  },
  {
    what: 'decides which names and servers are trusted',
    pattern:
      /(?:^|\/)etc\/(?:hosts|hosts\.allow|hosts\.deny|resolv\.conf|nsswitch\.conf|apt\/.+|yum\.repos\.d\/.+|ca-certificates\/.+|ca-certificates\.conf|ssl\/.+|pki\/.+|network\/.+|NetworkManager\/.+|wpa_supplicant\/.+|iptables\/.+|nftables\.conf|crypttab|fstab|exports|docker\/daemon\.json|update-motd\.d\/.+|motd)$/,
  },
  {
    what: 'is part of the system',
    pattern:
      /^\/(?:s?bin|usr\/(?:local\/)?s?bin|usr\/lib|lib(?:64)?|boot|dev|proc|sys|root|opt\/.+\/bin)(?:\/|$)|(?:^|\/)\.local\/bin\/|^(?:~|\$HOME|\/home\/[^/]+)\/bin\/|\/Windows\/System32\//i,
  },
];

/** Why writing this path asks; null for an ordinary one. */
export function sensitivePath(path: string): string | null {
  const plain = path
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('\\', '/')
    .replace(/^["']|["']$/g, '')
    .replace(/^file:\/\//i, '');
  const clean = posix.normalize(plain.trim()).replace(/\/+$/, (slashes) => (plain.trim() === slashes ? '/' : ''));
  return SENSITIVE.find(({ pattern }) => pattern.test(clean))?.what ?? null;
}

const WRITTEN =
  /(?:>>?\||&?>>?|\btee\s+(?:-{1,2}[a-z-]+\s+){0,3}|\b(?:of=))\s*(["']?)((?:[~$./\w]|\{|\})[^\s"'<>|;&()]{0,300})\1/g;

/** The sensitive path that a command's text writes to by redirection or `tee`; null for none. */
export function sensitiveTarget(command: string): { readonly path: string; readonly what: string } | null {
  for (const [, , path = ''] of command.matchAll(WRITTEN)) {
    if (/^\/dev\/(?:null|stdout|stderr|tty|fd\/|tcp\/|udp\/)/.test(path)) continue;
    const what = sensitivePath(path);
    if (what !== null) return { path, what };
  }
  return null;
}

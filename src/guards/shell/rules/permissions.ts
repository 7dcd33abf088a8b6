import type { Invocation } from '../machine.js';
import { isUnknown, shown } from '../marks.js';
import { lossOf } from '../roots.js';
import { ask, deny, type Objection } from './objection.js';

/** Rights on files, and the switches of the kernel that look like files. */
export function permissions(call: Invocation): Objection[] {
  return [...modes(call), ...kernelFiles(call), ...environment(call)];
}

function modes(call: Invocation): Objection[] {
  const { name, args } = call;
  if (!/^(chmod|chown|chgrp|setfacl|chattr|chflags|icacls|takeown|attrib|chcon|restorecon)$/.test(name)) return [];
  const recursive = args.some((arg) => /^-\w*R|^--recursive$/.test(arg) || /^\/(t|s)$/i.test(arg));
  // `chmod -x` takes a right away: that is a mode, not an option.
  const plain = args.filter((arg) => !/^-[A-Za-z]|^--/.test(arg) || (name === 'chmod' && /^-[rwxXst]+$/.test(arg)));
  const reference = args.some((arg) => arg.startsWith('--reference'));
  const targets = name === 'setfacl' || reference ? plain : plain.slice(1);
  const found: Objection[] = [];
  for (const target of targets) {
    const loss = lossOf(target, call.folder);
    if (
      /^(chown|chgrp)$/.test(name) &&
      (loss === 'home' || /^\/(srv|opt|mnt|media|usr\/local(\/.*)?)\/?$/.test(target))
    ) {
      if (recursive) found.push(ask('rights.wide', `changes who owns all in ${shown(target)}`));
    } else if (
      /^(root|system|home|keys|disk)$/.test(loss) &&
      (recursive || loss === 'root' || loss === 'keys' || (loss === 'system' && name !== 'chown'))
    ) {
      if (
        loss === 'system' &&
        !recursive &&
        !/^(0?0?00|777|0777|a\+rwx|o\+w|a\+w|-x|a-x|a-rwx|ugo\+rwx|[ug]*\+s|[2467]\d{3})$/.test(plain[0] ?? '')
      )
        continue;
      found.push(deny('rights.system', `changes the rights of ${shown(target)}`));
    } else if (recursive && /^(serious|unknown)$/.test(loss))
      found.push(ask('rights.wide', `changes the rights of all in ${shown(target)}`));
  }
  if (name === 'chmod' && /^(u\+s|\+s|g\+s|ug\+s|[24567]\d{3})$/.test(plain[0] ?? '') && !/^1/.test(plain[0] ?? '')) {
    const shell = targets.some((target) =>
      /\/(ba|da|z|k)?sh$|\/(python|perl|find|vim?|cp|env|node)[\d.]*$/.test(target),
    );
    found.push(
      shell
        ? deny('rights.setuid', 'lets everybody act as root')
        : ask('rights.setuid', 'lets a program act as another user'),
    );
  }
  if (recursive && /^(0?777|a\+rwx|ugo\+rwx|0?000|0)$/.test(plain[0] ?? '') && found.length === 0)
    found.push(ask('rights.wide', 'opens or closes a whole folder to everybody'));
  if (targets.some(isUnknown) && recursive && found.length === 0)
    found.push(ask('rights.wide', 'changes rights of what cannot be known beforehand'));
  return found;
}

const SWITCHES =
  /^\/(proc\/(sysrq-trigger|sys\/kernel\/.*|sys\/fs\/(protected|suid)\w*|sys\/vm\/mmap_min_addr|\d+\/mem|self\/mem|kcore|acpi\/.*)|sys\/(power\/.*|kernel\/security\/.*|kernel\/debug\/.*|fs\/selinux\/enforce|module\/.*|firmware\/efi\/.*|block\/.*|bus\/.*)|dev\/(mem|kmem|port|cpu\/.*|watchdog\d?)|selinux\/enforce)$/;
const DEVICES = /^\/(proc\/(sys|\d+)\/.*|sys\/.*|dev\/(tty\d+|kmsg|fb\d|input\/.*|uinput|console))$/;

function kernelFiles(call: Invocation): Objection[] {
  const written = [
    ...call.writes.map(({ path }) => path),
    ...(/^(tee|cp|dd|mv|install|sponge)$/.test(call.name) ? call.args.map((arg) => arg.replace(/^of=/, '')) : []),
  ];
  const found = written.flatMap((path) =>
    SWITCHES.test(path)
      ? [deny('kernel.switch', `writes to ${shown(path)}`)]
      : DEVICES.test(path)
        ? [ask('kernel.device', `writes to ${shown(path)}`)]
        : [],
  );
  const memory = [...call.args.map((arg) => arg.replace(/^(if|of)=/, '')), ...call.reads].some((path) =>
    /^\/dev\/(mem|kmem|port)$|^\/proc\/kcore$/.test(path),
  );
  if (memory && !/^(ls|stat|file|test|\[)$/.test(call.name))
    found.push(deny('kernel.memory', 'reads or writes the memory of the kernel'));
  return found;
}

const INJECTED =
  /^(LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|BASH_ENV|ENV|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|NODE_OPTIONS|PYTHONSTARTUP|PYTHONPATH|PERL5OPT|PERL5LIB|RUBYOPT|GIT_SSH_COMMAND|GIT_SSH|GIT_EXTERNAL_DIFF|GIT_PAGER|GIT_EDITOR|DYLD_INSERT_LIBRARIES|PATH)=/;

function environment(call: Invocation): Objection[] {
  const own = call.assigned.find(
    (name) => name !== 'PATH' && !/^(NODE_OPTIONS|PYTHONPATH|GIT_\w+)$/.test(name) && INJECTED.test(`${name}=`),
  );
  if (own !== undefined) return [ask('environment.injected', `changes what other programs load (${own})`)];
  if (!/^(export|declare|typeset|env|readonly|sudo)$/.test(call.name)) return [];
  const injected = call.args.find(
    (arg) =>
      INJECTED.test(arg) &&
      !/^PATH=.*(\/usr\/bin|:|\uE000)/.test(arg) &&
      !/^(NODE_OPTIONS=--max|PYTHONPATH=)/.test(arg),
  );
  return injected === undefined
    ? []
    : [ask('environment.injected', `changes what other programs load (${shown(injected.split('=')[0] ?? '')})`)];
}

import type { Invocation } from '../machine.js';
import { KEY, shown } from '../marks.js';
import { holdsSecrets, isCredential, NET_SINKS, SHELLS } from '../programs.js';
import { ask, deny, type Objection } from './objection.js';

/** What comes in to be run, and what goes out that should stay. */
export function network(call: Invocation): Objection[] {
  return [...reverseShells(call), ...exfiltration(call), ...metadata(call)];
}

function reverseShells(call: Invocation): Objection[] {
  const { name, args } = call;
  const found: Objection[] = [];
  const sockets = [...call.writes.map(({ path }) => path), ...call.reads].filter((path) =>
    /^\/dev\/(tcp|udp)\//.test(path),
  );
  if (sockets.length > 0) {
    if (SHELLS.has(name) || name === 'exec' || name === ':')
      found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
    else
      found.push(
        call.stdin?.includes(KEY)
          ? deny('leak.send', 'sends credentials out')
          : ask('net.socket', `opens a connection to ${shown(sockets[0] ?? '')}`),
      );
  }
  if (/^(nc|ncat|netcat|busybox|nc\.traditional|nc\.openbsd)$/.test(name)) {
    const runs =
      args.some(
        (arg, index) =>
          /^(-[a-z]*[ec]|--exec|--sh-exec|--lua-exec)$/.test(arg) &&
          /sh\b|cmd|powershell|bash|python|perl/.test(args[index + 1] ?? ''),
      ) || args.some((arg) => /^--(sh-)?exec=|^-[ec]\/bin\//.test(arg));
    if (runs) found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
  }
  if (
    name === 'socat' &&
    args.some((arg) => /^(exec|system|shell):/i.test(arg)) &&
    args.some((arg) => /^(tcp|udp|openssl|ssl|sctp|tcp4|tcp6|tcp-l|tcp-connect|tcp-listen|openssl-connect)/i.test(arg))
  ) {
    found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
  }
  if (name === 'xterm' && args.includes('-display'))
    found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
  if (/^(sh|bash|zsh|dash|ksh)$/.test(name) && call.reads.some((path) => path.startsWith('/dev/tcp')))
    found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
  if (
    /^(nc|ncat|netcat|telnet|openssl|socat)$/.test(name) &&
    call.writes.some(({ path }) => /fifo|pipe|^\/tmp\/\w{1,3}$/.test(path)) &&
    call.stdin !== null
  ) {
    found.push(deny('shell.reverse', 'gives somebody else a shell on this box'));
  }
  return found;
}

/** Options whose value is a key to be used, not to be sent. */
const KEY_OPTION = /^(-i|--key|--identity|-F|-o|--kubeconfig|--config|--env-file)$/;
const CURL_KEY_OPTION = /^(--key|--cacert|--cert|-E|--netrc-file|-K|--config)$/;
const keyOption = (name: string): RegExp => (/^(curl|wget|http|https|xh)$/.test(name) ? CURL_KEY_OPTION : KEY_OPTION);
/** They look at a key file's name or rights, or use the key as keys are meant to be used. */
const HARMLESS =
  /^(ls|stat|file|chmod|chown|touch|test|\[|\[\[|ssh-keygen|ssh-add|ssh|mkdir|echo|printf|rm|shred|find|du|git|docker|kubectl|helm|npm|basename|dirname|realpath|export|cd|setfacl|getfacl|wc|readlink|source|\.|sudo|env|ssh-agent|gpg|gpg2|which|command|true|:|sha256sum|history|unset|set|md5sum)$/;

function exfiltration(call: Invocation): Objection[] {
  const { name, args } = call;
  const carried = [...args, call.stdin ?? ''];
  const paths = args.filter((arg, index) => holdsSecrets(arg) && !keyOption(name).test(args[index - 1] ?? ''));
  const sink = NET_SINKS.has(name);
  if (sink) {
    if (carried.some((text) => text.includes(KEY))) return [deny('leak.send', 'sends credentials out')];
    const sent = paths.filter((path) => !/^(gh|aws|gcloud|az|ssh|rclone|rsync)$/.test(name) || isCredential(path));
    if (sent.length > 0 && name !== 'ssh') return [deny('leak.send', `sends ${shown(sent[0] ?? '')} out`)];
    if (
      /^(curl|wget|http|https|xh)$/.test(name) &&
      args.some((arg) => /@\/etc\/(passwd|shadow|hosts)|=@?\/etc\/(passwd|shadow)|^@\/proc\//.test(arg))
    ) {
      return [deny('leak.send', 'sends system files out')];
    }
  }
  const credentials = [
    ...args.filter((arg, index) => isCredential(arg) && !keyOption(name).test(args[index - 1] ?? '')),
    ...call.reads.filter(isCredential),
  ];
  if (credentials.length > 0 && !HARMLESS.test(name)) return [ask('leak.read', `reads ${shown(credentials[0] ?? '')}`)];
  return [];
}

function metadata(call: Invocation): Objection[] {
  if (!/^(curl|wget|http|https|xh|nc|fetch|get|aria2c|lynx|w3m)$/.test(call.name)) return [];
  const asked = call.args.some((arg) =>
    /(^|[/@])(169\.254\.169\.254|metadata\.google\.internal|100\.100\.100\.200|169\.254\.170\.2|\[fd00:ec2::254\]|2852039166|0xa9fea9fe)/i.test(
      arg,
    ),
  );
  return asked ? [deny('leak.metadata', "asks the cloud for this box's own credentials")] : [];
}

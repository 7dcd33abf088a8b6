import { fromBase64, fromHex, translate } from './decode.js';
import { Input, type Machine } from './machine.js';
import { ANY, globbed, isUnknown, NET, unknownFrom } from './marks.js';
import { lossOf } from './roots.js';
import type { ShellState } from './state.js';

const MAX_CODE = 200_000;
const MAX_LITERALS = 200;

/** Words by which code starts programs. */
const STARTS =
  /\b(system|popen\d?|p?exec\w*|spawn\w*|subprocess|check_(?:output|call)|shell_exec|passthru|proc_open|child_process|Process|Open3|execute|do shell script|qx|run|call|Start-Process|eval)\b|`|%x/;
const DELETES =
  /\b(rmtree|rm_rf|rm_r|remove_entry\w*|rmSync|rmdirSync|rm|rmdir|rimraf|remove_tree|removedirs|deleteRecursive\w*|unlink\w*|delete|Remove-Item|ri|walk|emptyDir\w*|remove)\b/;
const DOWNLOADS =
  /urlopen|urllib|requests['"]?\)?\.get|http\.get|https\.get|fetch\(|LWP::|Net::HTTP|open-uri|URI\.open|file_get_contents\(\s*['"]http|WebClient|\biwr\b|\birm\b|Invoke-WebRequest|Invoke-RestMethod|DownloadString/i;
const RUNS_TEXT =
  /\b(exec|eval|system|popen|Function|iex|Invoke-Expression|instance_eval|assert|subprocess|vm\.run\w*)\b/i;

const BOMBS: readonly RegExp[] = [
  /\b(?:pcntl_)?fork\b\s*(?:\(\s*\))?\s*while\b/,
  /\bwhile\s*\(?\s*(?:1|true|True|fork)\b[\s\S]{0,200}\b(?:pcntl_)?fork\b/,
  /\bwhile\s+fork\b|\bloop\s*(?:\{|do)[\s\S]{0,80}\b(?:pcntl_)?fork\b/,
  /\bfor\s*\(\s*;;\s*\)[\s\S]{0,200}\b(?:pcntl_)?fork\b/,
  /\bfork\(\)[\s\S]{0,40}\bfor\b[\s\S]{0,60}\b(?:iter\(int|itertools|repeat|count\()/,
  /\bwhile\s*\(?\s*(?:1|true|True)\b[\s\S]{0,200}\b(?:spawn|Popen|Process\()/,
  /\bwhile\s*\(?\s*(?:1|true|True)\b[\s\S]{0,200}\b(?:execute|system)\s*\([^)]*&/,
  /\bfork\s*&&\s*fork\b|\bfork\(\)\s*or\s*os\.fork\(\)/,
];

const SOCKETS =
  /\bsocket\b|fsockopen|TCPSocket|Socket::INET|\bnet['"]?\)?\.(?:connect|Socket|createConnection)|Net\.Sockets|\/inet\/tcp\//i;
const SHELL_OUT = /\/bin\/(?:ba|da|z)?sh|\bcmd\.exe|dup2|pty\.spawn|\bexec\b.*\bsh\b|\|&|powershell/;

/** Looks through program text for what a shell would be refused: literals that are run, deletions, forks, sockets. */
export function judgeCode(
  code: string,
  language: string,
  machine: Machine,
  words: readonly string[],
  state: () => ShellState,
  depth = 0,
): void {
  machine.spend(code.length / 2 + 4);
  if (code.includes(NET)) machine.note('deny', 'net.pipe', 'runs what the network sends', words);
  else if (isUnknown(code)) machine.note('ask', 'unclear.text', 'runs a text that cannot be seen beforehand', words);
  if (code.length > MAX_CODE || depth > 3) {
    machine.note('ask', 'unclear.long', 'does more than can be followed', words);
    return;
  }
  const plain = unescaped(code);
  if (BOMBS.some((bomb) => bomb.test(plain))) {
    machine.note('deny', 'bomb.fork', 'starts itself again and again until the box stands still', words);
  }
  if (SOCKETS.test(code) && SHELL_OUT.test(code)) {
    machine.note('deny', 'shell.reverse', 'gives somebody else a shell on this box', words);
  }
  if (DOWNLOADS.test(code) && RUNS_TEXT.test(code))
    machine.note('deny', 'net.pipe', 'runs what the network sends', words);
  if (language === 'expect' || language === 'tclsh') {
    for (const [, text = ''] of code.matchAll(/\b(?:spawn|exec|system)\s+([^\n;\]]+)/g))
      programText(text, machine, words, state);
  }
  const literals = stringsOf(code).slice(0, MAX_LITERALS);
  if (literals.length === 0) return;
  if (STARTS.test(code) || language === 'awk' || language === 'expect') {
    const tries = [...literals, literals.join(''), literals.join(' ')];
    for (const text of new Set(tries)) {
      if (text.trim() !== '') programText(text, machine, words, state);
    }
  }
  if (DELETES.test(code)) {
    for (const literal of literals) {
      const loss = lossOf(globbed(literal.replace(/^~(?=\/|$)/, '/home/owner')), state().folder);
      if (/^(root|system|home|keys|disk)$/.test(loss))
        machine.note('deny', 'wipe.code', `deletes ${literal || 'files'}`, words);
    }
    if (literals.length === 0 || /\bhomedir\(\)|expanduser|Path\.home|ENV\[|\$HOME|environ/.test(code)) {
      machine.note('ask', 'wipe.code-unknown', 'deletes files by program text', words);
    } else if (/rmtree|rmSync|rm_rf|remove_tree|rimraf/.test(code)) {
      machine.note('ask', 'wipe.code-unknown', 'deletes folders by program text', words);
    }
  }
  for (const literal of literals) {
    if (
      /^[+<>|\s]*\/dev\/(sd|nvme|vd|xvd|hd|mmcblk|disk|mem|kmem)/.test(literal) &&
      /\b(write\w*|open\w*|dd|O_WRONLY|O_RDWR)\b|['"][rwa]b?\+?['"]/.test(code)
    ) {
      machine.note('deny', 'disk.write', 'writes to a raw disk', words);
    }
    const decoded = /decode|b64|base64|unhex|fromhex|atob|pack|Buffer|rot|reverse|\[::-1\]/i.test(code)
      ? decodings(literal)
      : [];
    for (const text of decoded) {
      programText(text, machine, words, state);
      judgeCode(text, language, machine, words, state, depth + 1);
    }
  }
  if (
    /\b(b64decode|atob|decode_base64|fromCharCode|unhexlify|decompress)\b/.test(code) &&
    /\b(exec|eval|system|popen)\b/.test(code)
  ) {
    machine.note('ask', 'unclear.decoded', 'decodes a text and runs it', words);
  }
}

/** What such code prints: one literal, something from the network, or nobody knows. */
export function printedBy(code: string, input: string): string {
  const literal = /^\s*(?:print|puts|console\.log|echo|say)\s*\(?\s*(?:"([^"$]*)"|'([^']*)')\s*\)?\s*;?\s*$/.exec(code);
  if (literal !== null) return `${unescaped(literal[1] ?? literal[2] ?? '')}\n`;
  return DOWNLOADS.test(code) ? ANY + NET : unknownFrom(input);
}

/** A literal may be shell text or not: only what would be forbidden counts. */
function programText(text: string, machine: Machine, words: readonly string[], state: () => ShellState): void {
  const effect = machine.doubt(() => {
    machine.text(text, state(), new Input(null), words);
  });
  if (effect === 'deny') machine.note('deny', 'code.forbidden', 'runs a forbidden command from program text', words);
  if (effect === 'ask') machine.note('ask', 'code.command', 'runs a command from program text', words);
}

function decodings(literal: string): string[] {
  const found: string[] = [];
  if (literal.length >= 8 && /^[A-Za-z0-9+/=_-]+$/.test(literal)) found.push(fromBase64(literal) ?? '');
  if (literal.length >= 6 && /^[0-9a-fA-F]+$/.test(literal)) found.push(fromHex(literal) ?? '');
  found.push([...literal].reverse().join(''), translate(literal, 'a-zA-Z', 'n-za-mN-ZA-M') ?? '');
  return found.filter((text) => text !== '' && !/[\x00-\x08\uFFFD]/.test(text));
}

/** String literals of the usual languages, escapes undone where they hide letters. */
function stringsOf(code: string): string[] {
  const found: string[] = [];
  const pattern =
    /"""([\s\S]*?)"""|'''([\s\S]*?)'''|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|(?:qx|%x|qq?|%w)\s*(?:\{([^}]*)\}|\(([^)]*)\)|\[([^\]]*)\]|\|([^|]*)\|)/gs;
  for (const match of spelled(code).matchAll(pattern)) {
    const text = match.slice(1).find((group) => group !== undefined) ?? '';
    found.push(unescaped(text));
    if (found.length >= MAX_LITERALS) break;
  }
  return found;
}

/** `chr(114)` and `String.fromCharCode(114, 109)` as the literals that they are. */
const spelled = (code: string): string =>
  code.replace(
    /\b(?:chr|String\.fromCharCode)\s*\(\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\)/g,
    (_, numbers: string) =>
      `'${numbers
        .split(',')
        .map((one) => String.fromCharCode(Number(one)))
        .join('')}'`,
  );

const unescaped = (text: string): string =>
  text
    .replace(/\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})/g, (_, short, long) =>
      String.fromCharCode(Number.parseInt(short ?? long, 16)),
    )
    .replace(/\\([\\'"`$/ ])/g, '$1')
    .replaceAll('\\n', '\n');

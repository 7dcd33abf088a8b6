import type { View } from '../normalise.js';
import type { Match, SecretKind } from './kind.js';
import { isCardNumber, isPlaceholder, looksLikePassword } from './shape.js';

/** Secrets with a structure of their own: key blocks, cards, wallet phrases, credentials on a command line. */
export type KindOf = (id: string) => SecretKind;

const MAX_BLOCK = 20_000;

/** Key blocks that begin with `-----BEGIN`, up to their end line or as far as their body goes. */
export function matchKeyBlocks(view: View, kindOf: KindOf): Match[] {
  const { text } = view;
  const found: Match[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{0,40}?)(PRIVATE KEY(?: BLOCK)?)-----/g;
  const closing = '-----END ';
  let nextEnd = -2;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const body = match.index + match[0].length;
    if (nextEnd !== -1 && nextEnd < body) nextEnd = text.indexOf(closing, body);
    let end: number;
    if (nextEnd >= body && nextEnd - body <= MAX_BLOCK) {
      const line = /^-----END [A-Z0-9 ]{0,50}-{0,5}/.exec(text.slice(nextEnd, nextEnd + 70));
      end = nextEnd + (line?.[0].length ?? closing.length);
    } else {
      const rest = /^(?:[\s"'>|\\,+]{0,8}[A-Za-z0-9+/=]{16,})*(?:\s{0,4}[A-Za-z0-9+/]{1,15}={1,2})?/.exec(
        text.slice(body, body + MAX_BLOCK),
      );
      end = body + (rest?.[0].length ?? 0);
    }
    const value = text.slice(match.index, end);
    begin.lastIndex = Math.max(end, body);
    if (
      value.replace(/-----[A-Z0-9 ]+-----/g, '').replace(/[^A-Za-z0-9+/]/g, '').length < 40 ||
      isPlaceholder(value.slice(30, 120))
    )
      continue;
    found.push({
      start: match.index,
      end,
      kind: kindOf(blockKind(match[1] ?? '', match[2] ?? '')),
      value,
      certainty: 'pattern',
    });
  }
  return found.map((one) => withinServiceAccount(text, one, kindOf));
}

function blockKind(label: string, what: string): string {
  if (what.endsWith('BLOCK')) return 'pgp-private-key';
  return label.startsWith('OPENSSH') || label.startsWith('SSH2') ? 'ssh-private-key' : 'private-key';
}

/** A service account's JSON is one secret: from its opening brace to its closing one. */
function withinServiceAccount(text: string, match: Match, kindOf: KindOf): Match {
  const from = Math.max(0, match.start - 1_000);
  const before = text.slice(from, match.start);
  const type = before.lastIndexOf('service_account');
  if (type < 0) return match;
  const open = before.lastIndexOf('{', type);
  const close = text.slice(match.end, match.end + 2_000).indexOf('}');
  if (open < 0 || close < 0) return { ...match, kind: kindOf('google-service-account') };
  const start = from + open;
  const end = match.end + close + 1;
  return { ...match, start, end, value: text.slice(start, end), kind: kindOf('google-service-account') };
}

/** A PuTTY key file, from its first line to its checksum. */
export function matchPutty(view: View, kindOf: KindOf): Match[] {
  const at = view.text.indexOf('PuTTY-User-Key-File-');
  if (at < 0) return [];
  const body = view.text.slice(at, at + MAX_BLOCK);
  const mac = /Private-(?:MAC|Hash): [0-9a-f]{40,64}/.exec(body);
  if (mac === null && !body.includes('Private-Lines:')) return [];
  const end = at + (mac === null ? body.trimEnd().length : mac.index + mac[0].length);
  return [{ start: at, end, kind: kindOf('putty-private-key'), value: view.text.slice(at, end), certainty: 'pattern' }];
}

const CARD =
  /(?<![\w.+-])(?:[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,4}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}|2[2-7]\d{2}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4})(?![\w-])/g;
const CARD_WORDS =
  /card|visa|master|amex|american express|karte|tarjeta|carte|carta|cart[aã]o|kort|kaart|karta|cvv|cvc|cvn|exp(?:iry|ires|\.)?\b|\bpan\b|карт|卡|カード|카드/i;

/** Card numbers that pass their check digit and are spoken of as cards. */
export function matchCards(view: View, kindOf: KindOf): Match[] {
  const found: Match[] = [];
  CARD.lastIndex = 0;
  for (let match = CARD.exec(view.text); match !== null; match = CARD.exec(view.text)) {
    const end = match.index + match[0].length;
    if (!isCardNumber(match[0]) || !CARD_WORDS.test(view.text.slice(Math.max(0, match.index - 80), end + 40))) continue;
    found.push({ start: match.index, end, kind: kindOf('payment-card'), value: match[0], certainty: 'context' });
  }
  return found;
}

const COMMANDS: readonly { readonly word: string; readonly pattern: RegExp }[] = [
  {
    word: 'curl',
    pattern: /\bcurl\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]?["']?([^\s:"']{1,64}:[^\s"']{4,100})/g,
  },
  { word: 'sshpass', pattern: /\bsshpass\s{1,3}-p\s{0,2}["']?([^\s"']{4,100})/g },
  { word: 'mysql', pattern: /\bmysql(?:dump|admin)?\b[^\n]{0,120}?\s-p["']?([^\s"'-][^\s"']{3,100})/g },
  { word: 'docker login', pattern: /\bdocker login\b[^\n]{0,120}?\s-p[ =]["']?([^\s"'-][^\s"']{3,100})/g },
  { word: 'sudo -s', pattern: /\becho\s{1,2}["']?([^\s"']{4,80})["']?\s{0,2}\|\s{0,2}sudo -S/g },
];

/** Passwords handed to programs that take them as an argument. */
export function matchCommands(view: View, kindOf: KindOf): Match[] {
  const found: Match[] = [];
  const lower = view.text.toLowerCase();
  for (const { word, pattern } of COMMANDS) {
    if (!lower.includes(word)) continue;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(view.text); match !== null; match = pattern.exec(view.text)) {
      const value = match[1] ?? '';
      const password = value.slice(word === 'curl' ? value.indexOf(':') + 1 : 0);
      if (!looksLikePassword(password)) continue;
      const end = match.index + match[0].lastIndexOf(value) + value.length;
      found.push({ start: end - value.length, end, kind: kindOf('password'), value, certainty: 'context' });
    }
  }
  return found;
}

import {
  type AddressJudgement,
  hostName,
  isAllowed,
  judgeAddress,
  judgeName,
  type NetworkAllow,
  parseAddress,
  portOf,
} from './addresses.js';

export interface UrlRules {
  readonly allow: NetworkAllow;
  readonly enforceHttps: boolean;
  /** What the name resolved to; without it a name is judged by its spelling alone. */
  readonly addresses?: readonly string[];
}

export interface UrlVerdict {
  readonly effect: 'allow' | 'deny';
  /** The rule that decided: `invalid-url`, `scheme`, `https`, a rule of addresses.ts, `allow-list` or `public`. */
  readonly rule: string;
  /** One sentence fragment for each thing seen, fit to be shown. */
  readonly findings: readonly string[];
}

/**
 * Whether a tool may touch this URL (GUARD-1). The one judgement for the gateway's client, each redirect hop and
 * `seneschal check url`. The URL parser has already undone decimal, octal, hex, short and fullwidth spellings.
 */
export function judgeUrl(text: string, rules: UrlRules): UrlVerdict {
  if (!URL.canParse(text)) return deny('invalid-url', ['not a valid URL']);
  const url = new URL(text);
  const authority = writtenAuthority(text);
  if (authority.includes('\\')) return deny('invalid-url', ['holds a backslash where its host stands']);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return deny('scheme', [`${url.protocol} is neither http nor https`]);
  }
  const notes =
    url.username !== '' || url.password !== '' ? ['carries a user name; the host is what follows the @'] : [];
  if (url.protocol === 'http:' && rules.enforceHttps) return deny('https', [...notes, 'plain http is switched off']);
  const name = hostName(url);
  if (/^$|^\.|\.\.|\.$/.test(name)) return deny('invalid-url', ['not a valid host']);
  const literal = parseAddress(name) !== null;
  const seen = literal ? [name, ...decimalReading(authority), ...(rules.addresses ?? [])] : (rules.addresses ?? []);
  const port = portOf(url);

  const byName = literal ? null : judgeName(name);
  if (byName?.reach === 'never') return deny(byName.rule, [...notes, `${name} ${because(byName)}`]);
  if (rules.addresses !== undefined && !literal && seen.length === 0) {
    return deny('unresolved', [...notes, `${name} has no address`]);
  }
  const judged = seen.map((address) => ({ address, ...judgeAddress(address) }));
  const never = judged.find((one) => one.reach === 'never');
  if (never !== undefined) return deny(never.rule, [...notes, describe(name, never, literal)]);

  // Every address must be public or opened by an entry: one private answer among public ones is an attack.
  const closed = judged.find(
    (one) => one.reach === 'local' && !isAllowed(rules.allow, { name, address: one.address, port }),
  );
  if (closed !== undefined) return deny(closed.rule, [...notes, describe(name, closed, literal)]);
  const opened = judged.some((one) => one.reach === 'local');
  if (byName !== null && !opened && !isAllowed(rules.allow, { name, address: null, port })) {
    return deny(byName.rule, [...notes, `${name} ${because(byName)}`]);
  }
  return { effect: 'allow', rule: opened || byName !== null ? 'allow-list' : 'public', findings: notes };
}

/** What stands between the scheme and the path, as it was written: other parsers may read it otherwise. */
function writtenAuthority(text: string): string {
  return /^[^:]*:[\\/]*([^/?#]*)/.exec(text.replace(/[\t\r\n]/g, ''))?.[0] ?? '';
}

/** `0127.0.0.1` is octal to us and decimal to others: both must be harmless. */
function decimalReading(authority: string): readonly string[] {
  const quad = /(?:^|[/@])(\d{1,4})\.(\d{1,4})\.(\d{1,4})\.(\d{1,4})\.?(?::\d*)?$/.exec(authority);
  const numbers = (quad?.slice(1) ?? []).map(Number);
  return numbers.length === 4 && numbers.every((number) => number < 256) ? [numbers.join('.')] : [];
}

function describe(name: string, judged: AddressJudgement & { readonly address: string }, literal: boolean): string {
  return literal ? `${name} ${because(judged)}` : `${name} resolves to ${judged.address}, which ${because(judged)}`;
}

function because(judged: AddressJudgement): string {
  switch (judged.rule) {
    case 'metadata':
      return 'is a cloud metadata service';
    case 'link-local':
      return 'is a link-local address';
    case 'private-address':
      return 'is a private or loopback address';
    case 'local-name':
      return 'is a name of the box or its network';
    default:
      return 'is a reserved address';
  }
}

function deny(rule: string, findings: readonly string[]): UrlVerdict {
  return { effect: 'deny', rule, findings };
}

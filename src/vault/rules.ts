import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export const VALUE_BYTES_MAX = 64 * 1024;
/** Shorter values need the owner's confirmation: they cannot be masked well. */
const VALUE_LENGTH_SAFE = 6;
const HOSTS_MAX = 32;
const ENTRY_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

export function isEntryName(name: string): boolean {
  return ENTRY_NAME.test(name);
}

export const notEntryName = (name: string): string =>
  `${name} is no entry name: capitals, digits and _, up to 64, a letter first.`;

export type ValueProblem = 'empty' | 'short' | 'large';

/** What is wrong with a value, or null. `short` is mended by the owner's confirmation. */
export function valueProblem(value: string): ValueProblem | null {
  if (value.trim() === '') return 'empty';
  if (Buffer.byteLength(value, 'utf8') > VALUE_BYTES_MAX) return 'large';
  return value.length < VALUE_LENGTH_SAFE ? 'short' : null;
}

/** `***` and the last 4 characters from 20 characters on, `***` alone below. */
export function maskedTail(value: string): string {
  return value.length >= 20 ? `***${value.slice(-4)}` : '***';
}

/**
 * The one spelling of `host` or `host:port` (`[v6]:port` for IPv6 with a port): lower case, punycode, no trailing dot.
 * Null for anything else: schemes, paths, wildcards, user names, ports out of range.
 */
export function normalHost(text: string): string | null {
  const trimmed = text.trim().toLowerCase();
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]/\\?#@\s*%]+)(?::(\d{1,5}))?$/.exec(trimmed);
  if (!parts) return bracketed(`[${trimmed}]`, false);
  const [, name = '', port] = parts;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  const host = name.startsWith('[') ? bracketed(name, port !== undefined) : domain(name);
  return host === null ? null : port === undefined ? host : `${host}:${Number(port)}`;
}

export type HostList = { readonly hosts: readonly string[] } | { readonly bad: string };

/** Reads hosts separated by line breaks, commas or spaces; tells the first that is no host. */
export function parseHosts(text: string): HostList {
  const hosts = new Set<string>();
  for (const item of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const host = normalHost(item);
    if (host === null || hosts.size === HOSTS_MAX) return { bad: item };
    hosts.add(host);
  }
  return { hosts: [...hosts] };
}

/** Whether an entry with these hosts may be sent to this URL: by name and, where the entry says one, by port. */
export function allowsHost(hosts: readonly string[], url: URL): boolean {
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  const bare = normalHost(url.hostname);
  const exact = normalHost(`${url.hostname.replace(/\.$/, '')}:${port}`);
  return bare !== null && (hosts.includes(bare) || (exact !== null && hosts.includes(exact)));
}

function bracketed(name: string, withPort: boolean): string | null {
  const address = name.slice(1, -1);
  if (isIP(address) !== 6 || address.includes('%')) return null;
  const canonical = new URL(`http://${name}`).hostname;
  return withPort ? canonical : canonical.slice(1, -1);
}

function domain(name: string): string | null {
  if (isIP(name) === 4) return name;
  const ascii = domainToASCII(name.replace(/\.$/, ''));
  // A name whose last label is a number is read as an IPv4 address in disguise by every URL parser.
  const labels = ascii.split('.');
  if (ascii.length > 253 || !labels.every((label) => LABEL.test(label))) return null;
  return /^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '') ? null : ascii;
}

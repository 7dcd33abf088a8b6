import ipaddr from 'ipaddr.js';
import { SeneschalError } from '../core/errors.js';

/**
 * Which addresses and names tools may reach (GUARD-1, GUARD-12). Pure: spelling and given addresses only, no lookup.
 * `public` is free, `local` only by an entry of SENESCHAL_NETWORK_ALLOW, `never` by nothing.
 */
export type Reach = 'public' | 'local' | 'never';

export interface AddressJudgement {
  readonly reach: Reach;
  /** `public-address`, `private-address`, `link-local`, `metadata`, `reserved-address`. */
  readonly rule: string;
}

/** One entry of SENESCHAL_NETWORK_ALLOW: a name or a range of addresses, on one port or (null) on all. */
export type AllowEntry =
  | { readonly kind: 'name'; readonly name: string; readonly port: number | null }
  | { readonly kind: 'range'; readonly range: [IpAddress, number]; readonly port: number | null };

export type NetworkAllow = readonly AllowEntry[];
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

const METADATA_ADDRESSES = [
  '169.254.169.254', // most clouds
  '169.254.170.2', // AWS container credentials
  '169.254.170.23', // AWS pod identity
  '169.254.42.42', // Scaleway
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure's wire server: a public address by its range
  '192.0.0.192', // Oracle
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS pod identity
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
].map((text) => ipaddr.parse(text).toNormalizedString());

const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.oraclecloud.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Names that mean the box itself or its neighbourhood, whatever a resolver says. */
const LOCAL_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'lan',
  'home.arpa',
  'in-addr.arpa',
  'ip6.arpa',
  'corp',
  'home',
  'svc',
  'kubernetes.default',
];

/** Public names that are there to answer with a loopback address, and zones that answer with the address in the name. */
const LOOPBACK_NAMES = [
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'fuf.me',
  'localho.st',
  'lacolhost.com',
  'yoogle.com',
  'local.gd',
  '127-0-0-1.org.uk',
  'local.sisteminha.com',
  'bugbounty.dod.network',
  'spoofed.burpcollaborator.net',
];
const ECHO_ZONES = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'traefik.me',
  'backname.io',
  'ip.dev',
  'localtls.com',
  'local-ip.co',
  'local-ip.sh',
];
/** They answer with one address when asked first and with another afterwards: there is no other use for them. */
const REBINDING_ZONES = ['1u.ms', 'rbndr.us', 'rebind.network', 'rebind.it'];

const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
const NEVER_RANGES = new Set(['unspecified', 'broadcast', 'multicast', 'linkLocal', 'deprecatedSiteLocal', 'discard']);
const LOCAL_RANGES = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal', 'benchmarking']);

/** The address in its simplest form (IPv4-mapped becomes IPv4, a zone id goes); null when the text is no address. */
export function parseAddress(text: string): IpAddress | null {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
}

/** Judges an address by itself, without the owner's exceptions. What cannot be parsed is never reached. */
export function judgeAddress(text: string): AddressJudgement {
  const address = parseAddress(text);
  if (address === null) return { reach: 'never', rule: 'reserved-address' };
  if (METADATA_ADDRESSES.includes(address.toNormalizedString())) return { reach: 'never', rule: 'metadata' };
  const range: string = address.range();
  if (range === 'linkLocal') return { reach: 'never', rule: 'link-local' };
  if (NEVER_RANGES.has(range)) return { reach: 'never', rule: 'reserved-address' };
  if (LOCAL_RANGES.has(range)) return { reach: 'local', rule: 'private-address' };
  if (isIpv6(address)) {
    // A network without IPv4 reaches every public one through this prefix.
    if (range === 'rfc6052')
      return judgeAddress(dotted(((address.parts[6] ?? 0) * 65_536 + (address.parts[7] ?? 0)) >>> 0));
    // Outside 2000::/3 nothing is routed, and ::127.0.0.1 counts as unicast by range alone.
    if (range !== 'unicast' || !address.match(GLOBAL_IPV6)) return { reach: 'never', rule: 'reserved-address' };
    return { reach: 'public', rule: 'public-address' };
  }
  return range === 'unicast'
    ? { reach: 'public', rule: 'public-address' }
    : { reach: 'local', rule: 'reserved-address' };
}

/** Judges a name by its spelling alone; null when the spelling says nothing against it. Takes what `hostName` gives. */
export function judgeName(name: string): AddressJudgement | null {
  if (METADATA_NAMES.has(name)) return { reach: 'never', rule: 'metadata' };
  const echoed = echoedAddresses(name).map(judgeAddress);
  const inside = echoed.find(({ reach }) => reach === 'never') ?? echoed.find(({ reach }) => reach === 'local');
  if (inside !== undefined) return inside;
  const local =
    !name.includes('.') ||
    [...LOCAL_SUFFIXES, ...LOOPBACK_NAMES, ...REBINDING_ZONES].some((suffix) => isWithin(name, suffix));
  return local ? { reach: 'local', rule: 'local-name' } : null;
}

/** The host of a parsed URL as names are compared here: without the final dot and without brackets. */
export function hostName(url: URL): string {
  return url.hostname
    .replace(/\.$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
}

/** The port a URL connects to. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** Whether an entry opens this name or address at this port. Says nothing about what no entry can open. */
export function isAllowed(
  allow: NetworkAllow,
  target: { name: string; address: string | null; port: number },
): boolean {
  const address = target.address === null ? null : parseAddress(target.address);
  return allow.some((entry) => {
    if (entry.port !== null && entry.port !== target.port) return false;
    if (entry.kind === 'name') return entry.name === target.name;
    return address !== null && address.kind() === entry.range[0].kind() && address.match(entry.range);
  });
}

/** Reads SENESCHAL_NETWORK_ALLOW: entries of `host`, `host:port` or a CIDR of /8 or narrower, by comma or space. */
export function parseNetworkAllow(text: string): NetworkAllow {
  return text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

function parseEntry(text: string): AllowEntry {
  if (text.includes('/')) {
    if (!ipaddr.isValidCIDR(text)) throw refuseEntry(text, 'not a range of addresses');
    const [base, bits] = ipaddr.parseCIDR(text);
    if (bits < 8) throw refuseEntry(text, 'wider than /8');
    return rangeEntry(text, base, bits, null);
  }
  if (ipaddr.isValid(text)) {
    const address = ipaddr.process(text);
    return rangeEntry(text, address, isIpv6(address) ? 128 : 32, null);
  }
  const parsed = /^(\[[^\]]+\]|[^:/@]+)(?::(\d{1,5}))?$/.exec(text);
  const host = parsed?.[1];
  const port = parsed?.[2] === undefined ? null : Number(parsed[2]);
  if (host === undefined || (port !== null && (port < 1 || port > 65_535))) {
    throw refuseEntry(text, 'not host, host:port or a range');
  }
  const address = parseAddress(host);
  if (address !== null) return rangeEntry(text, address, isIpv6(address) ? 128 : 32, port);
  const url = URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`) : null;
  const name = url === null ? '' : hostName(url);
  if (!/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name)) throw refuseEntry(text, 'not host, host:port or a range');
  if (METADATA_NAMES.has(name)) throw refuseEntry(text, 'metadata services are never reached');
  return { kind: 'name', name, port };
}

function rangeEntry(text: string, base: IpAddress, bits: number, port: number | null): AllowEntry {
  if (judgeAddress(base.toString()).reach === 'never' && bits >= (isIpv6(base) ? 10 : 16)) {
    throw refuseEntry(text, 'link-local, metadata and reserved addresses are never reached');
  }
  return { kind: 'range', range: [base, bits], port };
}

function refuseEntry(entry: string, why: string): SeneschalError {
  return new SeneschalError(
    'config.invalid',
    `SENESCHAL_NETWORK_ALLOW has "${entry}": ${why}. Allowed: host, host:port, or a CIDR of /8 or narrower.`,
  );
}

/** Every reading of the addresses that a name of such a zone spells: dotted, dashed, hexadecimal, IPv6 with dashes. */
function echoedAddresses(name: string): readonly string[] {
  const zone = ECHO_ZONES.find((suffix) => isWithin(name, suffix));
  if (zone === undefined) return [];
  const spelled = name.slice(0, -zone.length - 1);
  const quads = [...spelled.matchAll(/(?=(?<!\d)(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?!\d))/g)].map(
    ([, ...parts]) => parts.join('.'),
  );
  const numbers = [...spelled.matchAll(/(?<![0-9a-z])(?:0x)?([0-9a-f]{8})(?![0-9a-z])/g)].map(([, digits = '']) =>
    dotted(Number.parseInt(digits, 16)),
  );
  const label = spelled.slice(spelled.lastIndexOf('.') + 1).replaceAll('-', ':');
  return [...quads, ...numbers, ...(/:|^\d{8,}$/.test(label) ? [label] : [])].filter((text) => ipaddr.isValid(text));
}

const dotted = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

const isWithin = (name: string, suffix: string): boolean => name === suffix || name.endsWith(`.${suffix}`);

function isIpv6(address: IpAddress): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}

import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressRange = readonly [Address, number];

/** Who asks, for the limits. */
export interface Client {
  /** An IPv4 address, or the /64 of an IPv6 one. */
  readonly key: string;
  /** Loopback without a forwarding header: free of the general limit, never of the form's. */
  readonly local: boolean;
}

const FORWARDING = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'cf-connecting-ip', 'via'];

/** Addresses or CIDRs, as they stand in `SENESCHAL_TRUSTED_PROXIES`; the configuration has checked them. */
export function parseRanges(ranges: readonly string[]): readonly AddressRange[] {
  return ranges.map((range) => {
    if (range.includes('/')) return ipaddr.parseCIDR(range);
    const address = ipaddr.process(range);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

/**
 * The socket's address; `X-Forwarded-For` counts only where the socket is a trusted proxy, and then its last address
 * that is no trusted proxy itself (NET-5).
 */
export function clientOf(request: IncomingMessage, trusted: readonly AddressRange[]): Client {
  const socket = request.socket.remoteAddress ?? '';
  const forwarded = FORWARDING.some((name) => request.headers[name] !== undefined);
  const hops = within(socket, trusted) ? forwardedHops(request) : [];
  const address = hops.findLast((hop) => !within(hop, trusted)) ?? socket;
  const parsed = ipaddr.isValid(address) ? ipaddr.process(address) : null;
  if (!parsed) return { key: 'unknown', local: false };
  const key = parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
  return { key, local: parsed.range() === 'loopback' && !forwarded };
}

function forwardedHops(request: IncomingMessage): readonly string[] {
  const header = request.headers['x-forwarded-for'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => ipaddr.isValid(hop));
}

function within(address: string, ranges: readonly AddressRange[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

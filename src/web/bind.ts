import ipaddr from 'ipaddr.js';
import { SeneschalError } from '../core/errors.js';

const PRIVATE_RANGES = ['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal'];

/**
 * The address to listen on, from `SENESCHAL_BIND`. Throws `web.bind` for anything but an IP address or `localhost`,
 * and for an address that the internet could reach unless `allowPublic` (NET-1).
 */
export function bindAddress(bind: string, allowPublic: boolean): string {
  const text = bind.trim().replace(/^\[(.*)\]$/, '$1');
  if (text === 'localhost') return '127.0.0.1';
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) {
    throw new SeneschalError('web.bind', `SENESCHAL_BIND is "${bind}"; it must be an IP address of this box.`);
  }
  const range = ipaddr.process(text).range();
  if (!PRIVATE_RANGES.includes(range) && !allowPublic) {
    const reach = range === 'unspecified' ? 'every network of this box' : 'the internet';
    throw new SeneschalError('web.bind', `SENESCHAL_BIND=${bind} would open the listener to ${reach}.`, {
      hint: 'Use 127.0.0.1 or a private address; SENESCHAL_ALLOW_PUBLIC_BIND=true lets it through.',
    });
  }
  return text;
}

/** Names and addresses by which this listener is called: what its certificate holds and its Host check accepts. */
export function ownNames(address: string, publicUrl: string | undefined): readonly string[] {
  const named = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, '$1')];
  const bound = ipaddr.process(address).range() === 'unspecified' ? [] : [address];
  return [...new Set(['127.0.0.1', '::1', 'localhost', ...bound, ...named])];
}

/** `https://127.0.0.1:8443`: the public URL where one is set, else the bound address, else loopback. */
export function baseUrl(address: string, port: number, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin;
  const host = ipaddr.process(address).range() === 'unspecified' ? '127.0.0.1' : address;
  return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`).origin;
}

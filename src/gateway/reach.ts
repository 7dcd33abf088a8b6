import { isIP } from 'node:net';

/** From where an address of the form can be opened. */
export type Reach = 'box' | 'tailscale' | 'network' | 'name';

/** Judged by the host alone: loopback, Tailscale's names and range, a private address, any other name. */
export function reachOf(url: string): Reach {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : 'localhost';
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return 'box';
  if (host.endsWith('.ts.net') || isTailnet(host)) return 'tailscale';
  return isIP(host) !== 0 || host.endsWith('.local') ? 'network' : 'name';
}

/** One sentence for the message with the link (SECRET-9). */
export function whereItOpens(url: string): string {
  switch (reachOf(url)) {
    case 'box':
      return 'Open it on the box itself, within 10 minutes. `seneschal setup` makes it open on your phone.';
    case 'tailscale':
      return 'Opens on your devices in Tailscale, for 10 minutes.';
    case 'network':
      return "Opens in your own network, in a browser that trusts this box's certificate, for 10 minutes.";
    case 'name':
      return 'Opens on any of your devices, for 10 minutes.';
  }
}

/** 100.64.0.0/10 and fd7a:115c:a1e0::/48: what Tailscale gives to devices. */
function isTailnet(host: string): boolean {
  const [first, second] = host.split('.').map(Number);
  const inRange = first === 100 && second !== undefined && second >= 64 && second <= 127;
  return (isIP(host) === 4 && inRange) || (isIP(host) === 6 && host.startsWith('fd7a:115c:a1e0:'));
}

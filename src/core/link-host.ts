/** The host of a web address, the domain of a mail's; null for what leads nowhere. */
export function linkHost(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null) return null;
  if (url.protocol !== 'mailto:') return url.hostname === '' ? null : url.hostname;
  const domain = url.pathname.split('@').at(-1) ?? '';
  return domain === '' ? null : domain.toLowerCase();
}

/** Whether an eye may take another host for the one that a web address leads to. */
export function disguisesHost(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.username !== '' || url.password !== '' || !address.toLowerCase().includes(url.host);
}

import type { Check, SecretKind } from '../kind.js';

/** Shorthand of the catalogue's rows. */
export type PrefixRow = readonly [
  id: string,
  provider: string,
  noun: string,
  starts: string | readonly string[],
  rest: string,
  rotateUrl?: string | undefined,
  extra?: { readonly check?: Check; readonly near?: readonly string[] },
];

export type NearRow = readonly [
  id: string,
  provider: string,
  noun: string,
  near: string | readonly string[],
  token: string,
  rotateUrl?: string | undefined,
];

export type TokenRow = readonly [
  id: string,
  provider: string,
  noun: string,
  token: string,
  rotateUrl?: string | undefined,
  extra?: { readonly lead?: string; readonly check?: Check; readonly near?: readonly string[] },
];

export function tokenKinds(rows: readonly TokenRow[]): SecretKind[] {
  return rows.map(([id, provider, noun, token, rotateUrl, extra]) => ({
    ...named(id, provider, noun, rotateUrl),
    shape: { by: 'token', token, ...extra },
  }));
}

/** Found by the code of one detector, which looks its kind up by id. */
export function codeKinds(rows: readonly (readonly [id: string, noun: string])[]): SecretKind[] {
  return rows.map(([id, noun]) => ({ ...named(id, '', noun, undefined), shape: { by: 'code' } }));
}

export function prefixKinds(rows: readonly PrefixRow[]): SecretKind[] {
  return rows.map(([id, provider, noun, starts, rest, rotateUrl, extra]) => ({
    ...named(id, provider, noun, rotateUrl),
    shape: { by: 'prefix', starts: typeof starts === 'string' ? [starts] : starts, rest, ...extra },
  }));
}

export function nearKinds(rows: readonly NearRow[]): SecretKind[] {
  return rows.map(([id, provider, noun, near, token, rotateUrl]) => ({
    ...named(id, provider, noun, rotateUrl),
    shape: { by: 'near', near: typeof near === 'string' ? [near] : near, token },
  }));
}

/** `provider` is empty for what no provider issues. */
function named(id: string, provider: string, noun: string, rotateUrl: string | undefined): Omit<SecretKind, 'shape'> {
  const name = provider === '' ? noun : `${provider} ${noun}`;
  return { id, provider, name, ...(rotateUrl === undefined ? {} : { rotateUrl: `https://${rotateUrl}` }) };
}

/** Characters of base64url, of base 62 and of hexadecimal, `from` to `to` of them. */
export const url64 = (from: number, to = from): string => `[A-Za-z0-9_-]{${from},${to}}`;
export const alnum = (from: number, to = from): string => `[A-Za-z0-9]{${from},${to}}`;
export const hex = (from: number, to = from): string => `[0-9a-fA-F]{${from},${to}}`;
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';

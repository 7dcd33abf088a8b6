import type { View } from '../normalise.js';
import type { Check, Match, NearShape, SecretKind, TokenShape } from './kind.js';
import { characterSet, runsOf } from './runs.js';
import { isBase58Check, isPlaceholder, looksRandom } from './shape.js';

/** Where the words of one sort were found: `ends` ascending, `ids` beside them. */
export interface WordHits {
  readonly ends: number[];
  readonly ids: number[];
}

export interface TokenMatcher {
  readonly kind: SecretKind;
  readonly token: RegExp;
  readonly lead: RegExp | null;
  readonly check: Check | undefined;
  readonly near: readonly string[] | undefined;
}

export interface NearMatcher {
  readonly kind: SecretKind;
  readonly token: RegExp;
  /** False where only hexadecimal digits fit: a plain hash must not pass for a token of letters. */
  readonly mixed: boolean;
}

export function tokenMatcher(kind: SecretKind, shape: TokenShape): TokenMatcher {
  return {
    kind,
    token: new RegExp(`^(?:${shape.token})$`),
    lead: shape.lead === undefined ? null : new RegExp(`(?<![A-Za-z0-9])(?:${shape.lead})$`),
    check: shape.check,
    near: shape.near,
  };
}

export function nearMatcher(kind: SecretKind, shape: NearShape): NearMatcher {
  return {
    kind,
    token: new RegExp(`^(?:${shape.token})$`),
    mixed: /g-z|A-Z/.test(shape.token) && !/0-9a-f/.test(shape.token),
  };
}

const TOKEN = characterSet(/[A-Za-z0-9_+/.~!-]/);
const LEAST = 16;
const MOST = 300;
const LABEL =
  /(?:sha-?\d{0,3}|md5|commit|hash|digest|checksum|etag|integrity|rev|revision|trace|request|uuid|guid|fingerprint|blob|tree|parent|version|build|deployment|span|order|tracking|session|message|image|layer|[_ .-]id|\bid|Id)["']?\s*[:=#@(-]?\s*["']?$/i;
const BACK = 120;
const AHEAD = 48;
const CREDENTIAL_BACK = 64;

/** Secrets that only their surroundings give away, and whole-token forms; tokens are looked at once each. */
export function matchTokens(
  view: View,
  tokens: readonly TokenMatcher[],
  near: readonly (readonly NearMatcher[])[],
  names: WordHits,
  credentials: WordHits,
): Match[] {
  const { text } = view;
  const found: Match[] = [];
  let firstName = 0;
  let firstCredential = 0;
  for (const run of runsOf(text, TOKEN, LEAST)) {
    const { start } = run;
    if (run.end - start > MOST) continue;
    const raw = text.slice(start, run.end);
    const value = raw.replace(/[.~!_-]+$/, '').replace(/^[.~!/+-]+/, '');
    const at = start + raw.indexOf(value);
    const end = at + value.length;
    const inner = value.replace(/^_+/, '');
    const whole =
      wholeToken(text, tokens, value, at, end) ??
      wholeToken(text, tokens, raw, start, start + raw.length) ??
      wholeToken(text, tokens, inner, end - inner.length, end);
    if (whole !== null) {
      found.push(whole);
      continue;
    }
    while ((names.ends[firstName] ?? end) < at - BACK) firstName += 1;
    while ((credentials.ends[firstCredential] ?? end) < at - CREDENTIAL_BACK) firstCredential += 1;
    if ((names.ends[firstName] ?? Number.POSITIVE_INFINITY) > end + AHEAD) continue;
    const credential = credentials.ends[firstCredential];
    if (credential === undefined || (credential > at && credential < end) || credential > end + AHEAD) continue;
    if (!looksRandom(value) || isPath(value) || LABEL.test(text.slice(Math.max(0, at - 20), at))) continue;
    const kind = nearestKind(near, names, firstName, value, at, end);
    if (kind !== null) {
      found.push({ start: at, end, kind, value, certainty: 'context' });
    } else if (raw !== value) {
      const uncut = nearestKind(near, names, firstName, raw, start, start + raw.length);
      if (uncut !== null) found.push({ start, end: start + raw.length, kind: uncut, value: raw, certainty: 'context' });
    }
  }
  return found;
}

/** Words between slashes, with hardly a digit. */
const isPath = (value: string): boolean =>
  value.includes('/') && (value.match(/\d/g) ?? []).length < 2 && /[A-Za-z]{8}/.test(value);

/** The kind whose provider is named closest before the token (or soon after it) and whose form fits. */
function nearestKind(
  near: readonly (readonly NearMatcher[])[],
  names: WordHits,
  first: number,
  value: string,
  at: number,
  end: number,
): SecretKind | null {
  let best: SecretKind | null = null;
  const plainHex = /^[0-9a-f]+$/.test(value) || /^[0-9a-f-]{36}$/i.test(value);
  for (let index = first; index < first + 40; index += 1) {
    const place = names.ends[index];
    if (place === undefined || place > end + AHEAD) break;
    if (place > at && place <= end) continue;
    if (place > end && best !== null) break;
    for (const matcher of near[names.ids[index] as number] ?? []) {
      if ((plainHex && matcher.mixed) || !matcher.token.test(value)) continue;
      best = matcher.kind;
      break;
    }
  }
  return best;
}

function wholeToken(
  text: string,
  tokens: readonly TokenMatcher[],
  value: string,
  at: number,
  end: number,
): Match | null {
  for (const matcher of tokens) {
    if (!matcher.token.test(value) || isPlaceholder(value)) continue;
    if (matcher.check === 'base58' && !isBase58Check(value)) continue;
    if (matcher.check === 'random' && !looksRandom(value)) continue;
    if (matcher.check === 'unlabelled' && LABEL.test(text.slice(Math.max(0, at - 20), at))) continue;
    if (matcher.near !== undefined) {
      const around = text.slice(Math.max(0, at - 160), end + 60).toLowerCase();
      if (!matcher.near.some((word) => around.includes(word))) continue;
    }
    let start = at;
    if (matcher.lead !== null) {
      const lead = matcher.lead.exec(text.slice(Math.max(0, at - 48), at));
      if (lead === null) continue;
      start = at - lead[0].length;
    }
    return { start, end, kind: matcher.kind, value: text.slice(start, end), certainty: 'pattern' };
  }
  return null;
}

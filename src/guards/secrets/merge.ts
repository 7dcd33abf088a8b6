import type { Match, SecretKind } from './kind.js';
import { looksRandom } from './shape.js';

const BLOCKS = new Set([
  'private-key',
  'pgp-private-key',
  'ssh-private-key',
  'putty-private-key',
  'google-service-account',
  'seed-phrase',
  'payment-card',
]);
const GENERAL = new Set(['bearer-token', 'basic-credential', 'url-password', 'jwt', 'unknown-key']);

/** Who names an overlap: a block, a provider's own form, a provider's name near, a general form, the words around. */
function rank({ kind }: Match): number {
  if (BLOCKS.has(kind.id)) return 0;
  if (GENERAL.has(kind.id)) return 3;
  if (kind.shape.by === 'code') return kind.id === 'assigned-secret' ? 4 : 5;
  return kind.shape.by === 'near' ? 2 : 1;
}

/** Of two forms that fit the same text, the one that asked for a word near it or begins with more speaks. */
function special({ kind: { shape }, value }: Match): number {
  if (shape.by !== 'prefix') return 0;
  const start = Math.max(0, ...shape.starts.filter((one) => value.startsWith(one)).map((one) => one.length));
  return start + (shape.near === undefined ? 0 : 100);
}

/** Overlapping findings become one that covers them all and is named by the most certain; then pairs become one. */
export function merge(text: string, matches: readonly Match[], pairKind: SecretKind): Match[] {
  const sorted = [...matches].sort(
    (a, b) => a.start - b.start || rank(a) - rank(b) || b.end - a.end || special(b) - special(a),
  );
  const merged: Match[] = [];
  for (const match of sorted) {
    const last = merged[merged.length - 1];
    if (last === undefined || match.start >= last.end) {
      merged.push(match);
      continue;
    }
    const named = rank(match) < rank(last) ? match : last;
    merged[merged.length - 1] = { ...named, start: last.start, end: Math.max(last.end, match.end) };
  }
  return pairs(text, merged, pairKind);
}

/** Ids that are of use only with their secret, and the kinds that the secret may have been taken for. */
const PAIRS: Readonly<Record<string, readonly string[]>> = {
  'aws-access-key-id': ['aws-secret-key', 'assigned-secret', 'digitalocean-spaces-secret'],
  'digitalocean-spaces-key': ['digitalocean-spaces-secret', 'assigned-secret'],
  'alibaba-key-id': ['alibaba-secret', 'assigned-secret'],
  'tencent-key-id': ['tencent-secret-key', 'assigned-secret'],
  'razorpay-key': ['razorpay-secret', 'assigned-secret'],
};
const PAIR_REACH = 120;

function pairs(text: string, matches: readonly Match[], pairKind: SecretKind): Match[] {
  const found: Match[] = [];
  for (const match of matches) {
    const last = found[found.length - 1];
    if (last !== undefined && match.start - last.end <= PAIR_REACH) {
      const [id, secret] = PAIRS[last.kind.id] === undefined ? [match, last] : [last, match];
      if (PAIRS[id.kind.id]?.includes(secret.kind.id)) {
        found[found.length - 1] = paired(id, secret, pairKind);
        continue;
      }
    }
    found.push(match);
  }
  return found.map((match, index) => withBareSecret(text, match, found[index + 1], pairKind));
}

function paired(id: Match, secret: Match, pairKind: SecretKind): Match {
  const kind = id.kind.id === 'aws-access-key-id' ? pairKind : secret.kind;
  const value = `${id.value}:${secret.value}`;
  return {
    kind,
    start: Math.min(id.start, secret.start),
    end: Math.max(id.end, secret.end),
    value,
    pair: { id: id.value, secret: secret.value },
    certainty: 'pattern',
  };
}

/** An AWS id with its 40-character secret after it and no word to say so. */
function withBareSecret(text: string, match: Match, next: Match | undefined, pairKind: SecretKind): Match {
  if (match.kind.id !== 'aws-access-key-id') return match;
  const limit = Math.min(match.end + PAIR_REACH, next?.start ?? text.length);
  const bare = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/.exec(text.slice(match.end, limit));
  if (bare === null || !looksRandom(bare[0]) || !/[A-Z]/.test(bare[0]) || !/[a-z]/.test(bare[0])) return match;
  const end = match.end + bare.index + bare[0].length;
  const pair = { id: match.value, secret: bare[0] };
  return { ...match, kind: pairKind, end, value: `${match.value}:${bare[0]}`, pair };
}

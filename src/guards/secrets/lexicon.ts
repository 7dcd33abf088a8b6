import { type Automaton, createAutomaton } from '../automaton.js';
import type { SecretKind } from './kind.js';
import { type NearMatcher, nearMatcher, type TokenMatcher, tokenMatcher } from './nearby.js';
import type { Promised } from './phrases.js';
import { type PrefixMatcher, prefixMatcher } from './prefixed.js';
import { CREDENTIAL_WORDS, LOGIN_WORDS, PASSWORD_WORDS, PIN_WORDS, SEED_WORDS } from './words.js';

/** What a word in a text can mean to the guard; one word can mean several things. */
export interface Meaning {
  readonly length: number;
  readonly prefixes: PrefixMatcher[];
  /** Index into `Lexicon.near`, or -1. */
  near: number;
  credential: boolean;
  seed: boolean;
  promised: Promised | null;
}

/** All words of all kinds in one automaton, each with its meaning. */
export interface Lexicon {
  readonly words: Automaton;
  readonly meanings: readonly Meaning[];
  readonly near: readonly (readonly NearMatcher[])[];
  readonly tokens: readonly TokenMatcher[];
  kindOf(id: string): SecretKind;
}

export function createLexicon(kinds: readonly SecretKind[]): Lexicon {
  const words: string[] = [];
  const meanings: Meaning[] = [];
  const places = new Map<string, Meaning>();
  const near: NearMatcher[][] = [];
  const tokens: TokenMatcher[] = [];
  const byId = new Map(kinds.map((kind) => [kind.id, kind]));

  const meaning = (word: string): Meaning => {
    const key = word.toLowerCase();
    const known = places.get(key);
    if (known) return known;
    const fresh: Meaning = {
      length: word.length,
      prefixes: [],
      near: -1,
      credential: false,
      seed: false,
      promised: null,
    };
    places.set(key, fresh);
    words.push(key);
    meanings.push(fresh);
    return fresh;
  };

  for (const kind of kinds) {
    const { shape } = kind;
    if (shape.by === 'prefix') {
      for (const start of shape.starts) meaning(start).prefixes.push(prefixMatcher(kind, shape, start));
    } else if (shape.by === 'token') {
      tokens.push(tokenMatcher(kind, shape));
    } else if (shape.by === 'near') {
      const matcher = nearMatcher(kind, shape);
      for (const word of shape.near) {
        const place = meaning(word);
        if (place.near < 0) place.near = near.push([]) - 1;
        near[place.near]?.push(matcher);
      }
    }
  }
  for (const word of SEED_WORDS) meaning(word).seed = true;
  for (const word of CREDENTIAL_WORDS) Object.assign(meaning(word), { credential: true, promised: 'credential' });
  for (const word of LOGIN_WORDS) Object.assign(meaning(word), { promised: 'login' });
  for (const word of PIN_WORDS) Object.assign(meaning(word), { promised: 'pin' });
  for (const word of PASSWORD_WORDS) Object.assign(meaning(word), { credential: true, promised: 'password' });

  return {
    words: createAutomaton(words),
    meanings,
    near,
    tokens,
    kindOf(id) {
      const kind = byId.get(id);
      if (kind === undefined) throw new RangeError(`no such kind of secret: ${id}`);
      return kind;
    },
  };
}

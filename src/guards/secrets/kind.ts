/**
 * The words of the secret guard. A kind is one row of the catalogue: adding one is an entry there and its samples in
 * tests/fixtures/secrets-samples.ts (a kind without a true and a false sample fails the test run).
 */
export interface SecretKind {
  /** Stable, kebab-case, unique. */
  readonly id: string;
  readonly provider: string;
  /** As it stands in a sentence: `Anthropic API key`. */
  readonly name: string;
  /** The provider's page where it is replaced. */
  readonly rotateUrl?: string;
  readonly shape: PrefixShape | TokenShape | NearShape | BuiltInShape;
}

/** Found by how it begins. `rest` is what follows the beginning. */
export interface PrefixShape {
  readonly by: 'prefix';
  readonly starts: readonly string[];
  /** A regular expression without nested quantifiers whose length is bounded: that keeps the scan linear. */
  readonly rest: string;
  readonly check?: Check;
  /** Only where this word or one of these words stands near. */
  readonly near?: readonly string[];
}

/** Begins with nothing fixed, but as a whole token it is unmistakable. */
export interface TokenShape {
  readonly by: 'token';
  /** The whole token. */
  readonly token: string;
  /** What stands directly before the token and belongs to it. */
  readonly lead?: string;
  readonly check?: Check;
  readonly near?: readonly string[];
}

/** Has no mark of its own: a token of this form, with the provider's name and a word such as `key` before it. */
export interface NearShape {
  readonly by: 'near';
  readonly near: readonly string[];
  /** The whole token. */
  readonly token: string;
}

/** Found by code: password phrases, key blocks, assignments. */
export interface BuiltInShape {
  readonly by: 'code';
}

/** A test beyond the form. */
export type Check = 'random' | 'unlabelled' | 'jwt' | 'base58' | 'basic' | 'url-password';

export interface SecretFinding {
  /** In the original text; together they cover the whole secret. */
  readonly start: number;
  readonly end: number;
  /** The id of its kind. */
  readonly kind: string;
  readonly provider: string;
  readonly name: string;
  readonly rotateUrl?: string;
  /** `pattern`: its form gives it away. `context`: the words around it do. */
  readonly certainty: 'pattern' | 'context';
  /** The two halves, where an id and its secret were found together. */
  readonly pair?: KeyPair;
  /** The secret itself, without what it was split or wrapped by. Must not be stored or logged. */
  readonly value: string;
}

export interface KeyPair {
  readonly id: string;
  readonly secret: string;
}

/** A finding inside a view, before it is mapped back. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly kind: SecretKind;
  readonly value: string;
  readonly pair?: KeyPair;
  readonly certainty: 'pattern' | 'context';
}

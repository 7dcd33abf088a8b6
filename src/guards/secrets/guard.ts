import { decodeEscapes, normalise } from '../normalise.js';
import { SECRET_KINDS } from './catalogue/index.js';
import type { Match, SecretFinding } from './kind.js';
import { createLexicon } from './lexicon.js';
import { merge } from './merge.js';
import { scanAll } from './scan.js';

/**
 * text → as a reader takes it (normalise) → as machines take it (escapes, joins, encodings) → kinds → findings in the
 * original. The invariant: `original.slice(start, end)` holds all of the secret, so taking that out takes it out.
 */
export interface SecretGuard {
  /** Findings in order, not overlapping. Linear in the text, synchronous, keeps nothing. */
  scan(text: string): SecretFinding[];
  /** The text with each finding replaced by a marker that names it: `[secret removed: Anthropic API key]`. */
  mask(text: string): { readonly masked: string; readonly findings: SecretFinding[] };
}

export function createSecretGuard(): SecretGuard {
  const lexicon = createLexicon(SECRET_KINDS);
  const kinds = {
    password: lexicon.kindOf('password'),
    pin: lexicon.kindOf('pin'),
    login: lexicon.kindOf('login'),
    credential: lexicon.kindOf('assigned-secret'),
  };
  const pairKind = lexicon.kindOf('aws-key-pair');

  const scan = (text: string): SecretFinding[] => {
    const view = normalise(text);
    return merge(text, scanAll(lexicon, kinds, view, decodeEscapes(view)), pairKind).map(finding);
  };
  return {
    scan,
    mask(text) {
      const findings = scan(text);
      let masked = '';
      let read = 0;
      for (const one of findings) {
        masked += `${text.slice(read, one.start)}[secret removed: ${one.name}]`;
        read = one.end;
      }
      return { masked: masked + text.slice(read), findings };
    },
  };
}

function finding({ start, end, kind, value, certainty, pair }: Match): SecretFinding {
  const { id, provider, name, rotateUrl } = kind;
  const page = rotateUrl === undefined ? {} : { rotateUrl };
  return { start, end, kind: id, provider, name, ...page, certainty, ...(pair ? { pair } : {}), value };
}

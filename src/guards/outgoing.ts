import type { TextMask } from '../core/redactor.js';
import { secretReferences } from '../core/secret.js';
import type { SecretGuard } from './secrets/guard.js';

/** Why something must not go out as it is. */
export interface Held {
  /** For the model: what is wrong and what to write instead. It never tells a decoy from any other entry. */
  readonly sentence: string;
  /** The planted entry that was asked for or written out; null where it was a real one. */
  readonly decoy: string | null;
}

/** Somebody reached for a planted entry (SECRET-8). */
export interface DecoyTouch {
  readonly name: string;
  readonly conversation: string;
  /** Null for its value in a reply. */
  readonly tool: string | null;
}

/**
 * What a model composes, before it becomes a request, a command or a message (GUARD-2): any JSON value → its strings →
 * decoys by name, stored values by their bytes in every form, keys that nobody stored by how they look.
 */
export type OutgoingCheck = (
  value: unknown,
  /** `references`: whether `secret:NAME` means something here. `forms`: whether the look of a key is enough. */
  looks: { readonly references: boolean; readonly forms: boolean },
) => Held | null;

export function createOutgoingCheck(deps: {
  readonly known: Pick<TextMask, 'contains'>;
  readonly guard: SecretGuard;
  readonly isDecoy: (name: string) => boolean;
}): OutgoingCheck {
  return (value, { references, forms }) => {
    const text = stringsIn(value).join('\n');
    const wanted = references ? secretReferences(text).find(deps.isDecoy) : undefined;
    if (wanted !== undefined) return { sentence: `${wanted} is frozen. Ask the owner.`, decoy: wanted };
    const holders = deps.known.contains(text);
    const planted = holders.map(ownersName).find((name) => name !== null && deps.isDecoy(name)) ?? null;
    const [holder] = holders;
    if (holder !== undefined) return { sentence: sentenceFor(planted ?? ownersName(holder)), decoy: planted };
    const form = forms ? deps.guard.scan(text).find(({ certainty }) => certainty === 'pattern') : undefined;
    if (form === undefined) return null;
    const sentence = `It holds what looks like a key (${form.name}). Get it by ask_secret and write secret:NAME in its place.`;
    return { sentence, decoy: null };
  };
}

/** Entries of the owner's can be named to the model; the product's own keys have no name there. */
const ownersName = (holder: string): string | null =>
  holder.startsWith('owner/') ? holder.slice('owner/'.length) : null;

const sentenceFor = (name: string | null): string =>
  name === null
    ? 'It holds a key that Seneschal itself uses, which goes nowhere.'
    : `It holds the value of ${name}. Write secret:${name} in its place.`;

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return value === undefined || value === null ? [] : [String(value)];
  return Object.entries(value).flatMap(([key, item]) => [...(Array.isArray(value) ? [] : [key]), ...stringsIn(item)]);
}

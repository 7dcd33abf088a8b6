import { Secret } from '../core/secret.js';
import { type Form, formsOf } from './redact-forms.js';
import { createLiteralIndex, type LiteralIndex, WINDOW } from './redact-index.js';
import { redactDeep } from './redact-values.js';

/**
 * Known values out of any text: text → every form of every value (plain, encoded, escaped, reversed) → mask.
 * The invariant: nothing that leaves holds a whole value in any of these forms, also when it comes in pieces.
 * To do that the values and their forms lie in this object's memory as long as it lives; it never prints them.
 */
export interface Redactor {
  /** A second value under the same name replaces the first. An empty value is ignored. */
  add(name: string, value: Secret | string): void;
  remove(name: string): void;
  redact(text: string): string;
  /** Names of the secrets that the text contains, in any form. */
  contains(text: string): string[];
  /** A masked copy of anything that may be logged. */
  redactValue(value: unknown): unknown;
  stream(): RedactorStream;
}

export interface RedactorStream {
  /** What of the text so far can go out: all but an end that may be the beginning of a secret. */
  push(chunk: string): string;
  /** The rest. */
  end(): string;
}

interface Literal extends Form {
  readonly name: string;
  readonly mask: string;
  /** Counts only where no letter or digit is next to it. */
  readonly wholeWord: boolean;
}

interface Hit {
  readonly start: number;
  readonly end: number;
  readonly literal: Literal;
}

const SHORT = 6;
const SHOWS_LAST_FROM = 20;

/** `***` and the last four characters, or `***` alone for values of under 20 characters. */
function maskOf(value: string): string {
  return value.length >= SHOWS_LAST_FROM ? `***${value.trimEnd().slice(-4)}` : '***';
}

export function createRedactor(): Redactor {
  const values = new Map<string, { readonly value: string; readonly literals: readonly Literal[] }>();
  let index: LiteralIndex<Literal> | null = null;
  let brief: readonly Literal[] = [];
  let short = false;

  const literalsOf = (name: string, value: string): Literal[] => {
    const mask = maskOf(value);
    const wholeWord = value.length < SHORT;
    return formsOf(value).map((form) => ({ ...form, name, mask, wholeWord }));
  };

  const current = (): LiteralIndex<Literal> => {
    if (index === null) {
      const all = [...values.values()].flatMap((entry) => entry.literals);
      short = all.some((literal) => literal.wholeWord);
      brief = all.filter((literal) => literal.text.length < WINDOW);
      index = createLiteralIndex(all.filter((literal) => literal.text.length >= WINDOW));
    }
    return index;
  };

  const hitsIn = (text: string): Hit[] => {
    const hits: Hit[] = [];
    const add = (literal: Literal, start: number) => {
      const end = start + literal.text.length;
      if (literal.wholeWord && !standsAlone(text, start, end)) return;
      hits.push({ start: widen(text, start, -literal.before), end: widen(text, end, literal.after), literal });
    };
    current().find(text, add);
    for (const literal of brief) {
      for (let at = text.indexOf(literal.text); at >= 0; at = text.indexOf(literal.text, at + 1)) add(literal, at);
    }
    return hits.sort((a, b) => a.start - b.start || b.end - a.end);
  };

  const redact = (text: string): string => {
    if (values.size === 0) return text;
    const hits = hitsIn(text);
    if (hits.length === 0) return text;
    let masked = '';
    let read = 0;
    for (let index = 0; index < hits.length; ) {
      const first = hits[index] as Hit;
      let { end, literal } = first;
      for (index += 1; index < hits.length && (hits[index] as Hit).start < end; index += 1) {
        const next = hits[index] as Hit;
        end = Math.max(end, next.end);
        if (next.literal.text.length > literal.text.length) literal = next.literal;
      }
      masked += text.slice(read, first.start) + literal.mask;
      read = end;
    }
    return masked + text.slice(read);
  };

  return {
    add(name, secret) {
      const value = secret instanceof Secret ? secret.reveal() : secret;
      if (value === '') return;
      const known = values.get(name);
      if (known !== undefined && known.value === value) return;
      values.set(name, { value, literals: literalsOf(name, value) });
      index = null;
    },
    remove(name) {
      if (values.delete(name)) index = null;
    },
    redact,
    contains: (text) => [...new Set(hitsIn(text).map((hit) => hit.literal.name))],
    redactValue: (value) => redactDeep(value, redact),
    stream() {
      let held = '';
      return {
        push(chunk) {
          held += chunk;
          const safe = safeEnd(held, current(), short, hitsIn(held));
          const out = redact(held.slice(0, safe));
          held = held.slice(safe);
          return out;
        },
        end() {
          const out = redact(held);
          held = '';
          return out;
        },
      };
    },
  };
}

/**
 * Up to where a text that goes on may be let out: before an unfinished form, never inside a hit or where the next
 * character decides whether it is one, and only between words while short values are known.
 */
function safeEnd(text: string, index: LiteralIndex<Literal>, short: boolean, hits: readonly Hit[]): number {
  let safe = index.openEnd(text);
  if (short) {
    const furthest = Math.max(0, safe - LONGEST_WORD);
    let cut = Math.min(safe, text.length - 1);
    while (cut > furthest && WORD.test(text.charAt(cut - 1)) && WORD.test(text.charAt(cut))) cut -= 1;
    if (cut > furthest || furthest === 0) safe = Math.max(0, cut);
  }
  for (let at = hits.length - 1; at >= 0; at -= 1) {
    const hit = hits[at] as Hit;
    const undecided = hit.end === text.length && (hit.literal.wholeWord || hit.literal.after > 0);
    if (hit.start < safe && (hit.end > safe || undecided)) safe = hit.start;
  }
  return safe;
}

const LONGEST_WORD = 256;
const WORD = /[\p{L}\p{N}_]/u;

function standsAlone(text: string, start: number, end: number): boolean {
  return !WORD.test(text.charAt(start - 1)) && !WORD.test(text.charAt(end));
}

/** One base64 character further, where there is one. */
function widen(text: string, at: number, by: number): number {
  if (by === 0) return at;
  const beside = text.charAt(by < 0 ? at - 1 : at);
  return /[A-Za-z0-9+/_-]/.test(beside) ? at + by : at;
}

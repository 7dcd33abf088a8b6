import { createDisguises } from './disguise.js';
import { type Folded, foldText } from './fold.js';
import { createMeanings } from './meanings.js';
import { subjectWords, weigh } from './mention.js';
import { payloadsIn } from './payloads.js';
import type { ContentKind } from './rules.js';
import { createSequences, type Evidence } from './sequences.js';
import { structureIn } from './structure.js';

export interface ContentFinding {
  readonly kind: ContentKind;
  readonly rule: string;
  /** What was found, as it was read, at most 100 characters. For the owner, never for the model. */
  readonly text: string;
}

/** One text and what belongs to it. */
interface Page {
  readonly text: string;
  readonly folded: Folded;
  readonly hidden: readonly string[];
}

export type Scanner = (page: Page) => ContentFinding[];

/** Evidence within so many characters counts together. */
const WINDOW = 400;
const ENOUGH = 1.5;
/** What is hidden has no reason to speak of instructions at all. */
const ENOUGH_HIDDEN = 1;
const DEPTH = 3;
const EXCERPT = 100;

/** Builds the tables once; the scanner itself keeps nothing and is linear in its text. */
export function createScanner(): Scanner {
  const meanings = createMeanings();
  const sequences = createSequences(meanings.names);
  const disguises = createDisguises();

  function evidenceIn(text: string): Evidence[] {
    const flat = text.replaceAll('\n', ' ');
    const plain = [...structureIn(text), ...sequences.match(text, meanings.find(flat)), ...disguises.find(flat)];
    const undressed = disguises.takeOff(flat);
    if (undressed === null) return plain;
    const known = new Set(plain.map(({ rule, start }) => `${rule} ${start >> 6}`));
    const disguised = sequences
      .match(undressed.text, meanings.find(undressed.text))
      .map((one) => ({
        ...one,
        start: undressed.from[one.start] as number,
        end: (undressed.from[one.end - 1] as number) + 1,
      }))
      .filter(({ rule, start }) => !known.has(`${rule} ${start >> 6}`));
    return [...plain, ...disguised];
  }

  function read(folded: Folded, enough: number, around = ''): ContentFinding[] {
    const all = evidenceIn(folded.text).sort((a, b) => a.start - b.start);
    const evidence = together(all, enough).sort((a, b) => a.start - b.start);
    if (evidence.length === 0) return [];
    // Most pages have too little to go on, whatever they are about.
    if (together(weighAll(folded.text, evidence, 0), enough).length === 0) return [];
    const subject = subjectWords(folded.text, evidence) + (around === '' ? 0 : subjectWords(around, []));
    const weighed = weighAll(folded.text, evidence, subject);
    return together(weighed, enough).map(({ kind, rule, start, end }) => ({
      kind,
      rule,
      text: excerpt(folded.text, start, end),
    }));
  }

  /** What stands encoded in a text, however deep; the parts are read together, each in its own paragraph. */
  function encoded(text: string, depth: number): ContentFinding[] {
    const parts = payloadsIn(text);
    if (parts.length === 0) return [];
    const inner = parts.join('\n\n');
    const found = read(foldText(inner), ENOUGH_HIDDEN).map((one) => ({ ...one, kind: 'encoded' as const }));
    return depth < DEPTH ? [...found, ...encoded(inner, depth + 1)] : found;
  }

  return ({ text, folded, hidden }) => {
    const concealed = [...hidden, ...(folded.smuggled === '' ? [] : [folded.smuggled])].join('\n\n');
    const inside = concealed === '' ? [] : read(foldText(concealed), ENOUGH_HIDDEN, folded.text);
    return distinct([
      ...read(folded, ENOUGH),
      ...inside.map((one) => ({ ...one, kind: 'hidden' as const })),
      ...encoded(text, 1),
    ]);
  };
}

/** To the end of the last word. */
function excerpt(text: string, start: number, end: number): string {
  const rest = /^[a-z]{0,12}/.exec(text.slice(end, end + 12))?.[0] ?? '';
  return text.slice(start, Math.min(end + rest.length, start + EXCERPT));
}

function weighAll(text: string, evidence: readonly Evidence[], subject: number): Evidence[] {
  return evidence.map((one) => ({ ...one, weight: weigh(text, one, subject) })).filter(({ weight }) => weight > 0);
}

/** The evidence, in the order of its place, that is enough by itself or with what stands near it. */
function together(evidence: readonly Evidence[], enough: number): Evidence[] {
  const rules = numbered(evidence.map(({ rule }) => rule));
  /** What one kind finds at one place counts once. */
  const places = numbered(evidence.map(({ kind, start }) => `${kind} ${start}`));
  const ruleSeen = new Int32Array(evidence.length).fill(-1);
  const placeSeen = new Int32Array(evidence.length).fill(-1);
  const heaviest = new Float64Array(evidence.length);
  const found: Evidence[] = [];
  let marked = 0;
  for (const [index, first] of evidence.entries()) {
    let sum = 0;
    let next = index;
    for (; next < evidence.length; next += 1) {
      const one = evidence[next] as Evidence;
      if (one.start - first.start > WINDOW) break;
      const rule = rules[next] as number;
      const place = places[next] as number;
      const isNew = placeSeen[place] !== index;
      if (ruleSeen[rule] === index && isNew) continue;
      ruleSeen[rule] = index;
      const before = isNew ? 0 : (heaviest[place] as number);
      placeSeen[place] = index;
      heaviest[place] = Math.max(before, one.weight);
      sum += (heaviest[place] as number) - before;
    }
    if (sum < enough) continue;
    for (let at = Math.max(index, marked); at < next; at += 1) found.push(evidence[at] as Evidence);
    marked = Math.max(marked, next);
  }
  return found;
}

/** The same number for the same name, counted from 0. */
function numbered(names: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(names, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}

/** One finding of each rule. */
function distinct(findings: readonly ContentFinding[]): ContentFinding[] {
  return [...new Map(findings.map((one) => [`${one.kind} ${one.rule}`, one])).values()];
}

import type { ContentKind } from './rules.js';
import type { Evidence } from './sequences.js';

/**
 * Talking about an instruction is not giving one. Weighs each piece of evidence by how it stands in the text: negated,
 * conditional, told of somebody, quoted in a text about such attacks.
 */
const NEGATED =
  /\b(?:no|non|nao|nicht|niet|nie|не|never|n'|ne|don't|do not|never|not|cannot|can't|won't|doesn't|didn't)\s?(?:just |simply |ever |blindly )?$/;
const NEGATED_INSIDE = /^(?:verg\w+ (?:sie |du |ihr )?nicht|vergeet niet)\b/;
/** Before an order there is the beginning of a sentence, or a word that leads to one. */
const ORDERING =
  /(?:^\s?|[^\w\s]\s?|\n|\b(?:and|then|now|please|must|should|also|just|or|but|instead|to|you|will|first|simply|immediately|und|et|y|e|bitte|system|user|assistant|ok|okay|\w+ly)\s)$/;
const VERB_FIRST =
  /^(?:ignore|override|bypass|forget|disregard|dismiss|discard|abandon|overrule|circumvent|do anything now)\b/;
const DIRECTED =
  /\byou (?:must|should|will|need to|have to|are to|can|may|shall|now|are going to)(?: now)?\s$|\byou to\s$|\b(?:must|need|needs|sure|important|required|have|is|now|please|instructed|ordered|told|asked|commanded|authorized) to\s$/;
const TOLD =
  /\b(?:that|which|who|they|it|we|i|he|she|attackers?|users?|people|models?|agents?|could|would|might|may|can|will|to|not to|not)\s$/;
const CONDITION_AFTER = /^[,.;]?\s?(?:if|unless|when) (?:you|your|they|the (?:package|device|order|payment|server))\b/;
const CONDITION_BEFORE =
  /\bif (?:you|your|they|this) (?:have|has|already|do|don't|did|use|prefer|want|received|paid|just|only|were|was|is|need)\b[^.!?]{0,80}$/;

const YOUR_KEY = /\byour (?:[\w-]+ ){0,2}(?:api|token|key|password|credential|secret)/;
const DETERMINED = /\b(?:the|these|our|its|their|his|her|some|of|for)\s$/;
/** An address holds marks of code without being any. */
const ADDRESS = /\b(?:https?|ftp):\/\/\S{1,300}/g;
const VERBAL: readonly ContentKind[] = ['override', 'exfiltration', 'tool', 'role'];

/** Words of texts about such attacks and about prompts, each counted once. */
const SUBJECT =
  /injection|patched|leaked|jailbreak|attacker|adversar|vulnerab|owasp|red[- ]team|researcher|mitigat|defen[cs]e|defend|malicious|exploit|payload|guardrail|security|threat|attack|social engineering|sanitiz|untrusted|detect|classifier|llm|chat ?template|chatml|tokenizer|fine-?tun|special token|prompt engineering|language model|angreifer|angriff|sicherheit|attaquant|attaque|securite|atacante|ataque|seguridad|注入|攻击|攻擊|インジェクション|공격|инъекци|атак|for example|such as|e\.g\./g;
const INTRODUCED =
  /\b(?:such as|like|e\.g\.|for example|for instance|example|examples|says?|saying|said|reads?|phrases?|strings?|texts?|containing|contains?|wrote|writes?|write|types?|typed|tells?|telling|told|asks?|asking|asked|instructs?|instructing|instructed|tricks?|tricking|tries|trying|attempts?|attempting|called|namely|include|includes|including|pattern|patterns|payload|payloads|message|prompt|prompts|inputs?|commands?|lines?|instructions?|comments?|words?)\b[^.!?\n]{0,50}$/;
const LISTED = /(?:^|\n)\s?(?:[-*•>|`#$]|\d{1,2}[.)])[^\n]{0,160}$/;

/** How many different words of the subject stand in the text, outside what was found. */
export function subjectWords(text: string, evidence: readonly Evidence[]): number {
  const seen = new Set<string>();
  SUBJECT.lastIndex = 0;
  for (let match = SUBJECT.exec(text); match !== null && seen.size < 12; match = SUBJECT.exec(text)) {
    const { index } = match;
    if (evidence.some(({ start, end }) => index >= start && index < end)) continue;
    seen.add(match[0]);
    if (/injection|jailbreak|owasp|red.team|adversar/.test(match[0])) seen.add(`${match[0]} again`);
  }
  return seen.size;
}

/** What a piece of evidence is worth where it stands, given how many words of the subject the text holds. */
export function weigh(text: string, one: Evidence, subject: number): number {
  const before = text.slice(Math.max(0, one.start - 90), one.start);
  const weight = one.weight * manner(text, one, before);
  if (weight === 0 || subject < 2) return weight;
  const direct = one.kind === 'structure' || one.kind === 'tool' || ORDERING.test(before);
  if (!direct || subject >= 6 || isQuoted(text, one.start) || INTRODUCED.test(before)) return 0;
  return subject >= 3 && LISTED.test(text.slice(Math.max(0, one.start - 200), one.start)) ? 0 : weight;
}

/** 1 for an order, less for what is negated, conditional, told of somebody or code. */
function manner(text: string, one: Evidence, before: string): number {
  const span = text.slice(one.start, one.end);
  const isMarkup = one.kind === 'structure' || one.rule === 'image-leak';
  if (VERBAL.includes(one.kind)) {
    const near = before.slice(-40);
    if (NEGATED.test(near) || NEGATED_INSIDE.test(span)) return 0;
    if (CONDITION_AFTER.test(text.slice(one.end, one.end + 60)) || CONDITION_BEFORE.test(before)) return 1 / 4;
    if (TOLD.test(near) && !DIRECTED.test(near)) return 1 / 2;
    if (VERB_FIRST.test(span) && !ORDERING.test(near)) return 1 / 2;
    // An API's own documents speak of the reader's key.
    if (one.rule.includes('secret') && YOUR_KEY.test(span)) return 1 / 2;
  }
  if (one.kind !== 'tool' && !isMarkup && /[(){}=;]/.test(span.replace(ADDRESS, ''))) return 1 / 2;
  return one.rule === 'new-instructions' && DETERMINED.test(before) ? 1 / 2 : 1;
}

/** Inside quotation marks, backticks or a fenced block that opened not far before. */
function isQuoted(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 300), at);
  const paragraph = before.slice(before.lastIndexOf('\n\n') + 1);
  const odd = (mark: string) => paragraph.split(mark).length % 2 === 0;
  if (odd('"') || odd('`')) return true;
  for (const [open, close] of ['“”', '«»', '„“', '「」', '‹›'].map((pair) => [...pair] as [string, string])) {
    if (paragraph.lastIndexOf(open) > paragraph.lastIndexOf(close)) return true;
  }
  return /(?:^|[\s(:])'[^'\n]{0,200}$/.test(paragraph);
}

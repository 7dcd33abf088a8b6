import type { OwnerRules } from '../rules.js';
import { grantPattern } from './grant.js';
import { type Finding, Input, type Invocation } from './machine.js';
import { cleanSource } from './marks.js';
import { ownerObjections } from './owner.js';
import { createRules } from './rules/index.js';
import type { Objection } from './rules/objection.js';
import { ShellState } from './state.js';
import { Exhausted, Walker } from './walk.js';

/** What the guard says about one command text. */
export interface CommandVerdict {
  /** `allow` is no permission: it means that the guard has no objection (APPR-1 still asks). */
  readonly effect: 'allow' | 'ask' | 'deny';
  /** The name of the rule that decided; `command.none` without one. */
  readonly rule: string;
  /** One sentence that can be shown. */
  readonly reason: string;
  readonly findings: readonly Finding[];
  /** False when any part of what would run cannot be known beforehand. */
  readonly understood: boolean;
  /** The simple commands that would run, in order, with `…` for what is unknown. */
  readonly words: readonly (readonly string[])[];
}

export type CommandGuard = ReturnType<typeof createCommandGuard>;

/** The kernel takes no longer argument, so no longer command can be run. */
const MAX_LENGTH = 131_072;
const MAX_HEREDOCS_IN_LINE = 16;
const MAX_NESTING = 40;

/** Judges commands by what would run (GUARD-6, GUARD-13). Time is linear in the length of the text. */
export function createCommandGuard(owner: OwnerRules | null = null) {
  const rules = createRules();
  const objections =
    owner === null ? rules : (call: Parameters<typeof rules>[0]) => [...rules(call), ...ownerObjections(owner, call)];

  const judge = (command: string): CommandVerdict => {
    if (isBeyond(command)) {
      const finding: Finding = {
        effect: 'ask',
        rule: 'unclear.long',
        reason: 'does more than can be followed',
        command: '',
      };
      return verdict([finding], []);
    }
    const { notes, words } = walkText(command, objections);
    return verdict(notes.findings, words);
  };

  return {
    judge,
    /** The pattern that a standing grant would cover; null for what was objected to or depends on more than its words. */
    grantWords: (command: string): string | null => (judge(command).effect === 'allow' ? grantPattern(command) : null),
    /** What `seneschal check command` answers for one text, without its id (GUARD-10). */
    check(command: string): Pick<CommandVerdict, 'effect' | 'rule' | 'findings'> {
      const { effect, rule, findings } = judge(command);
      return { effect, rule, findings };
    },
  };
}

/** The walk of one text from outside. */
function walkText(source: string, rules: (invocation: Invocation) => readonly Objection[]): Walker {
  const walker = new Walker(source.length, rules);
  const state = new ShellState();
  try {
    walker.text(cleanSource(source), state, new Input(null), []);
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error;
    walker.note('ask', 'unclear.long', 'does more than can be followed', []);
  }
  return walker;
}

function verdict(findings: readonly Finding[], words: readonly (readonly string[])[]): CommandVerdict {
  const worst = findings.find(({ effect }) => effect === 'deny') ?? findings[0];
  return {
    effect: worst?.effect ?? 'allow',
    rule: worst?.rule ?? 'command.none',
    reason: worst === undefined ? 'No objection.' : `It ${worst.reason}.`,
    findings,
    understood: !findings.some(({ rule }) => rule.startsWith('unclear.')),
    words,
  };
}

/** The parser looks through the rest of the text for each of them, so a line of thousands would cost a square. */
function heredocsInLine(text: string): number {
  let most = 0;
  let count = 0;
  for (let at = text.indexOf('<<'), line = 0; at >= 0; at = text.indexOf('<<', at + 2)) {
    const end = text.lastIndexOf('\n', at);
    count = end > line || (end === line && line > 0 && count === 0) ? 1 : count + 1;
    line = Math.max(line, end);
    most = Math.max(most, count);
    if (most > MAX_HEREDOCS_IN_LINE) return most;
  }
  return most;
}

/** Every simple command that would run, inner ones too, with quotes undone; null for what is no whole shell text. */
export function commandWords(command: string): readonly (readonly string[])[] | null {
  if (isBeyond(command)) return null;
  const { notes, words } = walkText(command, () => []);
  return notes.findings.some(({ rule }) => rule === 'unclear.syntax' || rule === 'unclear.long') ? null : words;
}

/** What the parser would read again and again: each level of nesting, and each here-document of a line, costs a pass. */
function isBeyond(command: string): boolean {
  return (
    command.length > MAX_LENGTH || heredocsInLine(command) > MAX_HEREDOCS_IN_LINE || nesting(command) > MAX_NESTING
  );
}

/** How deep brackets stand in each other, quoted ones too: an upper bound that takes one pass. */
function nesting(text: string): number {
  let depth = 0;
  let most = 0;
  for (let at = 0; at < text.length; at++) {
    const one = text[at];
    if (one === '(' || one === '{') most = Math.max(most, ++depth);
    else if ((one === ')' || one === '}') && depth > 0) depth--;
  }
  return most;
}

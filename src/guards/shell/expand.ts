import { type ArithmeticExpression, type HereDocBody, parse, type Word, type WordPart } from 'unbash';
import { arithmetic } from './arithmetic.js';
import { expandBraces } from './braces.js';
import type { Expansion } from './expansion.js';
import { ANY, globbed, ONE, STAR, unknownFrom } from './marks.js';
import { parameterValues } from './parameters.js';

/** The fields that a word becomes: none, one or several. */
export function expandWord(word: Word, how: Expansion): string[] {
  how.spend(1 + word.text.length / 16);
  const sources = expandBraces(word.text);
  if (sources !== null) {
    how.spend(sources.length);
    return sources.flatMap((source) => {
      const again = parse(`: ${source}`).commands[0]?.command;
      const argument = again?.type === 'Command' ? again.suffix[0] : undefined;
      return argument?.type === 'Word' ? expandParts(argument, how) : [source];
    });
  }
  return expandParts(word, how);
}

function expandParts(word: Word, how: Expansion): string[] {
  const fields = new Fields(how.state.get('IFS')[0] ?? '');
  const parts = word.parts;
  if (parts === undefined) fields.fixed(tilde(word.text, word.value));
  else for (const [index, part] of parts.entries()) addPart(part, fields, how, index === 0);
  return fields.end();
}

/** A word where no splitting happens: assignments, redirections, here-strings. */
export function expandText(word: Word | HereDocBody, how: Expansion): string {
  how.spend(1 + word.text.length / 16);
  const parts = word.parts;
  if (parts === undefined) return word.type === 'Word' ? tilde(word.text, word.value) : word.text;
  const fields = new Fields('');
  for (const [index, part] of parts.entries()) {
    if (part.type === 'Glob' || part.type === 'ExtendedGlob' || part.type === 'BraceExpansion') fields.fixed(part.text);
    else addPart(part, fields, how, index === 0 && word.type === 'Word', true);
  }
  return fields.end().join(' ');
}

/** A longer word is beyond what a kernel takes as one argument. */
const MAX_TEXT = 131_072;

/** Fields under construction. */
class Fields {
  readonly #done: string[] = [];
  #current: string | null = null;
  readonly #separators: string;

  constructor(separators: string) {
    this.#separators = separators;
  }

  /** Text that is never split. */
  fixed(text: string): void {
    const joined = (this.#current ?? '') + text;
    this.#current = joined.length > MAX_TEXT ? unknownFrom(joined) : joined;
  }

  /** The value of an unquoted expansion: split at separators, and a pattern again. */
  split(text: string): void {
    if (this.#separators === '') {
      if (text !== '') this.fixed(globbed(text));
      return;
    }
    let from = 0;
    for (let at = 0; at <= text.length; at++) {
      if (at < text.length && !this.#separators.includes(text[at] ?? '')) continue;
      if (at > from) this.fixed(globbed(text.slice(from, at)));
      if (at < text.length) this.next();
      from = at + 1;
    }
  }

  /** Ends the field in work, if there is one. */
  next(): void {
    if (this.#current !== null) this.#done.push(this.#current);
    this.#current = null;
  }

  end(): string[] {
    this.next();
    return this.#done;
  }
}

function addPart(part: WordPart, fields: Fields, how: Expansion, first: boolean, whole = false): void {
  how.spend(1);
  switch (part.type) {
    case 'Literal':
      fields.fixed(first ? tilde(part.text, part.value) : part.value);
      return;
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      fields.fixed(part.value);
      return;
    case 'DoubleQuoted':
    case 'LocaleString':
      addQuoted(part.parts, fields, how);
      return;
    case 'Glob':
      fields.fixed(part.kind === 'star' ? STAR : oneOf(part.text));
      return;
    case 'ExtendedGlob':
      fields.fixed(STAR);
      return;
    case 'BraceExpansion':
      fields.fixed(part.text);
      return;
    case 'ProcessSubstitution':
      fields.fixed(how.capture(part.script, part.operator));
      return;
    default: {
      const values = partValues(part, how);
      for (const [index, value] of values.entries()) {
        how.spend(value.length / 16);
        if (index > 0) fields.next();
        if (whole) fields.fixed(value);
        else fields.split(value);
      }
    }
  }
}

function addQuoted(parts: readonly WordPart[], fields: Fields, how: Expansion): void {
  const lone = parts.length === 1 ? parts[0] : undefined;
  if (lone === undefined || !isList(lone)) fields.fixed('');
  for (const part of parts) {
    if (part.type === 'Literal') {
      fields.fixed(part.value);
      continue;
    }
    for (const [index, value] of partValues(part, how).entries()) {
      how.spend(value.length / 16);
      if (index > 0) fields.next();
      fields.fixed(value);
    }
  }
}

/** `$@` and `${a[@]}` in quotes may be no field at all. */
function isList(part: WordPart): boolean {
  return part.type === 'SimpleExpansion'
    ? part.text === '$@'
    : part.type === 'ParameterExpansion' && (part.parameter === '@' || part.index?.value === '@');
}

function partValues(part: WordPart, how: Expansion): readonly string[] {
  how.spend(1);
  switch (part.type) {
    case 'SimpleExpansion': {
      const name = part.text.slice(1);
      return name === '@' ? how.state.args : [variable(name, how)];
    }
    case 'ParameterExpansion':
      return parameterValues(part, {
        how,
        text: (word) => expandText(word, how),
        variable: (name) => variable(name, how),
      });
    case 'CommandExpansion':
      return [how.capture(part.script, '$').replace(/\n+$/, '')];
    case 'ArithmeticExpansion':
      return [arithmeticText(part.expression, how)];
    default:
      return [ANY];
  }
}

/** Evaluated as far as literals go; what runs inside is judged in any case. */
export function arithmeticText(expression: ArithmeticExpression | undefined, how: Expansion): string {
  if (expression === undefined) return ANY;
  const value = arithmetic(expression, {
    name: (name) => how.state.get(name)[0] ?? '0',
    parts: (parts) => parts.flatMap((part) => partValues(part, how)).join(''),
    script: (script) => how.capture(script, '$').trim(),
    spend: how.spend,
  });
  return value === null ? ANY : String(value);
}

/** One variable or special parameter as one text. */
function variable(name: string, how: Expansion): string {
  const { state } = how;
  if (/^[1-9]\d*$/.test(name)) return state.args[Number(name) - 1] ?? '';
  switch (name) {
    case '0':
      return state.zero;
    case '#':
      return String(state.args.length);
    case '*':
    case '@':
      return state.args.join(' ');
    case '_':
      return state.last;
    case '?':
    case '!':
    case '$':
    case '-':
      return ANY;
    default: {
      const values = state.get(name);
      if (values.length === 0 && !state.variables.has(name)) how.missing(name);
      return values[0] ?? '';
    }
  }
}

function tilde(source: string, value: string): string {
  if (!source.startsWith('~')) return value;
  const name = /^~([a-z_][\w-]*)?(?=\/|$)/.exec(value);
  if (name === null) return value;
  const home = name[1] === undefined ? '/home/owner' : name[1] === 'root' ? '/root' : `/home/${name[1]}`;
  return home + value.slice(name[0].length);
}

const oneOf = (bracket: string): string => (/^\[[^!^\]]\]$/.test(bracket) ? (bracket[1] ?? ONE) : ONE);

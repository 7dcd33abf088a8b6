import type { ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import { ansiC } from './decode.js';
import type { Expansion } from './expansion.js';
import { couldBe, globbed, isUnknown, START, unknownFrom } from './marks.js';

interface Access {
  readonly how: Expansion;
  text(word: Word): string;
  variable(name: string): string;
}

/** `${…}` with all its operations: one value, or several for `${a[@]}`. */
export function parameterValues(part: ParameterExpansionPart, access: Access): readonly string[] {
  const { state } = access.how;
  const { operation } = part;
  const values = parameter(part, access);
  if (part.prefix === '#') return [String(part.index === undefined ? (values[0] ?? '').length : values.length)];
  if (part.prefix === '!') {
    if (operation?.type === 'Names') {
      return [...state.variables.keys()].filter((name) => name.startsWith(part.parameter));
    }
    const name = access.variable(part.parameter);
    return part.index === undefined && !isUnknown(name) && name !== '' ? [access.variable(name)] : [unknownFrom(name)];
  }
  if (operation === undefined) return values;
  if (operation.type === 'Default') return defaulted(part.parameter, values, operation, access);
  if (operation.type === 'Slice' && (part.parameter === '@' || part.index?.value === '@')) {
    return sliceList(values, part.parameter === '@' ? state.zero : null, operation, access);
  }
  return values.map((value) => changed(value, operation, access));
}

function parameter(part: ParameterExpansionPart, access: Access): readonly string[] {
  const { state } = access.how;
  const name = part.parameter;
  if (name === '@') return state.args;
  if (part.index === undefined) {
    // `${x:-y}` asks whether it is set; that is no use of a missing variable.
    if (part.operation?.type === 'Default')
      return /^\w+$/.test(name) && !/^\d/.test(name) ? state.get(name).slice(0, 1) : [access.variable(name)];
    return [access.variable(name)];
  }
  const index = access.text(part.index);
  const values = state.get(name);
  if (index === '@') return values;
  if (index === '*') return [values.join(' ')];
  const at = Number(index === '' ? Number.NaN : index);
  if (!Number.isInteger(at)) return [unknownFrom(values)];
  return [values.at(at) ?? ''];
}

function defaulted(
  name: string,
  values: readonly string[],
  operation: Extract<ParameterOperation, { type: 'Default' }>,
  access: Access,
): readonly string[] {
  const present = values.length > 0 && !(operation.operator.startsWith(':') && values.join('') === '');
  const operand = access.text(operation.operand);
  if (operation.operator.endsWith('+')) return present ? [operand] : [''];
  if (present) return values;
  // `${x:?}` ends the shell when x is missing, so what follows has a value nobody can see here.
  if (operation.operator.endsWith('?')) return [unknownFrom()];
  if (operation.operator.endsWith('=')) access.how.state.set(name, [operand]);
  return [operand];
}

function changed(value: string, operation: ParameterOperation, access: Access): string {
  const known = value.startsWith(START) ? value.replace(START, '/home/owner/workspace') : value;
  if (isUnknown(known)) return unknownFrom(known);
  switch (operation.type) {
    case 'Slice': {
      const [from, length] = [
        integer(access.text(operation.offset)),
        operation.length === undefined ? undefined : integer(access.text(operation.length)),
      ];
      if (from === null || length === null) return unknownFrom();
      const start = from < 0 ? Math.max(0, known.length + from) : from;
      return known.slice(start, length === undefined ? undefined : length < 0 ? length : start + length);
    }
    case 'CaseModification': {
      const up = operation.operator.startsWith('^');
      const change = (text: string) => (up ? text.toUpperCase() : text.toLowerCase());
      return operation.operator.length === 2 ? change(known) : change(known.slice(0, 1)) + known.slice(1);
    }
    case 'Remove':
      return removed(known, operation.operator, globbed(access.text(operation.operand)), access);
    case 'Replace':
      return replaced(
        known,
        operation.operator,
        globbed(access.text(operation.pattern)),
        access.text(operation.replacement),
        access,
      );
    case 'Transform': {
      const operator = access.text(operation.operand);
      if (operator === 'U') return known.toUpperCase();
      if (operator === 'L') return known.toLowerCase();
      if (operator === 'u') return known.slice(0, 1).toUpperCase() + known.slice(1);
      if (operator === 'E') return ansiC(known);
      return operator === 'P' || operator === 'A' ? unknownFrom() : known;
    }
    default:
      return unknownFrom();
  }
}

/** Patterns are tried at every length; long values are not worth it. */
const MAX_VALUE = 512;

function removed(value: string, operator: string, pattern: string, access: Access): string {
  if (value.length > MAX_VALUE) return unknownFrom();
  access.how.spend(value.length);
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index);
  if (operator.length === 2) lengths.reverse();
  const front = operator.startsWith('#');
  for (const length of lengths) {
    const piece = front ? value.slice(0, length) : value.slice(value.length - length);
    if (couldBe(pattern, piece)) return front ? value.slice(length) : value.slice(0, value.length - length);
  }
  return value;
}

function replaced(value: string, operator: string, pattern: string, replacement: string, access: Access): string {
  if (value.length > MAX_VALUE || pattern === '') return pattern === '' ? value : unknownFrom();
  access.how.spend(value.length * 4);
  let result = '';
  let at = 0;
  let done = false;
  while (at < value.length) {
    const length = done || (operator === '/#' && at > 0) ? 0 : matchAt(value, at, pattern, operator === '/%');
    if (length === 0) result += value[at++];
    else {
      result += replacement;
      at += length;
      done = operator !== '//';
    }
  }
  return result;
}

function matchAt(value: string, at: number, pattern: string, toEnd: boolean): number {
  for (let end = value.length; end > at; end--) {
    if (couldBe(pattern, value.slice(at, end))) return end - at;
    if (toEnd) return 0;
  }
  return 0;
}

function sliceList(
  values: readonly string[],
  zero: string | null,
  operation: Extract<ParameterOperation, { type: 'Slice' }>,
  access: Access,
): readonly string[] {
  const from = integer(access.text(operation.offset));
  const length = operation.length === undefined ? values.length : integer(access.text(operation.length));
  if (from === null || length === null) return [unknownFrom(values)];
  const list = zero === null ? values : [zero, ...values];
  const start = from < 0 ? Math.max(0, list.length + from) : from;
  return list.slice(start, start + length);
}

function integer(text: string): number | null {
  const trimmed = text.trim();
  return /^-?\d{1,9}$/.test(trimmed) ? Number(trimmed) : null;
}

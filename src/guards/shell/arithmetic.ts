import type { ArithmeticExpression, ParsedScript, WordPart } from 'unbash';

interface Operands {
  name(name: string): string;
  parts(parts: readonly WordPart[]): string;
  script(script: ParsedScript | undefined): string;
  spend(steps: number): void;
}

const MAX_DEPTH = 64;

/** The value of an arithmetic expression of literals and known variables; null when it cannot be known. */
export function arithmetic(node: ArithmeticExpression, operands: Operands, depth = 0): number | null {
  operands.spend(1);
  if (depth > MAX_DEPTH) return null;
  const value = (inner: ArithmeticExpression) => arithmetic(inner, operands, depth + 1);
  switch (node.type) {
    case 'ArithmeticWord': {
      const parts = node.parts;
      const text = parts === undefined ? node.value : operands.parts(parts);
      return number(/^[A-Za-z_]\w*$/.test(text) ? operands.name(text) : text);
    }
    case 'ArithmeticGroup':
      return value(node.expression);
    case 'ArithmeticCommandExpansion':
      return number(operands.script(node.script));
    case 'ArithmeticUnary': {
      const inner = value(node.operand);
      return inner === null ? null : node.operator === '-' ? -inner : node.operator === '+' ? inner : null;
    }
    case 'ArithmeticTernary': {
      const [test, yes, no] = [value(node.test), value(node.consequent), value(node.alternate)];
      return test === null ? null : test !== 0 ? yes : no;
    }
    case 'ArithmeticBinary': {
      const [left, right] = [value(node.left), value(node.right)];
      return left === null || right === null ? null : binary(node.operator, left, right);
    }
  }
}

function binary(operator: string, left: number, right: number): number | null {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? null : Math.trunc(left / right);
    case '%':
      return right === 0 ? null : left % right;
    case ',':
      return right;
    default:
      return null;
  }
}

function number(text: string): number | null {
  if (text === '') return 0;
  const based = /^(\d{1,2})#([0-9a-zA-Z]{1,10})$/.exec(text);
  const parsed =
    based !== null
      ? Number.parseInt(based[2] ?? '', Number(based[1]))
      : /^0[0-7]+$/.test(text)
        ? Number.parseInt(text, 8)
        : /^(\d{1,15}|0x[0-9a-fA-F]{1,12})$/.test(text)
          ? Number(text)
          : Number.NaN;
  return Number.isSafeInteger(parsed) ? parsed : null;
}

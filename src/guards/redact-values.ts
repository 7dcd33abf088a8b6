import { Secret } from '../core/secret.js';

const DEPTH = 12;

/**
 * A copy of any value with every string in it passed through `redact`, for the log: keys, error messages, stacks and
 * causes, maps, sets, URLs, headers and bytes. Never throws; what cannot be read says so. Values without a secret keep
 * their type where JSON shows it faithfully.
 */
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  const open = new Set<object>();

  const visit = (item: unknown, depth: number): unknown => {
    if (typeof item === 'string') return redact(item);
    if (typeof item === 'number' || typeof item === 'bigint') {
      const shown = String(item);
      const masked = redact(shown);
      return masked === shown ? item : masked;
    }
    if (typeof item === 'symbol') return redact(String(item));
    if (typeof item !== 'object' || item === null) return item;
    if (item instanceof Secret) return '[secret]';
    if (item instanceof Date) return item;
    if (item instanceof URL || item instanceof URLSearchParams || item instanceof RegExp) return redact(String(item));
    if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) return bytes(item);
    if (open.has(item)) return '[circular]';
    if (depth >= DEPTH) return '[too deep]';
    open.add(item);
    try {
      return container(item, depth);
    } catch {
      return '[unreadable]';
    } finally {
      open.delete(item);
    }
  };

  const container = (item: object, depth: number): unknown => {
    if (Array.isArray(item)) return item.map((one) => visit(one, depth + 1));
    if (item instanceof Map || item instanceof Headers) {
      return Object.fromEntries([...item].map(([key, one]) => [shownKey(key), visit(one, depth + 1)]));
    }
    if (item instanceof Set) return [...item].map((one) => visit(one, depth + 1));
    const fields = Object.entries(item).map(([key, one]) => [redact(key), visit(one, depth + 1)] as const);
    if (!(item instanceof Error)) return Object.fromEntries(fields);
    const { name, message, stack, cause } = item;
    return {
      ...Object.fromEntries(fields),
      name: visit(name, depth + 1),
      message: visit(message, depth + 1),
      ...(stack === undefined ? {} : { stack: visit(stack, depth + 1) }),
      ...(cause === undefined ? {} : { cause: visit(cause, depth + 1) }),
      ...(item instanceof AggregateError ? { errors: visit(item.errors, depth + 1) } : {}),
    };
  };

  const shownKey = (key: unknown): string => redact(typeof key === 'object' ? '[object]' : String(key));

  /** Bytes print as numbers, which no mask recognises: with a secret in them they become masked text. */
  const bytes = (item: ArrayBufferView | ArrayBuffer): unknown => {
    const buffer =
      item instanceof ArrayBuffer ? Buffer.from(item) : Buffer.from(item.buffer, item.byteOffset, item.byteLength);
    const text = buffer.toString('utf8');
    const masked = redact(text);
    return masked === text ? item : masked;
  };

  return visit(value, 0);
}

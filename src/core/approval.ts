import { createHash } from 'node:crypto';
import type { ResolvedAction } from './tool.js';

export type ApprovalState = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled' | 'used';

/**
 * SHA-256 (hex) over the canonical form of what will happen. Two actions have one digest only if tool, class and every
 * bound value are the same bytes.
 */
export function actionDigest(action: Pick<ResolvedAction, 'tool' | 'class' | 'bound'>): string {
  return createHash('sha256')
    .update(canonicalJson({ tool: action.tool, class: action.class, bound: action.bound }))
    .digest('hex');
}

/**
 * JSON with keys in code-unit order and nothing optional (after RFC 8785, for the values used here). Throws
 * TypeError for what JSON cannot hold: a value that would vanish from the text would vanish from the digest.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('not a JSON number');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new TypeError(`not a JSON value: ${typeof value}`);
}

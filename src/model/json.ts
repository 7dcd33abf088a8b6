/* Looking at values from outside whose shape nobody vouches for. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string, or '' for anything else. */
export function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A count, or undefined for anything that is none. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

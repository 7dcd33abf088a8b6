import { SECRET_KINDS } from './catalogue/index.js';
import type { SecretGuard } from './guard.js';

/** Where the provider lets a key be replaced: known by the value's own form, else by the provider that its name begins with. */
export function rotatePage(guard: SecretGuard, name: string, value: string | null): string | null {
  const byForm = value === null ? undefined : guard.scan(value).find((finding) => finding.rotateUrl !== undefined);
  if (byForm?.rotateUrl !== undefined) return byForm.rotateUrl;
  const byName = SECRET_KINDS.find(
    ({ provider, rotateUrl }) => rotateUrl !== undefined && `${name}_`.startsWith(`${words(provider)}_`),
  );
  return byName?.rotateUrl ?? null;
}

const words = (provider: string): string =>
  provider
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

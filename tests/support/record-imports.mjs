/** Loaded ahead of the product: writes what is imported, one address a line, to the file that RECORD_IMPORTS names. */
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';

register(import.meta.url);

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  appendFileSync(process.env.RECORD_IMPORTS ?? '/dev/null', `${resolved.url}\n`);
  return resolved;
}

const DECLARED_TEXT =
  /^(text\/|application\/([\w.+-]*\+)?(json|xml|javascript|x-www-form-urlencoded|yaml|x-ndjson)\b)/i;
/** A page says its charset within its first bytes. */
const META_CHARSET = /<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)/i;
const META_BYTES = 1_024;

/** A response body as text, by its declared charset; null when it is not text. */
export function decodeBody(body: Uint8Array, type: string): string | null {
  if (body.includes(0) && !/charset="?utf-16/i.test(type)) return null;
  const declared = DECLARED_TEXT.test(type.trim());
  try {
    return new TextDecoder(charsetOf(body, type), { fatal: !declared }).decode(body);
  } catch {
    return declared ? new TextDecoder().decode(body) : null;
  }
}

function charsetOf(body: Uint8Array, type: string): string {
  const said = /charset="?([\w.:-]+)/i.exec(type)?.[1];
  if (said !== undefined) return said;
  const beginning = isHtml(type) ? Buffer.from(body.subarray(0, META_BYTES)).toString('latin1') : '';
  return META_CHARSET.exec(beginning)?.[1] ?? 'utf-8';
}

export const isHtml = (type: string): boolean => /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(type);

import { createHash } from 'node:crypto';

/** Bytes that are text, as text; null for everything else. UTF-8, UTF-16 with its mark, and Western single-byte text. */
export function decodeText(bytes: Uint8Array): string | null {
  const utf16 = decodeUtf16(bytes);
  if (utf16 !== null) return utf16;
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder('windows-1252').decode(bytes);
    return /[\x01-\x08\x0E-\x1A\x1C-\x1F\x7F-\x9F]/.test(text) ? null : text;
  }
}

/** UTF-8 that comes back as the same bytes (a byte-order mark stays in the text); null for everything else. */
export function decodeExactly(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Lines as people count them: an end at the very end begins no further line. */
export function toLines(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function decodeUtf16(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  const little = first === 0xff && second === 0xfe;
  const big = first === 0xfe && second === 0xff;
  if ((!little && !big) || bytes.length % 2 !== 0) return null;
  try {
    const text = new TextDecoder(little ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

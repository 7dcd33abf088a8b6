import type { ModelMessage } from '../core/message.js';

/** Outside content stands between these; what a tool says in its own words may repeat what the model made up. */
const OUTSIDE = /<untrusted_data\b[^>]*>([\s\S]*?)<\/untrusted_data>/g;

/** What brings content that the model had no part in: a file or a command's output may hold what the model wrote there. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['http_request', 'fetch_page', 'web_search']);

/**
 * Whether an address stands, whole and to the letter, in what the owner wrote or in outside content that was read. Then
 * following it tells its server nothing that the model put together.
 */
export function isGivenAddress(address: string, messages: readonly ModelMessage[]): boolean {
  const forms = [...new Set([address, address.replace(/\/$/, '')])];
  const tools = new Map<string, string>();
  return messages.some((message) => {
    for (const part of message.content) if (part.type === 'tool_call') tools.set(part.callId, part.name);
    if (message.role !== 'user') return false;
    return message.content.some((part) => {
      if (part.type === 'image') return false;
      if (part.type === 'tool_result' && !FROM_OUTSIDE.has(tools.get(part.callId) ?? '')) return false;
      const texts =
        part.type === 'text' ? [part.text] : [...part.text.matchAll(OUTSIDE)].map(([, inner = '']) => inner);
      return texts.some((text) => forms.some((form) => standsIn(text, form)));
    });
  });
}

/** Not merely the beginning of a longer address: then something was left out, which is composing too. */
function standsIn(text: string, address: string): boolean {
  for (let at = text.indexOf(address); at >= 0; at = text.indexOf(address, at + 1)) {
    if (/^(?:[.,;:!?)]*(?:[\s"'<>\]`]|$))/.test(text.slice(at + address.length, at + address.length + 8))) return true;
  }
  return false;
}

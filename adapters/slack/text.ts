/** Slack's text fields, both ways; pure. */

/** The three characters that Slack's text fields interpret. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack's stored form back to what the person typed; the mention that addresses the agent is not part of it. */
export function plainText(text: string, botUserId?: string): string {
  const own = botUserId === undefined ? text : text.replace(new RegExp(`^\\s*<@${botUserId}(\\|[^>]*)?>[\\s,:]*`), '');
  return own
    .replace(/<((?:[@#!]|[a-z][a-z0-9+.-]*:)[^<>]*)>/gi, (_whole, inner: string) => entity(inner))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function entity(inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : inner.slice(bar + 1);
  if (target.startsWith('@') || target.startsWith('#')) return `${target.charAt(0)}${label || target.slice(1)}`;
  if (target.startsWith('!')) return label || `@${target.slice(1)}`;
  const bare = target.replace(/^(https?:\/\/|mailto:|tel:)/, '');
  if (label === '' || label === target) return target.startsWith('mailto:') ? bare : target;
  // Slack makes links of bare names and addresses by itself: then the label is what was typed.
  return label === bare ? label : `${label} (${target})`;
}

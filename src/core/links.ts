import { linkHost } from './link-host.js';
import { type Block, code, type Inline, inlineToPlain, type RichText, text } from './richtext.js';

/**
 * Where links lead, and text without links: pure, and linear in its input.
 *
 * Platforms make links of bare addresses by themselves, also of names without a scheme; only in code they do not. So an
 * address that must not be tapped by accident stands as code, its host ahead of it where something else stands first.
 */

/** The same text with every address as plain text, except where the host is one of those `named`. */
export function plainLinks(blocks: RichText, named: (host: string) => boolean): RichText {
  const inlines = (nodes: readonly Inline[]) => plainAddresses(unlinked(nodes, named), named);
  return blocks.map((block): Block => {
    switch (block.type) {
      case 'paragraph':
      case 'heading':
        return { ...block, children: inlines(block.children) };
      case 'quote':
        return { ...block, children: plainLinks(block.children, named) };
      case 'list':
        return { ...block, items: block.items.map((item) => plainLinks(item, named)) };
      case 'table':
        return { ...block, rows: block.rows.map((row) => row.map(inlines)) };
      case 'code':
        // Where a fence stands in it, a platform may be unable to show it as code.
        return block.text.includes('```') ? { type: 'paragraph', children: inlines(lines(block.text)) } : block;
      default:
        return block;
    }
  });
}

const lines = (value: string): Inline[] =>
  value.split('\n').flatMap((line, index): Inline[] => (index === 0 ? [text(line)] : [{ type: 'break' }, text(line)]));

/** Links whose host is not named become their label, with host and address as code. */
function unlinked(nodes: readonly Inline[], named: (host: string) => boolean): Inline[] {
  return nodes.flatMap((node): Inline[] => {
    if (node.type === 'text' || node.type === 'break') return [node];
    // As below: what a platform cannot show as code is text for it.
    if (node.type === 'code') return /``|\n/.test(node.text) ? lines(node.text) : [node];
    if (node.type !== 'link') return [{ ...node, children: unlinked(node.children, named) }];
    const host = linkHost(node.url);
    const label = inlineToPlain(node.children).trim();
    // A label that is itself another's address may become a link to that.
    if (host !== null && named(host) && addressesIn(label, named).length === 0) return [node];
    if (label === '' || node.url === label) return [text(node.url)];
    // `www.example.org` and `somebody@example.org` were written so, and are found as what they are.
    if (node.url === `http://${label}` || node.url === `mailto:${label}`) return [text(label)];
    const first = host === null ? [] : [code(host), text(': ')];
    return [...first, ...unlinked(node.children, named), text(' ('), ...asCode(node.url), text(')')];
  });
}

interface Found {
  readonly start: number;
  readonly end: number;
  /** Stands ahead of the address, which begins with something else. */
  readonly host: string | null;
}

const SCHEME = String.raw`[a-z][a-z0-9+.-]{1,20}:\/\/[^\s\0<>"]+`;
const NAME = String.raw`(?<![\p{L}\p{N}._-])(?:[\p{L}\p{N}._%+-]{1,64}@)?(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,62})\.)+(?:xn--[a-z0-9-]{2,58}|\p{L}{2,24})(?![\p{L}\p{N}_-])`;
const NUMBER = String.raw`(?<![\p{L}\p{N}.])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}.])`;
const ADDRESS = new RegExp(`(?<whole>${SCHEME})|(?:${NAME}|${NUMBER})(?::\\d{1,5})?(?:[/?#][^\\s\\0<>"]*)?`, 'giu');

/** Everything that a platform's own eyes could take for an address, markup in the midst of it or not. */
function plainAddresses(nodes: readonly Inline[], named: (host: string) => boolean): Inline[] {
  const found = addressesIn(flatten(nodes), named);
  return found.length === 0 ? [...nodes] : coded(nodes, found, { at: 0, next: 0 });
}

/** Where addresses stand whose host is not named. */
function addressesIn(flat: string, named: (host: string) => boolean): Found[] {
  return [...flat.matchAll(ADDRESS)].flatMap((match): Found[] => {
    const whole = match.groups?.whole !== undefined;
    const address = withoutTail(match[0]);
    const host = linkHost(whole ? address : `http://${address}`);
    if (host !== null && named(host)) return [];
    return [{ start: match.index, end: match.index + address.length, host: whole ? host : null }];
  });
}

/** What closes a sentence is not part of an address. */
function withoutTail(address: string): string {
  let end = address.length;
  while (end > 0 && ".,;:!?)]}'*_~".includes(address[end - 1] ?? '')) end -= 1;
  return address.slice(0, end);
}

/** The characters as they stand; what is code or a link already hides what it holds. */
function flatten(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'text') return node.text;
      if (node.type === 'break') return '\n';
      return node.type === 'code' || node.type === 'link' ? '\0' : flatten(node.children);
    })
    .join('');
}

/** Rewrites the text that an address covers, piece by piece: `place` walks along with the flat text. */
function coded(nodes: readonly Inline[], found: readonly Found[], place: { at: number; next: number }): Inline[] {
  return nodes.flatMap((node): Inline[] => {
    if (node.type === 'text') return codedText(node.text, found, place);
    if (node.type === 'strong' || node.type === 'emphasis' || node.type === 'strike') {
      return [{ ...node, children: coded(node.children, found, place) }];
    }
    place.at += 1;
    return [node];
  });
}

function codedText(value: string, found: readonly Found[], place: { at: number; next: number }): Inline[] {
  const out: Inline[] = [];
  const begin = place.at;
  const end = begin + value.length;
  const piece = (from: number, to: number) => value.slice(from - begin, to - begin);
  for (let one = found[place.next]; one !== undefined && one.start < end; one = found[place.next]) {
    if (one.start > place.at) out.push(text(piece(place.at, one.start)));
    const from = Math.max(one.start, begin);
    if (from === one.start && one.host !== null) out.push(code(one.host), text(' ('));
    out.push(...asCode(piece(from, Math.min(one.end, end))));
    place.at = Math.min(one.end, end);
    if (one.end > end) return out;
    if (one.host !== null) out.push(text(')'));
    place.next += 1;
  }
  if (place.at < end) out.push(text(piece(place.at, end)));
  place.at = end;
  return out;
}

/** Code cannot hold its own mark everywhere: that stands between its parts. */
function asCode(value: string): Inline[] {
  return value
    .split(/(`+)/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('`') ? text(part) : code(part)));
}

/**
 * A cleaned document as Markdown for a reader that is a model: text, headings, lists, tables by line, and links with
 * their whole address, so that one can be followed as it stands. Images are their descriptions only.
 */
import { createRequire } from 'node:module';

/** @typedef {import('./page-hidden.mjs').PageElement} PageElement */

/**
 * It brings no types; this is what is used of it.
 * @typedef {{
 *   escape: (text: string) => string,
 *   addRule(key: string, rule: {
 *     filter: string | readonly string[],
 *     replacement(content: string, node: PageElement): string,
 *   }): void,
 *   turndown(input: PageElement): string,
 * }} Converter
 */
const require = createRequire(import.meta.url);
/** @type {new (options: Readonly<Record<string, string>>) => Converter} */
const Turndown = require('turndown');

const LINK_CHARACTERS = 1_000;

/**
 * @param {PageElement} body
 * @param {{ page: string, base: string }} from
 */
export function toMarkdown(body, { page, base }) {
  const service = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', hr: '---' });
  // Nothing renders this: a backslash ahead of each bracket would only be in the way.
  service.escape = (text) => text;
  service.addRule('image', {
    filter: 'img',
    replacement: (_content, node) => {
      const alt = (node.getAttribute('alt') ?? '').replace(/\s+/g, ' ').trim();
      return alt === '' ? '' : `(image: ${alt})`;
    },
  });
  service.addRule('link', {
    filter: 'a',
    replacement: (content, node) => {
      const label = content.replace(/\s+/g, ' ').trim();
      const target = absolute(node.getAttribute('href'), page, base);
      if (label === '' || target === null) return label;
      return label === target ? target : `[${label}](${target})`;
    },
  });
  service.addRule('cell', {
    filter: ['td', 'th'],
    replacement: (content) => ` ${content.replace(/\s+/g, ' ').trim()} |`,
  });
  service.addRule('row', { filter: 'tr', replacement: (content) => `\n|${content}` });
  return service
    .turndown(body)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * The address a link leads to; null where it leads nowhere: to a place on the same page, or by another scheme.
 * @param {string | null} href
 * @param {string} page
 * @param {string} base
 */
function absolute(href, page, base) {
  if (href === null || href.length > LINK_CHARACTERS || href.startsWith('#') || !URL.canParse(href, base)) return null;
  const url = new URL(href, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  return url.href.split('#')[0] === page.split('#')[0] ? null : url.href;
}

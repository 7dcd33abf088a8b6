/**
 * The page parser's thread (see child.ts): HTML → document → what nobody would see taken out → the readable part →
 * Markdown. Pages run no script here and fetch nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { isProbablyReaderable, Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { removeHidden } from './page-hidden.mjs';
import { toMarkdown } from './page-markdown.mjs';

/** Elements within one another; more is no page for people, and costs the steps below far more than linear time. */
const MAX_DEPTH = 500;
/** The readable part must have this much text to stand for the whole page. */
const ARTICLE_CHARACTERS = 250;

/** @type {{ bytes: Uint8Array, url: string, most: number }} */
const { bytes, url, most } = workerData;

/**
 * Walks without recursion: the nesting is the page's to choose.
 * @param {import('./page-hidden.mjs').PageElement} root
 */
function isTooDeep(root) {
  let depth = 1;
  /** @type {import('./page-hidden.mjs').PageElement | null} */
  let element = root;
  while (element !== null) {
    if (depth > MAX_DEPTH) return true;
    if (element.firstElementChild !== null) {
      element = element.firstElementChild;
      depth += 1;
      continue;
    }
    while (element !== null && element !== root && element.nextElementSibling === null) {
      element = element.parentElement;
      depth -= 1;
    }
    element = element === null || element === root ? null : element.nextElementSibling;
  }
  return false;
}

/** @param {string} html */
const wrapped = (html) => `<!doctype html><html><body>${html}</body></html>`;

/**
 * With the tags that HTML lets an author leave out, which linkedom needs: what stands outside of them would be lost.
 * @param {string} html
 */
function complete(html) {
  if (/<html\b/i.test(html) && /<body\b/i.test(html)) return html.replace(/<\/(html|body)\b[^<>]*>/gi, '');
  return wrapped(html.replace(/<\/?(html|head|body)\b[^<>]*>/gi, ''));
}

function read() {
  const { document } = parseHTML(complete(new TextDecoder().decode(bytes)));
  if (isTooDeep(document.documentElement)) return { failed: 'deep' };
  const title = (document.querySelector('title')?.textContent ?? '').replace(/\s+/g, ' ').trim().slice(0, 300);
  const base = document.querySelector('base[href]')?.getAttribute('href') ?? url;
  removeHidden(document);
  const whole = document.body?.innerHTML ?? '';
  // What is hidden is gone already; asking again would need layout.
  const readable = isProbablyReaderable(document, { visibilityChecker: () => true });
  const article = readable ? new Readability(document, { disableJSONLD: true }).parse() : null;
  const isEnough = (article?.textContent ?? '').trim().length >= ARTICLE_CHARACTERS;
  const text = toMarkdown(parseHTML(wrapped(isEnough ? (article?.content ?? '') : whole)).document.body, {
    page: url,
    base: URL.canParse(base, url) ? new URL(base, url).href : url,
  });
  return { title, text: text.slice(0, most), more: text.length > most };
}

parentPort?.postMessage(read());

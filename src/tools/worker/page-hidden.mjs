/**
 * Takes out of a document what a person looking at the page would not see: comments, scripts, and elements hidden by
 * attribute, by their own style or by the page's style sheets (GUARD-3). Text hidden only from people is written for
 * machines.
 */

/**
 * What these files use of linkedom's document.
 * @typedef {{ readonly nodeType: number, readonly childNodes: Iterable<PageNode>, removeChild(child: PageNode): void }} PageNode
 * @typedef {PageNode & {
 *   readonly textContent: string,
 *   readonly innerHTML: string,
 *   readonly firstElementChild: PageElement | null,
 *   readonly nextElementSibling: PageElement | null,
 *   readonly parentElement: PageElement | null,
 *   getAttribute(name: string): string | null,
 *   remove(): void,
 * }} PageElement
 * @typedef {{
 *   readonly documentElement: PageElement,
 *   readonly body: PageElement,
 *   querySelector(selector: string): PageElement | null,
 *   querySelectorAll(selector: string): Iterable<PageElement>,
 * }} PageDocument
 */

/** Elements whose content is no text of the page, or is marked as not to be seen. */
const UNSEEN =
  'body title, script, style, noscript, template, iframe, frame, frameset, object, embed, applet, svg, canvas, audio, video, map, ' +
  'input, select, textarea, datalist, link, meta, [hidden], [aria-hidden="true"], dialog:not([open])';

/** Declarations, in lower case and without blanks, each of which takes an element out of sight. */
const HIDING = [
  /(^|;)display:none/,
  /(^|;)visibility:(hidden|collapse)/,
  /(^|;)content-visibility:hidden/,
  /(^|;)opacity:0?(\.0+)?(%|;|!|$)/,
  /(^|;)font-size:(0(\.0+)?[a-z%]*|[01]?(\.\d+)?(px|pt)|0?\.0\d*(em|rem))(;|!|$)/,
  // Far outside: not the hundred pixels that layouts use.
  /(^|;)(left|top|right|bottom|text-indent|margin-left|margin-top):-(\d{4,}|9\d\dpx|\d{3,}(em|rem|vw|vh|%))/,
  /(^|;)clip:rect\((0|1px)/,
  /(^|;)clip-path:(inset\((50|100)%|circle\(0)/,
  /(^|;)transform:scale\(0[,)]/,
  /(^|;)color:transparent/,
];
const EMPTY_BOX = /(^|;)(max-)?(width|height):[01](px)?(;|!|$)/;
const SHOWING = /(^|;)(display|visibility|opacity):/;

/** Style sheets are read up to here: characters, and rules about being seen times elements of the page. */
const CSS_CHARACTERS = 1_000_000;
const CSS_WORK = 3_000_000;
const SELECTOR_CHARACTERS = 300;

/** @param {PageDocument} document */
export function removeHidden(document) {
  const hidden = hiddenByStyleSheets(document);
  for (const element of document.querySelectorAll('[style]')) {
    if (hides(element.getAttribute('style') ?? '')) hidden.add(element);
  }
  for (const element of document.querySelectorAll(UNSEEN)) hidden.add(element);
  for (const element of hidden) {
    // Pages that show themselves only once their script has run would lose everything.
    if (element !== document.body && element !== document.documentElement) element.remove();
  }
  removeComments(document.documentElement);
}

/** @param {string} style */
function hides(style) {
  const plain = withoutComments(style).toLowerCase().replace(/\s+/g, '');
  if (HIDING.some((pattern) => pattern.test(plain))) return true;
  if (EMPTY_BOX.test(plain) && /(^|;)overflow(-[xy])?:(hidden|clip)/.test(plain)) return true;
  const colour = /(?:^|;)color:([^;!]+)/.exec(plain)?.[1];
  const ground = /(?:^|;)background(?:-color)?:([^;!]+)/.exec(plain)?.[1];
  return colour !== undefined && colour === ground && !/^(inherit|initial|unset|revert)$/.test(colour);
}

/**
 * The elements that the last matching rule hides. Order stands for the cascade, and rules within `@media` and the like
 * are left out: what they hide is shown somewhere.
 * @param {PageDocument} document
 * @returns {Set<PageElement>}
 */
function hiddenByStyleSheets(document) {
  /** @type {Set<PageElement>} */
  const hidden = new Set();
  const css = [...document.querySelectorAll('style')]
    .map((style) => style.textContent)
    .join('\n')
    .slice(0, CSS_CHARACTERS);
  const size = [...document.querySelectorAll('*')].length;
  let work = 0;
  for (const { selector, declarations } of topRules(css)) {
    const isHiding = hides(declarations);
    if (!isHiding && !SHOWING.test(declarations.toLowerCase().replace(/\s+/g, ''))) continue;
    work += size;
    if (work > CSS_WORK) break;
    for (const element of matching(document, selector)) {
      if (isHiding) hidden.add(element);
      else hidden.delete(element);
    }
  }
  return hidden;
}

/**
 * @param {PageDocument} document
 * @param {string} selector
 */
function matching(document, selector) {
  // What stands before or after an element is not the element.
  if (selector.length > SELECTOR_CHARACTERS || selector.includes('::') || /:(before|after)\b/.test(selector)) return [];
  try {
    return [...document.querySelectorAll(selector)];
  } catch {
    return [];
  }
}

/**
 * @param {string} css
 * @returns {Generator<{ selector: string, declarations: string }>}
 */
function* topRules(css) {
  const text = withoutComments(css);
  let start = 0;
  let open = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{') {
      if (depth === 0) open = at;
      depth += 1;
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      if (depth > 0) continue;
      const selector = text.slice(start, open).trim();
      if (selector !== '' && !selector.startsWith('@')) yield { selector, declarations: text.slice(open + 1, at) };
      start = at + 1;
    } else if (character === ';' && depth === 0) start = at + 1;
  }
}

/**
 * In one pass, whatever is opened and never closed.
 * @param {string} css
 */
function withoutComments(css) {
  const [first = '', ...rest] = css.split('/*');
  return first + rest.map((part) => (part.includes('*/') ? part.slice(part.indexOf('*/') + 2) : '')).join('');
}

/** @param {PageNode} root */
function removeComments(root) {
  /** @type {PageNode[]} */
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const child of [...node.childNodes]) {
      if (child.nodeType === 1) open.push(child);
      else if (child.nodeType !== 3) node.removeChild(child);
    }
  }
}

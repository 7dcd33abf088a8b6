import type { Block, Inline, RichText } from './richtext.js';

/**
 * Divides formatted text into parts that each fit one platform message, never inside markup: a part is itself
 * well-formed text. `fits` renders and measures as the platform does. Nothing is lost: the parts' characters, in
 * order, are the whole's. What cannot be divided and still does not fit (one character) is passed on whole.
 *
 * A text is counted in units: a UTF-16 unit of its characters is one, and so is everything that has no characters (a
 * line break, a rule, an empty cell). `take` gives the first n units, `drop` the others; a cut is a number of units.
 * The cost is linear: a cut looks at about as much as fits, never at all that remains.
 */
export function splitRichText(blocks: RichText, fits: (part: RichText) => boolean): RichText[] {
  const parts: RichText[] = [];
  let rest = blocks;
  let guess = FIRST_GUESS;
  while (rest.length > 0) {
    const most = largestFit(rest, fits, guess);
    if (most === Number.POSITIVE_INFINITY) return [...parts, rest];
    const cut = niceCut(rest, most, fits);
    parts.push(takeBlocks(rest, cut));
    rest = dropBlocks(rest, cut);
    guess = Math.max(most, 1);
  }
  return parts;
}

const FIRST_GUESS = 1024;

/** The most units from the front that fit together, infinity when all do; at least one whole character. */
function largestFit(rest: RichText, fits: (part: RichText) => boolean, guess: number): number {
  let low = 0;
  let high = guess;
  while (fits(takeBlocks(rest, high))) {
    if (sizeOf(rest, high) <= high) return Number.POSITIVE_INFINITY;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(takeBlocks(rest, middle))) low = middle;
    else high = middle;
  }
  return Math.max(low, 1);
}

/** Prefers the end of a block or line, then of a sentence, then a space, in the last third of what fits. */
function niceCut(rest: RichText, most: number, fits: (part: RichText) => boolean): number {
  const outline = new Outline();
  outline.blocks(takeBlocks(rest, most + 1));
  const { flat, ends } = outline;
  const earliest = (most * 2) / 3;
  const candidates = [
    ends.findLast((end) => end <= most) ?? 0,
    ...['\n', '. ', ' '].map((mark) => {
      const at = flat.lastIndexOf(mark, most - mark.length);
      return at < 0 ? 0 : at + mark.length;
    }),
  ];
  const wanted = candidates.find((cut) => cut > earliest && cut <= most && fits(takeBlocks(rest, cut)));
  if (wanted !== undefined) return wanted;
  if (!isHighSurrogate(flat.charCodeAt(most - 1)) || !isLowSurrogate(flat.charCodeAt(most))) return most;
  return most === 1 ? 2 : most - 1;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** The characters of a text, one per unit, and where its blocks, items and rows end. */
class Outline {
  flat = '';
  readonly ends: number[] = [];

  blocks(blocks: RichText): void {
    for (const block of blocks) {
      this.#block(block);
      this.ends.push(this.flat.length);
    }
  }

  #block(block: Block): void {
    const before = this.flat.length;
    switch (block.type) {
      case 'paragraph':
      case 'heading':
        this.#inline(block.children);
        break;
      case 'code':
        this.flat += block.text;
        break;
      case 'quote':
        this.blocks(block.children);
        break;
      case 'list':
        for (const item of block.items) this.#row(() => this.blocks(item));
        break;
      case 'table':
        for (const row of block.rows) this.#row(() => this.#cells(row));
        break;
      case 'rule':
        break;
    }
    if (this.flat.length === before) this.flat += EMPTY;
  }

  #row(inside: () => void): void {
    const before = this.flat.length;
    inside();
    if (this.flat.length === before) this.flat += EMPTY;
    this.ends.push(this.flat.length);
  }

  #cells(row: readonly (readonly Inline[])[]): void {
    for (const cell of row) {
      const before = this.flat.length;
      this.#inline(cell);
      if (this.flat.length === before) this.flat += EMPTY;
    }
  }

  #inline(nodes: readonly Inline[]): void {
    for (const node of nodes) {
      if (node.type === 'break') this.flat += '\n';
      else if (node.type === 'text' || node.type === 'code') this.flat += node.text;
      else this.#inline(node.children);
    }
  }
}

/** Stands for what counts as one unit and has no character. */
const EMPTY = '\0';

// How many units something has. Counting stops above `limit`: the answer is then only known to be more.

type Count<T> = (node: T, limit: number) => number;

function sum<T>(nodes: readonly T[], limit: number, count: Count<T>): number {
  let total = 0;
  for (const node of nodes) {
    total += count(node, limit - total);
    if (total > limit) break;
  }
  return total;
}

const atLeastOne = (units: number) => Math.max(units, 1);
const sizeOf = (blocks: RichText, limit: number): number => sum(blocks, limit, sizeOfBlock);
const sizeOfInlines = (nodes: readonly Inline[], limit: number): number => sum(nodes, limit, sizeOfInline);
const sizeOfItem: Count<readonly Block[]> = (item, limit) => atLeastOne(sizeOf(item, limit));
const sizeOfCell: Count<readonly Inline[]> = (cell, limit) => atLeastOne(sizeOfInlines(cell, limit));
const sizeOfRow: Count<readonly (readonly Inline[])[]> = (row, limit) => atLeastOne(sum(row, limit, sizeOfCell));

function sizeOfInline(node: Inline, limit: number): number {
  if (node.type === 'break') return 1;
  return node.type === 'text' || node.type === 'code' ? node.text.length : sizeOfInlines(node.children, limit);
}

function sizeOfBlock(block: Block, limit: number): number {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return atLeastOne(sizeOfInlines(block.children, limit));
    case 'code':
      return atLeastOne(block.text.length);
    case 'quote':
      return atLeastOne(sizeOf(block.children, limit));
    case 'list':
      return atLeastOne(sum(block.items, limit, sizeOfItem));
    case 'table':
      return atLeastOne(sum(block.rows, limit, sizeOfRow));
    case 'rule':
      return 1;
  }
}

// The first `units` of something, and what is behind them. A node that the cut does not touch is passed on as it is.

type Cut<T> = (node: T, units: number) => T;

function takeFrom<T>(nodes: readonly T[], units: number, count: Count<T>, cut: Cut<T>): T[] {
  const taken: T[] = [];
  let left = units;
  for (const node of nodes) {
    if (left <= 0) break;
    const size = count(node, left);
    taken.push(size <= left ? node : cut(node, left));
    left -= size;
  }
  return taken;
}

function dropFrom<T>(nodes: readonly T[], units: number, count: Count<T>, cut: Cut<T>): T[] {
  let left = units;
  for (const [index, node] of nodes.entries()) {
    if (left <= 0) return nodes.slice(index);
    const size = count(node, left);
    if (size > left) return [cut(node, left), ...nodes.slice(index + 1)];
    left -= size;
  }
  return [];
}

const takeBlocks = (blocks: RichText, units: number): Block[] => takeFrom(blocks, units, sizeOfBlock, takeBlock);
const dropBlocks = (blocks: RichText, units: number): Block[] => dropFrom(blocks, units, sizeOfBlock, dropBlock);
const takeInlines: Cut<readonly Inline[]> = (nodes, units) => takeFrom(nodes, units, sizeOfInline, takeInline);
const dropInlines: Cut<readonly Inline[]> = (nodes, units) => dropFrom(nodes, units, sizeOfInline, dropInline);

function takeInline(node: Inline, units: number): Inline {
  if (node.type === 'break') return node;
  if (node.type === 'text' || node.type === 'code') return { ...node, text: node.text.slice(0, units) };
  return { ...node, children: takeInlines(node.children, units) };
}

function dropInline(node: Inline, units: number): Inline {
  if (node.type === 'break') return node;
  if (node.type === 'text' || node.type === 'code') return { ...node, text: node.text.slice(units) };
  return { ...node, children: dropInlines(node.children, units) };
}

function takeBlock(block: Block, units: number): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: takeInlines(block.children, units) };
    case 'code':
      return { ...block, text: block.text.slice(0, units) };
    case 'quote':
      return { ...block, children: takeBlocks(block.children, units) };
    case 'list':
      return { ...block, items: takeFrom(block.items, units, sizeOfItem, takeBlocks) };
    case 'table':
      return {
        ...block,
        rows: takeFrom(block.rows, units, sizeOfRow, (row, left) => takeFrom(row, left, sizeOfCell, takeInlines)),
      };
    case 'rule':
      return block;
  }
}

function dropBlock(block: Block, units: number): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: dropInlines(block.children, units) };
    case 'code':
      return { ...block, text: block.text.slice(units) };
    case 'quote':
      return { ...block, children: dropBlocks(block.children, units) };
    case 'list': {
      const items = dropFrom(block.items, units, sizeOfItem, dropBlocks);
      // An item that goes on in the next part keeps its number.
      const start = block.start === null ? null : block.start + block.items.length - items.length;
      return { ...block, start, items };
    }
    case 'table':
      return {
        ...block,
        rows: dropFrom(block.rows, units, sizeOfRow, (row, left) => dropFrom(row, left, sizeOfCell, dropInlines)),
      };
    case 'rule':
      return block;
  }
}

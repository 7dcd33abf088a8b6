import type { Block, Inline, RichText } from './richtext.js';

/**
 * Divides formatted text into parts that each fit one platform message, never inside markup: a part is itself
 * well-formed text. `fits` renders and measures as the platform does. Nothing is lost: the parts' characters, in
 * order, are the whole's (only the white space at a cut goes).
 */
export function splitRichText(blocks: RichText, fits: (part: RichText) => boolean): RichText[] {
  const parts: RichText[] = [];
  let current: Block[] = [];
  const queue: Block[] = [...blocks];
  while (queue.length > 0) {
    const block = queue.shift() as Block;
    if (fits([...current, block])) {
      current.push(block);
      continue;
    }
    const [head, tail] = cutBlock(block, (candidate) => fits([...current, candidate]));
    if (head !== null) {
      current.push(head);
      parts.push(current);
      current = [];
      if (tail !== null) queue.unshift(tail);
    } else if (current.length > 0) {
      parts.push(current);
      current = [];
      queue.unshift(block);
    } else {
      // One indivisible piece over the limit (a single character cannot fit): pass it on whole, never drop it.
      parts.push([block]);
    }
  }
  if (current.length > 0) parts.push(current);
  return parts;
}

/** The largest head of the block that fits and the rest; `[null, block]` when not even a small head fits. */
function cutBlock(block: Block, fits: (candidate: Block) => boolean): [Block | null, Block | null] {
  const size = blockSize(block);
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [head] = takeBlock(block, middle);
    if (head !== null && fits(head)) low = middle;
    else high = middle - 1;
  }
  if (low === 0) return [null, block];
  const nice = niceCut(flatten(block), low);
  const [head, tail] = takeBlock(block, nice);
  return head === null ? [null, block] : [head, tail];
}

/** Prefers the end of a line, then of a sentence, then a space, in the last half of what fits. */
function niceCut(flat: string, limit: number): number {
  if (limit >= flat.length) return limit;
  const window = flat.slice(0, limit);
  for (const mark of ['\n', '. ', ' ']) {
    const at = window.lastIndexOf(mark);
    if (at > limit / 2) return at + mark.length;
  }
  const last = window.charCodeAt(limit - 1);
  return last >= 0xd800 && last <= 0xdbff && limit > 1 ? limit - 1 : limit;
}

function flatten(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return flattenInline(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return block.children.map(flatten).join('');
    case 'list':
      return block.items.map((item) => item.map(flatten).join('')).join('');
    case 'table':
      return block.rows.map((row) => row.map((cell) => flattenInline(cell)).join('')).join('');
    case 'rule':
      return '-';
  }
}

function flattenInline(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n';
      return node.type === 'text' || node.type === 'code' ? node.text : flattenInline(node.children);
    })
    .join('');
}

const blockSize = (block: Block): number => flatten(block).length;

/** The first `count` characters as a block of the same kind, and what remains of it. */
function takeBlock(block: Block, count: number): [Block | null, Block | null] {
  if (count <= 0) return [null, block];
  switch (block.type) {
    case 'paragraph':
    case 'heading': {
      const [head, tail] = takeInline(block.children, count);
      return [
        head.length > 0 ? { ...block, children: head } : null,
        tail.length > 0 ? { type: 'paragraph', children: tail } : null,
      ];
    }
    case 'code': {
      const tail = block.text.slice(count).replace(/^\n/, '');
      return [
        { ...block, text: block.text.slice(0, count).replace(/\n$/, '') },
        tail === '' ? null : { ...block, text: tail },
      ];
    }
    case 'quote': {
      const [head, tail] = takeBlocks(block.children, count);
      return [
        head.length > 0 ? { ...block, children: head } : null,
        tail.length > 0 ? { ...block, children: tail } : null,
      ];
    }
    case 'list':
      return takeList(block, count);
    case 'table': {
      let used = 0;
      let rows = 0;
      for (const row of block.rows) {
        used += row.reduce((sum, cell) => sum + flattenInline(cell).length, 0);
        if (used > count) break;
        rows += 1;
      }
      if (rows === 0) return [null, block];
      const rest = block.rows.slice(rows);
      return [{ ...block, rows: block.rows.slice(0, rows) }, rest.length > 0 ? { ...block, rows: rest } : null];
    }
    case 'rule':
      return [block, null];
  }
}

function takeList(block: Extract<Block, { type: 'list' }>, count: number): [Block | null, Block | null] {
  const head: (readonly Block[])[] = [];
  let left = count;
  for (const [index, item] of block.items.entries()) {
    const size = item.reduce((sum, child) => sum + blockSize(child), 0);
    if (size <= left) {
      head.push(item);
      left -= size;
      continue;
    }
    const [itemHead, itemTail] = takeBlocks(item, left);
    if (itemHead.length > 0) head.push(itemHead);
    const rest = [itemTail, ...block.items.slice(index + 1)];
    return [
      head.length > 0 ? { ...block, items: head } : null,
      { ...block, start: block.start === null ? null : block.start + index, items: rest },
    ];
  }
  return [block, null];
}

function takeBlocks(blocks: readonly Block[], count: number): [Block[], Block[]] {
  const head: Block[] = [];
  let left = count;
  for (const [index, child] of blocks.entries()) {
    const size = blockSize(child);
    if (size <= left) {
      head.push(child);
      left -= size;
      continue;
    }
    const [childHead, childTail] = takeBlock(child, left);
    if (childHead !== null) head.push(childHead);
    return [head, [...(childTail === null ? [] : [childTail]), ...blocks.slice(index + 1)]];
  }
  return [head, []];
}

function takeInline(nodes: readonly Inline[], count: number): [Inline[], Inline[]] {
  const head: Inline[] = [];
  let left = count;
  for (const [index, node] of nodes.entries()) {
    const rest = nodes.slice(index + 1);
    if (left <= 0) return [head, [node, ...rest]];
    if (node.type === 'break') {
      head.push(node);
      left -= 1;
      continue;
    }
    const size = node.type === 'text' || node.type === 'code' ? node.text.length : flattenInline(node.children).length;
    if (size <= left) {
      head.push(node);
      left -= size;
      continue;
    }
    if (node.type === 'text' || node.type === 'code') {
      return [
        [...head, { ...node, text: node.text.slice(0, left) }],
        [{ ...node, text: node.text.slice(left) }, ...rest],
      ];
    }
    const [childHead, childTail] = takeInline(node.children, left);
    return [
      childHead.length > 0 ? [...head, { ...node, children: childHead }] : head,
      [{ ...node, children: childTail }, ...rest],
    ];
  }
  return [head, []];
}

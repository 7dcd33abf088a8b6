import type { OutboundFile } from '../../src/core/channel.js';
import { disguisesHost, linkHost } from '../../src/core/link-host.js';
import type { Block, Inline, RichText } from '../../src/core/richtext.js';
import { showBytes, showName } from '../../src/core/visible.js';
import { type Line, line, literal, literalLine, type Span, type Style, textOf, widthOf } from './lines.js';

/** RichText, buttons and files → lines of a terminal. Pure. */
export interface NumberedButton {
  readonly number: number;
  readonly label: string;
}

/** Lines of a text file that stand at once; the rest is a choice away. */
const FILE_LINES = 60;

export function renderText(blocks: RichText): Line[] {
  const lines: Line[] = [];
  let previous: Block | undefined;
  for (const block of blocks) {
    if (previous !== undefined && previous.type !== 'heading') lines.push({ spans: [] });
    lines.push(...renderBlock(block));
    previous = block;
  }
  return lines;
}

function renderBlock(block: Block): Line[] {
  switch (block.type) {
    case 'paragraph':
      return renderInlines(block.children, 'plain');
    case 'heading':
      return renderInlines(block.children, 'bold');
    case 'code':
      return codeLines(block.text);
    case 'quote':
      return renderText(block.children).map((one) => prefixed('│ ', one));
    case 'list':
      return block.items.flatMap((item, index) => {
        const mark = block.start === null ? '• ' : `${block.start + index}. `;
        const lines = item.flatMap(renderBlock);
        return (lines.length === 0 ? [{ spans: [] }] : lines).map((one, at) =>
          prefixed(at === 0 ? mark : ' '.repeat(mark.length), one),
        );
      });
    case 'table':
      return renderTable(block.rows.map((row) => row.map((cell) => cellText(cell))));
    case 'rule':
      return [line('———', 'dim')];
  }
}

function codeLines(text: string): Line[] {
  return literal(text)
    .split('\n')
    .map((one) => ({ spans: [{ text: one, style: 'plain' }], code: true }));
}

function prefixed(mark: string, value: Line): Line {
  return { ...value, spans: [{ text: mark, style: 'plain' }, ...value.spans] };
}

function renderInlines(nodes: readonly Inline[], style: Style): Line[] {
  const lines: Span[][] = [[]];
  for (const span of spansOf(nodes, style)) {
    for (const [index, part] of span.text.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ text: part, style: span.style });
    }
  }
  return lines.map((spans) => ({ spans }));
}

function spansOf(nodes: readonly Inline[], style: Style): Span[] {
  return nodes.flatMap((node) => spansOfOne(node, style));
}

function spansOfOne(node: Inline, style: Style): Span[] {
  switch (node.type) {
    case 'text':
    case 'code':
      return [{ text: literal(node.text), style }];
    case 'break':
      return [{ text: '\n', style }];
    case 'strong':
      return spansOf(node.children, 'bold');
    case 'emphasis':
      return spansOf(node.children, style);
    case 'strike':
      return spansOf(node.children, 'dim');
    case 'link': {
      const label = spansOf(node.children, style);
      const shown = label.map((span) => span.text).join('');
      const url = literalLine(node.url);
      const place = disguisesHost(node.url) ? ` (${literalLine(linkHost(node.url) ?? '')})` : '';
      if (shown === url || shown.trim() === '') return [{ text: `${url}${place}`, style }];
      return [...label, { text: ` (${url})${place}`, style }];
    }
  }
}

function cellText(nodes: readonly Inline[]): string {
  return spansOf(nodes, 'plain')
    .map((span) => span.text.replace(/\n/g, ' '))
    .join('');
}

function renderTable(rows: readonly (readonly string[])[]): Line[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return rows.map((row, index) => {
    const cells = row.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))));
    const text = cells.join(' | ').trimEnd();
    return { spans: [{ text, style: index === 0 && rows.length > 1 ? 'bold' : 'plain' }], code: true };
  });
}

/** `[1] Approve  [2] Deny`, a line for each row of buttons. */
export function renderButtons(rows: readonly (readonly NumberedButton[])[]): Line[] {
  return rows.map((row) => ({
    spans: row.flatMap(({ number, label }, index): Span[] => [
      { text: `${index === 0 ? '' : '  '}[${number}]`, style: 'bold' },
      { text: ` ${literalLine(label)}`, style: 'plain' },
    ]),
  }));
}

/** Name and size, and what of the content can be read: the first lines, and the rest apart. */
export function renderFile(file: OutboundFile): { lines: Line[]; rest: Line[] } {
  const head = line(`${showName(file.name)} · ${showBytes(file.bytes.length)}`, 'bold');
  const content = readable(file.bytes);
  if (content === null) return { lines: [head], rest: [] };
  const lines = codeLines(content.replace(/\r?\n$/, ''));
  if (lines.length <= FILE_LINES) return { lines: [head, ...lines], rest: [] };
  return { lines: [head, ...lines.slice(0, FILE_LINES)], rest: lines.slice(FILE_LINES) };
}

function readable(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text === '' || text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/**
 * What is said of a message whose earlier form stands further up: its first line, so that it is known which one it is,
 * and the lines that changed. Empty when nothing did.
 */
export function changedLines(before: readonly Line[], after: readonly Line[]): Line[] {
  const same = (a: Line | undefined, b: Line | undefined) =>
    a !== undefined && b !== undefined && textOf(a) === textOf(b);
  let start = 0;
  while (same(before[start], after[start])) start += 1;
  if (start === before.length && start === after.length) return [];
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && same(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const changed = after.slice(start, after.length - end);
  while (changed.length > 0 && textOf(changed[0] as Line) === '') changed.shift();
  while (changed.length > 0 && textOf(changed.at(-1) as Line) === '') changed.pop();
  return start === 0 ? changed : [...after.slice(0, 1), ...changed];
}

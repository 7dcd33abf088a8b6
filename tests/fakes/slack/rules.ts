import type { Json } from './workspace.js';

/** Block Kit's published limits. Each returns the sentence Slack would give back, or null. */
export function blockFault(blocks: readonly Json[], limit = 50): string | null {
  if (blocks.length > limit) return `no more than ${limit} items allowed`;
  const blockIds = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    if (typeof block.block_id === 'string') {
      if (blockIds.has(block.block_id)) return `block_id ${block.block_id} is not unique`;
      blockIds.add(block.block_id);
    }
    const fault = oneBlockFault(block);
    if (fault !== null) return `${fault} [json-pointer:/blocks/${index}]`;
  }
  if (JSON.stringify(blocks).length > 40_000) return 'msg_blocks_too_long';
  return null;
}

function oneBlockFault(block: Json): string | null {
  switch (block.type) {
    case 'section':
      return textFault(block.text, 3000);
    case 'header':
      return textFault(block.text, 150);
    case 'divider':
      return null;
    case 'context':
      return list(block.elements).length > 10 ? 'no more than 10 items allowed' : null;
    case 'actions':
      return actionsFault(list(block.elements));
    case 'input':
      return textFault(block.label, 2000) ?? (isObject(block.element) ? null : 'missing required field: element');
    case 'rich_text':
      return richTextFault(list(block.elements));
    default:
      return `unsupported type: ${String(block.type)}`;
  }
}

function actionsFault(elements: readonly Json[]): string | null {
  if (elements.length === 0) return 'no fewer than 1 items required';
  if (elements.length > 25) return 'no more than 25 items allowed';
  const ids = new Set<unknown>();
  for (const element of elements) {
    if (element.type !== 'button') return `unsupported element: ${String(element.type)}`;
    const fault = textFault(element.text, 75);
    if (fault !== null) return fault;
    if (typeof element.value === 'string' && element.value.length > 2000) return 'value is longer than 2000 characters';
    if (typeof element.action_id !== 'string' || element.action_id.length > 255) return 'invalid action_id';
    if (ids.has(element.action_id)) return `action_id ${element.action_id} already exists`;
    ids.add(element.action_id);
    if (element.style !== undefined && element.style !== 'primary' && element.style !== 'danger')
      return 'invalid style';
  }
  return null;
}

const RICH_PARTS = new Set(['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote']);

function richTextFault(parts: readonly Json[]): string | null {
  if (parts.length === 0) return 'no fewer than 1 items required';
  for (const part of parts) {
    if (!RICH_PARTS.has(String(part.type))) return `unsupported type: ${String(part.type)}`;
    const elements = list(part.elements);
    if (part.type === 'rich_text_list') {
      if (part.style !== 'bullet' && part.style !== 'ordered') return 'invalid style';
      for (const item of elements) {
        if (item.type !== 'rich_text_section') return 'a list holds sections only';
        const fault = inlineFault(list(item.elements));
        if (fault !== null) return fault;
      }
    } else {
      const fault = inlineFault(elements, part.type === 'rich_text_preformatted');
      if (fault !== null) return fault;
    }
  }
  return null;
}

function inlineFault(elements: readonly Json[], preformatted = false): string | null {
  for (const element of elements) {
    if (element.type === 'text') {
      if (typeof element.text !== 'string' || element.text === '') return 'must be more than 0 characters';
      if (preformatted && element.style !== undefined) return 'preformatted text has no style';
    } else if (element.type === 'link') {
      if (typeof element.url !== 'string' || !/^(https?|mailto):/.test(element.url)) return 'invalid url';
    } else if (!['user', 'usergroup', 'channel', 'broadcast', 'emoji', 'date'].includes(String(element.type))) {
      return `unsupported type: ${String(element.type)}`;
    }
  }
  return null;
}

function textFault(value: unknown, limit: number): string | null {
  if (!isObject(value) || typeof value.text !== 'string') return 'missing required field: text';
  if (value.text === '') return 'must be more than 0 characters';
  return value.text.length > limit ? `must be less than ${limit + 1} characters` : null;
}

export function viewFault(view: Json): string | null {
  if (view.type !== 'modal') return 'unsupported view type';
  const title = textFault(view.title, 24);
  if (title !== null) return `title ${title}`;
  const blocks = list(view.blocks);
  if (blocks.some((block) => block.type === 'input') && view.submit === undefined)
    return 'missing required field: submit';
  if (view.submit !== undefined && textFault(view.submit, 24) !== null) return 'invalid submit';
  if (typeof view.private_metadata === 'string' && view.private_metadata.length > 3000)
    return 'private_metadata too long';
  return blockFault(blocks, 100);
}

/** Everything in a message that would notify people or name a channel: must be empty for what the agent writes. */
export function pingsIn(text: string, blocks: readonly Json[]): string[] {
  const found = [...text.matchAll(/<[!@#][^>]*>/g)].map((match) => match[0]);
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const child of node) walk(child);
    if (!isObject(node)) return;
    if (['user', 'usergroup', 'channel', 'broadcast'].includes(String(node.type))) found.push(JSON.stringify(node));
    if (node.type === 'mrkdwn' && typeof node.text === 'string') {
      found.push(...[...node.text.matchAll(/<[!@#][^>]*>/g)].map((match) => match[0]));
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(blocks);
  return found;
}

/** Whether `&`, `<` and `>` stand only where Slack's escapes and entities allow them. */
export function wellEscaped(text: string): boolean {
  const rest = text.replace(/<(https?:|mailto:)[^<>|]+(\|[^<>]*)?>/g, '').replace(/&(amp|lt|gt);/g, '');
  return !/[<>&]/.test(rest);
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Button } from '../core/channel.js';
import { type Block, codeBlock, type Inline, paragraph, text } from '../core/richtext.js';
import { clockTime } from '../core/time.js';
import type { ResolvedAction } from '../core/tool.js';
import type { Taint } from '../core/trust.js';
import { showHidden } from '../core/visible.js';
import type { Approval, Card } from '../store/approvals.js';
import type { DeliveryContent } from '../store/deliveries.js';
import { warningLines } from './warnings.js';

/**
 * How an approval looks. The action stands first and literally; hidden characters are shown as escapes with a warning;
 * what does not fit goes along as a file. Pure.
 */
export interface CardItem {
  readonly approval: Approval;
  /** How the call ended, once it has. */
  readonly outcome: string | null;
}

/** UTF-16 units of title and of payload that stand on a card, shared by its actions; the rest is attached. */
const SHOWN_LIMIT = 1_400;
/** What stands on a card besides titles and payloads: once, and for each action. */
const CARD_WORDS = 800;
const ACTION_WORDS = 250;
/** Two buttons each, and two for all of them, are what every platform can show. */
const MAX_ACTIONS = 9;
const MAX_SOURCES = 300;

/** How many actions one card can hold where a message has `maxText` UTF-16 units. */
export const actionsPerCard = (maxText: number): number =>
  Math.max(1, Math.min(MAX_ACTIONS, Math.floor((maxText - CARD_WORDS) / (ACTION_WORDS + 100))));

function shownLimit(actions: number, maxText: number): number {
  const room = Math.floor((maxText - CARD_WORDS - actions * ACTION_WORDS) / (2 * actions));
  return Math.min(Math.floor(SHOWN_LIMIT / actions), room);
}

export function cardContent(
  card: Pick<Card, 'kind'>,
  items: readonly CardItem[],
  options: {
    readonly taint: Taint;
    readonly timeZone: string;
    readonly buttons: readonly (readonly Button[])[];
    /** UTF-16 units that a message holds in every chat that shows this card. */
    readonly maxText: number;
    /** The channel whose question this is a copy of; null for the question itself. */
    readonly askedIn: string | null;
  },
): DeliveryContent {
  const blocks: Block[] = [];
  if (card.kind === 'recovery') {
    blocks.push(paragraph('I was restarted. This had begun and its end is unknown:'));
  }
  for (const [index, item] of items.entries()) {
    const number = items.length > 1 ? index + 1 : null;
    blocks.push(...actionBlocks(item.approval.action, number, shownLimit(items.length, options.maxText)));
    const line = outcomeLine(item, card.kind, options.timeZone);
    if (line !== null) blocks.push(paragraph(line));
  }
  const pending = items.some((item) => item.approval.state === 'pending');
  const warnings = pending ? warningLines(options.taint) : [];
  if (warnings.length > 0) blocks.push(paragraph(...lines(warnings.map((line) => showHidden(line).text))));
  if (pending && options.taint.untrusted.length > 0) {
    blocks.push(paragraph(`Read in this turn: ${sources(options.taint.untrusted)}`));
  }
  if (pending && items.length === 1 && card.kind === 'approval') {
    const pattern = items[0]?.approval.action.grantPattern;
    if (pattern) blocks.push(paragraph(`Always means: ${showHidden(pattern).text}, in this conversation.`));
  }
  if (options.askedIn !== null) blocks.push(paragraph(`Asked in ${options.askedIn}`));
  return { text: blocks, ...(options.buttons.length > 0 ? { buttons: options.buttons } : {}) };
}

/** The payloads that do not fit their card, as files to go with it. */
export function cardAttachments(actions: readonly ResolvedAction[], maxText: number): { name: string; text: string }[] {
  return actions.flatMap((action) => {
    const { card } = action;
    if (card.attachment) return [card.attachment];
    const limit = shownLimit(actions.length, maxText);
    const whole = `${card.title}\n\n${card.body}`.trim();
    const fits = showHidden(card.title).text.length <= limit && showHidden(card.body).text.length <= limit;
    return fits ? [] : [{ name: `${action.tool}.txt`, text: whole }];
  });
}

function actionBlocks(action: ResolvedAction, number: number | null, limit: number): Block[] {
  const { card } = action;
  const title = showHidden(card.title);
  const body = showHidden(card.body);
  const facts = [...card.facts];
  if (title.changed || body.changed) facts.unshift('Hidden or confusable characters are shown as escapes');
  const tooLong = title.text.length > limit;
  const blocks: Block[] = [titleBlock(tooLong ? firstLines(title.text, limit) : title.text, number)];
  if (body.text !== '') blocks.push(codeBlock(firstLines(body.text, limit)));
  if (tooLong || body.text.length > limit || card.attachment)
    facts.push('shown in part; all of it is in the attached file');
  if (facts.length > 0) blocks.push(paragraph(...lines(facts.map((fact) => showHidden(fact).text))));
  return blocks;
}

/** `Run: npm test`: the word before the colon as text, the literal thing as code. */
function titleBlock(title: string, number: number | null): Block {
  const prefix = number === null ? '' : `${number}. `;
  const at = title.indexOf(' ');
  const head = at < 0 ? title : title.slice(0, at);
  const rest = at < 0 ? '' : title.slice(at + 1);
  if (rest === '') return paragraph(`${prefix}${head}`);
  return paragraph(text(`${prefix}${head} `), { type: 'code', text: rest });
}

function outcomeLine(item: CardItem, kind: Card['kind'], timeZone: string): string | null {
  const { approval, outcome } = item;
  const at = approval.decidedAt === null ? '' : clockTime(approval.decidedAt, timeZone);
  switch (approval.state) {
    case 'pending':
      return null;
    case 'approved':
    case 'used': {
      const rule = approval.note === null ? '' : ` · ${approval.note}`;
      const word = kind === 'recovery' ? 'Run again' : 'Approved';
      return `✓ ${word} ${at}${rule}${outcome === null ? '' : ` · ${outcome}`}`;
    }
    case 'rejected':
      if (kind === 'recovery') return `✗ Skipped ${at}`;
      return approval.note === null ? `✗ Denied ${at}` : `✗ Denied ${at}: ${approval.note}`;
    case 'expired':
      return approval.note === null ? `Expired ${at}, not run` : `Expired ${at}, not run · ${approval.note}`;
    case 'cancelled':
      return approval.note ?? 'Cancelled by stop';
  }
}

function lines(values: readonly string[]): Inline[] {
  return values.flatMap((value, index): Inline[] => (index === 0 ? [text(value)] : [{ type: 'break' }, text(value)]));
}

/** As many as have room, and how many more there are. */
function sources(untrusted: readonly string[]): string {
  const named: string[] = [];
  for (const source of untrusted.map((one) => `${one.slice(0, MAX_SOURCES)} (untrusted)`)) {
    if (named.length > 0 && [...named, source].join(', ').length > MAX_SOURCES) break;
    named.push(source);
  }
  const more = untrusted.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function firstLines(value: string, limit: number): string {
  if (value.length <= limit) return value;
  const cut = value.slice(0, limit);
  const at = cut.lastIndexOf('\n');
  return `${at > limit / 2 ? cut.slice(0, at) : cut}\n…`;
}

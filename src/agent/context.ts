import type { InboundEvent, Quote } from '../core/event.js';
import type { TextPart, UserPart } from '../core/message.js';
import { fullTime } from '../core/time.js';
import { joinTaint, madeFrom, NO_TAINT, type Taint } from '../core/trust.js';
import type { ContentGuard } from '../guards/content.js';
import { judgeInput } from '../guards/input.js';
import { found } from '../tools/present.js';

/** In the place of an own request that was declined (GUARD-7): quoting it must not bring it in after all. */
const DECLINED = '[a request that was declined]';
/** The last instant that a Date can hold. */
const MAX_TIME = 8.64e15;

/** What a forwarded message is called as a source, and what came with it. */
export const forwardedFrom = (channel: string): string => `forwarded ${channel} message`;

export interface MessageOptions {
  readonly timeZone: string;
  readonly isOwner: (userId: string) => boolean;
  readonly content: ContentGuard;
  /** What the agent had read when it wrote the message that is quoted. */
  readonly quotedTaint: Taint;
}

/**
 * An owner's message as the model sees it: when it came, what it answers, what others said, the text, the files. What
 * others wrote is looked through and wrapped; only the owner's own words stand free.
 */
export function ownerMessage(
  event: InboundEvent & { kind: 'message.created' },
  attachments: readonly UserPart[],
  options: MessageOptions,
): { parts: UserPart[]; taint: Taint } {
  let taint = NO_TAINT;
  const outside = (source: string, content: string): TextPart => {
    const { wrapped, findings } = options.content.wrap(source, content);
    taint = joinTaint(joinTaint(taint, madeFrom([source])), found(source, findings));
    return { type: 'text', text: wrapped };
  };
  // A platform's clock can say anything.
  const sentAt = Math.abs(event.sentAt) <= MAX_TIME ? event.sentAt : event.receivedAt;
  const parts: UserPart[] = [{ type: 'text', text: `[${fullTime(sentAt, options.timeZone)}]` }];
  for (const message of event.context ?? [])
    parts.push(outside(`${event.channel} user ${message.author}`, message.text));
  if (event.quote) parts.push(quoted(event.quote, event.channel, options, outside));
  if (event.forwarded !== true) {
    if (event.text !== '') parts.push({ type: 'text', text: event.text });
    return { parts: [...parts, ...attachments], taint };
  }
  const source = forwardedFrom(event.channel);
  if (event.text !== '') parts.push(outside(source, event.text));
  for (const part of attachments) parts.push(part.type === 'text' ? outside(source, part.text) : part);
  // A picture cannot be wrapped; it can still say something.
  return { parts, taint: joinTaint(taint, madeFrom([source])) };
}

function quoted(
  quote: Quote,
  channel: string,
  { isOwner, quotedTaint }: MessageOptions,
  outside: (source: string, content: string) => TextPart,
): TextPart {
  if (quote.author === 'agent' && quotedTaint.untrusted.length > 0) {
    return outside(`your own message, after reading ${quotedTaint.untrusted.join(', ')}`, quote.text);
  }
  if (quote.author === 'agent') return { type: 'text', text: `In answer to your message:\n${quoteLines(quote.text)}` };
  if (quote.author !== null && isOwner(quote.author)) {
    const words = judgeInput(quote.text).effect === 'deny' ? DECLINED : quote.text;
    return { type: 'text', text: `In answer to the owner's own message:\n${quoteLines(words)}` };
  }
  return outside(`quoted ${channel} message of ${quote.author ?? 'somebody'}`, quote.text);
}

const quoteLines = (text: string): string => text.replace(/^/gm, '> ');

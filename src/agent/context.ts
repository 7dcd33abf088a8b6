import type { InboundEvent, Quote } from '../core/event.js';
import type { TextPart, UserPart } from '../core/message.js';
import { fullTime } from '../core/time.js';
import { NO_TAINT, type Taint } from '../core/trust.js';
import { wrapUntrusted } from '../guards/content.js';
import { judgeInput } from '../guards/input.js';

/** In the place of an own request that was declined (GUARD-7): quoting it must not bring it in after all. */
const DECLINED = '[a request that was declined]';
/** The last instant that a Date can hold. */
const MAX_TIME = 8.64e15;

/**
 * An owner's message as the model sees it: when it came, what it answers, what others said, the text, the files. What
 * others wrote is wrapped; only the owner's own words stand free.
 */
export function ownerMessage(
  event: InboundEvent & { kind: 'message.created' },
  attachments: readonly UserPart[],
  options: { readonly timeZone: string; readonly isOwner: (userId: string) => boolean },
): { parts: UserPart[]; taint: Taint } {
  const untrusted: string[] = [];
  const outside = (source: string, content: string): TextPart => {
    untrusted.push(source);
    return { type: 'text', text: wrapUntrusted(source, content) };
  };
  // A platform's clock can say anything.
  const sentAt = Math.abs(event.sentAt) <= MAX_TIME ? event.sentAt : event.receivedAt;
  const parts: UserPart[] = [{ type: 'text', text: `[${fullTime(sentAt, options.timeZone)}]` }];
  for (const message of event.context ?? [])
    parts.push(outside(`${event.channel} user ${message.author}`, message.text));
  if (event.quote) parts.push(quoted(event.quote, event.channel, options.isOwner, outside));
  if (event.text !== '') {
    const forwarded = event.forwarded === true;
    parts.push(
      forwarded ? outside(`forwarded ${event.channel} message`, event.text) : { type: 'text', text: event.text },
    );
  }
  parts.push(...attachments);
  return { parts, taint: untrusted.length === 0 ? NO_TAINT : { untrusted, private: [] } };
}

function quoted(
  quote: Quote,
  channel: string,
  isOwner: (userId: string) => boolean,
  outside: (source: string, content: string) => TextPart,
): TextPart {
  if (quote.author === 'agent') return { type: 'text', text: `In answer to your message:\n${quoteLines(quote.text)}` };
  if (quote.author !== null && isOwner(quote.author)) {
    const words = judgeInput(quote.text).effect === 'deny' ? DECLINED : quote.text;
    return { type: 'text', text: `In answer to the owner's own message:\n${quoteLines(words)}` };
  }
  return outside(`quoted ${channel} message of ${quote.author ?? 'somebody'}`, quote.text);
}

const quoteLines = (text: string): string => text.replace(/^/gm, '> ');

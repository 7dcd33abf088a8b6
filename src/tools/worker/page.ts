import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { System } from '../../core/system.js';
import { parseApart } from './child.js';

/** The readable text of an HTML page as Markdown, by a parser in a process of its own. Throws `tool.failed`. */
export type PageReader = (html: string, url: string, signal?: AbortSignal) => Promise<PageText>;

export interface PageText {
  /** Empty where the page has none. */
  readonly title: string;
  readonly text: string;
  /** True when there is more text than was taken. */
  readonly more: boolean;
}

export interface PageLimits {
  readonly maxCharacters: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

const LIMITS: PageLimits = { maxCharacters: 400_000, timeoutMs: 15_000, memoryMb: 320 };

const answerSchema = z.union([
  z.object({ title: z.string(), text: z.string(), more: z.boolean() }),
  z.object({ failed: z.literal('deep') }),
]);

export function createPageReader(system: System, limits: PageLimits = LIMITS): PageReader {
  return async (html, url, signal) => {
    const { maxCharacters, memoryMb, timeoutMs } = limits;
    const answer = answerSchema.safeParse(
      await parseApart(system, {
        parser: new URL('./page-parser.mjs', import.meta.url),
        bytes: new TextEncoder().encode(html),
        data: { url, most: maxCharacters },
        subject: 'The page',
        timeoutMs,
        memoryMb,
        // A string of JSON takes at most six bytes a character.
        maxOutputBytes: maxCharacters * 6 + 10_000,
        signal,
      }),
    );
    if (!answer.success) throw failed('The page could not be read: its parser failed.');
    if ('failed' in answer.data) throw failed('The page nests its elements more than 500 deep, so it is not read.');
    return answer.data;
  };
}

function failed(sentence: string): SeneschalError {
  return new SeneschalError('tool.failed', sentence);
}

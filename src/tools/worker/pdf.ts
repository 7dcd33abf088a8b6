import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { System } from '../../core/system.js';
import { showBytes } from '../../core/visible.js';
import { parseApart } from './child.js';

/** Text out of a PDF, by a parser in a process of its own. */
export type PdfReader = (bytes: Uint8Array, signal?: AbortSignal) => Promise<PdfText>;

export interface PdfText {
  readonly pages: number;
  readonly text: string;
  /** True when there is more text than was taken. */
  readonly more: boolean;
}

export interface PdfLimits {
  readonly maxBytes: number;
  readonly maxCharacters: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

const LIMITS: PdfLimits = { maxBytes: 20_000_000, maxCharacters: 400_000, timeoutMs: 15_000, memoryMb: 256 };

const answerSchema = z.union([
  z.object({ pages: z.int().min(0), text: z.string(), more: z.boolean() }),
  z.object({ failed: z.enum(['locked', 'broken']) }),
]);

/** The returned reader throws `tool.failed` with what was wrong, `tool.input` for what is over the size. */
export function createPdfReader(system: System, limits: PdfLimits = LIMITS): PdfReader {
  return async (bytes, signal) => {
    if (bytes.length > limits.maxBytes) {
      const sentence = `The PDF has ${showBytes(bytes.length)}; PDFs are read up to ${showBytes(limits.maxBytes)}.`;
      throw new SeneschalError('tool.input', sentence);
    }
    const { maxCharacters, memoryMb, timeoutMs } = limits;
    const answer = answerSchema.safeParse(
      await parseApart(system, {
        parser: new URL('./pdf-parser.mjs', import.meta.url),
        bytes,
        data: { most: maxCharacters },
        subject: 'The PDF',
        timeoutMs,
        memoryMb,
        // A string of JSON takes at most six bytes a character.
        maxOutputBytes: maxCharacters * 6 + 1_000,
        signal,
      }),
    );
    if (!answer.success) throw failed('The PDF could not be read: its parser failed.');
    if (!('failed' in answer.data)) return answer.data;
    throw failed(answer.data.failed === 'locked' ? 'The PDF is locked with a password.' : 'The PDF is damaged.');
  };
}

function failed(sentence: string): SeneschalError {
  return new SeneschalError('tool.failed', sentence);
}

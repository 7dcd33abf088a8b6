import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SeneschalError } from '../../../src/core/errors.js';
import { parseMarkdown } from '../../../src/gateway/markdown.js';
import { createSystem } from '../../../src/system.js';
import { decodeBody } from '../../../src/tools/web/body.js';
import { readAnswer, readResults } from '../../../src/tools/web/search.js';
import { createPageReader } from '../../../src/tools/worker/page.js';
import { createPdfReader } from '../../../src/tools/worker/pdf.js';

const bytes = fc.uint8Array({ maxLength: 300 });
const system = createSystem();

const valuesIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesIn) : [String(value)];

describe('what comes from outside, whatever it is', () => {
  it('a body is text or it is not, by any type it claims (TOOL-6)', () => {
    const type = fc.oneof(
      fc.string(),
      fc.constantFrom('text/html; charset=nothing', 'text/plain; charset=utf-16', 'application/json', 'image/png', ''),
    );
    fc.assert(
      fc.property(bytes, type, (body, claimed) => {
        const text = decodeBody(body, claimed);
        if (text !== null) expect(typeof text).toBe('string');
        if (/^text\//.test(claimed) && !body.includes(0)) expect(text).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('an answer of a search service is its results, or a failure in our words', () => {
    const schema = z.object({ results: z.array(z.object({ title: z.string(), url: z.string() })) });
    const body = fc.oneof(
      bytes,
      fc.json().map((json) => new TextEncoder().encode(json)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), body, (status, said) => {
        try {
          readResults('Example', schema, readAnswer('Example', { status, body: said }, null));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SeneschalError);
          expect((thrown as SeneschalError).code).toBe('tool.failed');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('Markdown becomes blocks, and no letter of it is lost (CHAN-14)', () => {
    const piece = fc.constantFrom(
      '*',
      '_',
      '`',
      '```',
      '[',
      '](',
      ')',
      '!',
      '>',
      '- ',
      '1. ',
      '|',
      '<b>',
      '\n',
      '\n\n',
      '~~',
      '\\',
      '#',
      '    ',
    );
    const source = fc
      .array(fc.oneof(piece, fc.stringMatching(/^[a-z]{1,5}$/)), { maxLength: 40 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(source, fc.string({ unit: 'binary', maxLength: 100 })), (written) => {
        const shown = valuesIn(parseMarkdown(written)).join('\n');
        // What stands behind the language of a code fence is for programs.
        if (/```|~~~/.test(written)) return;
        for (const [word] of written.matchAll(/[a-z]+/g)) expect(shown).toContain(word);
      }),
      { numRuns: 500 },
    );
  });

  it('Markdown nested beyond reason ends, and costs no stack (GUARD-9)', () => {
    for (const part of ['> ', '- ', '[', '**a ', '`', '![', '<b>', '| ', '_a*'])
      expect(Array.isArray(parseMarkdown(part.repeat(1_500)))).toBe(true);
  });

  it('a page or a PDF is read or refused in our words, by a process of its own (GUARD-9)', async () => {
    const pages = fc.sample(
      fc
        .array(
          fc.constantFrom(
            '<div>',
            '</p>',
            '<table><td>',
            '<a href="',
            '"',
            '<!--',
            '<svg><title>',
            '&#',
            '\0',
            '<template>',
            'words ',
          ),
          { maxLength: 400 },
        )
        .map((pieces) => pieces.join('')),
      { numRuns: 4, seed: 5 },
    );
    const pdfs = fc.sample(
      fc.array(
        fc.constantFrom('%PDF-1.7\n', '1 0 obj<<', '/Length 99999999', '>>stream\n', 'endobj ', 'xref\n', '\xff\x00'),
        { maxLength: 200 },
      ),
      { numRuns: 3, seed: 6 },
    );
    const page = createPageReader(system);
    const pdf = createPdfReader(system);
    const reads: readonly (() => Promise<unknown>)[] = [
      ...pages.map((html) => () => page(html, 'https://example.org/')),
      ...pdfs.map((pieces) => () => pdf(new Uint8Array(Buffer.from(`%PDF-1.4\n${pieces.join('')}`, 'latin1')))),
    ];
    for (const read of reads) {
      const outcome = await read().catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(SeneschalError);
        expect((outcome as SeneschalError).code).toBe('tool.failed');
      } else expect(outcome).toHaveProperty('text');
    }
  }, 60_000);
});

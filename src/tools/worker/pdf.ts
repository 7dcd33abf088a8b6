import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { SeneschalError } from '../../core/errors.js';
import type { System } from '../../core/system.js';
import { showBytes } from '../../core/visible.js';

/**
 * Text out of a PDF. The parser meets hostile bytes, so it runs in a process of its own: no environment, a small heap,
 * a deadline after which it is killed, and an answer of bounded size.
 */
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

/**
 * The child's main thread: takes the bytes, starts the parser's thread, passes its answer on. It also keeps the deadline
 * itself, so that a parser in an endless loop ends even when the gateway was killed meanwhile.
 */
const WATCH = `
const { Worker } = require('node:worker_threads');
const [parse, parser, most, memoryMb, timeoutMs] = process.argv.slice(1);
setTimeout(() => process.exit(1), Number(timeoutMs));
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk));
process.stdin.on('end', () => {
  const worker = new Worker(parse, {
    eval: true,
    workerData: { parser, most: Number(most), bytes: new Uint8Array(Buffer.concat(chunks)) },
    resourceLimits: { maxOldGenerationSizeMb: Number(memoryMb) },
  });
  worker.once('message', (answer) => process.stdout.write(JSON.stringify(answer), () => process.exit(0)));
  worker.once('error', () => process.exit(1));
});`;

/** The parser's thread: page by page, until there is enough. */
const PARSE = `
const { parentPort, workerData } = require('node:worker_threads');
const { parser, most, bytes } = workerData;
const { getDocumentProxy } = require(parser);
(async () => {
  const pdf = await getDocumentProxy(bytes, { isEvalSupported: false, verbosity: 0 });
  let text = '';
  let page = 1;
  for (; page <= pdf.numPages && text.length <= most; page += 1) {
    const { items } = await (await pdf.getPage(page)).getTextContent();
    for (const item of items) text += (item.str ?? '') + (item.hasEOL ? '\\n' : '');
    text += '\\n';
  }
  const more = text.length > most || page <= pdf.numPages;
  parentPort.postMessage({ pages: pdf.numPages, text: text.slice(0, most), more });
})().catch((error) => {
  parentPort.postMessage({ failed: error && error.name === 'PasswordException' ? 'locked' : 'broken' });
});`;

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
    const parser = createRequire(import.meta.url).resolve('unpdf');
    const { maxCharacters, memoryMb, timeoutMs } = limits;
    const figures = [maxCharacters, memoryMb, timeoutMs + 1_000].map(String);
    const child = spawn(process.execPath, ['-e', WATCH, PARSE, parser, ...figures], {
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // A string of JSON takes at most six bytes a character; what is longer did not come from the lines above.
    const output = await converse(child, bytes, maxCharacters * 6 + 1_000, { system, limits, signal });
    const answer = answerSchema.safeParse(parseJson(output));
    if (!answer.success) throw failed('The PDF could not be read: its parser failed.');
    if (!('failed' in answer.data)) return answer.data;
    throw failed(answer.data.failed === 'locked' ? 'The PDF is locked with a password.' : 'The PDF is damaged.');
  };
}

/** Feeds the child, takes its answer, and ends only when it is gone. */
function converse(
  child: ChildProcess,
  bytes: Uint8Array,
  maxOutput: number,
  { system, limits, signal }: { system: System; limits: PdfLimits; signal: AbortSignal | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    let why: SeneschalError | null = null;
    const end = (sentence: string) => {
      why ??= failed(sentence);
      child.kill('SIGKILL');
    };
    const abort = () => end('Reading the PDF was stopped.');
    const timer = system.setTimer(limits.timeoutMs, () => {
      end(`The PDF could not be read within ${limits.timeoutMs / 1000} s.`);
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutput) end('The PDF could not be read: its parser failed.');
      else chunks.push(chunk);
    });
    child.once('error', () => end('The PDF could not be read: its parser did not start.'));
    child.once('close', () => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      if (why === null) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(why);
    });
    // A child that dies early closes the pipe; its end is told by `close`.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(bytes);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(sentence: string): SeneschalError {
  return new SeneschalError('tool.failed', sentence);
}

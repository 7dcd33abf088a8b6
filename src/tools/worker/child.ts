import { type ChildProcess, spawn } from 'node:child_process';
import { SeneschalError } from '../../core/errors.js';
import type { System } from '../../core/system.js';

/**
 * A parser that meets hostile bytes runs in a process of its own: no environment, a small heap, a deadline after which
 * it is killed, and an answer of bounded size.
 *
 *   bytes → child's standard input → the parser's thread → JSON → child's standard output → here
 */
export interface Parsing {
  /** The thread's program: takes `workerData` (`bytes` and what stands in `data`), posts one message. */
  readonly parser: URL;
  readonly bytes: Uint8Array;
  readonly data: Readonly<Record<string, string | number>>;
  /** For sentences: `The PDF`. */
  readonly subject: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Of the answer as JSON; a longer one did not come from the parser. */
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The child's main thread: takes the bytes, starts the parser's thread, passes its answer on. It also keeps the deadline
 * itself, so that a parser in an endless loop ends even when the gateway was killed meanwhile.
 */
const WATCH = `
const { Worker } = require('node:worker_threads');
const [parser, data, memoryMb, timeoutMs] = process.argv.slice(1);
setTimeout(() => process.exit(1), Number(timeoutMs));
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk));
process.stdin.on('end', () => {
  const worker = new Worker(new URL(parser), {
    workerData: { ...JSON.parse(data), bytes: new Uint8Array(Buffer.concat(chunks)) },
    resourceLimits: { maxOldGenerationSizeMb: Number(memoryMb) },
  });
  worker.once('message', (answer) => process.stdout.write(JSON.stringify(answer), () => process.exit(0)));
  worker.once('error', () => process.exit(1));
});`;

/** What the parser posted, null where it posted nothing. Throws `tool.failed` with what was wrong. */
export async function parseApart(system: System, parsing: Parsing): Promise<unknown> {
  const { parser, data, memoryMb, timeoutMs } = parsing;
  const figures = [memoryMb, timeoutMs + 1_000].map(String);
  const child = spawn(process.execPath, ['-e', WATCH, parser.href, JSON.stringify(data), ...figures], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return parseJson(await converse(child, system, parsing));
}

/** Feeds the child, takes its answer, and ends only when it is gone. */
function converse(child: ChildProcess, system: System, parsing: Parsing): Promise<string> {
  const { subject, timeoutMs, signal } = parsing;
  return new Promise((resolve, reject) => {
    let why: SeneschalError | null = null;
    const end = (sentence: string) => {
      why ??= failed(sentence);
      child.kill('SIGKILL');
    };
    const abort = () => end(`Reading ${subject.replace('The', 'the')} was stopped.`);
    const timer = system.setTimer(timeoutMs, () => {
      end(`${subject} could not be read within ${timeoutMs / 1000} s.`);
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > parsing.maxOutputBytes) end(`${subject} could not be read: its parser failed.`);
      else chunks.push(chunk);
    });
    child.once('error', () => end(`${subject} could not be read: its parser did not start.`));
    child.once('close', () => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      if (why === null) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(why);
    });
    // A child that dies early closes the pipe; its end is told by `close`.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(parsing.bytes);
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

import { z } from 'zod';
import type { ArtifactRows } from '../../core/artifact.js';
import { SeneschalError } from '../../core/errors.js';
import type { Provenance } from '../../core/provenance.js';
import { madeFrom, type Taint } from '../../core/trust.js';
import { showBytes, showName } from '../../core/visible.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import { figure, pageLines, wholeCharacters } from '../cut.js';
import { defineTool, type ToolDefinition } from '../define.js';
import type { PdfReader } from '../worker/pdf.js';
import { readAction } from './action.js';
import { taintOf } from './origin.js';
import { decodeText, toLines } from './text.js';

/** Largest file that is read at once, bytes. */
export const MAX_FILE_BYTES = 10_000_000;
/** One answer, UTF-16 units: under the size at which results are cut, so that reading on stays in this tool. */
const PAGE_CHARACTERS = 10_000;
/** A single line over a page is given whole up to this; the executor then cuts it and keeps the rest. */
const LINE_CHARACTERS = 200_000;
const ARTIFACT = 'artifact:';

interface Deps {
  readonly workspace: WorkspacePaths;
  readonly artifacts: ArtifactRows;
  readonly readPdf: PdfReader;
  readonly provenance: Provenance;
}

const input = z.strictObject({
  path: z.string(),
  offset: z.int().min(1).optional().describe('first line, from 1'),
  limit: z.int().min(1).optional().describe('lines'),
});

export function createReadFile(deps: Deps): ToolDefinition {
  return defineTool<z.infer<typeof input>>({
    name: 'read_file',
    description: 'Read a text or PDF file of the workspace, or on in a cut result (path artifact:ID).',
    input,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    async resolve({ path, offset, limit }) {
      const shown = path.startsWith(ARTIFACT) ? path : deps.workspace.parse(path);
      return readAction('read_file', `Read: ${showName(shown)}`, {
        path: shown,
        ...(offset === undefined ? {} : { offset }),
        ...(limit === undefined ? {} : { limit }),
      });
    },
    async run({ path, offset = 1, limit = Number.POSITIVE_INFINITY }, { signal }) {
      const kept = path.startsWith(ARTIFACT);
      const { lines, taint } = kept
        ? artifactLines(deps.artifacts, path.slice(ARTIFACT.length))
        : await fileLines(deps, path, signal);
      const scanned = kept ? ({ scanned: true } as const) : {};
      if (typeof lines === 'string') return { text: lines, isError: false, summary: 'not text', taint };
      return { ...page(lines, offset, limit), isError: false, taint, ...scanned };
    },
  });
}

/** A kept result from outside was looked through whole; each page of it gets its boundary anew. */
function artifactLines(artifacts: ArtifactRows, id: string): { lines: string[]; taint: Taint } {
  const artifact = artifacts.get(id);
  if (artifact === null) throw new SeneschalError('tool.input', `There is no artifact ${showName(id.slice(0, 60))}.`);
  const lines = pageLines(artifact.text).map((line) => (line.endsWith('\n') ? line.slice(0, -1) : line));
  return { lines, taint: madeFrom(artifact.sources) };
}

/** The lines, or a sentence about what the file is when it is no text; and where it came from. */
async function fileLines(
  { workspace, readPdf, provenance }: Deps,
  path: string,
  signal: AbortSignal,
): Promise<{ lines: string[] | string; taint: Taint }> {
  const bytes = await workspace.read(path, MAX_FILE_BYTES);
  const taint = await taintOf(workspace, provenance, path);
  const { fileTypeFromBuffer } = await import('file-type');
  const type = await fileTypeFromBuffer(bytes);
  if (type?.mime === 'application/pdf') {
    const pdf = await readPdf(bytes, signal);
    const none = `${showName(path)} is a PDF of ${pdf.pages} pages without text.`;
    return { lines: pdf.text.trim() === '' ? none : toLines(pdf.text), taint };
  }
  const text = decodeText(bytes);
  if (text !== null) return { lines: toLines(text), taint };
  const kind = type?.mime.startsWith('image/') ? 'an image' : 'a binary file';
  const what = `${showName(path)} is ${kind} (${type?.mime ?? 'unknown type'}, ${showBytes(bytes.length)}), not text.`;
  return { lines: what, taint };
}

function page(lines: readonly string[], offset: number, limit: number): { text: string; summary: string } {
  if (lines.length === 0) return { text: '(empty)', summary: 'empty' };
  if (offset > lines.length) {
    throw new SeneschalError(
      'tool.input',
      `It has ${figure(lines.length)} lines; offset ${figure(offset)} is behind the end.`,
    );
  }
  const shown: string[] = [];
  let length = 0;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    length += line.length + 1;
    if (length > PAGE_CHARACTERS && shown.length > 0) break;
    shown.push(line);
  }
  const first = shown[0] ?? '';
  if (shown.length === 1 && first.length > LINE_CHARACTERS) {
    const part = first.slice(0, wholeCharacters(first, LINE_CHARACTERS));
    shown[0] = `${part}\n(line cut: ${figure(part.length)} of ${figure(first.length)} characters)`;
  }
  const last = offset + shown.length - 1;
  const summary = shown.length === 1 ? '1 line' : `${figure(shown.length)} lines`;
  if (offset === 1 && last === lines.length) return { text: shown.join('\n'), summary };
  const next = last < lines.length ? `; read on with offset ${last + 1}` : '';
  return { text: `${shown.join('\n')}\n(lines ${offset}–${last} of ${lines.length}${next})`, summary };
}

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '../../src/core/artifact.js';
import type { ToolResult } from '../../src/core/tool.js';
import { NO_TAINT } from '../../src/core/trust.js';
import { createWorkspacePaths } from '../../src/guards/paths.js';
import { createSystem } from '../../src/system.js';
import type { RunContext, ToolDefinition } from '../../src/tools/define.js';
import { createFileTools } from '../../src/tools/files/index.js';
import { createPdfReader } from '../../src/tools/worker/pdf.js';

export const PLANTED = `planted-${'value'.repeat(3)}`;
export const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(40)]);

const context: RunContext = {
  conversation: 'c1',
  direct: true,
  callId: '01CALL',
  taint: NO_TAINT,
  signal: new AbortController().signal,
  progress: () => undefined,
  secretHosts: () => null,
  secret: () => {
    throw new Error('no secret here');
  },
};

/** The file tools on a real folder of their own, called as the executor calls them. */
export class FileTools {
  readonly artifacts = new Map<string, Artifact>();
  /** Sources by path, as the store would know them. */
  readonly origins = new Map<string, readonly string[]>();
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'files-')));
  readonly root = join(this.base, 'workspace');
  tools = new Map<string, ToolDefinition>();

  static async open(): Promise<FileTools> {
    const files = new FileTools();
    const { artifacts, origins } = files;
    const made = createFileTools({
      workspace: await createWorkspacePaths({ root: files.root }),
      artifacts: {
        put: ({ id, text, sources }) => void artifacts.set(id, { text, sources }),
        get: (id) => artifacts.get(id) ?? null,
      },
      readPdf: createPdfReader(createSystem()),
      provenance: { any: () => origins.size > 0, of: (path) => origins.get(path) ?? [] },
      holdsSecret: (text) => text.includes(PLANTED),
      maxSendBytes: () => 1_000_000,
    });
    files.tools = new Map(made.map((each) => [each.name, each]));
    return files;
  }

  tool(name: string): ToolDefinition {
    const found = this.tools.get(name);
    if (!found) throw new Error(name);
    return found;
  }

  resolve(name: string, input: unknown, overrides: Partial<RunContext> = {}) {
    return this.tool(name).resolve(this.tool(name).input.parse(input), { ...context, ...overrides });
  }

  async run(name: string, input: unknown, overrides: Partial<RunContext> = {}): Promise<ToolResult> {
    const tool = this.tool(name);
    if (!tool.run) throw new Error(`${name} does not run`);
    return tool.run(tool.input.parse(input), { ...context, ...overrides });
  }

  put(path: string, content: string | Uint8Array): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  get(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  close(): void {
    rmSync(this.base, { recursive: true });
  }
}

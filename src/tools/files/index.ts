import type { ArtifactRows } from '../../core/artifact.js';
import type { ConversationId } from '../../core/conversation.js';
import type { Provenance } from '../../core/provenance.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import type { ToolDefinition } from '../define.js';
import type { PdfReader } from '../worker/pdf.js';
import { createListFiles, createSearchFiles } from './find.js';
import { createReadFile } from './read.js';
import { createSendFile } from './send.js';
import { createEditFile, createWriteFile } from './write.js';

export interface FileToolDeps {
  readonly workspace: WorkspacePaths;
  readonly artifacts: ArtifactRows;
  readonly readPdf: PdfReader;
  readonly provenance: Provenance;
  /** Whether a text holds a stored secret. */
  readonly holdsSecret: (text: string, conversation: ConversationId) => boolean;
  /** What this conversation's platform takes, bytes. */
  readonly maxSendBytes: (conversation: ConversationId) => number;
}

/** The file family: everything a model can do with the workspace's files. */
export function createFileTools(deps: FileToolDeps): ToolDefinition[] {
  return [
    createReadFile(deps),
    createListFiles(deps),
    createSearchFiles(deps),
    createWriteFile(deps),
    createEditFile(deps),
    createSendFile(deps),
  ];
}

import { z } from 'zod';
import type { ConversationId } from '../../core/conversation.js';
import { SeneschalError } from '../../core/errors.js';
import type { Provenance } from '../../core/provenance.js';
import { NO_TAINT } from '../../core/trust.js';
import { showBytes, showHidden, showName } from '../../core/visible.js';
import type { WorkspacePaths } from '../../guards/paths.js';
import { defineTool, type ToolDefinition } from '../define.js';
import { originOf } from './origin.js';
import { decodeText, sha256 } from './text.js';

interface Deps {
  readonly workspace: WorkspacePaths;
  readonly provenance: Provenance;
  /** Whether a text holds a stored secret. */
  readonly holdsSecret: (text: string, conversation: ConversationId) => boolean;
  /** What this conversation's platform takes, bytes. */
  readonly maxSendBytes: (conversation: ConversationId) => number;
}

const input = z.strictObject({ path: z.string(), caption: z.string().max(1_000).optional() });

export function createSendFile({ workspace, provenance, holdsSecret, maxSendBytes }: Deps): ToolDefinition {
  const read = async (path: string, conversation: ConversationId) => {
    const limit = maxSendBytes(conversation);
    const size = (await workspace.stat(path))?.size ?? 0;
    if (size > limit) {
      const sentence = `${showName(path)} has ${showBytes(size)}; this platform takes files up to ${showBytes(limit)}.`;
      throw new SeneschalError('channel.too_large', sentence);
    }
    return workspace.read(path, limit);
  };
  const leaks = (path: string, caption: string, bytes: Uint8Array, conversation: ConversationId) =>
    [path, caption, decodeText(bytes) ?? Buffer.from(bytes).toString('latin1')].some((text) =>
      holdsSecret(text, conversation),
    );
  const refusal = (path: string) => `${showName(path)} holds a stored secret.`;
  return defineTool<z.infer<typeof input>>({
    name: 'send_file',
    description: 'Send a workspace file to this chat.',
    input,
    annotations: { readOnlyHint: false, idempotentHint: true, openWorldHint: true },
    async resolve({ path, caption = '' }, { conversation, direct }) {
      const bytes = await read(path, conversation);
      const plain = workspace.parse(path);
      const from = await originOf(workspace, provenance, plain);
      const facts = [showBytes(bytes.length), direct ? 'to you alone' : 'to this conversation, which others can read'];
      if (showHidden(caption).hidden > 0) facts.push('warning: hidden characters, shown as \\u');
      if (from.length > 0) facts.push(`made after reading ${from.join(', ')} (untrusted)`);
      return {
        tool: 'send_file',
        class: direct ? 'read' : 'write',
        bound: { path: plain, sha256: sha256(bytes), caption },
        card: { title: `Send: ${showName(plain)}`, body: showHidden(caption).text, facts },
        // A standing yes was for what the owner knew.
        grantPattern: from.length > 0 ? null : `send_file ${showName(plain)}`,
        outward: !direct,
        repeatable: true,
        forbidden: leaks(plain, caption, bytes, conversation) ? refusal(plain) : null,
      };
    },
    async run({ path, caption = '' }, { conversation }) {
      const bytes = await read(path, conversation);
      const plain = workspace.parse(path);
      if (leaks(plain, caption, bytes, conversation)) throw new SeneschalError('tool.refused', refusal(plain));
      const size = showBytes(bytes.length);
      return {
        text: `Sent ${showName(plain)} (${size}).`,
        isError: false,
        summary: `sent ${size}`,
        taint: NO_TAINT,
        sendFile: { path: plain, caption, sha256: sha256(bytes) },
      };
    },
  });
}

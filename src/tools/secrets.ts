import { z } from 'zod';
import type { SecretDesk } from '../core/secret-desk.js';
import type { ResolvedAction } from '../core/tool.js';
import { NO_TAINT } from '../core/trust.js';
import { defineTool, type ToolDefinition } from './define.js';

const entryName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'capitals, digits and _, a letter first');
const askInput = z.strictObject({
  name: entryName,
  prompt: z.string().max(500).describe('what it is for, one sentence'),
  hosts: z.array(z.string().max(253)).max(32).optional().describe('where it may be sent'),
  multiline: z.boolean().optional(),
  fields: z.array(entryName).min(1).max(8).optional().describe('several values on one page'),
});

/** `ask_secret` and `list_secrets`: the model learns names and hosts, never a value. */
export function createSecretTools(desk: SecretDesk): ToolDefinition[] {
  return [
    defineTool<z.infer<typeof askInput>>({
      name: 'ask_secret',
      description: 'Ask the owner for a key or password by a private form. Then use it as secret:NAME.',
      input: askInput,
      annotations: { readOnlyHint: true, idempotentHint: false, openWorldHint: false },
      resolve: async ({ name }) => free('ask_secret', { name }),
      async ask(input, context) {
        await desk.ask({
          callId: context.callId,
          conversation: context.conversation,
          name: input.name,
          purpose: input.prompt,
          hosts: input.hosts ?? [],
          multiline: input.multiline ?? false,
          fields: input.fields ?? [],
          untrusted: context.taint.untrusted,
        });
      },
    }),
    defineTool<Record<string, never>>({
      name: 'list_secrets',
      description: 'Names of the stored secrets and where they may be sent.',
      input: z.strictObject({}),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      resolve: async () => free('list_secrets', {}),
      async run() {
        const lines = desk.list().map(({ name, hosts, state }) => {
          const where = hosts.length === 0 ? 'no hosts yet' : hosts.join(', ');
          return `${name}: ${where}${state === 'ready' ? '' : ` (${state})`}`;
        });
        const text = lines.length === 0 ? 'No secrets are stored. ask_secret asks for one.' : lines.join('\n');
        return { text, isError: false, summary: `${lines.length} names`, taint: NO_TAINT };
      },
    }),
  ];
}

function free(tool: string, bound: ResolvedAction['bound']): ResolvedAction {
  return {
    tool,
    class: 'read',
    bound,
    card: { title: tool, body: '', facts: [] },
    grantPattern: null,
    outward: false,
    repeatable: true,
    forbidden: null,
  };
}

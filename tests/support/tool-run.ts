import { NO_TAINT } from '../../src/core/trust.js';
import type { ToolDefinition } from '../../src/tools/define.js';

/** A tool on its own, as the executor would call it. */
export function toolRun(tool: ToolDefinition) {
  const context = { conversation: 'c', direct: true, callId: 'call', taint: NO_TAINT, secretHosts: () => null };
  return {
    resolve: (input: unknown) => tool.resolve(tool.input.parse(input), context),
    async run(input: unknown, signal = new AbortController().signal) {
      if (!tool.run) throw new Error(`${tool.name} does not run`);
      return tool.run(tool.input.parse(input), {
        ...context,
        signal,
        progress: () => undefined,
        secret: () => {
          throw new Error('no secrets here');
        },
      });
    },
  };
}

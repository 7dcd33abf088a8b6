import { z } from 'zod';
import type { ToolDescription } from '../core/model.js';
import type { ToolDefinition } from './define.js';

/** The tools that exist on this box. A tool that is switched off is not there; its name is still known (TOOL-4). */
export interface Registry {
  get(name: string): ToolDefinition | null;
  isOff(name: string): boolean;
  /** Whether a tool of that name was given, switched off or not. */
  known(name: string): boolean;
  /** For the model, in the order given: the same text every time, so that the provider's cache holds. */
  describe(): readonly ToolDescription[];
}

/** Throws TypeError when two tools share a name. */
export function createRegistry(tools: readonly ToolDefinition[], off: readonly string[]): Registry {
  const switchedOff = new Set(off);
  const present = new Map<string, ToolDefinition>();
  for (const tool of tools) {
    if (present.has(tool.name)) throw new TypeError(`two tools are named ${tool.name}`);
    present.set(tool.name, tool);
  }
  const known = new Set(present.keys());
  for (const name of switchedOff) present.delete(name);
  const descriptions = [...present.values()].map(describe);
  return {
    get: (name) => present.get(name) ?? null,
    isOff: (name) => switchedOff.has(name),
    known: (name) => known.has(name),
    describe: () => descriptions,
  };
}

function describe({ name, description, input }: ToolDefinition): ToolDescription {
  const { $schema, ...inputSchema } = z.toJSONSchema(input, {
    io: 'input',
    // Bounds that say no more than "a number of JavaScript" cost tokens in every request.
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { name, description, inputSchema };
}

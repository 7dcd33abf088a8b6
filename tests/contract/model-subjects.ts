import type { Logger } from '../../src/core/log.js';
import type { ModelClient, ModelEvent, ModelRequest } from '../../src/core/model.js';
import { Secret } from '../../src/core/secret.js';
import { createAnthropicClient } from '../../src/model/anthropic.js';
import { createOpenAiClient } from '../../src/model/openai.js';
import { createRehearsalClient } from '../../src/model/rehearsal.js';
import { createSystem } from '../../src/system.js';
import { startAnthropicFake } from '../fakes/anthropic.js';
import type { FakeAnswer } from '../fakes/model-server.js';
import { startOpenAiFake } from '../fakes/openai.js';

/* Each model client with what the contract suite needs to make it do things. */

export interface ModelSubject {
  readonly client: ModelClient;
  readonly key: string;
  /** What to send so that the next answer is this. A server's fault can only be had where there is a server. */
  provoke(answer: FakeAnswer): ModelRequest;
  /** Refused and broken rules so far. */
  violations(): readonly string[];
  /** What the client puts ahead of every text. */
  readonly label: string;
  close(): Promise<void>;
}

export interface SubjectKind {
  readonly name: string;
  readonly model: string;
  /** Null, or why a server's faults cannot happen here. */
  readonly noServer: string | null;
  start(): Promise<ModelSubject>;
}

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const deps = { system: createSystem(), log: quiet };

function ask(model: string, text: string): ModelRequest {
  return {
    model,
    system: 'You are under test.',
    tools: [{ name: 'read_file', description: 'Reads a file.', inputSchema: { type: 'object', properties: {} } }],
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    maxOutputTokens: 1000,
  };
}

export const SUBJECTS: readonly SubjectKind[] = [
  {
    name: 'anthropic',
    model: 'claude-sonnet-4-5',
    noServer: null,
    async start() {
      const fake = await startAnthropicFake();
      const client = createAnthropicClient({ apiKey: new Secret(fake.key), baseUrl: fake.url }, deps);
      return served(client, fake, 'claude-sonnet-4-5');
    },
  },
  {
    name: 'openai',
    model: 'gpt-5',
    noServer: null,
    async start() {
      const fake = await startOpenAiFake();
      const client = createOpenAiClient({ apiKey: new Secret(fake.key), baseUrl: `${fake.url}/v1` }, deps);
      return served(client, fake, 'gpt-5');
    },
  },
  {
    name: 'rehearsal',
    model: 'rehearsal',
    noServer: 'the rehearsal model talks to no server',
    async start() {
      return {
        client: createRehearsalClient(deps),
        key: 'no-key-at-all',
        label: 'Rehearsal, no AI.\n\n',
        violations: () => [],
        provoke: (answer) => ask('rehearsal', literal(answer)),
        close: async () => {},
      };
    },
  },
];

interface Served {
  readonly key: string;
  readonly violations: readonly string[];
  queue(answer: FakeAnswer): void;
  close(): Promise<void>;
}

function served(client: ModelClient, fake: Served, model: string): ModelSubject {
  return {
    client,
    key: fake.key,
    label: '',
    violations: () => fake.violations,
    provoke(answer) {
      fake.queue(answer);
      return ask(model, 'go on');
    },
    close: () => fake.close(),
  };
}

/** The same answer in the lines that the rehearsal model obeys. */
function literal(answer: FakeAnswer): string {
  if (answer.calls) return answer.calls.map((call) => `call ${call.name} ${JSON.stringify(call.input)}`).join('\n');
  return answer.delayMs ? 'stream 200' : `say ${answer.text ?? ''}`;
}

export async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const list: ModelEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

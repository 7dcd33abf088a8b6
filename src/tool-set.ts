import { homedir } from 'node:os';
import type { Config } from './config.js';
import type { ChannelAdapter } from './core/channel.js';
import type { ConversationId } from './core/conversation.js';
import type { Logger } from './core/log.js';
import type { SecretDesk } from './core/secret-desk.js';
import type { System } from './core/system.js';
import type { Jobs } from './gateway/jobs.js';
import { parseNetworkAllow } from './guards/addresses.js';
import { createGuardedFetch, type GuardedFetch } from './guards/network.js';
import type { WorkspacePaths } from './guards/paths.js';
import type { OwnerRules } from './guards/rules.js';
import { createCommandGuard } from './guards/shell/judge.js';
import type { ProductKeys } from './product-keys.js';
import type { Store } from './store/store.js';
import { probeContainment } from './tools/command/containment.js';
import { commandEnvironment } from './tools/command/environment.js';
import { createCommandRunner } from './tools/command/processes.js';
import { createRunCommand } from './tools/command/run-command.js';
import { createFileTools } from './tools/files/index.js';
import { createHttpRequest } from './tools/http.js';
import { createRegistry } from './tools/registry.js';
import { createSecretTools } from './tools/secrets.js';
import { createBrave } from './tools/web/brave.js';
import { createFetchPage } from './tools/web/fetch-page.js';
import { createWebSearch, type SearchProvider } from './tools/web/search.js';
import { createSearxng } from './tools/web/searxng.js';
import { createPageReader } from './tools/worker/page.js';
import type { PdfReader } from './tools/worker/pdf.js';
import type { Listening } from './web/listener.js';

export interface ToolSetDeps {
  readonly rules: OwnerRules;
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly store: Store;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Files outside the home folder that hold keys: commands must not read them. */
  readonly secretFiles: readonly string[];
  readonly workspace: WorkspacePaths;
  readonly readPdf: PdfReader;
  readonly holdsSecret: (text: string, conversation: ConversationId) => boolean;
  readonly adapter: (channel: string) => ChannelAdapter | undefined;
  readonly jobs: Jobs;
  readonly secretDesk: SecretDesk;
  readonly listening: () => Listening | null;
  readonly productKeys: ProductKeys;
}

/** Everything the model can call, each on what it needs: the second half of the composition root. */
export async function createToolSet(deps: ToolSetDeps) {
  const { config, system, log, store, workspace, adapter, jobs } = deps;
  const containment = await probeContainment({
    home: config.home,
    workspace: workspace.root,
    userHome: homedir(),
    secrets: deps.secretFiles,
    execPath: process.execPath,
    hostEnvironment: deps.hostEnvironment,
  });
  for (const note of containment.notes) log.warn({}, note);
  const runner = createCommandRunner({
    system,
    rows: store.processes,
    log,
    containment,
    environment: commandEnvironment(deps.hostEnvironment, workspace.root),
    workspace: workspace.root,
    memoryBytes: (config.SENESCHAL_TURN_MEMORY_MB ?? 512) * 1024 * 1024,
  });
  const network = {
    system,
    enforceHttps: config.SENESCHAL_ENFORCE_HTTPS ?? false,
    own() {
      const listening = deps.listening();
      if (listening === null) return [];
      return [`127.0.0.1:${listening.port}`, `localhost:${listening.port}`, new URL(listening.url).host];
    },
  };
  const allow = parseNetworkAllow((config.SENESCHAL_NETWORK_ALLOW ?? []).join(','));
  const fetch = createGuardedFetch({ ...network, allow });
  const search = searchProvider(deps, (root) => createGuardedFetch({ ...network, allow: [], roots: [root] }));
  const registry = createRegistry(
    [
      ...createFileTools({
        workspace,
        artifacts: store.artifacts,
        provenance: store.provenance,
        readPdf: deps.readPdf,
        holdsSecret: deps.holdsSecret,
        maxSendBytes: (id) => adapter(store.conversations.get(id)?.channel ?? '')?.capabilities.maxUploadBytes ?? 0,
      }),
      createRunCommand({
        guard: createCommandGuard(deps.rules),
        runner,
        containment,
        workspace,
        provenance: store.provenance,
        background: ({ conversation, callId, title, running }) =>
          jobs.add({
            conversation,
            callId,
            title,
            ended: running.end.then((result) => result.summary),
            stop: async () => void (await running.stop()),
          }),
      }),
      createHttpRequest({ fetch }),
      createFetchPage({ fetch, readPage: createPageReader(system), readPdf: deps.readPdf }),
      ...(search === null ? [] : [createWebSearch(search)]),
      ...createSecretTools(deps.secretDesk),
    ],
    config.SENESCHAL_TOOLS_OFF ?? [],
  );
  for (const name of config.SENESCHAL_TOOLS_OFF ?? []) {
    if (!registry.known(name)) log.warn({}, `SENESCHAL_TOOLS_OFF holds "${name}", which is no tool here.`);
  }
  return { registry, runner };
}

const BRAVE = 'https://api.search.brave.com';

/** An own SearXNG before Brave; null where the owner has set up neither. Each may reach its own root and nothing private else. */
function searchProvider(
  { config, productKeys }: ToolSetDeps,
  fetchFor: (root: string) => GuardedFetch,
): SearchProvider | null {
  if (config.SEARXNG_URL !== undefined) {
    return createSearxng({ fetch: fetchFor(config.SEARXNG_URL), root: config.SEARXNG_URL });
  }
  if (!productKeys.has('BRAVE_API_KEY')) return null;
  const root = config.BRAVE_API_URL ?? BRAVE;
  return createBrave({ fetch: fetchFor(root), root, key: () => productKeys.get('BRAVE_API_KEY') });
}

import { join } from 'node:path';
import { askAfterReset } from './after-reset.js';
import { createLoop } from './agent/loop.js';
import { createModelRequester } from './agent/request.js';
import { certificateStore } from './certificates.js';
import { createChannels, type TerminalStreams } from './channels.js';
import { type Config, placeholdersIn } from './config.js';
import { conversationId } from './core/conversation.js';
import type { Logger } from './core/log.js';
import type { System } from './core/system.js';
import { askFirstKey } from './first-key.js';
import { createBurn } from './gateway/burn.js';
import { createCommands } from './gateway/commands.js';
import { createDecoyAlarm } from './gateway/decoys.js';
import { createElsewhere } from './gateway/elsewhere.js';
import { createHome } from './gateway/home.js';
import { createIntake } from './gateway/intake.js';
import { createJobs } from './gateway/jobs.js';
import { createLive } from './gateway/live.js';
import { createOutbox } from './gateway/outbox.js';
import { createOwnerGate } from './gateway/owners.js';
import { createPasteDesk } from './gateway/paste.js';
import { createQueue } from './gateway/queue.js';
import { createReceiver } from './gateway/receive.js';
import { createScheduler } from './gateway/scheduler.js';
import { createSecrets, linkLabel } from './gateway/secrets.js';
import { createConversationSettings } from './gateway/settings.js';
import { createContentGuard } from './guards/content.js';
import { createInboundMask } from './guards/inbound.js';
import { createOutgoingCheck } from './guards/outgoing.js';
import { createWorkspacePaths } from './guards/paths.js';
import { createRedactor } from './guards/redact.js';
import { createSecretGuard } from './guards/secrets/guard.js';
import { rotatePage } from './guards/secrets/rotate-page.js';
import { createKnownSecrets } from './known-secrets.js';
import { createModelSetup } from './model-setup.js';
import { createModels } from './models.js';
import { configuredOwners, madeKeyNote, readRules, requestCaps, webOptions } from './options.js';
import { createApprovalDesk } from './policy/approvals.js';
import { createProductKeys } from './product-keys.js';
import type { TakenHome } from './take-home.js';
import { createToolSet } from './tool-set.js';
import { sweepLeftovers } from './tools/command/sweep.js';
import { createExecutor } from './tools/executor.js';
import { createInbox } from './tools/inbox.js';
import { createPdfReader } from './tools/worker/pdf.js';
import type { Listening } from './web/listener.js';
import { createWeb } from './web/web.js';

/**
 * The composition root: each part is built once, in the order in which a message passes it. Nothing here decides
 * anything but what is joined to what.
 */
export interface AppOptions {
  readonly config: Config;
  readonly system: System;
  readonly home: TakenHome;
  readonly createLog: (mask: (value: unknown) => unknown) => Logger;
  /** One JSON line on standard output that no log level hides: what a person or a program waits for. */
  readonly announce: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** The environment that commands may inherit a few names from. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly terminal: TerminalStreams | null;
  /** Files outside the home folder that hold keys: commands must not read them. */
  readonly secretFiles: readonly string[];
  /** The owner ended the terminal. */
  readonly onTerminalEnd: () => void;
}

export interface App {
  /** Idempotent: stops taking work, lets turns reach a durable step, closes everything. */
  stop(): Promise<void>;
}

export async function startApp(options: AppOptions): Promise<App> {
  const { config, system } = options;
  const { lock, store, vault, madeKey, warnings } = options.home;

  const redactor = createRedactor();
  const known = createKnownSecrets({ config, store, system, vault, redactor });
  const { learn: learnSecrets, mask } = known;
  const log = options.createLog((value) => redactor.redactValue(value));
  for (const warning of warnings) log.warn({}, warning);
  for (const name of placeholdersIn(config)) log.warn({}, `${name} still holds the placeholder from .env.example.`);
  const swept = await sweepLeftovers(store.processes, system);
  if (swept.ended > 0) log.warn({ processes: swept.ended }, 'processes of an interrupted run were ended');
  store.transaction(() => store.deliveries.markInterrupted());

  const rules = await readRules(join(config.home, 'rules.yaml'));
  const guard = createSecretGuard();
  const content = createContentGuard(system);
  const inboundMask = createInboundMask(guard, known.mask);
  const workspace = await createWorkspacePaths({ root: config.workspace });
  const readPdf = createPdfReader(system);
  const inbox = createInbox({ workspace, readPdf });
  const owners = createOwnerGate(store, system, { configured: configuredOwners(config) });
  const home = createHome(store, config.SENESCHAL_HOME_CHANNEL);

  const channels = createChannels({
    announce: options.announce,
    config,
    system,
    log,
    store,
    vault,
    owners,
    terminal: options.terminal,
    onTerminalEnd: options.onTerminalEnd,
    isBusy: (address) => queue.running(conversationId(address)) !== null,
    onAdapter: () => outbox.wakeAll(),
    onConnected: ({ channel, capabilities }) => {
      if (!capabilities.keepsMessages) store.transaction(() => desk.showAgain(channel));
    },
  });
  const adapter = channels.get;
  const outbox = createOutbox({
    store,
    system,
    log,
    adapter,
    elsewhere: createElsewhere({ store, owners, adapter, channelName: channels.label }),
    readFile: (path) => workspace.read(path, Number.MAX_SAFE_INTEGER),
    openLink: (id, sealed) => Buffer.from(vault.unseal(linkLabel(id), Buffer.from(sealed, 'base64'))).toString('utf8'),
  });
  const live = createLive({ store, system, log, outbox, adapter });
  const jobs = createJobs({ store, outbox, log });
  const desk = createApprovalDesk(store, system, {
    ttlMs: config.SENESCHAL_APPROVAL_TTL ?? 900_000,
    timeZone: config.timeZone,
    mirrors: (conversation) => settings.mirrors(conversation),
    channelName: channels.name,
    // Before its channel is there a card is made for the shortest messages that any platform has.
    maxText: (channel) => adapter(channel)?.capabilities.maxTextLength ?? 2_000,
    wake: (conversation) => queueMicrotask(() => outbox.wake(conversation)),
    reschedule: () => scheduler.reschedule(),
  });
  const models = createModels({ config, system, log, vault, settings: store.settings });
  models.checkAddresses();
  const modelSetup = createModelSetup({ config, system, log, vault, settings: store.settings, models });
  const productKeys = createProductKeys({ config, vault });
  let connecting = Promise.resolve();
  const connectChannels = () => {
    connecting = connecting
      .then(channels.connectNew)
      .then(() => announceReady())
      .catch((error: unknown) => log.error({ error }, 'a channel could not be connected'));
  };
  let listening: Listening | null = null;
  const wake = (conversation: string) => {
    queue.wake(conversation);
    outbox.wake(conversation);
  };
  const secrets = createSecrets({
    store,
    system,
    vault,
    desk,
    owners,
    adapter,
    listening: () => listening && { ...listening, fingerprint: listening.certificate.fingerprint },
    timeZone: config.timeZone,
    wake,
    reschedule: () => scheduler.reschedule(),
    changed(kind, names) {
      learnSecrets();
      if (kind !== 'product') return;
      channels.renew(names);
      connectChannels();
    },
    own: productKeys,
    judge: modelSetup.judge,
  });

  const outgoing = createOutgoingCheck({ known: mask, guard, isDecoy: (name) => vault.owner.isDecoy(name) });
  const touched = createDecoyAlarm({
    store,
    log,
    home,
    wake: outbox.wake,
    stop: (id, note) => queue.stopCurrent(id, note),
  });
  const { registry, runner } = await createToolSet({
    rules,
    ...options,
    log,
    store,
    workspace,
    readPdf,
    holdsSecret(text, conversation) {
      const held = outgoing(text, { references: false, forms: true });
      if (held?.decoy) touched({ name: held.decoy, conversation, tool: 'send_file' });
      return held !== null || guard.scan(text).length > 0;
    },
    adapter,
    jobs,
    secretDesk: secrets.desk,
    listening: () => listening,
    productKeys,
  });

  const shared = { store, system, log, content, workspace };
  const executor = createExecutor({
    ...shared,
    rules,
    registry,
    mask,
    caps: requestCaps(config),
    outgoing,
    touched,
    secretHosts: (name) => (vault.owner.has(name) ? vault.owner.hosts(name) : null),
    secret: known.take,
  });
  const loop = createLoop({
    ...shared,
    executor,
    desk,
    touched,
    requester: createModelRequester({
      store,
      system,
      registry,
      mask,
      outgoing,
      model: models.current,
      timeZone: config.timeZone,
      dailyUsd: config.SENESCHAL_DAILY_USD ?? 5,
    }),
    view: live,
    timeZone: config.timeZone,
    isOwner: owners.isOwner,
    received: createReceiver({
      ...shared,
      inbox,
      adapter,
      mask: inboundMask,
      caught: (...found) => paste.recordFile(...found),
    }),
  });
  const queue = createQueue({ store, system, log, loop, live, outbox });
  const settings = createConversationSettings({
    store,
    home,
    channelName: channels.name,
    model: () => models.current().name,
    wake: outbox.wake,
  });
  const commands = createCommands({
    settings,
    store,
    system,
    desk,
    queue,
    live,
    jobs,
    outbox,
    secrets,
    burn: createBurn({
      store,
      vault,
      secrets,
      product: { ...productKeys, stillUsing: channels.stillUsing },
      rotatePage: (name, value) => rotatePage(guard, name, value),
      timeZone: config.timeZone,
    }),
    model: models.current,
    timeZone: config.timeZone,
    dailyUsd: config.SENESCHAL_DAILY_USD ?? 5,
    turnMemoryMb: config.SENESCHAL_TURN_MEMORY_MB ?? 512,
    channelName: channels.name,
    processes: runner.running,
    stopProcesses: runner.stop,
  });
  const paste = createPasteDesk({
    store,
    system,
    mask: inboundMask,
    deletes: channels.deletes,
    own: productKeys,
    channelName: channels.label,
    save: known.keep,
    wake,
  });
  const intake = createIntake({
    store,
    system,
    log,
    owners,
    paste,
    desk,
    commands,
    queue,
    outbox,
    home,
    adapter,
    press(meaning, event) {
      if (meaning.kind === 'secret') return secrets.press(meaning);
      if (meaning.kind === 'setting') return settings.press(meaning, event);
      return meaning.kind === 'paste' ? paste.press(meaning, event) : null;
    },
  });
  const scheduler = createScheduler({
    system,
    log,
    nextTimes: () => [...desk.nextTimes(), secrets.nextExpiry()],
    runDue() {
      const touched = store.transaction(() => {
        secrets.expireDue();
        return desk.expireDue();
      });
      for (const conversation of touched) queue.wake(conversation);
      outbox.wakeAll();
    },
  });

  const web = createWeb(
    {
      system,
      log,
      intake: secrets.intake,
      sealer: vault,
      certificates: certificateStore(vault),
      health: channels.health,
    },
    webOptions(config),
  );
  listening = await web.start();
  scheduler.reschedule();
  await intake.resumeCommands();
  queue.wakeAll();
  outbox.wakeAll();
  const formUrl = listening.url;
  let stopping: Promise<void> | null = null;
  let announced = false;
  /** Once, when every channel that is configured is connected. */
  const announceReady = () => {
    if (announced || stopping !== null || channels.failed()) return;
    announced = true;
    options.announce({ channels: channels.connected(), model: models.current().name, formUrl }, 'ready');
  };
  const begin = async () => {
    await channels.start(intake.receive);
    if (stopping !== null) return;
    known.follow(connectChannels);
    await askFirstKey({
      store,
      announce: options.announce,
      secrets,
      setup: modelSetup,
      terminal: adapter('terminal'),
      home: home.address,
      wake,
      formUrl,
      made: madeKey ? config.home : null,
    });
    askAfterReset({ settings: store.settings, vault, secrets, productKeys, home: home.address() });
    channels.announcePairing();
    announceReady();
    // A person at the terminal has read it there.
    if (madeKey && !options.terminal) options.announce({}, madeKeyNote(join(config.home, '.env')));
  };
  // Not awaited: while a platform cannot be reached, a signal must still end us.
  begin().catch((error: unknown) => log.error({ error }, 'the start could not be finished'));

  const stop = async () => {
    known.stop();
    scheduler.stop();
    await channels.stop();
    await queue.stop();
    await jobs.stopAll();
    await outbox.stop();
    await web.stop();
    store.close();
    lock.release();
  };
  return {
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

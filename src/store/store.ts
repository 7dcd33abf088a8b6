import type { System } from '../core/system.js';
import { createApprovals } from './approvals.js';
import { createArtifactRows } from './artifacts.js';
import { createAudit } from './audit.js';
import { createButtons } from './buttons.js';
import { createCalls } from './calls.js';
import { createConversations } from './conversations.js';
import { createCounters } from './counters.js';
import { openDatabase, storeError } from './database.js';
import { createDeliveries } from './deliveries.js';
import { createEvents } from './events.js';
import { createGrants } from './grants.js';
import { createHistory } from './history.js';
import { createOwners } from './owners.js';
import { createProcessRows } from './processes.js';
import { createProvenanceRows } from './provenance.js';
import { createReminders } from './reminders.js';
import { createSecretRequests } from './secret-requests.js';
import { createSettings } from './settings.js';
import { createTurns } from './turns.js';
import { createVaultRows } from './vault-rows.js';

export type Store = ReturnType<typeof openStore>;

/** The one database, a family of tables each. Nobody else writes SQL. */
export function openStore(path: string, system: System) {
  const db = openDatabase(path);
  const dataVersion = () => db.pragma('data_version', { simple: true }) as number;
  let seenVersion = dataVersion();
  return {
    conversations: createConversations(db, system),
    events: createEvents(db),
    turns: createTurns(db, system),
    history: createHistory(db, system),
    calls: createCalls(db, system),
    approvals: createApprovals(db, system),
    reminders: createReminders(db),
    grants: createGrants(db, system),
    counters: createCounters(db, system),
    buttons: createButtons(db, system),
    deliveries: createDeliveries(db, system),
    owners: createOwners(db, system),
    processes: createProcessRows(db, system),
    artifacts: createArtifactRows(db, system),
    provenance: createProvenanceRows(db, system),
    secretRequests: createSecretRequests(db, system),
    vault: createVaultRows(db),
    settings: createSettings(db),
    audit: createAudit(db, system),

    /** All of it or nothing; durable when it returns. Throws `store.full` or `store.failed`. */
    transaction<T>(work: () => T): T {
      try {
        return db.transaction(work).immediate();
      } catch (thrown) {
        throw storeError(thrown);
      }
    },
    /** Whether another process has written since this was last asked. */
    changedElsewhere(): boolean {
      const before = seenVersion;
      seenVersion = dataVersion();
      return seenVersion !== before;
    },
    close(): void {
      if (db.open) db.close();
    },
  };
}

import { CERTIFICATE_ENTRY } from './certificates.js';
import type { Config } from './config.js';
import type { TextMask } from './core/redactor.js';
import { Secret } from './core/secret.js';
import type { System, Timer } from './core/system.js';
import type { Redactor } from './guards/redact.js';
import type { Store } from './store/store.js';
import type { Vault } from './vault/vault.js';

interface SecretUsed {
  readonly name: string;
  readonly tool: string;
  readonly host: string | null;
  readonly callId: string;
}

const LOOK_EVERY_MS = 2_000;

/**
 * What must never show up in a text: every value of the vault and of the environment. The command line changes entries
 * beside a running gateway, so whatever another process has written is learned before the next text is masked.
 */
export function createKnownSecrets(deps: {
  readonly config: Config;
  readonly store: Store;
  readonly system: System;
  readonly vault: Vault;
  readonly redactor: Redactor;
}) {
  const { config, store, system, vault, redactor } = deps;
  let takeUp: (() => void) | null = null;
  let timer: Timer | null = null;

  function learn(): void {
    for (const { kind, name, value } of vault.values()) {
      if (kind === 'owner' || !isPublic(name)) redactor.add(`${kind}/${name}`, value);
    }
    for (const [name, value] of Object.entries(config)) {
      if (value instanceof Secret) redactor.add(`env/${name}`, value);
    }
  }

  function look(): void {
    if (!store.changedElsewhere()) return;
    learn();
    takeUp?.();
  }

  const lookLater = (): void => {
    timer = system.setTimer(LOOK_EVERY_MS, () => {
      look();
      lookLater();
    });
  };

  const mask: TextMask = {
    redact(text) {
      look();
      return redactor.redact(text);
    },
    contains(text) {
      look();
      return redactor.contains(text);
    },
    redactValue(value) {
      look();
      return redactor.redactValue(value);
    },
    stream: () => redactor.stream(),
  };

  /** The value of an entry of the owner's for one use: noted in the ledger, and masked from then on. */
  function take(use: SecretUsed): Secret {
    const value = vault.owner.get(use.name);
    redactor.add(`owner/${use.name}`, value);
    store.transaction(() => {
      store.secretRequests.recordUse(use);
      store.audit.add('secret.used', { name: use.name, tool: use.tool, host: use.host, call: use.callId });
    });
    return value;
  }

  /** Stores an entry of the owner's, with the hosts that it had, and gives those. */
  function keep(name: string, value: Secret): readonly string[] {
    const hosts = vault.owner.has(name) ? vault.owner.hosts(name) : [];
    vault.owner.put({ name, value, hosts, shortConfirmed: true });
    learn();
    return hosts;
  }

  learn();
  return {
    learn,
    take,
    keep,
    mask,
    /** From now on `run` is called after another process has written, within 2 s. */
    follow(run: () => void): void {
      takeUp = run;
      lookLater();
    },
    /** Idempotent. */
    stop(): void {
      takeUp = null;
      timer?.cancel();
      timer = null;
    },
  };
}

/** Entries that are no secrets: masked, they would make cards and answers unreadable. */
const isPublic = (name: string): boolean => name === CERTIFICATE_ENTRY || name.endsWith('_BASE_URL');

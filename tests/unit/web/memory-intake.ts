import { Secret } from '../../../src/core/secret.js';
import type { System } from '../../../src/core/system.js';
import type { AcceptOutcome, SecretAnswer, SecretIntake, SecretRequest } from '../../../src/core/vault.js';
import { deriveKey } from '../../../src/vault/envelope.js';
import { emptyManifest } from '../../../src/vault/manifest.js';
import { createRequestSecrets } from '../../../src/vault/request.js';
import { newState, Vault } from '../../../src/vault/vault.js';
import { memoryRows } from '../vault/memory-rows.js';

export interface Asked {
  readonly token: string;
  readonly publicKey: string;
  readonly request: SecretRequest;
}

/** The gateway's side of the form, in memory, over a real vault. */
export interface MemoryIntake extends SecretIntake {
  readonly vault: Vault;
  readonly accepted: SecretAnswer[];
  /** What the next `accept` answers instead of taking the value. */
  next: AcceptOutcome | Error | null;
  ask(over?: Partial<SecretRequest>): Asked;
  change(tokenHash: string, change: Partial<SecretRequest>): void;
  value(name: string): string;
}

export async function memoryIntake(system: System): Promise<MemoryIntake> {
  const salt = system.randomBytes(16);
  const key = await deriveKey(new Secret('a vault key'), salt);
  const rows = memoryRows();
  rows.setState(newState(system, key, salt, emptyManifest()));
  const vault = new Vault(rows, key, system);
  const requests = new Map<string, SecretRequest>();
  const intake: MemoryIntake = {
    vault,
    accepted: [],
    next: null,
    ask(over = {}) {
      const { token, publicKey, row } = createRequestSecrets(vault, system);
      const request: SecretRequest = {
        ...row,
        name: 'STRIPE_KEY',
        kind: 'owner',
        purpose: 'To list your invoices of October.',
        values: [{ entry: 'STRIPE_KEY', label: 'STRIPE_KEY', multiline: false }],
        suggestedHosts: ['api.stripe.com'],
        untrustedSources: [],
        replaces: null,
        state: 'pending',
        answeredAt: null,
        ...over,
      };
      requests.set(request.tokenHash, request);
      return { token, publicKey, request };
    },
    change(tokenHash, change) {
      const request = requests.get(tokenHash);
      if (request) requests.set(tokenHash, { ...request, ...change });
    },
    value: (name) => vault.owner.get(name).reveal(),
    find: (tokenHash) => requests.get(tokenHash) ?? null,
    async accept(tokenHash, answer) {
      const { next } = intake;
      intake.next = null;
      if (next instanceof Error) throw next;
      if (next) return next;
      const request = requests.get(tokenHash);
      if (!request) return { kind: 'unknown' };
      if (request.state === 'saved') return { kind: 'used', at: request.answeredAt ?? 0 };
      if (request.state === 'cancelled') return { kind: 'cancelled' };
      if (request.expiresAt <= system.now()) return { kind: 'expired' };
      for (const { entry, value } of answer.values) {
        vault[request.kind].put({ name: entry, value, hosts: answer.hosts, shortConfirmed: answer.shortConfirmed });
      }
      intake.change(tokenHash, { state: 'saved', answeredAt: system.now() });
      intake.accepted.push(answer);
      return { kind: 'saved', at: system.now(), overriddenBy: [] };
    },
  };
  return intake;
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ChannelId, UserId } from '../core/channel.js';
import type { InboundEvent } from '../core/event.js';
import type { System } from '../core/system.js';
import type { Store } from '../store/store.js';

/**
 * One gate in front of every kind of event: the sender's stable id is the owner's, by configuration or by pairing, or
 * the sender is nobody. Pairing: a one-time code, printed where only the owner can read it, sent in a direct message.
 */
export interface OwnerOptions {
  /** Ids set by configuration, a list for each channel. */
  readonly configured: ReadonlyMap<ChannelId, readonly UserId[]>;
}

const PAIRING = 'pairing';
const PAIRING_MS = 600_000;
const PAIRING_TRIES = 5;
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

interface Pairing {
  readonly hash: string;
  readonly expiresAt: number;
  readonly triesLeft: number;
  /** Made by an owner for one more account: good also where there is one (OWN-5). */
  readonly further: boolean;
}

export type OwnerGate = ReturnType<typeof createOwnerGate>;

export function createOwnerGate(store: Store, system: System, options: OwnerOptions) {
  const owners = (channel: ChannelId): readonly UserId[] => [
    ...(options.configured.get(channel) ?? []),
    ...store.owners.list(channel),
  ];

  function stranger(event: InboundEvent): void {
    store.transaction(() => {
      const count = store.owners.countOutsider(event.channel, event.sender.userId);
      if (count === 1) store.audit.add('stranger', { channel: event.channel, user: event.sender.userId });
    });
  }

  return {
    owners,
    isOwner: (channel: ChannelId, user: UserId): boolean => owners(channel).includes(user),
    isKnown: (channel: ChannelId): boolean => owners(channel).length > 0,
    stranger,

    /** Whether a stranger's direct message holds the pairing code; then its sender is the owner from here on. */
    pair(event: InboundEvent): boolean {
      if (event.kind !== 'message.created' || !event.address.direct) return false;
      const pairing = readPairing(store);
      if (!pairing || (!pairing.further && owners(event.channel).length > 0)) return false;
      if (pairing.expiresAt <= system.now() || pairing.triesLeft <= 0) return false;
      const matches = timingSafeEqual(Buffer.from(pairing.hash, 'hex'), hashCode(event.text));
      store.transaction(() => {
        const next = matches ? null : { ...pairing, triesLeft: pairing.triesLeft - 1 };
        store.settings.set(PAIRING, JSON.stringify(next));
        if (!matches) return;
        store.owners.add(event.channel, event.sender.userId);
        store.audit.add('owner.paired', { channel: event.channel, user: event.sender.userId });
      });
      return matches;
    },
  };
}

/** Makes the one code that is good from now on: 8 characters, 40 bits, 10 minutes, 5 tries; for a further account too. */
export function createPairingCode(store: Store, system: System, further = true): string {
  const code = [...system.randomBytes(8)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  const pairing: Pairing = {
    hash: hashCode(code).toString('hex'),
    expiresAt: system.now() + PAIRING_MS,
    triesLeft: PAIRING_TRIES,
    further,
  };
  store.transaction(() => store.settings.set(PAIRING, JSON.stringify(pairing)));
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

function readPairing(store: Store): Pairing | null {
  const stored = store.settings.get(PAIRING);
  return stored === null ? null : (JSON.parse(stored) as Pairing | null);
}

const hashCode = (typed: string): Buffer =>
  createHash('sha256').update(typed.toUpperCase().replace(/[\s-]/g, '').slice(0, 64)).digest();

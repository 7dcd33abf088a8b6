import type { System } from '../core/system.js';
import type { SecretRequest } from '../core/vault.js';
import type { Connection } from './database.js';

/** A form that waits, with the call that asked for it and the message that shows its link. */
export interface StoredRequest {
  readonly request: SecretRequest;
  readonly callId: string | null;
  readonly deliveryId: string | null;
}

/** One use of an entry of the owner's; `host` is null for a command. */
export interface SecretUse {
  readonly tool: string;
  readonly host: string | null;
  readonly at: number;
}

export function createSecretRequests(db: Connection, system: System) {
  const insert = db.prepare(
    `INSERT INTO secret_requests (token_hash, name, request, sealed_private_key, state, expires_at, call_id, delivery_id)
     VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)`,
  );
  const select = db.prepare<[string], Row>('SELECT * FROM secret_requests WHERE token_hash = ?');
  const ofCall = db.prepare<[string], Row>('SELECT * FROM secret_requests WHERE call_id = ?');
  const pending = db.prepare<[], Row>("SELECT * FROM secret_requests WHERE state = 'pending' ORDER BY expires_at");
  const nextExpiry = db.prepare<[], { at: number | null }>(
    "SELECT min(expires_at) AS at FROM secret_requests WHERE state = 'pending'",
  );
  // With the answer the link's private key goes: what was sealed to it can then be opened by nobody.
  const end = db.prepare(
    `UPDATE secret_requests SET state = ?, answered_at = ?, sealed_private_key = x''
     WHERE token_hash = ? AND state = 'pending'`,
  );
  const setKey = db.prepare('UPDATE secret_requests SET sealed_private_key = ? WHERE token_hash = ?');
  const giveUp = db.prepare(
    `UPDATE secret_requests SET sealed_private_key = x'', expires_at = ?, request = json_set(request, '$.expiresAt', ?)
     WHERE state = 'pending'`,
  );
  const others = db.prepare("UPDATE secret_requests SET sealed_private_key = x'' WHERE state <> 'pending'");
  const rename = db.prepare(
    "UPDATE secret_requests SET name = ?, request = json_set(request, '$.name', ?) WHERE token_hash = ?",
  );
  const use = db.prepare('INSERT INTO secret_uses (name, tool, host, call_id, at) VALUES (?, ?, ?, ?, ?)');
  const uses = db.prepare<[string, number], SecretUse>(
    'SELECT tool, host, at FROM secret_uses WHERE name = ? ORDER BY at DESC, id DESC LIMIT ?',
  );
  const useCount = db.prepare<[string], { n: number }>('SELECT count(*) AS n FROM secret_uses WHERE name = ?');

  return {
    add(stored: StoredRequest): void {
      const { sealedPrivateKey, ...request } = stored.request;
      const { tokenHash, name, expiresAt } = request;
      const json = JSON.stringify(request);
      insert.run(tokenHash, name, json, sealedPrivateKey, expiresAt, stored.callId, stored.deliveryId);
    },
    find(tokenHash: string): StoredRequest | null {
      const row = select.get(tokenHash);
      return row ? fromRow(row) : null;
    },
    ofCall(callId: string): StoredRequest | null {
      const row = ofCall.get(callId);
      return row ? fromRow(row) : null;
    },
    pending: (): StoredRequest[] => pending.all().map(fromRow),
    nextExpiry: (): number | null => nextExpiry.get()?.at ?? null,
    /** True for the first end only. */
    end: (tokenHash: string, state: 'saved' | 'cancelled' | 'expired'): boolean =>
      end.run(state, system.now(), tokenHash).changes === 1,
    /** For a new vault key: the private keys of waiting forms are sealed anew, all others are dropped. */
    resealKeys(again: (tokenHash: string, sealed: Uint8Array) => Uint8Array): void {
      others.run();
      for (const { token_hash, sealed_private_key, expires_at } of pending.all()) {
        const isOver = expires_at <= system.now();
        setKey.run(isOver ? new Uint8Array() : again(token_hash, sealed_private_key), token_hash);
      }
    },
    /** After a reset no waiting form can be opened any more: each has run out now. */
    giveUpAll(): void {
      giveUp.run(system.now(), system.now());
      others.run();
    },
    /** What was saved, where the owner has chosen it on the page. */
    rename: (tokenHash: string, name: string): void => void rename.run(name, name, tokenHash),
    /** The ledger of uses: which secret, by which tool, to which host. */
    recordUse: (entry: { name: string; tool: string; host: string | null; callId: string }): void =>
      void use.run(entry.name, entry.tool, entry.host, entry.callId, system.now()),
    uses: (name: string, limit: number): { readonly total: number; readonly newest: readonly SecretUse[] } => ({
      total: useCount.get(name)?.n ?? 0,
      newest: uses.all(name, limit),
    }),
  };
}

interface Row {
  token_hash: string;
  expires_at: number;
  request: string;
  sealed_private_key: Uint8Array;
  state: 'pending' | 'saved' | 'cancelled' | 'expired';
  answered_at: number | null;
  call_id: string | null;
  delivery_id: string | null;
}

const fromRow = (row: Row): StoredRequest => ({
  request: {
    ...(JSON.parse(row.request) as Omit<SecretRequest, 'sealedPrivateKey'>),
    // A form that ran out is told by its time: for the page it is still unanswered.
    state: row.state === 'expired' ? 'pending' : row.state,
    answeredAt: row.answered_at,
    sealedPrivateKey: row.sealed_private_key,
  },
  callId: row.call_id,
  deliveryId: row.delivery_id,
});

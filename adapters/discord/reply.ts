/**
 * What a `replyRef` holds: enough to answer one interaction. It survives a restart, because the gateway stores it with
 * the event, and it is worth nothing after 15 minutes.
 *
 *   slash     → deferred answer (`@original`) is free for the first delivery; later ones are messages of their own
 *   component → `@original` is the message that held the button: never an answer's place
 */
export interface ReplyRef {
  readonly kind: 'slash' | 'component';
  readonly applicationId: string;
  readonly interactionId: string;
  /** The channel it was started in: it answers nowhere else. */
  readonly space: string;
  readonly userId: string;
  /** Only the person who started it sees the answers. */
  readonly hidden: boolean;
  /** By this machine's clock, so that one that differs from Discord's does not shorten or lengthen the token's life. */
  readonly receivedAt: number;
  readonly token: string;
}

const DISCORD_EPOCH_MS = 1_420_070_400_000n;
/** Discord says 15 minutes; the last seconds are left for the request's own way. */
const TOKEN_LIFE_MS = 15 * 60_000 - 5_000;
const SNOWFLAKE = /^\d{1,20}$/;
const TIME = /^\d{1,15}$/;
const INTERACTION_TOKEN = /^[\w.~=-]{1,512}$/;

export function isSnowflake(value: string): boolean {
  return SNOWFLAKE.test(value);
}

/** Milliseconds since the epoch at which Discord made this id. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS);
}

export function formatReplyRef(ref: ReplyRef): string {
  const kind = ref.kind === 'slash' ? 's' : 'c';
  const visibility = ref.hidden ? 'h' : 'o';
  const { applicationId, interactionId, space, userId, receivedAt, token } = ref;
  return [kind, visibility, applicationId, interactionId, space, userId, receivedAt, token].join(':');
}

/** Null for anything that is not one of ours or belongs elsewhere: it then counts as no reference at all. */
export function parseReplyRef(value: string | undefined, at: string): ReplyRef | null {
  const parts = (value ?? '').split(':');
  const [kind, visibility, applicationId = '', interactionId = '', space, userId = '', since = '', token = ''] = parts;
  if (parts.length !== 8 || (kind !== 's' && kind !== 'c') || (visibility !== 'h' && visibility !== 'o')) return null;
  if (![applicationId, interactionId, userId].every(isSnowflake) || !TIME.test(since)) return null;
  if (!INTERACTION_TOKEN.test(token) || space !== at) return null;
  const where = { applicationId, interactionId, space, userId, receivedAt: Number(since), token };
  return { kind: kind === 's' ? 'slash' : 'component', hidden: visibility === 'h', ...where };
}

export function isExpired(ref: ReplyRef, now: number): boolean {
  return now - ref.receivedAt >= TOKEN_LIFE_MS;
}

import type { ChannelId, UserId } from '../core/channel.js';
import type { System } from '../core/system.js';
import type { Connection } from './database.js';

const HOUR_MS = 3_600_000;

/** Who was paired as the owner, and how often strangers knocked. */
export function createOwners(db: Connection, system: System) {
  const insert = db.prepare('INSERT INTO owners (channel, user_id, paired_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const list = db.prepare<[string], { user_id: string }>('SELECT user_id FROM owners WHERE channel = ?');
  const remove = db.prepare('DELETE FROM owners WHERE channel = ? AND user_id = ?');
  const count = db.prepare<[string, string, number], { count: number }>(
    `INSERT INTO outsiders (channel, user_id, hour, count) VALUES (?, ?, ?, 1)
     ON CONFLICT (channel, user_id, hour) DO UPDATE SET count = count + 1 RETURNING count`,
  );

  return {
    add: (channel: ChannelId, user: UserId): void => void insert.run(channel, user, system.now()),
    remove: (channel: ChannelId, user: UserId): boolean => remove.run(channel, user).changes === 1,
    list: (channel: ChannelId): UserId[] => list.all(channel).map((row) => row.user_id),
    /** Counts a stranger's event; the number of them in this hour. */
    countOutsider: (channel: ChannelId, user: UserId): number =>
      count.get(channel, user, Math.floor(system.now() / HOUR_MS))?.count ?? 0,
  };
}

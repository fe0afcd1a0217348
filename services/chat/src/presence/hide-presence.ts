import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/jobs';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';

type Needs = { emit: Emit; db: Pick<ChatDb, '$queryRaw'> };
type Parted = { userId: string; watcherId: string };

/** Of two with a block between them, who was shown something of the other until then. */
const listParted = (db: Needs['db'], one: string, other: string) =>
  db.$queryRaw<Parted[]>`
    SELECT u.id AS "userId", w.id AS "watcherId"
    FROM (VALUES (${one}::uuid, ${other}::uuid), (${other}::uuid, ${one}::uuid)) AS pair(user_id, watcher_id)
    JOIN users u ON u.id = pair.user_id LEFT JOIN user_settings us ON us.user_id = u.id
    JOIN users w ON w.id = pair.watcher_id AND w.is_online
    WHERE (coalesce(us.online_audience, 'everyone') = 'everyone' OR us.last_seen_audience <> 'nobody')
      AND EXISTS (SELECT FROM blocks WHERE (blocker_id, blocked_id) IN ((u.id, w.id), (w.id, u.id)))
      AND (EXISTS (SELECT FROM contacts k WHERE k.owner_id = w.id AND k.user_id = u.id)
        OR EXISTS (SELECT FROM chat_members me JOIN chats c ON c.id = me.chat_id AND NOT c.is_group
          JOIN chat_members o ON o.chat_id = c.id AND o.user_id = u.id WHERE me.user_id = w.id))`;

/** Ends what two saw of each other when a block comes between them, as if they had left. */
export const hidePresence = async ({ emit, db }: Needs, { key, payload }: Job): Promise<void> => {
  for (const { userId, watcherId } of await listParted(db, key, String(payload['otherId'])))
    emit('user_offline', { rooms: [userRoom(watcherId)] }, { userId, lastSeen: null });
};

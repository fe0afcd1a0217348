import { type ChatDb, Prisma } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import type { Job } from '@taar/runtime/outbox/job';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';

type Needs = { emit: Emit; db: Pick<ChatDb, '$queryRaw'> };
type Parted = { userId: string; watcherId: string };

/** Of two with a block between them, who was shown something of the other until then. */
const listParted = (db: Needs['db'], one: string, other: string) =>
  db.$queryRaw<Parted[]>`
    SELECT person.id AS "userId", w.id AS "watcherId"
    FROM (VALUES (${one}::uuid, ${other}::uuid), (${other}::uuid, ${one}::uuid)) AS pair(user_id, watcher_id)
    JOIN users person ON person.id = pair.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    JOIN users w ON w.id = pair.watcher_id AND w.is_online
    WHERE (coalesce(settings.online_audience, 'everyone') = 'everyone' OR settings.last_seen_audience <> 'nobody')
      AND ${blockBetween(Prisma.sql`person.id`, Prisma.sql`w.id`)}
      AND (EXISTS (SELECT FROM contacts k WHERE k.owner_id = w.id AND k.user_id = person.id)
        OR EXISTS (SELECT FROM chat_members me JOIN chats c ON c.id = me.chat_id AND NOT c.is_group
          JOIN chat_members o ON o.chat_id = c.id AND o.user_id = person.id WHERE me.user_id = w.id))`;

/** Ends what two saw of each other when a block comes between them, as if they had left. */
export const hidePresence = async ({ emit, db }: Needs, { key, payload }: Job): Promise<void> => {
  for (const { userId, watcherId } of await listParted(db, key, String(payload['otherId'])))
    emit('user_offline', { rooms: [userRoom(watcherId)] }, { userId, lastSeen: null });
};

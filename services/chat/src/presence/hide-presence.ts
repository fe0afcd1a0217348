import { type ChatDb, Prisma } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import type { Job } from '@taar/runtime/outbox/job';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';

type Needs = { emit: Emit; db: Pick<ChatDb, '$queryRaw'> };
type Pair = { userId: string; watcherId: string };

/** Works the job of a new block: each side sees the other go offline, without a last seen. */
export const hidePresence = async ({ emit, db }: Needs, { key, payload }: Job): Promise<void> => {
  for (const { userId, watcherId } of await listFormerWatchers(db, key, String(payload['otherId'])))
    emit('user_offline', { rooms: [userRoom(watcherId)] }, { userId, lastSeen: null });
};

/** Of two users with a block between them, each one who is online and watched the other. */
const listFormerWatchers = (db: Needs['db'], one: string, other: string) =>
  db.$queryRaw<Pair[]>`
    SELECT person.id AS "userId", watcher.id AS "watcherId"
    FROM (VALUES
      (${one}::uuid, ${other}::uuid),
      (${other}::uuid, ${one}::uuid)
    ) AS pair (user_id, watcher_id)
    JOIN users person ON person.id = pair.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    JOIN users watcher ON watcher.id = pair.watcher_id
      AND watcher.is_online
    WHERE (
        coalesce(settings.online_audience, 'everyone') = 'everyone'
        OR settings.last_seen_audience <> 'nobody')
      AND ${blockBetween(Prisma.sql`person.id`, Prisma.sql`watcher.id`)}
      AND (
        EXISTS (
          SELECT FROM contacts contact
          WHERE contact.owner_id = watcher.id
            AND contact.user_id = person.id)
        OR EXISTS (
          SELECT FROM chat_members member
          JOIN chats chat ON chat.id = member.chat_id
            AND NOT chat.is_group
          JOIN chat_members peer ON peer.chat_id = chat.id
            AND peer.user_id = person.id
          WHERE member.user_id = watcher.id))`;

import { type ChatDb, Prisma } from '@taar/db';
import { blockWith, presenceAsSeen } from '@taar/domain/people';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';

const maxWatchers = 500;

/** Somebody who hears of a user's presence, and what they may know: null is hidden. */
export type Watcher = {
  userId: string;
  watcherId: string;
  online: boolean | null;
  lastSeen: string | null;
};

/**
 * Who is to hear of these users' presence, and what of it: those who have a direct chat with them
 * or have them as a contact, are online themselves, and may see it.
 */
export const listWatchers = (
  db: Pick<ChatDb, '$queryRaw'>,
  userIds: string[],
  { hiddenToo = false } = {},
) =>
  db.$queryRaw<Watcher[]>`
    SELECT person.id AS "userId", w.id AS "watcherId", (w.presence->>'online')::boolean AS online,
      w.presence->>'lastSeen' AS "lastSeen"
    FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    CROSS JOIN LATERAL (
      SELECT known.id, seen.presence FROM (
        SELECT o.user_id AS id FROM chat_members me
        JOIN chats c ON c.id = me.chat_id AND NOT c.is_group
        JOIN chat_members o ON o.chat_id = c.id WHERE me.user_id = person.id
        UNION SELECT owner_id FROM contacts WHERE user_id = person.id
      ) known
      JOIN users w ON w.id = known.id AND w.is_online AND w.id <> person.id
      CROSS JOIN LATERAL (SELECT ${presenceAsSeen(Prisma.sql`w.id`)} AS presence) seen
      WHERE seen.presence->>'online' IS NOT NULL
        OR (${hiddenToo} AND NOT ${blockWith(Prisma.sql`w.id`)})
      -- The same ones each time: whoever heard of the coming is to hear of the going.
      ORDER BY w.id LIMIT ${maxWatchers}::int
    ) w
    WHERE person.id = ANY(${userIds}::uuid[])`;

type LastSeenEvent = 'user_offline' | 'last_seen_update';

/** Sends each watcher the last seen that they may know: in at most two broadcasts. */
export const emitLastSeen = (
  emit: Emit,
  event: LastSeenEvent,
  userId: string,
  watchers: Watcher[],
) => {
  const broadcast = (to: Watcher[], lastSeen: string | null) => {
    emit(event, { rooms: to.map(({ watcherId }) => userRoom(watcherId)) }, { userId, lastSeen });
  };
  const informed = watchers.filter(({ lastSeen }) => lastSeen !== null);
  broadcast(informed, informed[0]?.lastSeen ?? null);
  broadcast(
    watchers.filter(({ lastSeen }) => lastSeen === null),
    null,
  );
};

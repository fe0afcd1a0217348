import { type ChatDb, Prisma } from '@taar/db';
import { blockWith, presenceAsSeen } from '@taar/domain/people';
import type { Emit } from '../core/emit.ts';
import { userRoom } from '../core/room-names.ts';

const maxWatchers = 500;

/** A user who gets the presence of another one. Fields that the watcher may not see are null. */
export type Watcher = {
  userId: string;
  watcherId: string;
  online: boolean | null;
  lastSeen: string | null;
};

/**
 * The watchers of these users: other users who are online, share a direct chat with them or have
 * them as a contact, and may see their presence. `hiddenToo` adds those who may not see it.
 */
export const listWatchers = (
  db: Pick<ChatDb, '$queryRaw'>,
  userIds: string[],
  { hiddenToo = false } = {},
) =>
  db.$queryRaw<Watcher[]>`
    SELECT
      person.id AS "userId",
      watcher.id AS "watcherId",
      (watcher.presence->>'online')::boolean AS online,
      watcher.presence->>'lastSeen' AS "lastSeen"
    FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    CROSS JOIN LATERAL (
      SELECT acquaintance.id, seen.presence
      FROM (
        SELECT peer.user_id AS id
        FROM chat_members member
        JOIN chats chat ON chat.id = member.chat_id
          AND NOT chat.is_group
        JOIN chat_members peer ON peer.chat_id = chat.id
        WHERE member.user_id = person.id
        UNION
        SELECT owner_id
        FROM contacts
        WHERE user_id = person.id
      ) acquaintance
      JOIN users online ON online.id = acquaintance.id
        AND online.is_online
        AND online.id <> person.id
      CROSS JOIN LATERAL (
        SELECT ${presenceAsSeen(Prisma.sql`online.id`)} AS presence
      ) seen
      WHERE seen.presence->>'online' IS NOT NULL
        OR (${hiddenToo} AND NOT ${blockWith(Prisma.sql`online.id`)})
      -- Ordered, so that the watchers who get user_online get user_offline, too.
      ORDER BY acquaintance.id
      LIMIT ${maxWatchers}::int
    ) watcher
    WHERE person.id = ANY(${userIds}::uuid[])`;

type LastSeenEvent = 'user_offline' | 'last_seen_update';

/** Emits to each watcher the last seen that they may see, by at most two emits. */
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

import type { Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { LRUCache } from 'lru-cache';
import { isListed, unreadOf } from './chat-fragments.ts';

type UnreadTotals = NonNullable<Output<typeof chatRest.listChats>['totals']>;
type Counted = UnreadTotals & { userId: string; chats: number; badge: number };
type Db = Pick<ChatDb, '$queryRaw'>;

const cacheMs = 5_000;
const maxUsers = 20_000;
/** Totals of users with this many chats are cached, as counting them takes time. */
const manyChats = 200;

/** Unread totals over all chats of a user. Muted and archived chats do not count. */
export const createTotals = (db: Db) => {
  const cached = new LRUCache<string, UnreadTotals>({ max: maxUsers, ttl: cacheMs });

  const read = async (userId: string): Promise<UnreadTotals> => {
    const [counted] = await countUnread(db, [userId]);
    const { unreadChats = 0, unreadMessages = 0 } = counted ?? {};
    const totals = { unreadChats, unreadMessages };
    if (counted && counted.chats >= manyChats) cached.set(userId, totals);
    return totals;
  };

  return {
    read,
    /** Exact, but for users with many chats, whose totals are up to five seconds old. */
    recent: (userId: string) => cached.get(userId) ?? read(userId),
    /** App badges by user. A chat that is marked as unread counts as one message. */
    badges: async (userIds: string[]) =>
      new Map((await countUnread(db, userIds)).map(({ userId, badge }) => [userId, badge])),
  };
};
export type Totals = ReturnType<typeof createTotals>;

/** Users without any chat that counts have no row. */
const countUnread = (db: Db, userIds: string[]) => db.$queryRaw<Counted[]>`
  SELECT
    counted.user_id AS "userId",
    count(*)::int AS chats,
    count(*) FILTER (WHERE unread > 0 OR marked)::int AS "unreadChats",
    coalesce(sum(unread), 0)::int AS "unreadMessages",
    coalesce(sum(CASE WHEN marked AND unread = 0 THEN 1 ELSE unread END), 0)::int AS badge
  FROM (
    SELECT member.user_id, member.marked_unread AS marked, ${unreadOf} AS unread
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    WHERE member.user_id = ANY(${userIds}::uuid[])
      AND member.archived_at IS NULL
      AND ${isListed}
      AND coalesce(member.muted_until <= clock_timestamp(), true)
  ) counted
  GROUP BY counted.user_id`;

import type { Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { LRUCache } from 'lru-cache';
import { isListed, unreadOf } from './chat-rows.ts';

export type TotalsOf = NonNullable<Output<typeof chatRest.listChats>['totals']>;

type Counted = TotalsOf & { userId: string; chats: number; badge: number };

const cacheMs = 5_000;
const maxUsers = 20_000;
/** From so many chats on, counting exactly is not free. */
const manyChats = 200;

/** What an app says of all chats at once; muted and archived ones do not count. */
export const createTotals = (db: Pick<ChatDb, '$queryRaw'>) => {
  const known = new LRUCache<string, TotalsOf>({ max: maxUsers, ttl: cacheMs });

  const count = (userIds: string[]) =>
    db.$queryRaw<Counted[]>`
      SELECT mine.user_id AS "userId", count(*)::int AS chats, count(*) FILTER (WHERE unread > 0 OR marked)::int AS "unreadChats",
        coalesce(sum(unread), 0)::int AS "unreadMessages",
        coalesce(sum(CASE WHEN marked AND unread = 0 THEN 1 ELSE unread END), 0)::int AS badge
      FROM (SELECT me.user_id, me.marked_unread AS marked, ${unreadOf} AS unread
        FROM chat_members me JOIN chats c ON c.id = me.chat_id
        WHERE me.user_id = ANY(${userIds}::uuid[]) AND me.archived_at IS NULL AND ${isListed}
          AND coalesce(me.muted_until <= clock_timestamp(), true)) mine
      GROUP BY mine.user_id`;

  const read = async (userId: string): Promise<TotalsOf> => {
    const [counted] = await count([userId]);
    const { unreadChats = 0, unreadMessages = 0 } = counted ?? {};
    const totals = { unreadChats, unreadMessages };
    if (counted && counted.chats >= manyChats) known.set(userId, totals);
    return totals;
  };

  return {
    /** Exact, or for someone with many chats at most five seconds old. */
    recent: (userId: string) => known.get(userId) ?? read(userId),
    read,
    /** By person, where there is anything to count; a chat marked as unread counts as one message. */
    badges: async (userIds: string[]) =>
      new Map((await count(userIds)).map(({ userId, badge }) => [userId, badge])),
  };
};
export type Totals = ReturnType<typeof createTotals>;

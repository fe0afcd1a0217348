import type { Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { LRUCache } from 'lru-cache';
import { isListed, unreadOf } from './queries.ts';

export type TotalsOf = NonNullable<Output<typeof chatRest.listChats>['totals']>;

type Counted = TotalsOf & { chats: number; badge: number };

const cacheMs = 5_000;
const maxUsers = 20_000;
/** From so many chats on, counting exactly is not free. */
const manyChats = 200;

/** What an app says of all chats at once; muted and archived ones do not count. */
export const createTotals = (db: Pick<ChatDb, '$queryRaw'>) => {
  const known = new LRUCache<string, TotalsOf>({ max: maxUsers, ttl: cacheMs });

  const count = async (userId: string): Promise<Counted> => {
    const [row] = await db.$queryRaw<Counted[]>`
      SELECT count(*)::int AS chats, count(*) FILTER (WHERE unread > 0 OR marked)::int AS "unreadChats",
        coalesce(sum(unread), 0)::int AS "unreadMessages",
        coalesce(sum(CASE WHEN marked AND unread = 0 THEN 1 ELSE unread END), 0)::int AS badge
      FROM (SELECT me.marked_unread AS marked, ${unreadOf} AS unread
        FROM chat_members me JOIN chats c ON c.id = me.chat_id
        WHERE me.user_id = ${userId}::uuid AND me.archived_at IS NULL AND ${isListed}
          AND coalesce(me.muted_until <= clock_timestamp(), true)) mine`;
    return row!;
  };

  const read = async (userId: string): Promise<TotalsOf> => {
    const { chats, unreadChats, unreadMessages } = await count(userId);
    const totals = { unreadChats, unreadMessages };
    if (chats >= manyChats) known.set(userId, totals);
    return totals;
  };

  return {
    /** Exact, or for someone with many chats at most five seconds old. */
    recent: (userId: string) => known.get(userId) ?? read(userId),
    read,
    /** A chat marked as unread counts as one message. */
    badge: async (userId: string) => (await count(userId)).badge,
  };
};
export type Totals = ReturnType<typeof createTotals>;

import type { Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { sees } from '@taar/domain/access';
import { LRUCache } from 'lru-cache';
import { isListed, unreadOf } from './queries.ts';

export type TotalsOf = NonNullable<Output<typeof chatRest.listChats>['totals']>;

const cacheMs = 5_000;
const maxUsers = 20_000;

/** What an app shows on its icon; muted and archived chats do not count. */
export const createTotals = (db: Pick<ChatDb, '$queryRaw'>) => {
  const known = new LRUCache<string, TotalsOf>({ max: maxUsers, ttl: cacheMs });

  const read = async (userId: string): Promise<TotalsOf> => {
    const [row] = await db.$queryRaw<TotalsOf[]>`
      SELECT count(*) FILTER (WHERE unread > 0 OR marked)::int AS "unreadChats",
        coalesce(sum(unread), 0)::int AS "unreadMessages"
      FROM (SELECT me.marked_unread AS marked, ${unreadOf} AS unread
        FROM chat_members me JOIN chats c ON c.id = me.chat_id
        WHERE me.user_id = ${userId}::uuid AND me.archived_at IS NULL AND ${isListed}
          AND coalesce(me.muted_until <= clock_timestamp(), true)) mine`;
    known.set(userId, row!);
    return row!;
  };

  return {
    /** At most five seconds old: counting thousands of chats exactly is not free. */
    recent: (userId: string) => known.get(userId) ?? read(userId),
    read,
  };
};
export type Totals = ReturnType<typeof createTotals>;

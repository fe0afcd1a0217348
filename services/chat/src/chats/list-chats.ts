import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { activityAt, isListed, unreadOf } from '../core/chat-fragments.ts';
import { readChats } from '../core/read-chats.ts';

type Query = Input<typeof chatRest.listChats>;

const notPinned = '1970-01-01T00:00:00.000Z';

const pinnedAt = Prisma.sql`coalesce(member.pinned_at, ${notPinned}::timestamptz)`;

const filters = {
  all: Prisma.sql`true`,
  groups: Prisma.sql`chat.is_group`,
  direct: Prisma.sql`NOT chat.is_group`,
  unread: Prisma.sql`(member.marked_unread OR ${unreadOf} > 0)`,
};

const selectPage = (
  userId: string,
  { archived = false, filter = 'all', cursor, limit = defaultLimit }: Query,
) => {
  const after =
    cursor === undefined ? null : fromCursor([archived, filter], cursor, ['time', 'time', 'uuid']);
  return Prisma.sql`
    SELECT listed.chat_id, row_number() OVER () AS position
    FROM (
      SELECT member.chat_id
      FROM chat_members member
      JOIN chats chat ON chat.id = member.chat_id
      WHERE member.user_id = ${userId}::uuid
        AND ${isListed}
        AND ${filters[filter]}
        AND (member.archived_at IS NOT NULL) = ${archived}
        ${
          after
            ? Prisma.sql`AND (${pinnedAt}, ${activityAt}, chat.id)
          < (${after[0]}::timestamptz, ${after[1]}::timestamptz, ${after[2]}::uuid)`
            : Prisma.empty
        }
      ORDER BY ${pinnedAt} DESC, ${activityAt} DESC, chat.id DESC
      LIMIT ${limit + 1}::int
    ) listed`;
};

export const listChats = async (
  { db, totals }: Pick<Deps, 'db' | 'totals'>,
  { userId }: Actor,
  query: Query,
): Promise<Output<typeof chatRest.listChats>> => {
  const { archived = false, filter = 'all', limit = defaultLimit, cursor } = query;
  const [chats, sums] = await Promise.all([
    readChats(db, userId, selectPage(userId, query)),
    cursor === undefined ? totals.recent(userId) : undefined,
  ]);
  const { page: items, nextCursor } = cutPage(
    chats,
    { filters: [archived, filter], limit },
    ({ id, my, lastActivityAt }) => [my.pinnedAt ?? notPinned, lastActivityAt, id],
  );
  return { items, nextCursor, ...(sums && { totals: sums }) };
};

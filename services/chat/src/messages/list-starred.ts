import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { type MessageRow, isGone, selectMyMessages, toMessage } from '../core/message-rows.ts';

const filters = ['starred'];
type Starred = MessageRow & { starred_at: Date };

export const listStarred = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { cursor, limit = defaultLimit }: Input<typeof chatRest.listStarred>,
): Promise<Output<typeof chatRest.listStarred>> => {
  const after = cursor === undefined ? null : fromCursor(filters, cursor, ['time', 'uuid']);
  const rows = await db.$queryRaw<Starred[]>`
    SELECT one.*, star.created_at AS starred_at FROM message_stars star
    CROSS JOIN LATERAL (${selectMyMessages}
      WHERE m.id = star.message_id AND me.user_id = star.user_id AND NOT ${isGone()} AND ${visibleTo({ message: 'm', member: 'me' })}) one
    WHERE star.user_id = ${userId}::uuid
      ${after ? Prisma.sql`AND (star.created_at, star.message_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : Prisma.empty}
    ORDER BY star.created_at DESC, star.message_id DESC LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [row.starred_at, row.id]);
  return { items: page.map((row) => toMessage(row, userId)), nextCursor };
};

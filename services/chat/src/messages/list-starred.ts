import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import { isGone, selectMyMessages } from '../core/select-messages.ts';
import { type MessageRow, toMessage } from '../core/to-message.ts';
import type { Deps } from '../deps.ts';

const filters = ['starred'];

type Starred = MessageRow & { starredAt: Date };

/** Lists the caller's starred messages, the latest star first. */
export const listStarred = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { cursor, limit = defaultLimit }: Input<typeof chatRest.listStarred>,
): Promise<Output<typeof chatRest.listStarred>> => {
  const after = cursor === undefined ? null : fromCursor(filters, cursor, ['time', 'uuid']);
  const rows = await db.$queryRaw<Starred[]>`
    SELECT starred.*, star.created_at AS "starredAt"
    FROM message_stars star
    CROSS JOIN LATERAL (
      ${selectMyMessages}
      WHERE message.id = star.message_id
        AND member.user_id = star.user_id
        AND NOT ${isGone()}
        AND ${visibleTo()}
    ) starred
    WHERE star.user_id = ${userId}::uuid
      ${after ? olderThan(after) : Prisma.empty}
    ORDER BY star.created_at DESC, star.message_id DESC
    LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [row.starredAt, row.id]);
  return { items: page.map((row) => toMessage(row, userId)), nextCursor };
};

const olderThan = ([time, id]: [string, string]) => Prisma.sql`
  AND (star.created_at, star.message_id) < (${time}::timestamptz, ${id}::uuid)`;

import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { sees } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { fromPlaceCursor, toPlaceCursor } from './time-cursor.ts';
import { type MessageRow, isGone, selectMyMessages, toMessage } from '../core/message-rows.ts';

const defaultLimit = 50;
const list = ['starred'];
type Starred = MessageRow & { starred_at: Date };

export const listStarred = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { cursor, limit = defaultLimit }: Input<typeof chatRest.listStarred>,
): Promise<Output<typeof chatRest.listStarred>> => {
  const after = cursor === undefined ? null : fromPlaceCursor(list, cursor);
  const rows = await db.$queryRaw<Starred[]>`
    SELECT one.*, star.created_at AS starred_at FROM message_stars star
    CROSS JOIN LATERAL (${selectMyMessages}
      WHERE m.id = star.message_id AND me.user_id = star.user_id AND NOT ${isGone()} AND ${sees()}) one
    WHERE star.user_id = ${userId}::uuid
      ${after ? Prisma.sql`AND (star.created_at, star.message_id) < (${after.at}, ${after.id}::uuid)` : Prisma.empty}
    ORDER BY star.created_at DESC, star.message_id DESC LIMIT ${limit + 1}::int`;
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => toMessage(row, userId)),
    nextCursor:
      rows.length > limit && last
        ? toPlaceCursor(list, { at: last.starred_at, id: last.id })
        : null,
  };
};

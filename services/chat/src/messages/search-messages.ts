import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { assertReader } from '../core/access.ts';
import { contentFor } from '../core/snapshots.ts';
import { type MessageRow, isGone, selectMyMessages, toMessage } from '../core/message-rows.ts';

type Query = Input<typeof chatRest.searchMessages>;

/** With spaces for what joins words, as in the index: its reason is with the index. */
const apart = (text: Prisma.Sql) => Prisma.sql`translate(${text}, '<-_/~.', '      ')`;
export const wordsOf = (content: Prisma.Sql) =>
  Prisma.sql`to_tsvector('simple', ${apart(Prisma.sql`coalesce(${content}, '')`)})`;
const asked = (q: string) =>
  Prisma.sql`plainto_tsquery('simple', ${apart(Prisma.sql`${q}::text`)})`;
/** The words as they stand, whatever they hold; the last one may go on. */
const words = (q: string) => Prisma.sql`(${asked(q)}::text || ':*')::tsquery`;

const matching = ({ q, chatId, from, type }: Query) => Prisma.sql`
  numnode(${asked(q)}) > 0 AND ${wordsOf(Prisma.sql`m.content`)} @@ ${words(q)}
  AND (me.left_at IS NULL OR ${wordsOf(contentFor())} @@ ${words(q)})
  AND m.message_type <> 'system' AND NOT ${isGone()} AND ${visibleTo({ message: 'm', member: 'me' })}
  ${chatId === undefined ? Prisma.empty : Prisma.sql`AND m.chat_id = ${chatId}::uuid`}
  ${from === undefined ? Prisma.empty : Prisma.sql`AND m.sender_id = ${from}::uuid`}
  ${type === undefined ? Prisma.empty : Prisma.sql`AND m.message_type = ${type}`}`;

export const searchMessages = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  query: Query,
): Promise<Output<typeof chatRest.searchMessages>> => {
  const { q, chatId, from, type, cursor, limit = defaultLimit } = query;
  if (chatId !== undefined) await assertReader(db, chatId, userId);
  const filters = [q, chatId, from, type];
  const after = cursor === undefined ? null : fromCursor(filters, cursor, ['time', 'uuid']);
  // Cut first, then shown: of a common word's matches only one page is read in full.
  const rows = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE me.user_id = ${userId}::uuid AND m.id IN (
      SELECT m.id FROM chat_members me JOIN messages m ON m.chat_id = me.chat_id
      WHERE me.user_id = ${userId}::uuid AND ${matching(query)}
        ${after ? Prisma.sql`AND (m.created_at, m.id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : Prisma.empty}
      ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit + 1}::int)
    ORDER BY m.created_at DESC, m.id DESC`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [row.created_at, row.id]);
  return { items: page.map((row) => toMessage(row, userId)), nextCursor };
};

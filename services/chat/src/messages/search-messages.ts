import type { Input, Output, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import { assertReader } from '../core/access.ts';
import { isGone, selectMyMessages } from '../core/select-messages.ts';
import { contentFor } from '../core/snapshot-fragments.ts';
import { type MessageRow, toMessage } from '../core/to-message.ts';
import type { Deps } from '../deps.ts';

type Query = Input<typeof chatRest.searchMessages>;

/** Finds messages that hold all words of `q`, of which the last may be the beginning of a word. */
export const searchMessages = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  query: Query,
): Promise<Output<typeof chatRest.searchMessages>> => {
  const { q, chatId, from, type, cursor, limit = defaultLimit } = query;
  if (chatId !== undefined) await assertReader(db, chatId, userId);
  const filters = [q, chatId, from, type];
  const after = cursor === undefined ? null : fromCursor(filters, cursor, ['time', 'uuid']);
  // The ids of one page first: of the many matches of a common word only these are read in full.
  const rows = await db.$queryRaw<MessageRow[]>`
    ${selectMyMessages}
    WHERE member.user_id = ${userId}::uuid
      AND message.id IN (
        SELECT message.id
        FROM chat_members member
        JOIN messages message ON message.chat_id = member.chat_id
        WHERE member.user_id = ${userId}::uuid
          AND ${matches(query)}
          ${after ? olderThan(after) : Prisma.empty}
        ORDER BY message.created_at DESC, message.id DESC
        LIMIT ${limit + 1}::int)
    ORDER BY message.created_at DESC, message.id DESC`;
  const { page, nextCursor } = cutPage(rows, { filters, limit }, (row) => [row.createdAt, row.id]);
  return { items: page.map((row) => toMessage(row, userId)), nextCursor };
};

const olderThan = ([time, id]: [string, string]) => Prisma.sql`
  AND (message.created_at, message.id) < (${time}::timestamptz, ${id}::uuid)`;

/**
 * Former members find a message by the content that they see: by its snapshot, not by later edits.
 * Expects aliases: message (messages), member (chat_members).
 */
const matches = ({ q, chatId, from, type }: Query) => Prisma.sql`
  numnode(${allWords(q)}) > 0
  AND ${wordsOf(Prisma.sql`message.content`)} @@ ${wordsByPrefix(q)}
  AND (member.left_at IS NULL OR ${wordsOf(contentFor())} @@ ${wordsByPrefix(q)})
  AND message.message_type <> 'system'
  AND NOT ${isGone()}
  AND ${visibleTo()}
  ${chatId === undefined ? Prisma.empty : Prisma.sql`AND message.chat_id = ${chatId}::uuid`}
  ${from === undefined ? Prisma.empty : Prisma.sql`AND message.sender_id = ${from}::uuid`}
  ${type === undefined ? Prisma.empty : Prisma.sql`AND message.message_type = ${type}`}`;

/** The expression of the full-text index, which must stay the same to be used. */
export const wordsOf = (content: Prisma.Sql) =>
  Prisma.sql`to_tsvector('simple', ${splitWords(Prisma.sql`coalesce(${content}, '')`)})`;

const allWords = (q: string) =>
  Prisma.sql`plainto_tsquery('simple', ${splitWords(Prisma.sql`${q}::text`)})`;

/** Takes the words literally, so that operators in `q` have no meaning. */
const wordsByPrefix = (q: string) => Prisma.sql`(${allWords(q)}::text || ':*')::tsquery`;

/** Separates words at the signs that PostgreSQL would join to one token, such as a path. */
const splitWords = (text: Prisma.Sql) => Prisma.sql`translate(${text}, '<-_/~.', '      ')`;

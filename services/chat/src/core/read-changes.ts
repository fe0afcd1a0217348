import type { ChatChanges } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { changeSeqOf } from './chat-fragments.ts';
import { selectMyMessages } from './select-messages.ts';
import { changeSeqFor, exitChangeSeq } from './snapshot-fragments.ts';
import { type MessageRow, toMessage } from './to-message.ts';

/** A chat whose changes the client knows up to `known`, and may know up to `target`. */
export type Behind = { id: string; known: number; target: number };

/** The member's stay in the chat under which the changes were read. */
export type Stay = { joinedSeq: number; leftSeq: number | null };

export type Changes = Pick<ChatChanges, 'changes' | 'throughChangeSeq' | 'hasMore'> & {
  stay: Stay;
};

/** One message of the page, or none: then its columns are null. */
type Row = MessageRow & {
  ofChat: string;
  head: bigint;
  joinedSeq: bigint;
  leftSeq: bigint | null;
};

/**
 * The messages that changed after the number that the client knows, each in its present state, and
 * the number up to which the page is complete. One statement, as the two must agree.
 */
export const readChanges = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  behind: Behind[],
  perChat: number,
): Promise<Map<string, Changes>> => {
  if (behind.length === 0) return new Map();
  const pages = parts.map((part) => pageOf(userId, perChat, part));
  const rows = await db.$queryRaw<Row[]>`
    SELECT
      wanted.id AS "ofChat",
      ${changeSeqOf} AS head,
      member.joined_seq AS "joinedSeq",
      member.left_seq AS "leftSeq",
      page.*
    FROM unnest(
      ${behind.map(({ id }) => id)}::uuid[],
      ${behind.map(({ known }) => known)}::bigint[]
    ) AS wanted(id, known)
    JOIN chat_members member ON member.chat_id = wanted.id
      AND member.user_id = ${userId}::uuid
    JOIN chats chat ON chat.id = wanted.id
    CROSS JOIN LATERAL (${bounds}) bound
    LEFT JOIN LATERAL (${Prisma.join(pages, ' UNION ALL ')}) page ON true`;
  return new Map(
    behind.flatMap(({ id }) => {
      const own = rows.filter((row) => row.ofChat === id);
      return own[0] ? [[id, toChanges(userId, perChat, own[0], own)] as const] : [];
    }),
  );
};

/**
 * Between which numbers to look. No change of a message has a number below the message's own, so
 * numbers before the member joined or cleared are skipped. Expects aliases: wanted, member.
 */
const bounds = Prisma.sql`
  SELECT
    greatest(
      wanted.known,
      member.cleared_before_seq,
      coalesce(
        (
          SELECT min(span.joined_seq)
          FROM member_spans span
          WHERE span.chat_id = wanted.id
            AND span.user_id = member.user_id),
        member.joined_seq) - 1
    ) AS after,
    CASE WHEN member.left_at IS NOT NULL THEN ${exitChangeSeq} END AS exit,
    member.taken_seq AS taken`;

type Part = { where: Prisma.Sql; orderBy: Prisma.Sql };
const changeSeq = Prisma.sql`message.change_seq`;

/** Changes up to the member's exit, where they have one. */
const ownChanges: Part = {
  where: Prisma.sql`
    message.change_seq > bound.after
    AND message.change_seq <= coalesce(bound.exit, ${Number.MAX_SAFE_INTEGER}::bigint)`,
  orderBy: changeSeq,
};

/** Messages that changed after a former member's exit, by the change that the member saw. */
const changedSinceExit: Part = {
  where: Prisma.sql`
    bound.exit IS NOT NULL
    AND ${changeSeqFor} > bound.after
    AND message.id IN (
      SELECT version.message_id
      FROM message_versions version
      WHERE version.chat_id = wanted.id
        AND version.until_seq > bound.exit)`,
  orderBy: changeSeqFor,
};

/** Messages that were deleted for everyone after a former member's exit. */
const deletedSinceExit: Part = {
  where: Prisma.sql`
    bound.exit IS NOT NULL
    AND message.deleted_at IS NOT NULL
    AND message.change_seq > greatest(bound.after, bound.exit)
    AND message.change_seq <= bound.taken`,
  orderBy: changeSeq,
};

/** Apart, so that each part is read along an index. */
const parts = [ownChanges, changedSinceExit, deletedSinceExit];

/** Expects aliases: wanted, bound. */
const pageOf = (userId: string, limit: number, { where, orderBy }: Part) => Prisma.sql`(
  ${selectMyMessages}
  WHERE message.chat_id = wanted.id
    AND member.user_id = ${userId}::uuid
    AND ${where}
    AND ${visibleTo()}
  ORDER BY ${orderBy}
  LIMIT ${limit}::int)`;

const toChanges = (userId: string, perChat: number, first: Row, rows: Row[]): Changes => {
  const changes = rows
    .filter((row) => row.id !== null)
    .map((row) => toMessage(row, userId))
    .toSorted((a, b) => a.changeSeq - b.changeSeq)
    .slice(0, perChat);
  const head = Number(first.head);
  const last = changes.at(-1)?.changeSeq ?? 0;
  const hasMore = changes.length >= perChat && last < head;
  const leftSeq = first.leftSeq === null ? null : Number(first.leftSeq);
  return {
    changes,
    throughChangeSeq: hasMore ? last : Math.max(head, last),
    hasMore,
    stay: { joinedSeq: Number(first.joinedSeq), leftSeq },
  };
};

import type { Input, Member, Output, Role, chatRest } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { type PersonRow, blockWith, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { assertReader } from '../core/access.ts';

type Row = {
  person: PersonRow;
  role: Role;
  joinedAt: Date;
  lastReadSeq: bigint;
  lastDeliveredSeq: bigint;
  sharesDelivered: boolean;
  sharesReads: boolean;
};

export const listMembers = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, cursor, limit = defaultLimit }: Input<typeof chatRest.listMembers>,
): Promise<Output<typeof chatRest.listMembers>> => {
  await assertReader(db, chatId, userId);
  const after = cursor === undefined ? null : fromCursor(chatId, cursor, ['time', 'uuid']);
  const isAfter = after
    ? Prisma.sql`
      AND (stay.since, member.user_id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`
    : Prisma.empty;
  const rows = await db.$queryRaw<Row[]>`
    ${selectMembers(userId, chatId)}
      ${isAfter}
    ORDER BY stay.since, member.user_id
    LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters: chatId, limit }, (row) => [
    row.joinedAt,
    row.person.id,
  ]);
  return { items: page.map(toMember), nextCursor };
};

/** Some members of a chat, as the viewer may see them. */
export const readMembers = async (
  db: Pick<ChatDb, '$queryRaw'>,
  viewerId: string,
  chatId: string,
  userIds: string[],
): Promise<Member[]> => {
  const rows = await db.$queryRaw<Row[]>`
    ${selectMembers(viewerId, chatId)}
      AND member.user_id = ANY(${userIds}::uuid[])
    ORDER BY stay.since, member.user_id`;
  return rows.map(toMember);
};

const toMember = (row: Row): Member => ({
  user: toUserSummary(row.person),
  role: row.role,
  joinedAt: row.joinedAt.toISOString(),
  ...(row.sharesDelivered && row.sharesReads && { lastReadSeq: Number(row.lastReadSeq) }),
  ...(row.sharesDelivered && { lastDeliveredSeq: Number(row.lastDeliveredSeq) }),
});

/**
 * Role of the member as the viewer sees it. A former member sees the roles of the moment they left,
 * and every other member as a plain member. Expects aliases: viewer, member (chat_members).
 */
const roleOf = Prisma.sql`CASE
  WHEN viewer.left_view->'roles' IS NULL THEN member.role
  ELSE coalesce(viewer.left_view->'roles'->>member.user_id::text, 'member')
END`;

/**
 * The stay of the member that the viewer sees: the present one, or for a former member the one at
 * the moment they left. A group can be dissolved at the number at which the viewer left: then the
 * times decide. Expects aliases: viewer, member (chat_members).
 */
const stay = Prisma.sql`(
  SELECT member.joined_at AS since
  WHERE CASE
    WHEN viewer.left_seq IS NULL THEN member.left_at IS NULL
    ELSE member.joined_seq <= viewer.left_seq
      AND coalesce(
        (member.left_seq, member.left_at) > (viewer.left_seq, viewer.left_at),
        true)
  END
  UNION ALL
  SELECT coalesce(
    (
      SELECT message.created_at
      FROM messages message
      WHERE message.chat_id = span.chat_id
        AND message.seq = span.joined_seq
    ),
    member.joined_at)
  FROM member_spans span
  WHERE span.chat_id = member.chat_id
    AND span.user_id = member.user_id
    AND span.joined_seq <= viewer.left_seq
    AND span.left_seq > viewer.left_seq)`;

/**
 * A former member sees the members of the moment they left, without watermarks. In a direct chat
 * both must share their reads, and a block hides both watermarks.
 */
const selectMembers = (viewerId: string, chatId: string) => Prisma.sql`
  SELECT
    ${personAsSeen(viewerId)} AS person,
    ${roleOf} AS role,
    stay.since AS "joinedAt",
    member.last_read_seq AS "lastReadSeq",
    member.last_delivered_seq AS "lastDeliveredSeq",
    viewer.left_at IS NULL
      AND (chat.is_group OR NOT ${blockWith(viewerId)}) AS "sharesDelivered",
    (
      member.user_id = ${viewerId}::uuid
      OR chat.is_group
      OR coalesce(settings.read_receipts, true) AND NOT EXISTS (
        SELECT FROM user_settings own_settings
        WHERE own_settings.user_id = ${viewerId}::uuid
          AND NOT own_settings.read_receipts)
    ) AS "sharesReads"
  FROM chat_members viewer
  JOIN chats chat ON chat.id = viewer.chat_id
  JOIN chat_members member ON member.chat_id = viewer.chat_id
  JOIN LATERAL ${stay} stay ON true
  JOIN users person ON person.id = member.user_id
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  WHERE viewer.chat_id = ${chatId}::uuid
    AND viewer.user_id = ${viewerId}::uuid`;

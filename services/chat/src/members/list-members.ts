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
  joined_at: Date;
  last_read_seq: bigint;
  last_delivered_seq: bigint;
  shares: boolean;
  shares_reading: boolean;
};

const toMember = (row: Row): Member => ({
  user: toUserSummary(row.person),
  role: row.role,
  joinedAt: row.joined_at.toISOString(),
  ...(row.shares && row.shares_reading && { lastReadSeq: Number(row.last_read_seq) }),
  ...(row.shares && { lastDeliveredSeq: Number(row.last_delivered_seq) }),
});

// What `m` is to `me`; what `me` left it as, and everybody else a member, where `me` is out.
const roleOf = Prisma.sql`CASE WHEN me.left_view->'roles' IS NULL THEN m.role
  ELSE coalesce(me.left_view->'roles'->>m.user_id::text, 'member') END`;

// The stay of `m` that `me` sees: the present one, or the one at the time when `me` left. A group may be
// dissolved with nothing said since then: the same number, later.
const stay = Prisma.sql`(
  SELECT m.joined_at AS since WHERE CASE WHEN me.left_seq IS NULL THEN m.left_at IS NULL
    ELSE m.joined_seq <= me.left_seq AND coalesce((m.left_seq, m.left_at) > (me.left_seq, me.left_at), true) END
  UNION ALL
  SELECT coalesce((SELECT x.created_at FROM messages x WHERE x.chat_id = s.chat_id AND x.seq = s.joined_seq), m.joined_at)
  FROM member_spans s WHERE s.chat_id = m.chat_id AND s.user_id = m.user_id
    AND s.joined_seq <= me.left_seq AND s.left_seq > me.left_seq)`;

// A former member knows those who were in when they left, and not how far they are since. In a
// direct chat reading is shared only where both share it, and nothing across a block.
const select = (viewer: string, chatId: string) => Prisma.sql`
  SELECT ${personAsSeen(viewer)} AS person, ${roleOf} AS role, stay.since AS joined_at, m.last_read_seq, m.last_delivered_seq,
    me.left_at IS NULL AND (c.is_group OR NOT ${blockWith(viewer)}) AS shares,
    (m.user_id = ${viewer}::uuid OR c.is_group OR coalesce(settings.read_receipts, true) AND NOT EXISTS (
      SELECT FROM user_settings o WHERE o.user_id = ${viewer}::uuid AND NOT o.read_receipts)) AS shares_reading
  FROM chat_members me JOIN chats c ON c.id = me.chat_id
  JOIN chat_members m ON m.chat_id = me.chat_id JOIN LATERAL ${stay} stay ON true
  JOIN users person ON person.id = m.user_id
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  WHERE me.chat_id = ${chatId}::uuid AND me.user_id = ${viewer}::uuid`;

/** Some members as `viewer` sees them. */
export const readMembers = async (
  db: Pick<ChatDb, '$queryRaw'>,
  viewer: string,
  chatId: string,
  userIds: string[],
): Promise<Member[]> => {
  const rows = await db.$queryRaw<Row[]>`${select(viewer, chatId)}
    AND m.user_id = ANY(${userIds}::uuid[]) ORDER BY stay.since, m.user_id`;
  return rows.map(toMember);
};

export const listMembers = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, cursor, limit = defaultLimit }: Input<typeof chatRest.listMembers>,
): Promise<Output<typeof chatRest.listMembers>> => {
  await assertReader(db, chatId, userId);
  const after = cursor === undefined ? null : fromCursor(chatId, cursor, ['time', 'uuid']);
  const place = after
    ? Prisma.sql`AND (stay.since, m.user_id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`
    : Prisma.empty;
  const rows = await db.$queryRaw<Row[]>`${select(userId, chatId)} ${place}
    ORDER BY stay.since, m.user_id LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters: chatId, limit }, (row) => [
    row.joined_at,
    row.person.id,
  ]);
  return { items: page.map(toMember), nextCursor };
};

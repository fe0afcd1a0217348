import type { ChatChanges, SyncRequest } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { changeSeqOf } from './chat-rows.ts';
import { changeFor, exitOf } from './snapshots.ts';
import { type MessageRow, selectMyMessages, toMessage } from './message-rows.ts';

type Db = Pick<ChatDb, '$queryRaw'>;
/** A chat of which the client knows less than there is. */
export type Behind = { id: string; known: number; target: number };

/** Chats of the request that changed since, the latest first. */
export const findBehind = async (
  db: Db,
  userId: string,
  known: SyncRequest['chats'],
  since: Date | null,
): Promise<Behind[]> => {
  if (known.length === 0) return [];
  const rows = await db.$queryRaw<{ id: string; known: bigint; target: bigint }[]>`
    SELECT * FROM (
      SELECT DISTINCT ON (k.id) k.id, k.seq AS known, ${changeSeqOf} AS target, c.last_change_at
      FROM unnest(${known.map(({ id }) => id)}::uuid[], ${known.map((k) => k.changeSeq)}::bigint[]) AS k(id, seq)
      JOIN chat_members me ON me.chat_id = k.id AND me.user_id = ${userId}::uuid
      JOIN chats c ON c.id = k.id
      WHERE k.seq = 0 OR coalesce(c.last_change_at >= ${since}::timestamptz, true)
      ORDER BY k.id, k.seq
    ) chats WHERE known < target ORDER BY last_change_at DESC`;
  return rows.map(({ id, known, target }) => ({
    id,
    known: Number(known),
    target: Number(target),
  }));
};

/** As many of them as fit the budget; a change is at most one message. */
export const withinBudget = (behind: Behind[], perChat: number, budget: number): Behind[] => {
  let left = budget;
  return behind.filter(({ known, target }, i) => {
    left -= Math.min(perChat, target - known);
    return i === 0 || left >= 0;
  });
};

/** As a member of when somebody was shown what changed. */
export type Stay = { joinedSeq: number; leftSeq: number | null };
type Row = MessageRow & {
  of_chat: string;
  head: bigint;
  joined_seq: bigint;
  left_seq: bigint | null;
};
export type Changes = Pick<ChatChanges, 'changes' | 'throughChangeSeq' | 'hasMore'> & {
  stay: Stay;
};

type Part = { where: Prisma.Sql; by: Prisma.Sql };
const changeSeq = Prisma.sql`m.change_seq`;

/**
 * Changes of the chat `k` in parts that each come along an index: those that `me` was there for;
 * of a former member also messages that changed since, as they were, and those that were taken.
 */
const parts: Part[] = [
  {
    where: Prisma.sql`m.change_seq > start.after
      AND m.change_seq <= coalesce(start.exit, ${Number.MAX_SAFE_INTEGER}::bigint)`,
    by: changeSeq,
  },
  {
    where: Prisma.sql`start.exit IS NOT NULL AND ${changeFor} > start.after AND m.id IN (
      SELECT v.message_id FROM message_versions v WHERE v.chat_id = k.id AND v.until_seq > start.exit)`,
    by: changeFor,
  },
  {
    where: Prisma.sql`start.exit IS NOT NULL AND m.deleted_at IS NOT NULL
      AND m.change_seq > greatest(start.after, start.exit) AND m.change_seq <= start.taken`,
    by: changeSeq,
  },
];
const changesOf = (
  userId: string,
  limit: number,
  { where, by }: Part,
) => Prisma.sql`(${selectMyMessages}
  WHERE m.chat_id = k.id AND me.user_id = ${userId}::uuid AND ${where} AND ${visibleTo({ message: 'm', member: 'me' })}
  ORDER BY ${by} LIMIT ${limit}::int)`;

const toChanges = (userId: string, perChat: number, first: Row, rows: Row[]): Changes => {
  const changes = rows
    .filter((row) => row.id !== null)
    .map((row) => toMessage(row, userId))
    .toSorted((a, b) => a.changeSeq - b.changeSeq)
    .slice(0, perChat);
  const head = Number(first.head);
  const last = changes.at(-1)?.changeSeq ?? 0;
  const hasMore = changes.length >= perChat && last < head;
  const leftSeq = first.left_seq === null ? null : Number(first.left_seq);
  return {
    changes,
    throughChangeSeq: hasMore ? last : Math.max(head, last),
    hasMore,
    stay: { joinedSeq: Number(first.joined_seq), leftSeq },
  };
};

/**
 * The messages that changed after what the client knows, each as it is now, and the number up to
 * which that is all: read in one snapshot, as the two must agree.
 */
export const readChanges = async (
  db: Db,
  userId: string,
  behind: Behind[],
  perChat: number,
): Promise<Map<string, Changes>> => {
  if (behind.length === 0) return new Map();
  const rows = await db.$queryRaw<Row[]>`
    SELECT k.id AS of_chat, ${changeSeqOf} AS head, me.joined_seq, me.left_seq, page.*
    FROM unnest(${behind.map(({ id }) => id)}::uuid[], ${behind.map((b) => b.known)}::bigint[]) AS k(id, known)
    JOIN chat_members me ON me.chat_id = k.id AND me.user_id = ${userId}::uuid
    JOIN chats c ON c.id = k.id
    -- No message's change comes before its own number: what came before joining is skipped unread.
    CROSS JOIN LATERAL (SELECT greatest(k.known, me.cleared_before_seq, coalesce((SELECT min(s.joined_seq)
      FROM member_spans s WHERE s.chat_id = k.id AND s.user_id = me.user_id), me.joined_seq) - 1) AS after,
      CASE WHEN me.left_at IS NOT NULL THEN ${exitOf} END AS exit, me.taken_seq AS taken) start
    LEFT JOIN LATERAL (
      ${Prisma.join(
        parts.map((part) => changesOf(userId, perChat, part)),
        ' UNION ALL ',
      )}
    ) page ON true`;
  return new Map(
    behind.flatMap(({ id }) => {
      const mine = rows.filter((row) => row.of_chat === id);
      return mine[0] ? [[id, toChanges(userId, perChat, mine[0], mine)] as const] : [];
    }),
  );
};

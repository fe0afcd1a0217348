import { Prisma } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import type { MovedWatermarks } from './emit-receipts.ts';

type Numbers = 'readFrom' | 'readTo' | 'deliveredFrom' | 'deliveredTo';
export type MovedRow = Omit<MovedWatermarks, Numbers> & Record<Numbers, bigint>;

/**
 * Columns of `MovedRow` but for its numbers. Expects aliases: member (columns of chat_members, and
 * is_group, member_count and member_epoch of the chat).
 */
export const receiptColumns = Prisma.sql`
  member.chat_id AS "chatId",
  member.user_id AS "userId",
  member.is_group AS "isGroup",
  member.left_at IS NOT NULL AS "hasLeft",
  member.member_count AS "memberCount",
  member.member_epoch AS "memberEpoch",
  clock_timestamp() AS at,
  CASE WHEN NOT member.is_group THEN (
    SELECT peer.user_id
    FROM chat_members peer
    WHERE peer.chat_id = member.chat_id
      AND peer.user_id <> member.user_id
      AND NOT ${blockBetween(Prisma.sql`peer.user_id`, Prisma.sql`member.user_id`)}
    LIMIT 1
  ) END AS "peerId",
  member.is_group OR NOT EXISTS (
    SELECT FROM chat_members other
    JOIN user_settings settings ON settings.user_id = other.user_id
    WHERE other.chat_id = member.chat_id
      AND NOT settings.read_receipts
  ) AS "sharesReads"`;

export const toMovedWatermarks = (row: MovedRow): MovedWatermarks => ({
  ...row,
  readFrom: Number(row.readFrom),
  readTo: Number(row.readTo),
  deliveredFrom: Number(row.deliveredFrom),
  deliveredTo: Number(row.deliveredTo),
});

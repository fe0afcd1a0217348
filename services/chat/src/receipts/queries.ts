import { Prisma } from '@taar/db';
import { blockBetween } from '@taar/domain/people';
import type { Moved } from './emit-receipts.ts';

export type MovedRow = Omit<Moved, 'readFrom' | 'readTo' | 'deliveredFrom' | 'deliveredTo'> & {
  readFrom: bigint;
  readTo: bigint;
  deliveredFrom: bigint;
  deliveredTo: bigint;
};

/**
 * Whom a watermark of `a` (a locked membership with its chat) concerns: SELECT … FROM asked a.
 * Nothing passes across a block.
 */
export const concerns = Prisma.sql`a.chat_id AS "chatId", a.user_id AS "userId", a.is_group AS "isGroup",
  a.left_at IS NOT NULL AS "hasLeft",
  a.member_count AS "memberCount", a.member_epoch AS "memberEpoch", clock_timestamp() AS at,
  CASE WHEN NOT a.is_group THEN (SELECT o.user_id FROM chat_members o
    WHERE o.chat_id = a.chat_id AND o.user_id <> a.user_id
      AND NOT ${blockBetween(Prisma.sql`o.user_id`, Prisma.sql`a.user_id`)} LIMIT 1) END AS "peerId",
  a.is_group OR NOT EXISTS (SELECT FROM chat_members o JOIN user_settings us ON us.user_id = o.user_id
    WHERE o.chat_id = a.chat_id AND NOT us.read_receipts) AS shared`;

export const toMoved = (row: MovedRow): Moved => ({
  ...row,
  readFrom: Number(row.readFrom),
  readTo: Number(row.readTo),
  deliveredFrom: Number(row.deliveredFrom),
  deliveredTo: Number(row.deliveredTo),
});

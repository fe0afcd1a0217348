import type { Input, Output, receiptsRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { chatNotFound } from '../core/access.ts';
import { unreadOf } from '../core/chat-fragments.ts';
import { insertReadingJob } from '../core/push-jobs.ts';
import type { Deps } from '../deps.ts';
import { type MovedRow, receiptColumns, toMovedWatermarks } from './moved-watermarks.ts';

type Body = Input<typeof receiptsRest.markRead>;
type Row = MovedRow & {
  /** Whether the body names a message of the chat. */
  isFound: boolean;
  unreadCount: number;
  /** The new private version; null if nothing changed. */
  userVer: bigint | null;
};

export const markRead = async (
  { db, publish, emitReceipt, totals }: Pick<Deps, 'db' | 'publish' | 'emitReceipt' | 'totals'>,
  { userId, sessionId }: Actor,
  body: Body,
): Promise<Output<typeof receiptsRest.markRead>> => {
  if ((body.upToSeq === undefined) === (body.messageId === undefined))
    throw invalidField('upToSeq', 'object.oxor');
  const row = await raiseReadWatermark(db, { userId, sessionId }, body);
  if (!row) throw chatNotFound();
  if (!row.isFound) throw new AppError('message_not_found', 'No such message in this chat.');
  const moved = toMovedWatermarks(row);
  const { unreadCount } = row;
  const { unreadMessages: totalUnread } = await totals.read(userId);
  if (row.userVer !== null) {
    const { chatId, readTo: upToSeq, deliveredTo: deliveredUpToSeq, at } = moved;
    const receipt = { chatId, userId, upToSeq, deliveredUpToSeq, at: at.toISOString() };
    publish('message_read', { users: [userId] }, { ...receipt, unreadCount });
    emitReceipt(moved);
  }
  return { lastReadSeq: moved.readTo, unreadCount, totalUnread };
};

/**
 * Stores the watermark, the time of this step, the member's private version and the job that
 * removes notifications from other devices, by one statement. It locks the membership first and
 * the version last, as every statement does.
 */
const raiseReadWatermark = async (
  db: Pick<ChatDb, '$queryRaw'>,
  { userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>,
  { chatId, messageId, upToSeq }: Body,
): Promise<Row | undefined> => {
  const [row] = await db.$queryRaw<Row[]>`
    WITH asked AS (
      SELECT
        member.*,
        chat.is_group,
        chat.member_count,
        chat.member_epoch,
        -- NULL for a message of another chat: least() would ignore the NULL.
        CASE
          WHEN requested.seq IS NOT NULL
          THEN least(requested.seq, coalesce(member.left_seq, chat.last_seq))
        END AS up_to
      FROM chat_members member
      JOIN chats chat ON chat.id = member.chat_id
      CROSS JOIN LATERAL (
        SELECT coalesce(${upToSeq ?? null}::bigint, (
          SELECT message.seq
          FROM messages message
          WHERE message.id = ${messageId ?? null}::uuid
            AND message.chat_id = chat.id
            AND ${visibleTo()}
        )) AS seq
      ) requested
      WHERE member.chat_id = ${chatId}::uuid
        AND member.user_id = ${userId}::uuid
      FOR NO KEY UPDATE OF member
    ), changed AS (
      SELECT *
      FROM asked
      WHERE up_to > last_read_seq
        OR (up_to IS NOT NULL AND marked_unread)
    ), version AS (
      INSERT INTO user_state AS state (user_id, user_ver)
      SELECT user_id, 1
      FROM changed
      ON CONFLICT (user_id) DO UPDATE SET user_ver = state.user_ver + 1
      RETURNING user_ver
    ), raised AS (
      UPDATE chat_members stored
      SET marked_unread = false,
        user_ver = version.user_ver,
        last_read_seq = greatest(changed.last_read_seq, changed.up_to),
        last_read_at = clock_timestamp(),
        last_delivered_seq = greatest(changed.last_delivered_seq, changed.up_to),
        last_delivered_at = CASE
          WHEN changed.up_to > changed.last_delivered_seq THEN clock_timestamp()
          ELSE changed.last_delivered_at
        END
      FROM changed, version
      WHERE stored.chat_id = changed.chat_id
        AND stored.user_id = changed.user_id
    ), steps AS (
      INSERT INTO message_receipts (chat_id, user_id, kind, up_to_seq, at)
      SELECT changed.chat_id, changed.user_id, step.kind, changed.up_to, clock_timestamp()
      FROM changed, (VALUES ('r'), ('d')) AS step (kind)
      WHERE changed.up_to > CASE step.kind
        WHEN 'r' THEN changed.last_read_seq
        ELSE changed.last_delivered_seq
      END
      ON CONFLICT DO NOTHING
    ), job AS (
      ${insertReadingJob(sessionId)}
    )
    SELECT
      ${receiptColumns},
      member.up_to IS NOT NULL AS "isFound",
      (SELECT user_ver FROM version) AS "userVer",
      member.last_read_seq AS "readFrom",
      greatest(member.last_read_seq, member.up_to) AS "readTo",
      member.last_delivered_seq AS "deliveredFrom",
      greatest(member.last_delivered_seq, member.up_to) AS "deliveredTo",
      (
        SELECT ${unreadOf}
        FROM (
          SELECT
            asked.chat_id,
            asked.user_id,
            greatest(asked.last_read_seq, asked.up_to) AS last_read_seq,
            asked.cleared_before_seq,
            asked.joined_seq,
            asked.left_seq
          FROM asked
        ) member
      ) AS "unreadCount"
    FROM asked member`;
  return row;
};

import type { Input, Output, receiptsRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { unreadOf } from '../core/chat-fragments.ts';
import type { Deps } from '../deps.ts';
import { chatNotFound } from '../core/access.ts';
import { insertReadingJob } from '../core/push-jobs.ts';
import { type MovedRow, concerns, toMoved } from './queries.ts';

type Body = Input<typeof receiptsRest.markRead>;
type Row = MovedRow & { found: boolean; unread: number; ver: bigint | null };

/**
 * One statement however much was read: the watermark, the time of this step, the private version,
 * the job that takes notifications off other devices.
 * The membership is locked first and the version last, as everywhere.
 */
const move = async (
  db: Pick<ChatDb, '$queryRaw'>,
  { userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>,
  body: Body,
): Promise<Row | undefined> => {
  const [row] = await db.$queryRaw<Row[]>`
    WITH asked AS (
      SELECT me.*, c.is_group, c.member_count, c.member_epoch,
        -- NULL where the message is not of this chat; least() would pass over it.
        CASE WHEN wish.seq IS NOT NULL THEN least(wish.seq, coalesce(me.left_seq, c.last_seq)) END AS up_to
      FROM chat_members me JOIN chats c ON c.id = me.chat_id
      CROSS JOIN LATERAL (SELECT coalesce(${body.upToSeq ?? null}::bigint, (SELECT m.seq FROM messages m
        WHERE m.id = ${body.messageId ?? null}::uuid AND m.chat_id = c.id AND ${visibleTo({ message: 'm', member: 'me' })})) AS seq) wish
      WHERE me.chat_id = ${body.chatId}::uuid AND me.user_id = ${userId}::uuid
      FOR NO KEY UPDATE OF me
    ), news AS (
      SELECT * FROM asked WHERE up_to > last_read_seq OR (up_to IS NOT NULL AND marked_unread)
    ), version AS (
      INSERT INTO user_state AS s (user_id, user_ver) SELECT user_id, 1 FROM news
      ON CONFLICT (user_id) DO UPDATE SET user_ver = s.user_ver + 1 RETURNING user_ver
    ), moved AS (
      UPDATE chat_members m SET marked_unread = false, user_ver = version.user_ver,
        last_read_seq = greatest(n.last_read_seq, n.up_to), last_read_at = clock_timestamp(),
        last_delivered_seq = greatest(n.last_delivered_seq, n.up_to),
        last_delivered_at = CASE WHEN n.up_to > n.last_delivered_seq THEN clock_timestamp() ELSE n.last_delivered_at END
      FROM news n, version WHERE m.chat_id = n.chat_id AND m.user_id = n.user_id
    ), steps AS (
      INSERT INTO message_receipts (chat_id, user_id, kind, up_to_seq, at)
      SELECT n.chat_id, n.user_id, step.kind, n.up_to, clock_timestamp()
      FROM news n, (VALUES ('r'), ('d')) AS step(kind)
      WHERE n.up_to > CASE step.kind WHEN 'r' THEN n.last_read_seq ELSE n.last_delivered_seq END
      ON CONFLICT DO NOTHING
    ), noted AS (${insertReadingJob(sessionId)})
    SELECT ${concerns}, a.up_to IS NOT NULL AS found, (SELECT user_ver FROM version) AS ver,
      a.last_read_seq AS "readFrom", greatest(a.last_read_seq, a.up_to) AS "readTo",
      a.last_delivered_seq AS "deliveredFrom", greatest(a.last_delivered_seq, a.up_to) AS "deliveredTo",
      (SELECT ${unreadOf} FROM (SELECT a.chat_id, a.user_id, greatest(a.last_read_seq, a.up_to) AS last_read_seq,
        a.cleared_before_seq, a.joined_seq, a.left_seq) member) AS unread
    FROM asked a`;
  return row;
};

export const markRead = async (
  { db, publish, emitReceipt, totals }: Pick<Deps, 'db' | 'publish' | 'emitReceipt' | 'totals'>,
  { userId, sessionId }: Actor,
  body: Body,
): Promise<Output<typeof receiptsRest.markRead>> => {
  if ((body.upToSeq === undefined) === (body.messageId === undefined))
    throw invalidField('upToSeq', 'object.oxor');
  const row = await move(db, { userId, sessionId }, body);
  if (!row) throw chatNotFound();
  if (!row.found) throw new AppError('message_not_found', 'No such message in this chat.');
  const moved = toMoved(row);
  const { unreadMessages } = await totals.read(userId);
  if (row.ver !== null) {
    const { chatId, readTo, deliveredTo, at } = moved;
    const own = {
      chatId,
      userId,
      upToSeq: readTo,
      deliveredUpToSeq: deliveredTo,
      at: at.toISOString(),
    };
    publish('message_read', { users: [userId] }, { ...own, unreadCount: row.unread });
    emitReceipt(moved);
  }
  return { lastReadSeq: moved.readTo, unreadCount: row.unread, totalUnread: unreadMessages };
};

import type { Input, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { type MovedRow, receiptColumns, toMovedWatermarks } from './moved-watermarks.ts';

type Watermark = { chatId: string; upToSeq: number };
type MarkDelivered = Input<typeof clientEvents.message_received>;
/** One row for each reported chat of the caller; the other columns are null if nothing moved. */
type Row = { reportedChatId: string } & (
  | (MovedRow & { ageMs: number | null; pushes: number })
  | { chatId: null; ageMs: null; pushes: number }
);
type Needs = Pick<Deps, 'db' | 'deviceWatermarks' | 'emitReceipt' | 'logger'>;

/** After a long absence only the pushes of the newest messages are worth a confirmation. */
const maxPushes = 100;

/** Raises delivered watermarks of the caller; never lowers one, nor raises it past the chat. */
export const markDelivered = async (
  { db, deviceWatermarks, emitReceipt, logger }: Needs,
  { userId, sessionId }: Actor,
  input: MarkDelivered,
) => {
  const watermarks = watermarksOf(input);
  const chatIds = watermarks.map(({ chatId }) => chatId);
  const seqs = watermarks.map(({ upToSeq }) => upToSeq);
  const rows = await db.$queryRaw<Row[]>`
    WITH reported AS (
      SELECT chat_id, max(seq) AS seq
      FROM unnest(${chatIds}::uuid[], ${seqs}::bigint[]) AS item (chat_id, seq)
      GROUP BY chat_id
    ), own AS (
      SELECT reported.chat_id
      FROM reported
      JOIN chat_members stored ON stored.chat_id = reported.chat_id
        AND stored.user_id = ${userId}::uuid
    ), member AS (
      SELECT
        locked.*,
        chat.is_group,
        chat.member_count,
        chat.member_epoch,
        least(reported.seq, coalesce(locked.left_seq, chat.last_seq)) AS up_to
      FROM reported
      JOIN chats chat ON chat.id = reported.chat_id
      JOIN chat_members locked ON locked.chat_id = reported.chat_id
        AND locked.user_id = ${userId}::uuid
      WHERE locked.last_delivered_seq
        < least(reported.seq, coalesce(locked.left_seq, chat.last_seq))
      ORDER BY locked.chat_id
      FOR NO KEY UPDATE OF locked
    ), raised AS (
      UPDATE chat_members stored
      SET last_delivered_seq = greatest(member.last_delivered_seq, member.up_to),
        last_delivered_at = clock_timestamp()
      FROM member
      WHERE stored.chat_id = member.chat_id
        AND stored.user_id = member.user_id
    ), steps AS (
      INSERT INTO message_receipts (chat_id, user_id, kind, up_to_seq, at)
      SELECT chat_id, user_id, 'd', up_to, clock_timestamp()
      FROM member
      ON CONFLICT DO NOTHING
    ), confirmed AS (
      UPDATE push_attempts attempt
      SET state = 'device_ack',
        at = clock_timestamp()
      FROM member
      JOIN messages message ON message.chat_id = member.chat_id
        AND message.seq <= member.up_to
        AND message.seq > greatest(member.last_delivered_seq, member.up_to - ${maxPushes})
      WHERE attempt.message_id = message.id
        AND attempt.session_id = ${sessionId}::uuid
        AND attempt.state = 'accepted'
      RETURNING attempt.id
    )
    SELECT
      own.chat_id AS "reportedChatId",
      ${receiptColumns},
      (SELECT count(*)::int FROM confirmed) AS pushes,
      (
        SELECT extract(epoch FROM clock_timestamp() - message.created_at)::float8 * 1000
        FROM messages message
        WHERE message.chat_id = member.chat_id
          AND message.seq = member.up_to
      ) AS "ageMs",
      member.last_read_seq AS "readFrom",
      member.last_read_seq AS "readTo",
      member.last_delivered_seq AS "deliveredFrom",
      greatest(member.last_delivered_seq, member.up_to) AS "deliveredTo"
    FROM own
    LEFT JOIN member ON member.chat_id = own.chat_id`;
  const ownChats = new Set(rows.map(({ reportedChatId }) => reportedChatId));
  const ownWatermarks = watermarks.filter(({ chatId }) => ownChats.has(chatId));
  if (ownWatermarks.length > 0) deviceWatermarks.record(sessionId, ownWatermarks);
  for (const row of rows) if (row.chatId !== null) emitReceipt(toMovedWatermarks(row));
  emitDeliveryMetrics(logger, rows);
  return {};
};

const watermarksOf = ({ chatId, upToSeq, items }: MarkDelivered): Watermark[] => {
  if (items && chatId === undefined && upToSeq === undefined) return items;
  if (!items && chatId !== undefined && upToSeq !== undefined) return [{ chatId, upToSeq }];
  throw invalidField('items', 'object.oxor');
};

/** Time from the newest message to this confirmation, and the number of confirmed pushes. */
const emitDeliveryMetrics = (logger: Deps['logger'], rows: Row[]) => {
  const ages = rows.flatMap(({ ageMs }) => ageMs ?? []);
  const pushes = rows[0]?.pushes ?? 0;
  if (ages.length > 0)
    emitMetrics(logger, { service: 'chat' }, [
      { name: 'sendToDeviceAck', unit: 'Milliseconds', value: Math.round(Math.min(...ages)) },
      { name: 'pushesAcknowledged', unit: 'Count', value: pushes },
    ]);
};

import type { Input, chatSocket } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import type { Deps } from '../deps.ts';
import { type MovedRow, concerns, toMoved } from './queries.ts';

type Watermark = { chatId: string; upToSeq: number };

const watermarksOf = ({
  chatId,
  upToSeq,
  items,
}: Input<typeof chatSocket.message_received>): Watermark[] => {
  if (items && chatId === undefined && upToSeq === undefined) return items;
  if (!items && chatId !== undefined && upToSeq !== undefined) return [{ chatId, upToSeq }];
  throw invalidField('items', 'object.oxor');
};

/** What this device has, as it says itself: only ever forward, and never past what there is. */
export const markDelivered = async (
  { db, receipts }: Pick<Deps, 'db' | 'receipts'>,
  { userId }: Actor,
  input: Input<typeof chatSocket.message_received>,
) => {
  const watermarks = watermarksOf(input);
  const rows = await db.$queryRaw<MovedRow[]>`
    WITH asked AS (
      SELECT me.*, c.is_group, c.member_count, c.member_epoch, least(w.seq, coalesce(me.left_seq, c.last_seq)) AS up_to
      FROM (SELECT chat_id, max(seq) AS seq FROM unnest(
          ${watermarks.map((w) => w.chatId)}::uuid[], ${watermarks.map((w) => w.upToSeq)}::bigint[]
        ) AS t(chat_id, seq) GROUP BY chat_id) w
      JOIN chats c ON c.id = w.chat_id
      JOIN chat_members me ON me.chat_id = w.chat_id AND me.user_id = ${userId}::uuid
      WHERE me.last_delivered_seq < least(w.seq, coalesce(me.left_seq, c.last_seq))
      ORDER BY me.chat_id FOR NO KEY UPDATE OF me
    ), moved AS (
      UPDATE chat_members m SET last_delivered_seq = greatest(a.last_delivered_seq, a.up_to),
        last_delivered_at = clock_timestamp()
      FROM asked a WHERE m.chat_id = a.chat_id AND m.user_id = a.user_id
    ), steps AS (
      INSERT INTO message_receipts (chat_id, user_id, kind, up_to_seq, at)
      SELECT chat_id, user_id, 'd', up_to, clock_timestamp() FROM asked ON CONFLICT DO NOTHING
    )
    SELECT ${concerns}, a.last_read_seq AS "readFrom", a.last_read_seq AS "readTo",
      a.last_delivered_seq AS "deliveredFrom", greatest(a.last_delivered_seq, a.up_to) AS "deliveredTo"
    FROM asked a`;
  for (const row of rows) receipts(toMoved(row));
  return {};
};

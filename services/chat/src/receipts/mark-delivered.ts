import type { Input, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { type MovedRow, concerns, toMoved } from './queries.ts';

type Watermark = { chatId: string; upToSeq: number };
type Row = MovedRow & { ageMs: number | null; pushes: number };

/** A backlog of thousands says nothing of the pushes for its oldest messages. */
const mostPushes = 100;

/** How long the newest message took to its device, and how many pushes got there. */
const measure = (logger: Deps['logger'], rows: Row[]) => {
  const ages = rows.flatMap(({ ageMs }) => ageMs ?? []);
  const pushes = rows[0]?.pushes ?? 0;
  if (ages.length > 0)
    emitMetrics(logger, { service: 'chat' }, [
      { name: 'sendToDeviceAck', unit: 'Milliseconds', value: Math.round(Math.min(...ages)) },
      { name: 'pushesAcknowledged', unit: 'Count', value: pushes },
    ]);
};

const watermarksOf = ({
  chatId,
  upToSeq,
  items,
}: Input<typeof clientEvents.message_received>): Watermark[] => {
  if (items && chatId === undefined && upToSeq === undefined) return items;
  if (!items && chatId !== undefined && upToSeq !== undefined) return [{ chatId, upToSeq }];
  throw invalidField('items', 'object.oxor');
};

/** What this device has, as it says itself: only ever forward, and never past what there is. */
export const markDelivered = async (
  {
    db,
    deviceWatermarks,
    emitReceipt,
    logger,
  }: Pick<Deps, 'db' | 'deviceWatermarks' | 'emitReceipt' | 'logger'>,
  { userId, sessionId }: Actor,
  input: Input<typeof clientEvents.message_received>,
) => {
  const watermarks = watermarksOf(input);
  const rows = await db.$queryRaw<Row[]>`
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
    ), acknowledged AS (
      UPDATE push_attempts p SET state = 'device_ack', at = clock_timestamp()
      FROM asked a JOIN messages m ON m.chat_id = a.chat_id AND m.seq <= a.up_to
        AND m.seq > greatest(a.last_delivered_seq, a.up_to - ${mostPushes})
      WHERE p.message_id = m.id AND p.session_id = ${sessionId}::uuid AND p.state = 'accepted'
      RETURNING p.id
    )
    SELECT ${concerns}, (SELECT count(*)::int FROM acknowledged) AS pushes,
      (SELECT extract(epoch FROM clock_timestamp() - m.created_at)::float8 * 1000 FROM messages m
        WHERE m.chat_id = a.chat_id AND m.seq = a.up_to) AS "ageMs", a.last_read_seq AS "readFrom", a.last_read_seq AS "readTo",
      a.last_delivered_seq AS "deliveredFrom", greatest(a.last_delivered_seq, a.up_to) AS "deliveredTo"
    FROM asked a`;
  deviceWatermarks.record(sessionId, watermarks);
  for (const row of rows) emitReceipt(toMoved(row));
  measure(logger, rows);
  return {};
};

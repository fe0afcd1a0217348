import type { Message } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import type { PushJob } from '@taar/runtime/push-jobs';
import { type Silence, silence } from './recipients.ts';

/** What a push to one device may say, as the device's user sees it. */
export type PushContent = {
  token: string | null;
  userId: string;
  locale: string | null;
  preview: 'full' | 'sender' | 'none';
  messageId: string;
  chatId: string;
  seq: bigint;
  changeSeq: bigint;
  messageType: Message['messageType'];
  content: string | null;
  isGroup: boolean;
  chatName: string | null;
  senderName: string | null;
  /** Nothing to tell any more; `superseded`: of a chat's messages that wait, the newest speaks for all. */
  reason: Silence | 'deleted' | 'read' | 'left' | 'taken' | 'superseded' | null;
};
type Row = PushContent & { place: bigint };

/** By job, in order; null where the session has ended, but for a device that is told of just that. */
export const readContents = async (
  db: Pick<ChatDb, '$queryRaw'>,
  jobs: PushJob[],
): Promise<(PushContent | null)[]> => {
  const messageIds = jobs.map((job) => (job.kind === 'message' ? job.messageId : null));
  const tokens = jobs.map((job) => ('token' in job ? job.token : null));
  const rows = await db.$queryRaw<Row[]>`
    SELECT j.place, coalesce(j.token, s.push_token) AS token, s.user_id AS "userId", s.locale,
      coalesce(us.notif_preview, 'full') AS preview, m.id AS "messageId", m.chat_id AS "chatId", m.seq,
      m.change_seq AS "changeSeq", m.message_type AS "messageType", m.content, c.is_group AS "isGroup",
      c.name AS "chatName", coalesce(k.name, u.name) AS "senderName",
      CASE WHEN j.token IS NOT NULL AND EXISTS (SELECT FROM sessions o
            WHERE o.push_token = j.token AND o.revoked_at IS NULL) THEN 'taken'
        WHEN j.message_id IS NULL THEN NULL
        WHEN m.id IS NULL OR m.deleted_at IS NOT NULL OR m.expires_at <= clock_timestamp() THEN 'deleted'
        WHEN me.user_id IS NULL OR me.left_at IS NOT NULL THEN 'left'
        WHEN greatest(me.last_read_seq, me.cleared_before_seq) >= m.seq THEN 'read'
        -- Muted or blocked while it waited.
        WHEN ${silence} IS NOT NULL THEN ${silence}
        WHEN EXISTS (SELECT FROM push_attempts a JOIN messages newer ON newer.id = a.message_id
          WHERE a.user_id = s.user_id AND a.at >= m.created_at AND a.session_id = s.id AND a.state = 'queued'
            AND newer.chat_id = m.chat_id AND newer.seq > m.seq AND newer.deleted_at IS NULL
            AND coalesce(newer.expires_at > clock_timestamp(), true)) THEN 'superseded'
        END AS reason
    FROM unnest(${jobs.map(({ sessionId }) => sessionId)}::uuid[], ${messageIds}::uuid[], ${tokens}::text[])
      WITH ORDINALITY AS j(session_id, message_id, token, place)
    JOIN sessions s ON s.id = j.session_id
      AND (j.token IS NOT NULL OR s.revoked_at IS NULL AND s.expires_at > now())
    LEFT JOIN user_settings us ON us.user_id = s.user_id
    LEFT JOIN messages m ON m.id = j.message_id
    LEFT JOIN chats c ON c.id = m.chat_id
    LEFT JOIN chat_members me ON me.chat_id = m.chat_id AND me.user_id = s.user_id
    LEFT JOIN message_mentions n ON n.message_id = m.id AND n.user_id = s.user_id
    LEFT JOIN users u ON u.id = m.sender_id
    LEFT JOIN LATERAL (SELECT name FROM contacts
      WHERE owner_id = s.user_id AND user_id = m.sender_id LIMIT 1) k ON true`;
  const byPlace = new Map(rows.map((row) => [Number(row.place) - 1, row]));
  return jobs.map((_, i) => byPlace.get(i) ?? null);
};

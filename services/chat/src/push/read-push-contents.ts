import type { Message } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import type { PushJob } from '@taar/runtime/push-jobs';
import { type MemberSuppression, memberSuppression } from './suppression.ts';

/** Why a queued push has become needless. `taken`: another session has the token now. */
type LateSuppression = MemberSuppression | 'deleted' | 'read' | 'left' | 'taken' | 'superseded';

/** The content of a push to one device, as far as the device's user may see it. */
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
  suppression: LateSuppression | null;
};
export type SendableContent = PushContent & { token: string };
type Row = PushContent & { place: bigint };

/**
 * Contents in the order of the pushes; null if the session has ended. The last push to a signed-out
 * device carries its token, as the session has lost it.
 */
export const readPushContents = async (
  db: Pick<ChatDb, '$queryRaw'>,
  pushes: PushJob[],
): Promise<(PushContent | null)[]> => {
  const sessionIds = pushes.map(({ sessionId }) => sessionId);
  const messageIds = pushes.map((push) => (push.kind === 'message' ? push.messageId : null));
  const tokens = pushes.map((push) => ('token' in push ? push.token : null));
  const rows = await db.$queryRaw<Row[]>`
    SELECT push.place,
      coalesce(push.token, session.push_token) AS token,
      session.user_id AS "userId",
      session.locale,
      coalesce(settings.notif_preview, 'full') AS preview,
      message.id AS "messageId",
      message.chat_id AS "chatId",
      message.seq,
      message.change_seq AS "changeSeq",
      message.message_type AS "messageType",
      message.content,
      chat.is_group AS "isGroup",
      chat.name AS "chatName",
      coalesce(contact.name, sender.name) AS "senderName",
      ${lateSuppression} AS suppression
    FROM unnest(
      ${sessionIds}::uuid[],
      ${messageIds}::uuid[],
      ${tokens}::text[]
    ) WITH ORDINALITY AS push (session_id, message_id, token, place)
    JOIN sessions session ON session.id = push.session_id
      AND (
        push.token IS NOT NULL
        OR (session.revoked_at IS NULL AND session.expires_at > now()))
    LEFT JOIN user_settings settings ON settings.user_id = session.user_id
    LEFT JOIN messages message ON message.id = push.message_id
    LEFT JOIN chats chat ON chat.id = message.chat_id
    LEFT JOIN chat_members member
      ON member.chat_id = message.chat_id AND member.user_id = session.user_id
    LEFT JOIN message_mentions mention
      ON mention.message_id = message.id AND mention.user_id = session.user_id
    LEFT JOIN users sender ON sender.id = message.sender_id
    LEFT JOIN LATERAL (
      SELECT name
      FROM contacts
      WHERE owner_id = session.user_id AND user_id = message.sender_id
      LIMIT 1
    ) contact ON true`;
  const byPlace = new Map(rows.map((row) => [Number(row.place) - 1, row]));
  return pushes.map((_, i) => byPlace.get(i) ?? null);
};

/**
 * Of the messages of a chat that wait for a device, the newest stands for all.
 * Expects aliases: session, message.
 */
const isSuperseded = Prisma.sql`EXISTS (
  SELECT FROM push_attempts attempt
  JOIN messages newer ON newer.id = attempt.message_id
  WHERE attempt.user_id = session.user_id
    AND attempt.session_id = session.id
    AND attempt.at >= message.created_at
    AND attempt.state = 'queued'
    AND newer.chat_id = message.chat_id
    AND newer.seq > message.seq
    AND newer.deleted_at IS NULL
    AND coalesce(newer.expires_at > clock_timestamp(), true))`;

/** Expects aliases: push, session, message, member, mention. */
const lateSuppression = Prisma.sql`CASE
  WHEN push.token IS NOT NULL AND EXISTS (
    SELECT FROM sessions other
    WHERE other.push_token = push.token AND other.revoked_at IS NULL
  ) THEN 'taken'
  WHEN push.message_id IS NULL THEN NULL
  WHEN message.id IS NULL
    OR message.deleted_at IS NOT NULL
    OR message.expires_at <= clock_timestamp() THEN 'deleted'
  WHEN member.user_id IS NULL OR member.left_at IS NOT NULL THEN 'left'
  WHEN greatest(member.last_read_seq, member.cleared_before_seq) >= message.seq THEN 'read'
  WHEN ${memberSuppression} IS NOT NULL THEN ${memberSuppression}
  WHEN ${isSuperseded} THEN 'superseded'
END`;

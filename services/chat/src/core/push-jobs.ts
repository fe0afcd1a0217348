import { type ChatDb, Prisma } from '@taar/db';

type Tx = Pick<ChatDb, '$executeRaw'>;

/** Topic of the job written with a message: it becomes one push for every device to notify. */
export const messageCreated = 'message.created';

/** Topic of the job written with a read watermark: it removes notifications from other devices. */
export const messageRead = 'message.read';

/** Notifications of messages that were read within a second are removed together. */
const gatherMs = 1_000;

/**
 * Join of devices that show a notification of a message to its member, or soon will.
 * Expects aliases: message (messages), member (chat_members). Gives: attempt, session.
 */
export const notifiedDevices = Prisma.sql`
  push_attempts attempt ON attempt.message_id = message.id
    AND attempt.user_id = member.user_id
    AND attempt.state IN ('queued', 'accepted', 'device_ack')
  JOIN sessions session ON session.id = attempt.session_id
    AND session.revoked_at IS NULL
    AND session.push_token IS NOT NULL`;

/** Queues the removal of notifications of deleted messages, in the deleting transaction. */
export const withdrawMessages = (tx: Tx, messageIds: string[]) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload)
  SELECT DISTINCT
    'push.' || session.platform,
    session.id,
    jsonb_build_object(
      'kind', 'dismiss',
      'sessionId', session.id,
      'chatId', message.chat_id,
      'messageId', message.id)
  FROM messages message
  JOIN chat_members member ON member.chat_id = message.chat_id
    AND member.last_read_seq < message.seq
  JOIN ${notifiedDevices}
  WHERE message.id = ANY(${messageIds}::uuid[])`;

/** Queues notifications for members that an edit newly mentions. */
export const notifyMentioned = (tx: Tx, chatId: string, messageId: string, mentioned: string[]) =>
  tx.$executeRaw`
    INSERT INTO outbox (topic, key, payload)
    VALUES (
      ${messageCreated},
      ${chatId}::uuid,
      ${JSON.stringify({ messageId, mentioned })}::jsonb)`;

/**
 * Part of the statement that moves a read watermark: queues the removal of notifications from the
 * reader's other devices, if one of them could show any. Expects a relation `changed` of the
 * chat_members rows before the statement, with the new watermark as `up_to`.
 */
export const insertReadingJob = (sessionId: string) => Prisma.sql`
  INSERT INTO outbox (topic, key, payload, available_at)
  SELECT
    ${messageRead},
    changed.user_id,
    jsonb_build_object(
      'userId', changed.user_id,
      'chatId', changed.chat_id,
      'fromSeq', changed.last_read_seq,
      'sessionId', ${sessionId}::text),
    now() + ${gatherMs} * interval '1 ms'
  FROM changed
  WHERE changed.up_to > changed.last_read_seq
    AND EXISTS (
      SELECT FROM sessions session
      WHERE session.user_id = changed.user_id
        AND session.id <> ${sessionId}::uuid
        AND session.push_token IS NOT NULL
        AND session.revoked_at IS NULL)`;

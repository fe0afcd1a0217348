import { type ChatDb, Prisma } from '@taar/db';

type Tx = Pick<ChatDb, '$executeRaw'>;

/** Topic of the job written with a message: it becomes one push for every device to notify. */
export const messageCreated = 'message.created';

/** Topic of the job written with a reading: it takes notifications off the reader's other devices. */
export const messageRead = 'message.read';

/** Readings within a second are withdrawn together. */
const gatherMs = 1_000;

/**
 * Join of devices that show a notification of a message, or soon will.
 * Expects aliases: m (messages), me (chat_members).
 */
export const notifiedDevices = Prisma.sql`push_attempts a ON a.message_id = m.id AND a.user_id = me.user_id
    AND a.state IN ('queued', 'accepted', 'device_ack')
  JOIN sessions s ON s.id = a.session_id AND s.revoked_at IS NULL AND s.push_token IS NOT NULL`;

/** Queues the removal of notifications of deleted messages, in the deleting transaction. */
export const withdrawMessages = (tx: Tx, messageIds: string[]) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload)
  SELECT DISTINCT 'push.' || s.platform, s.id, jsonb_build_object('kind', 'dismiss',
    'sessionId', s.id, 'chatId', m.chat_id, 'messageId', m.id)
  FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id AND me.last_read_seq < m.seq
  JOIN ${notifiedDevices} WHERE m.id = ANY(${messageIds}::uuid[])`;

/** Queues notifications for members that an edit newly mentions. */
export const notifyMentioned = (tx: Tx, chatId: string, messageId: string, mentioned: string[]) =>
  tx.$executeRaw`
    INSERT INTO outbox (topic, key, payload)
    VALUES (${messageCreated}, ${chatId}::uuid, ${JSON.stringify({ messageId, mentioned })}::jsonb)`;

/**
 * Part of the statement that moves a read watermark: queues the removal of notifications from the
 * reader's other devices, if one of them could show any. Expects a relation `news` of chat_members
 * rows as they were, with the new watermark as `up_to`.
 */
export const insertReadingJob = (sessionId: string) => Prisma.sql`
  INSERT INTO outbox (topic, key, payload, available_at)
  SELECT ${messageRead}, n.user_id, jsonb_build_object('userId', n.user_id, 'chatId', n.chat_id,
    'fromSeq', n.last_read_seq, 'sessionId', ${sessionId}::text), now() + ${gatherMs} * interval '1 ms'
  FROM news n WHERE n.up_to > n.last_read_seq AND EXISTS (SELECT FROM sessions s WHERE s.user_id = n.user_id
    AND s.id <> ${sessionId}::uuid AND s.push_token IS NOT NULL AND s.revoked_at IS NULL)`;

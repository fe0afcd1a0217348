import type { Message } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { contentFor, snapshotOf } from './snapshot-fragments.ts';
import { type MessageRow, messageNotFound, toMessage } from './to-message.ts';

/**
 * Whether a message was deleted or has expired, to the millisecond: an expired row may still wait
 * for the sweeper. Expects aliases: message or reply (messages).
 */
export const isGone = (message: 'message' | 'reply' = 'message') => {
  const row = Prisma.raw(message);
  return Prisma.sql`(
    ${row}.deleted_at IS NOT NULL
    OR coalesce(${row}.expires_at <= clock_timestamp(), false))`;
};

/**
 * Preview of a message that another one answers, as the member sees it.
 * Expects aliases: reply (messages), member (chat_members).
 */
export const previewOf = Prisma.sql`jsonb_build_object(
  'id', reply.id,
  'seq', reply.seq,
  'senderId', reply.sender_id,
  'messageType', reply.message_type,
  'deleted', ${isGone('reply')},
  'content', CASE WHEN NOT ${isGone('reply')} THEN ${contentFor('reply')} END)`;

/** Counts by emoji as JSON, null for none. Expects aliases: message (messages). */
export const reactionsOf = Prisma.sql`(
  SELECT jsonb_agg(
    jsonb_build_object('emoji', counted.emoji, 'count', counted.total)
    ORDER BY counted.total DESC, counted.emoji)
  FROM (
    SELECT reaction.emoji, count(*) AS total
    FROM message_reactions reaction
    WHERE reaction.message_id = message.id
    GROUP BY reaction.emoji
  ) counted)`;

/** Expects aliases: message (messages). */
export const isPinned = Prisma.sql`EXISTS (
  SELECT FROM message_pins pin
  WHERE pin.chat_id = message.chat_id
    AND pin.message_id = message.id)`;

const sharedColumns = Prisma.sql`
  message.id,
  message.chat_id AS "chatId",
  message.seq,
  message.change_seq AS "changeSeq",
  message.client_message_id AS "clientMessageId",
  message.sender_id AS "senderId",
  message.message_type AS "messageType",
  message.content,
  message.media_url AS "mediaUrl",
  message.reply_to_id AS "replyToId",
  message.reply_to_status_id AS "replyToStatusId",
  message.forward_count AS "forwardCount",
  message.metadata,
  message.edited_at AS "editedAt",
  message.deleted_at AS "deletedAt",
  message.visible_to AS "visibleTo",
  message.expires_at AS "expiresAt",
  message.created_at AS "createdAt",
  message.updated_at AS "updatedAt",
  ${isGone()} AS gone,
  ${reactionsOf} AS reactions,
  ${isPinned} AS pinned`;

/** Messages with the fields that are the same for every member. Gives the alias: message. */
export const selectMessages = Prisma.sql`
  SELECT ${sharedColumns}
  FROM messages message`;

/** Messages as their members see them. Gives the aliases: message, member, reply. */
export const selectMyMessages = Prisma.sql`
  SELECT ${sharedColumns},
    EXISTS (
      SELECT FROM message_stars star
      WHERE star.user_id = member.user_id
        AND star.message_id = message.id) AS starred,
    (
      SELECT reaction.emoji
      FROM message_reactions reaction
      WHERE reaction.message_id = message.id
        AND reaction.user_id = member.user_id) AS "myReaction",
    ${snapshotOf()} AS snapshot,
    CASE
      WHEN reply.id IS NOT NULL AND ${visibleTo({ message: 'reply' })} THEN ${previewOf}
    END AS "replyTo"
  FROM messages message
  JOIN chat_members member ON member.chat_id = message.chat_id
  LEFT JOIN messages reply ON reply.id = message.reply_to_id`;

/** A message as `viewer` sees it; null where it is not visible to them. */
export const findMessage = async (
  db: Pick<ChatDb, '$queryRaw'>,
  viewer: string,
  id: string,
): Promise<Message | null> => {
  const [row] = await db.$queryRaw<MessageRow[]>`
    ${selectMyMessages}
    WHERE message.id = ${id}::uuid
      AND member.user_id = ${viewer}::uuid
      AND ${visibleTo()}`;
  return row ? toMessage(row, viewer) : null;
};

/** A sent message in its present state, also for a sender who hid it or left the chat. */
export const readSent = async (
  db: Pick<ChatDb, '$queryRaw'>,
  senderId: string,
  id: string,
): Promise<Message> => {
  const [row] = await db.$queryRaw<MessageRow[]>`
    ${selectMyMessages}
    WHERE message.id = ${id}::uuid
      AND message.sender_id = ${senderId}::uuid
      AND member.user_id = message.sender_id`;
  if (!row) throw messageNotFound();
  return toMessage(row, senderId);
};

import { maxUnreadCount } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { isGone } from './select-messages.ts';
import { exitChangeSeq } from './snapshot-fragments.ts';

const maxUnread = Prisma.raw(String(maxUnreadCount));

/**
 * Number of messages that the member has not read, counted up to a cap and never stored.
 * Expects aliases: member (chat_members).
 */
export const unreadOf = Prisma.sql`(
  SELECT count(*)::int
  FROM (
    SELECT 1
    FROM messages message
    WHERE message.chat_id = member.chat_id
      AND message.deleted_at IS NULL
      AND message.message_type <> 'system'
      AND message.seq > greatest(member.last_read_seq, member.cleared_before_seq)
      AND message.sender_id IS DISTINCT FROM member.user_id
      AND coalesce(message.expires_at > clock_timestamp(), true)
      AND ${visibleTo()}
    LIMIT ${maxUnread}
  ) unread)`;

/** Number of unread messages that mention the member. Expects aliases: member (chat_members). */
export const mentionsOf = Prisma.sql`(
  SELECT count(*)::int
  FROM message_mentions mention
  JOIN messages message ON message.id = mention.message_id
  WHERE mention.user_id = member.user_id
    AND mention.chat_id = member.chat_id
    AND NOT ${isGone()}
    AND mention.seq > greatest(member.last_read_seq, member.cleared_before_seq)
    AND ${visibleTo()})`;

/**
 * Whether a chat is in its member's list. A chat that they deleted for themselves comes back with a
 * newer message, until they delete it again. Expects aliases: member (chat_members).
 */
export const isListed = Prisma.sql`(
  member.hidden_at IS NULL
  OR member.left_at IS NULL AND EXISTS (
    SELECT FROM messages message
    WHERE message.chat_id = member.chat_id
      AND message.seq > member.cleared_before_seq
      AND (message.visible_to IS NULL OR message.visible_to = member.user_id)))`;

/**
 * Number of the last change of the chat that its member may know. For a former member this is
 * their exit, or a later deletion of a message that they could read.
 * Expects aliases: member (chat_members), chat (chats).
 */
export const changeSeqOf = Prisma.sql`(CASE
  WHEN member.left_at IS NULL OR chat.closed_at IS NOT NULL THEN chat.change_seq
  ELSE greatest(coalesce(${exitChangeSeq}, chat.change_seq), member.taken_seq)
END)`;

/**
 * Time of the last message that the member may know; for a former member this is their exit. A
 * sender also knows messages that a block swallowed.
 * Expects aliases: member (chat_members), chat (chats).
 */
export const activityAt = Prisma.sql`coalesce(member.left_at, greatest(
  chat.last_message_at,
  chat.created_at,
  (
    SELECT max(message.created_at)
    FROM messages message
    WHERE message.visible_to = member.user_id
      AND message.chat_id = member.chat_id)))`;

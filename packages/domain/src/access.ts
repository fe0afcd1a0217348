import { Prisma } from '@taar/db';

type Aliases = { message?: string; member?: string };

/**
 * Whether a message is visible to a member of its chat: sent during their membership, after what
 * they cleared, not swallowed by a block, not hidden by them. All reads of messages and media use it.
 * Expects aliases: message (messages), member (chat_members), or those that are given.
 */
export const visibleTo = (aliases: Aliases = {}) => {
  const message = Prisma.raw(aliases.message ?? 'message');
  const member = Prisma.raw(aliases.member ?? 'member');
  return Prisma.sql`(
    (${message}.visible_to IS NULL OR ${message}.visible_to = ${member}.user_id)
    AND ${message}.seq > ${member}.cleared_before_seq
    AND (
      ${message}.seq BETWEEN ${member}.joined_seq AND coalesce(${member}.left_seq, ${message}.seq)
      OR EXISTS (
        SELECT FROM member_spans span
        WHERE span.chat_id = ${member}.chat_id
          AND span.user_id = ${member}.user_id
          AND ${message}.seq BETWEEN span.joined_seq AND span.left_seq)
    )
    AND NOT EXISTS (
      SELECT FROM message_hidden hidden
      WHERE hidden.user_id = ${member}.user_id AND hidden.message_id = ${message}.id))`;
};

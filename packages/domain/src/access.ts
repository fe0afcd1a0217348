import { Prisma } from '@taar/db';

/**
 * Which messages a member sees, as SQL over `me` (their row of chat_members) and a message: sent
 * while they were in, after what they cleared, not swallowed by a block, not deleted for them.
 * The one rule behind every read of messages and media.
 */
export const sees = (message: 'm' | 'r' = 'm') => {
  const at = Prisma.raw(message);
  return Prisma.sql`(
    (${at}.visible_to IS NULL OR ${at}.visible_to = me.user_id)
    AND ${at}.seq > me.cleared_before_seq
    AND (${at}.seq BETWEEN me.joined_seq AND coalesce(me.left_seq, ${at}.seq) OR EXISTS (
      SELECT FROM member_spans s WHERE s.chat_id = me.chat_id AND s.user_id = me.user_id
        AND ${at}.seq BETWEEN s.joined_seq AND s.left_seq))
    AND NOT EXISTS (
      SELECT FROM message_hidden h WHERE h.user_id = me.user_id AND h.message_id = ${at}.id))`;
};

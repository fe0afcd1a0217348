import { Prisma } from '@taar/db';

/**
 * Number of the change by which a former member left.
 * Expects aliases: member (chat_members).
 */
export const exitChangeSeq = Prisma.sql`(
  SELECT farewell.change_seq
  FROM messages farewell
  WHERE farewell.chat_id = member.chat_id
    AND farewell.seq = member.left_seq)`;

/**
 * Snapshot of a message as it was when the member left; null where it has not changed since.
 * Expects aliases: member (chat_members), and message or reply (messages).
 */
export const snapshotOf = (message: 'message' | 'reply' = 'message') => Prisma.sql`(
  SELECT version.state
  FROM message_versions version
  WHERE member.left_at IS NOT NULL
    AND version.message_id = ${Prisma.raw(message)}.id
    AND version.until_seq > ${exitChangeSeq}
  ORDER BY version.until_seq
  LIMIT 1)`;

/**
 * Content of a message as the member sees it.
 * Expects aliases: member (chat_members), and message or reply (messages).
 */
export const contentFor = (message: 'message' | 'reply' = 'message') => Prisma.sql`(
  SELECT CASE
    WHEN snapshot.state IS NULL THEN ${Prisma.raw(message)}.content
    ELSE snapshot.state->>'content'
  END
  FROM (SELECT ${snapshotOf(message)} AS state) snapshot)`;

/**
 * Number of the last change of a message that the member saw.
 * Expects aliases: member (chat_members), message (messages).
 */
export const changeSeqFor = Prisma.sql`coalesce(
  (${snapshotOf()}->>'change_seq')::bigint,
  message.change_seq)`;

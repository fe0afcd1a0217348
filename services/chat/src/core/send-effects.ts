import { Prisma } from '@taar/db';
import { messageCreated } from './push-jobs.ts';

/** Mentions of others; none for a message that a block swallowed. Expects the relation: stored. */
export const insertMentions = Prisma.sql`
  INSERT INTO message_mentions (message_id, user_id, chat_id, seq)
  SELECT stored.id, mention::uuid, stored.chat_id, stored.seq
  FROM stored
  CROSS JOIN LATERAL jsonb_array_elements_text(stored.metadata->'mentions') AS mention
  WHERE stored.visible_to IS NULL
    AND mention::uuid <> stored.sender_id`;

/** Queues the push jobs in the sending transaction. Expects the relations: stored, allowed. */
export const queuePushJobs = Prisma.sql`
  INSERT INTO outbox (topic, key, payload, request_id)
  SELECT
    ${messageCreated},
    stored.chat_id,
    jsonb_build_object('messageId', stored.id),
    allowed.request_id
  FROM stored
  JOIN allowed ON allowed.id = stored.id
  WHERE stored.visible_to IS NULL`;

/**
 * A sender has read their own sends, where these follow the last message that they have read.
 * Expects the relation: stored.
 */
export const advanceSenders = Prisma.sql`
  UPDATE chat_members member
  SET last_read_seq = run.last_seq,
    last_delivered_seq = greatest(member.last_delivered_seq, run.last_seq)
  FROM (
    SELECT chat_id, sender_id, min(seq) AS first_seq, max(seq) AS last_seq
    FROM (
      SELECT
        chat_id,
        sender_id,
        seq,
        seq - row_number() OVER (PARTITION BY chat_id, sender_id ORDER BY seq) AS run_id
      FROM stored
    ) own
    GROUP BY chat_id, sender_id, run_id
  ) run
  WHERE member.chat_id = run.chat_id
    AND member.user_id = run.sender_id
    AND member.last_read_seq = run.first_seq - 1`;

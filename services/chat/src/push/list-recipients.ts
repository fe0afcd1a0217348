import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Job } from '@taar/runtime/outbox/job';
import type { Platform } from '@taar/runtime/push-jobs';
import type { NewMessage } from './push-payloads.ts';
import { type Suppression, memberSuppression } from './suppression.ts';

/** A device that could be notified of a message, or a user who has none. */
export type Recipient = {
  jobId: bigint;
  messageId: string;
  chatId: string;
  userId: string;
  /** This field and the two below are null for a user without a device. */
  sessionId: string | null;
  deviceId: string | null;
  platform: Platform | null;
  seq: number;
  /** Whether any device of the user has the message. */
  delivered: boolean;
  read: boolean;
  suppression: Exclude<Suppression, 'viewing'> | null;
};

/**
 * Every device of every member, but for the sender's, that the messages are visible to. Devices
 * with a push attempt for the message are left out, unless an edit newly mentions their user.
 */
export const listRecipients = (
  db: Pick<ChatDb, '$queryRaw'>,
  jobs: Job<NewMessage>[],
): Promise<Recipient[]> => {
  const ids = jobs.map(({ id }) => id);
  const messageIds = jobs.map(({ payload }) => payload.messageId);
  const mentioned = jobs.map(({ payload }) => JSON.stringify(payload.mentioned ?? null));
  return db.$queryRaw<Recipient[]>`
    SELECT due.job_id AS "jobId",
      message.id AS "messageId",
      message.chat_id AS "chatId",
      member.user_id AS "userId",
      session.id AS "sessionId",
      session.device_id AS "deviceId",
      session.platform,
      message.seq::float8 AS seq,
      member.last_delivered_seq >= message.seq AS delivered,
      member.last_read_seq >= message.seq AS read,
      coalesce(
        ${memberSuppression},
        CASE WHEN session.push_token IS NULL THEN 'no_token' END) AS suppression
    FROM unnest(
      ${ids}::bigint[],
      ${messageIds}::uuid[],
      ${mentioned}::jsonb[]
    ) AS due (job_id, message_id, mentioned)
    JOIN messages message ON message.id = due.message_id
      AND message.visible_to IS NULL
      AND message.deleted_at IS NULL
      AND coalesce(message.expires_at > clock_timestamp(), true)
    JOIN chat_members member ON member.chat_id = message.chat_id
      AND member.left_at IS NULL
      AND member.user_id IS DISTINCT FROM message.sender_id
      AND ${visibleTo()}
      AND (due.mentioned = 'null' OR due.mentioned ? member.user_id::text)
    LEFT JOIN message_mentions mention
      ON mention.message_id = message.id AND mention.user_id = member.user_id
    LEFT JOIN sessions session ON session.user_id = member.user_id
      AND session.revoked_at IS NULL
      AND session.expires_at > now()
    WHERE due.mentioned <> 'null'
      OR NOT EXISTS (
        SELECT FROM push_attempts attempt
        WHERE attempt.message_id = message.id
          AND attempt.user_id = member.user_id
          AND attempt.session_id IS NOT DISTINCT FROM session.id)`;
};

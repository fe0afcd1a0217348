import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Platform } from '@taar/runtime/push-jobs';
import type { Job, NewMessageJob } from './jobs.ts';

export type Due = { job: Job; body: NewMessageJob };

export type Silence = 'blocked' | 'muted' | 'archived';

/** Why a device gets no push for a message. */
export type Reason = Silence | 'no_token' | 'viewing';

export type Recipient = {
  jobId: bigint;
  messageId: string;
  chatId: string;
  userId: string;
  /** Null for people who have no device. */
  sessionId: string | null;
  deviceId: string | null;
  platform: Platform | null;
  seq: number;
  /** Some device of theirs has it. */
  delivered: boolean;
  read: boolean;
  reason: Exclude<Reason, 'viewing'> | null;
};

/**
 * Why the member `me` is not to be told of the message `m`, or NULL; `n` is a mention of them, which
 * pierces muting and archiving.
 */
export const silence = Prisma.sql`CASE
  WHEN EXISTS (SELECT FROM blocks b WHERE b.blocker_id = me.user_id AND b.blocked_id = m.sender_id) THEN 'blocked'
  WHEN n.user_id IS NOT NULL THEN NULL
  WHEN me.muted_until > now() THEN 'muted'
  WHEN me.archived_at IS NOT NULL THEN 'archived' END`;

/**
 * Every device of everyone but the sender who sees these messages, with the reason that keeps a
 * push from it. What has an attempt already is left out.
 */
export const listRecipients = (db: Pick<ChatDb, '$queryRaw'>, due: Due[]): Promise<Recipient[]> =>
  db.$queryRaw<Recipient[]>`
    SELECT j.id AS "jobId", m.id AS "messageId", m.chat_id AS "chatId", me.user_id AS "userId",
      s.id AS "sessionId", s.device_id AS "deviceId", s.platform, m.seq::float8 AS seq,
      me.last_delivered_seq >= m.seq AS delivered, me.last_read_seq >= m.seq AS read,
      coalesce(${silence}, CASE WHEN s.push_token IS NULL THEN 'no_token' END) AS reason
    FROM unnest(${due.map(({ job }) => job.id)}::bigint[], ${due.map(({ body }) => body.messageId)}::uuid[],
      ${due.map(({ body }) => JSON.stringify(body.mentioned ?? null))}::jsonb[]) AS j(id, message_id, mentioned)
    JOIN messages m ON m.id = j.message_id AND m.visible_to IS NULL AND m.deleted_at IS NULL
      AND coalesce(m.expires_at > clock_timestamp(), true)
    JOIN chat_members me ON me.chat_id = m.chat_id AND me.left_at IS NULL
      AND me.user_id IS DISTINCT FROM m.sender_id AND ${visibleTo({ message: 'm', member: 'me' })}
      AND (j.mentioned = 'null' OR j.mentioned ? me.user_id::text)
    LEFT JOIN message_mentions n ON n.message_id = m.id AND n.user_id = me.user_id
    LEFT JOIN sessions s ON s.user_id = me.user_id AND s.revoked_at IS NULL AND s.expires_at > now()
    WHERE j.mentioned <> 'null' OR NOT EXISTS (SELECT FROM push_attempts a WHERE a.message_id = m.id
      AND a.user_id = me.user_id AND a.session_id IS NOT DISTINCT FROM s.id)`;

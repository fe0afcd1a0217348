import { Prisma } from '@taar/db';

/** Why a member gets no push for a message, on any device. */
export type MemberSuppression = 'blocked' | 'muted' | 'archived';

/** Why a device gets no push for a message. */
export type Suppression = MemberSuppression | 'no_token' | 'viewing';

/**
 * The MemberSuppression, or NULL if the member is to be notified. A mention notifies members who
 * muted or archived the chat, too.
 * Expects aliases: message (messages), member (chat_members), mention (message_mentions or null).
 */
export const memberSuppression = Prisma.sql`CASE
  WHEN EXISTS (
    SELECT FROM blocks block
    WHERE block.blocker_id = member.user_id
      AND block.blocked_id = message.sender_id
  ) THEN 'blocked'
  WHEN mention.user_id IS NOT NULL THEN NULL
  WHEN member.muted_until > now() THEN 'muted'
  WHEN member.archived_at IS NOT NULL THEN 'archived'
END`;

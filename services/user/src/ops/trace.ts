import { isUuid } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';

type Needs = { db: Pick<UserDb, '$queryRaw'> };
type Message = { id: string } & Record<string, unknown>;

const findMessage = async ({ db }: Needs, id: string): Promise<Message | undefined> => {
  const [message] = await db.$queryRaw<Message[]>`
    SELECT m.id, m.chat_id AS "chatId", m.seq::int, m.change_seq::int AS "changeSeq",
      m.sender_id AS "senderId", m.message_type AS type, m.created_at AS "committedAt",
      m.edited_at AS "editedAt", m.deleted_at AS "deletedAt", m.visible_to IS NOT NULL AS swallowed,
      c.last_seq::int AS "chatLastSeq", c.member_count AS members
    FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = ${id}::uuid`;
  return message;
};

/** What each member but the sender has of it, by their own watermarks. */
const listMembers = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT me.user_id AS "userId", me.joined_seq <= m.seq AS "mayRead",
    me.last_delivered_seq >= m.seq AS delivered, me.last_read_seq >= m.seq AS read,
    (SELECT r.at FROM message_receipts r WHERE r.chat_id = m.chat_id AND r.user_id = me.user_id
      AND r.kind = 'd' AND r.up_to_seq >= m.seq ORDER BY r.up_to_seq LIMIT 1) AS "deliveredAt",
    (SELECT r.at FROM message_receipts r WHERE r.chat_id = m.chat_id AND r.user_id = me.user_id
      AND r.kind = 'r' AND r.up_to_seq >= m.seq ORDER BY r.up_to_seq LIMIT 1) AS "readAt"
  FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id AND me.user_id IS DISTINCT FROM m.sender_id
    AND (me.left_at IS NULL OR me.left_seq >= m.seq)
  WHERE m.id = ${id}::uuid ORDER BY me.user_id`;

/** How the push to each device fared, or why there was none. Kept for a week. */
const listPushes = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT a.user_id AS "userId", a.session_id AS "sessionId", s.platform, a.state, a.error,
    a.provider_id AS "providerId", a.at
  FROM push_attempts a LEFT JOIN sessions s ON s.id = a.session_id
  WHERE a.message_id = ${id}::uuid ORDER BY a.user_id, a.at`;

/** Jobs about it that are not done: `deadAt` tells those that were given up. */
const listJobs = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT id::text, topic, attempts, request_id AS "requestId", available_at AS "dueAt",
    dead_at AS "deadAt", last_error AS "lastError"
  FROM outbox WHERE done_at IS NULL AND payload->>'messageId' = ${id}
    AND (topic = 'message.created' OR topic LIKE 'push.%')`;

/** The way of one message to every member and every device, without what it says. */
export const trace = async (needs: Needs, id: string) => {
  const message = isUuid(id) ? await findMessage(needs, id) : undefined;
  if (!message) throw new OperatorError(`There is no message ${id}.`);
  const [members, pushes, jobs] = await Promise.all([
    listMembers(needs, id),
    listPushes(needs, id),
    listJobs(needs, id),
  ]);
  return { message, members, pushes, jobs };
};

import { isUuid } from '@taar/contracts';
import { Prisma, type UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';

type Needs = { db: Pick<UserDb, '$queryRaw'> };
type Message = { id: string } & Record<string, unknown>;

/** State of a message at every member and every device, without its content. */
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

const findMessage = async ({ db }: Needs, id: string): Promise<Message | undefined> => {
  const [message] = await db.$queryRaw<Message[]>`
    SELECT message.id, message.chat_id AS "chatId", message.seq::int,
      message.change_seq::int AS "changeSeq", message.sender_id AS "senderId",
      message.message_type AS type, message.created_at AS "committedAt",
      message.edited_at AS "editedAt", message.deleted_at AS "deletedAt",
      message.visible_to IS NOT NULL AS "hiddenByBlock", chat.last_seq::int AS "chatLastSeq",
      chat.member_count AS members
    FROM messages message
    JOIN chats chat ON chat.id = message.chat_id
    WHERE message.id = ${id}::uuid`;
  return message;
};

/** Recipients of the message, each with the state that their watermarks give it. */
const listMembers = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT member.user_id AS "userId", member.joined_seq <= message.seq AS "mayRead",
    member.last_delivered_seq >= message.seq AS delivered,
    member.last_read_seq >= message.seq AS read,
    ${firstStep('d')} AS "deliveredAt",
    ${firstStep('r')} AS "readAt"
  FROM messages message
  JOIN chat_members member ON member.chat_id = message.chat_id
    AND member.user_id IS DISTINCT FROM message.sender_id
    AND (member.left_at IS NULL OR member.left_seq >= message.seq)
  WHERE message.id = ${id}::uuid
  ORDER BY member.user_id`;

/**
 * Time of the first step of a watermark (`d` delivered, `r` read) that covers the message.
 * Expects aliases: member, message.
 */
const firstStep = (kind: 'd' | 'r') => Prisma.sql`(
    SELECT receipt.at FROM message_receipts receipt
    WHERE receipt.chat_id = message.chat_id AND receipt.user_id = member.user_id
      AND receipt.kind = ${kind} AND receipt.up_to_seq >= message.seq
    ORDER BY receipt.up_to_seq
    LIMIT 1)`;

/** Pushes of the message to devices, with suppression reasons and errors; kept for 7 days. */
const listPushes = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT attempt.user_id AS "userId", attempt.session_id AS "sessionId", session.platform,
    attempt.state, attempt.error, attempt.provider_id AS "providerId", attempt.at
  FROM push_attempts attempt
  LEFT JOIN sessions session ON session.id = attempt.session_id
  WHERE attempt.message_id = ${id}::uuid
  ORDER BY attempt.user_id, attempt.at`;

/** Unfinished push jobs of the message; a dead letter has `deadAt`. */
const listJobs = ({ db }: Needs, id: string) => db.$queryRaw<object[]>`
  SELECT id::text, topic, attempts, request_id AS "requestId", available_at AS "dueAt",
    dead_at AS "deadAt", last_error AS "lastError"
  FROM outbox
  WHERE done_at IS NULL AND payload->>'messageId' = ${id}
    AND (topic = 'message.created' OR topic LIKE 'push.%')`;

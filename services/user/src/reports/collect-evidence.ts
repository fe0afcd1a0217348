import { Prisma, type ServiceTx } from '@taar/db';
import { visibleTo } from '@taar/domain/access';

type Sql = Pick<ServiceTx<'user'>, '$queryRaw'>;
export type Evidence = Record<string, unknown>[];

const maxMessages = 5;

/** The latest messages of the chat. */
export const evidenceOfChat = (tx: Sql, reporterId: string, chatId: string): Promise<Evidence> =>
  latestMessages(tx, reporterId, Prisma.sql`member.chat_id = ${chatId}::uuid`);

/** The message, and the messages that its sender sent before it. */
export const evidenceOfMessage = (
  tx: Sql,
  reporterId: string,
  message: { chatId: string; seq: bigint; senderId: string },
): Promise<Evidence> =>
  latestMessages(
    tx,
    reporterId,
    Prisma.sql`member.chat_id = ${message.chatId}::uuid
      AND message.seq <= ${message.seq}
      AND message.sender_id = ${message.senderId}::uuid`,
  );

/** The latest messages of the user to the reporter; without any, the latest ones in groups. */
export const evidenceOfUser = async (
  tx: Sql,
  reporterId: string,
  userId: string,
): Promise<Evidence> => {
  const bySender = Prisma.sql`message.sender_id = ${userId}::uuid`;
  const directKey = [reporterId, userId].toSorted().join(':');
  const direct = await latestMessages(
    tx,
    reporterId,
    Prisma.sql`${bySender}
      AND member.chat_id = (SELECT id FROM chats WHERE direct_key = ${directKey})`,
  );
  return direct.length > 0 ? direct : latestMessages(tx, reporterId, bySender);
};

export const evidenceOfStatus = async (tx: Sql, statusId: string): Promise<Evidence> => {
  const rows = await tx.$queryRaw<{ evidence: Record<string, unknown> }[]>`
    SELECT jsonb_build_object('id', id, 'senderId', user_id, 'type', type, 'text', text,
      'mediaId', media_id, 'createdAt', created_at) AS evidence
    FROM statuses
    WHERE id = ${statusId}::uuid`;
  return rows.map(({ evidence }) => evidence);
};

/**
 * The latest messages that are visible to the reporter, oldest first. `condition` is SQL with the
 * aliases message and member.
 */
const latestMessages = async (tx: Sql, reporterId: string, condition: Prisma.Sql) => {
  const rows = await tx.$queryRaw<{ evidence: Record<string, unknown> }[]>`
    SELECT jsonb_build_object('id', message.id, 'chatId', message.chat_id, 'seq', message.seq,
      'senderId', message.sender_id, 'messageType', message.message_type,
      'content', message.content, 'mediaId', message.media_id, 'metadata', message.metadata,
      'createdAt', message.created_at) AS evidence
    FROM chat_members member
    JOIN messages message ON message.chat_id = member.chat_id
    WHERE member.user_id = ${reporterId}::uuid
      AND ${condition}
      AND message.deleted_at IS NULL
      AND message.message_type <> 'system'
      AND ${visibleTo()}
    ORDER BY message.created_at DESC, message.seq DESC
    LIMIT ${maxMessages}`;
  return rows.map(({ evidence }) => evidence).toReversed();
};

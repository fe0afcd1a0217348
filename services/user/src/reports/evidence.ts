import { Prisma, type ServiceTx } from '@taar/db';
import { visibleTo } from '@taar/domain/access';

type Sql = Pick<ServiceTx<'user'>, '$queryRaw'>;
export type Evidence = Record<string, unknown>[];

const maxMessages = 5;

const messageFields = Prisma.sql`jsonb_build_object('id', m.id, 'chatId', m.chat_id, 'seq', m.seq,
  'senderId', m.sender_id, 'messageType', m.message_type, 'content', m.content,
  'mediaId', m.media_id, 'metadata', m.metadata, 'createdAt', m.created_at)`;

/** The last messages that the reporter sees under a condition, oldest first. */
const lastMessages = async (tx: Sql, reporterId: string, condition: Prisma.Sql) => {
  const rows = await tx.$queryRaw<{ shown: Record<string, unknown> }[]>`
    SELECT ${messageFields} AS shown FROM chat_members me
      JOIN messages m ON m.chat_id = me.chat_id
    WHERE me.user_id = ${reporterId}::uuid AND ${condition} AND m.deleted_at IS NULL
      AND m.message_type <> 'system' AND ${visibleTo({ message: 'm', member: 'me' })}
    ORDER BY m.created_at DESC, m.seq DESC LIMIT ${maxMessages}`;
  return rows.map(({ shown }) => shown).toReversed();
};

export const ofChat = (tx: Sql, reporterId: string, chatId: string): Promise<Evidence> =>
  lastMessages(tx, reporterId, Prisma.sql`me.chat_id = ${chatId}::uuid`);

/** The message and what its sender said before it. */
export const ofMessage = (
  tx: Sql,
  reporterId: string,
  message: { chatId: string; seq: bigint; senderId: string },
): Promise<Evidence> =>
  lastMessages(
    tx,
    reporterId,
    Prisma.sql`me.chat_id = ${message.chatId}::uuid AND m.seq <= ${message.seq}
      AND m.sender_id = ${message.senderId}::uuid`,
  );

/** What the person said last where the reporter could read it, in their own chat before groups. */
export const ofUser = async (tx: Sql, reporterId: string, userId: string): Promise<Evidence> => {
  const bySender = Prisma.sql`m.sender_id = ${userId}::uuid`;
  const directKey = [reporterId, userId].toSorted().join(':');
  const direct = await lastMessages(
    tx,
    reporterId,
    Prisma.sql`${bySender} AND me.chat_id = (SELECT id FROM chats WHERE direct_key = ${directKey})`,
  );
  return direct.length > 0 ? direct : lastMessages(tx, reporterId, bySender);
};

export const ofStatus = async (tx: Sql, statusId: string): Promise<Evidence> => {
  const rows = await tx.$queryRaw<{ shown: Record<string, unknown> }[]>`
    SELECT jsonb_build_object('id', id, 'senderId', user_id, 'type', type, 'text', text,
      'mediaId', media_id, 'createdAt', created_at) AS shown
    FROM statuses WHERE id = ${statusId}::uuid`;
  return rows.map(({ shown }) => shown);
};

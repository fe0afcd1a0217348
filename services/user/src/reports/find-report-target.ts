import type { Input, userRest } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { AppError } from '@taar/kit/errors';
import { accountVisibleTo } from '../people/account-visibility.ts';
import {
  type Evidence,
  evidenceOfChat,
  evidenceOfMessage,
  evidenceOfStatus,
  evidenceOfUser,
} from './collect-evidence.ts';

type Tx = ServiceTx<'user'>;
type Target = Pick<Input<typeof userRest.createReport>, 'targetType' | 'targetId'>;
/** `authorId` is null for a group, which has no single author. */
type FoundTarget = { chatId: string | null; authorId: string | null; evidence: Evidence };

/** Throws the target's not-found error for everything that the reporter cannot see. */
export const findReportTarget = (
  tx: Tx,
  reporterId: string,
  { targetType, targetId }: Target,
): Promise<FoundTarget> => {
  const find = { user: findUser, message: findMessage, chat: findChat, status: findStatus };
  return find[targetType](tx, reporterId, targetId);
};

const findUser = async (tx: Tx, reporterId: string, id: string): Promise<FoundTarget> => {
  const found = await tx.$queryRaw<unknown[]>`
    SELECT FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE person.id = ${id}::uuid
      AND person.id <> ${reporterId}::uuid
      AND ${accountVisibleTo(reporterId)}`;
  if (found.length === 0) throw new AppError('user_not_found', 'No such user.');
  return { chatId: null, authorId: id, evidence: await evidenceOfUser(tx, reporterId, id) };
};

const findMessage = async (tx: Tx, reporterId: string, id: string): Promise<FoundTarget> => {
  const [message] = await tx.$queryRaw<{ chatId: string; seq: bigint; senderId: string }[]>`
    SELECT message.chat_id AS "chatId", message.seq, message.sender_id AS "senderId"
    FROM messages message
    JOIN chat_members member ON member.chat_id = message.chat_id
    WHERE message.id = ${id}::uuid
      AND member.user_id = ${reporterId}::uuid
      AND message.deleted_at IS NULL
      AND message.sender_id IS NOT NULL
      AND ${visibleTo()}`;
  if (!message) throw new AppError('message_not_found', 'No such message.');
  const { chatId, senderId } = message;
  return { chatId, authorId: senderId, evidence: await evidenceOfMessage(tx, reporterId, message) };
};

const findChat = async (tx: Tx, reporterId: string, id: string): Promise<FoundTarget> => {
  const [chat] = await tx.$queryRaw<{ peerId: string | null }[]>`
    SELECT (SELECT peer.user_id FROM chat_members peer
      WHERE peer.chat_id = chat.id
        AND NOT chat.is_group
        AND peer.user_id <> member.user_id) AS "peerId"
    FROM chats chat
    JOIN chat_members member ON member.chat_id = chat.id
    WHERE chat.id = ${id}::uuid AND member.user_id = ${reporterId}::uuid`;
  if (!chat) throw new AppError('chat_not_found', 'No such chat.');
  return { chatId: id, authorId: chat.peerId, evidence: await evidenceOfChat(tx, reporterId, id) };
};

const findStatus = async (tx: Tx, reporterId: string, id: string): Promise<FoundTarget> => {
  const [status] = await tx.$queryRaw<{ ownerId: string }[]>`
    SELECT status.user_id AS "ownerId"
    FROM statuses status
    JOIN status_audience audience ON audience.status_id = status.id
    WHERE status.id = ${id}::uuid
      AND audience.viewer_id = ${reporterId}::uuid
      AND status.deleted_at IS NULL`;
  if (!status) throw new AppError('status_not_found', 'No such status.');
  return { chatId: null, authorId: status.ownerId, evidence: await evidenceOfStatus(tx, id) };
};

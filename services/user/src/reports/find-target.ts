import type { Input, userRest } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { AppError } from '@taar/kit/errors';
import { accountVisibleTo } from '../people/account-visibility.ts';
import { type Evidence, ofChat, ofMessage, ofStatus, ofUser } from './evidence.ts';

type Tx = ServiceTx<'user'>;
type Target = Pick<Input<typeof userRest.createReport>, 'targetType' | 'targetId'>;
/** What is reported, as the reporter sees it: only that may be reported. */
export type Found = { chatId: string | null; personId: string | null; evidence: Evidence };

const findUser = async (tx: Tx, reporterId: string, id: string): Promise<Found> => {
  const known = await tx.$queryRaw<unknown[]>`
    SELECT FROM users person
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE person.id = ${id}::uuid AND person.id <> ${reporterId}::uuid AND ${accountVisibleTo(reporterId)}`;
  if (known.length === 0) throw new AppError('user_not_found', 'No such user.');
  return { chatId: null, personId: id, evidence: await ofUser(tx, reporterId, id) };
};

const findMessage = async (tx: Tx, reporterId: string, id: string): Promise<Found> => {
  const [message] = await tx.$queryRaw<{ chatId: string; seq: bigint; senderId: string }[]>`
    SELECT m.chat_id AS "chatId", m.seq, m.sender_id AS "senderId"
    FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id
    WHERE m.id = ${id}::uuid AND me.user_id = ${reporterId}::uuid AND m.deleted_at IS NULL
      AND m.sender_id IS NOT NULL AND ${visibleTo({ message: 'm', member: 'me' })}`;
  if (!message) throw new AppError('message_not_found', 'No such message.');
  const { chatId, senderId } = message;
  return { chatId, personId: senderId, evidence: await ofMessage(tx, reporterId, message) };
};

const findChat = async (tx: Tx, reporterId: string, id: string): Promise<Found> => {
  const [chat] = await tx.$queryRaw<{ peerId: string | null }[]>`
    SELECT (SELECT p.user_id FROM chat_members p WHERE p.chat_id = c.id AND NOT c.is_group
      AND p.user_id <> me.user_id) AS "peerId"
    FROM chats c JOIN chat_members me ON me.chat_id = c.id AND me.user_id = ${reporterId}::uuid
    WHERE c.id = ${id}::uuid`;
  if (!chat) throw new AppError('chat_not_found', 'No such chat.');
  return { chatId: id, personId: chat.peerId, evidence: await ofChat(tx, reporterId, id) };
};

const findStatus = async (tx: Tx, reporterId: string, id: string): Promise<Found> => {
  const [status] = await tx.$queryRaw<{ ownerId: string }[]>`
    SELECT s.user_id AS "ownerId" FROM statuses s
      JOIN status_audience a ON a.status_id = s.id AND a.viewer_id = ${reporterId}::uuid
    WHERE s.id = ${id}::uuid AND s.deleted_at IS NULL`;
  if (!status) throw new AppError('status_not_found', 'No such status.');
  return { chatId: null, personId: status.ownerId, evidence: await ofStatus(tx, id) };
};

const finders = { user: findUser, message: findMessage, chat: findChat, status: findStatus };

export const findTarget = (tx: Tx, reporterId: string, { targetType, targetId }: Target) =>
  finders[targetType](tx, reporterId, targetId);

import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type Member, assertMember } from './access.ts';
import { isBlocked } from './block.ts';
import { type ChangeDeps, type ChatChange, type ChatTx, changeChat } from './change-chat.ts';
import { type MessageRow, messageNotFound } from './to-message.ts';
import { selectMyMessages } from './select-messages.ts';

export type MessageKey = { chatId: string; messageId: string };
export type MessageChange = ChatChange & { member: Member; target: MessageRow };

/** Changes a message that a member wrote, for everyone who sees it, under the lock of its chat. */
export const changeMessage = <T>(
  deps: ChangeDeps,
  { userId }: Actor,
  key: MessageKey,
  work: (change: MessageChange) => Promise<T>,
): Promise<T> =>
  changeChat(deps, key.chatId, async (change) => {
    const member = await assertMember(change.tx, key.chatId, userId);
    const target = await readTarget(change.tx, userId, key);
    assertWritten(target);
    return work({ ...change, member, target });
  });

/** A message as this member sees it. A hidden message gets the same answer as a missing one. */
export const readTarget = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  { chatId, messageId }: MessageKey,
): Promise<MessageRow> => {
  const [row] = await db.$queryRaw<MessageRow[]>`
    ${selectMyMessages}
    WHERE message.id = ${messageId}::uuid
      AND message.chat_id = ${chatId}::uuid
      AND member.user_id = ${userId}::uuid
      AND ${visibleTo()}`;
  if (!row) throw messageNotFound();
  return row;
};

/** Rejects system messages and tombstones. */
export const assertWritten = (target: MessageRow) => {
  if (target.messageType === 'system')
    throw new AppError('forbidden', 'System messages cannot be changed.');
  if (target.gone) throw new AppError('gone', 'The message was deleted.');
};

/** The receivers of the event of a change: the members who may see the message. */
export const eventOptionsOf = ({
  seq,
  visibleTo: onlyFor,
}: Pick<MessageRow, 'seq' | 'visibleTo'>) => ({
  seq: Number(seq),
  ...(onlyFor !== null && { onlyFor }),
});

/**
 * Whether a block hides a change of this message from the other member of a direct chat. A message
 * that a block swallowed is its sender's alone, who may change it.
 */
export const isHiddenByBlock = async (
  tx: ChatTx,
  userId: string,
  { target, chat }: Pick<MessageChange, 'target' | 'chat'>,
): Promise<boolean> => (await isBlocked(tx, userId, chat)) && target.visibleTo === null;

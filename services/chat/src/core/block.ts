import { AppError } from '@taar/kit/errors';
import type { ChatTx, LockedChat } from './change-chat.ts';

/**
 * Whether a block keeps what is done in a direct chat from the other side. Who blocked has to
 * unblock first; who is blocked is not to learn of it, and so is not refused.
 */
export const isCutOff = async (
  tx: ChatTx,
  userId: string,
  chat: Pick<LockedChat, 'id' | 'isGroup'>,
): Promise<boolean> => {
  if (chat.isGroup) return false;
  const blocks = await tx.$queryRaw<{ mine: boolean }[]>`
    SELECT b.blocker_id = ${userId}::uuid AS mine
    FROM chat_members p JOIN blocks b ON (b.blocker_id, b.blocked_id) IN
      ((p.user_id, ${userId}::uuid), (${userId}::uuid, p.user_id))
    WHERE p.chat_id = ${chat.id}::uuid AND p.user_id <> ${userId}::uuid`;
  if (blocks.some(({ mine }) => mine))
    throw new AppError('forbidden', 'Unblock this person first.');
  return blocks.length > 0;
};
